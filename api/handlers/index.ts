/** One handler per row of the endpoint table; a row without one does not compile. */
import type { EndpointId } from '../../contracts/index.js';
import type { ApiDeps } from '../deps.js';
import { receiveEvent } from '../events/receive.js';
import { openApiDocument } from '../openapi.js';
import type { Handler } from '../http/call.js';
import { getPackage, sendPackageCode } from '../package/package.js';
import { confirmReceiver, sendReceiverCode } from '../package/receiver.js';
import { getPackageReview } from '../package/review.js';
import { checkRestriction } from './restrictions.js';
import { readiness, type ApiMetrics } from '../health.js';
import {
  advanceRequest,
  createToken,
  getOperatorKeys,
  getPolicy,
  listOperators,
  listTokens,
  revokeToken,
} from './administration.js';
import { sendApprovalCode } from './approval-code.js';
import { decideApproval, getApproval, getApprovalEvidence, getApprovalSubject, listApprovals } from './approvals.js';
import { actOnBreach, createBreach, decideBreach, getBreach, getBreachDraft, listBreaches } from './breaches.js';
import { getClock } from './clock.js';
import { act, decideIdentity } from './commands.js';
import { advanceWorld, setBrake } from './operators.js';
import { createComplaint, decideComplaint } from './complaints.js';
import { createRequest } from './create-request.js';
import { getCertificate, getCheckpoint, getProof, listLedger, listRequestEvents } from './ledger.js';
import { getOrganisation, listOrganisations, putOrganisation } from './organisations.js';
import { createOrganisationKey, listOrganisationKeys, retireOrganisationKey } from './organisations-keys.js';
import {
  listDeliveries,
  listWebhookEndpoints,
  putWebhookEndpoints,
  resendDelivery,
  testWebhooks,
} from './organisations-webhooks.js';
import { bounceLetter, dispatchLetter, listLetters, previewLetter } from './letters.js';
import { createAttachment, createMessage, getAttachment, listAttachments, listMessages } from './messages.js';
import { getNotice, settleNotice } from './notices.js';
import { getPlan } from './plan.js';
import { getRequest, listRequests, searchRequests } from './read-requests.js';
import { runSimulation } from './simulate.js';

export function handlers(deps: ApiDeps, metrics: ApiMetrics): Record<EndpointId, Handler> {
  const openapi = Buffer.from(JSON.stringify(openApiDocument()));
  return {
    createRequest: createRequest(deps),
    listRequests: listRequests(deps),
    searchRequests: searchRequests(deps),
    getRequest: getRequest(deps),
    getPlan: getPlan(deps),
    listRequestEvents: listRequestEvents(deps),
    listMessages: listMessages(deps),
    createMessage: createMessage(deps),
    listAttachments: listAttachments(deps),
    createAttachment: createAttachment(deps),
    getAttachment: getAttachment(deps),
    listLetters: listLetters(deps),
    previewLetter: previewLetter(deps),
    bounceLetter: bounceLetter(deps),
    dispatchLetter: dispatchLetter(deps),
    createComplaint: createComplaint(deps),
    decideComplaint: decideComplaint(deps),
    decideIdentity: decideIdentity(deps),
    act: act(deps),
    listApprovals: listApprovals(deps),
    getApproval: getApproval(deps),
    getApprovalSubject: getApprovalSubject(deps),
    decideApproval: decideApproval(deps),
    receiveEvent: receiveEvent(deps),
    listOrganisations: listOrganisations(deps),
    getOrganisation: getOrganisation(deps),
    putOrganisation: putOrganisation(deps),
    listOrganisationKeys: listOrganisationKeys(deps),
    createOrganisationKey: createOrganisationKey(deps),
    retireOrganisationKey: retireOrganisationKey(deps),
    listWebhookEndpoints: listWebhookEndpoints(deps),
    putWebhookEndpoints: putWebhookEndpoints(deps),
    listDeliveries: listDeliveries(deps),
    resendDelivery: resendDelivery(deps),
    testWebhooks: testWebhooks(deps),
    sendApprovalCode: sendApprovalCode(deps),
    getApprovalEvidence: getApprovalEvidence(deps),
    getCertificate: getCertificate(deps),
    sendPackageCode: sendPackageCode(deps),
    getPackage: getPackage(deps),
    getPackageReview: getPackageReview(deps),
    sendReceiverCode: sendReceiverCode(deps),
    confirmReceiver: confirmReceiver(deps),
    getNotice: getNotice(deps),
    settleNotice: settleNotice(deps),
    createBreach: createBreach(deps),
    listBreaches: listBreaches(deps),
    getBreach: getBreach(deps),
    getBreachDraft: getBreachDraft(deps),
    decideBreach: decideBreach(deps),
    actOnBreach: actOnBreach(deps),
    listLedger: listLedger(deps),
    getCheckpoint: getCheckpoint(deps),
    getProof: getProof(deps),
    listOperators: listOperators(deps),
    getPolicy: getPolicy(deps),
    getOperatorKeys: getOperatorKeys(deps),
    getClock: getClock(),
    checkRestriction: checkRestriction(deps),
    runSimulation: runSimulation(deps),
    createToken: createToken(deps),
    listTokens: listTokens(deps),
    revokeToken: revokeToken(deps),
    advanceRequest: advanceRequest(deps),
    advanceWorld: advanceWorld(deps),
    stopOperator: setBrake(deps, true),
    resumeOperator: setBrake(deps, false),
    getOpenApi: async () => ({ status: 200, bytes: { type: 'application/json', data: openapi } }),
    getHealth: async () => ({ status: 200, body: { ok: true } }),
    getReadiness: async () => {
      const health = await readiness(deps);
      return { status: health.ok ? 200 : 503, body: health, headers: { 'Cache-Control': 'no-store' } };
    },
    getMetrics: async () => ({
      status: 200,
      bytes: { type: metrics.contentType, data: Buffer.from(await metrics.render()) },
    }),
  };
}
