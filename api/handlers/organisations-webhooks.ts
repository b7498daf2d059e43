/** Where an organisation's events go, what was sent, resend and test (docs/webhooks.md). */
import { randomBytes } from 'node:crypto';
import type { PutEndpoints } from '../../contracts/index.js';
import { decodeCursor, encodeCursor } from '../../infra/store/cursor.js';
import type { DeliveryDoc, OrganisationDoc, WebhookEndpointDoc } from '../../infra/store/documents.js';
import { endpointScope, newEndpointSecret, urlFault } from '../../infra/webhooks/index.js';
import type { ApiDeps } from '../deps.js';
import type { Handler } from '../http/call.js';
import { page } from '../http/pages.js';
import { HttpProblem } from '../http/problem.js';
import { noteOrganisation, organisationOf } from './organisations.js';

/** A secret that was replaced signs so long beside the new one. */
const OVERLAP_MS = 86_400_000;

export function listWebhookEndpoints(deps: ApiDeps): Handler {
  return async (call) => {
    const doc = await organisationOf(deps, call);
    return { status: 200, body: { data: (doc.endpoints ?? []).map((e) => shownEndpoint(e)) } };
  };
}

export function putWebhookEndpoints(deps: ApiDeps): Handler {
  return async (call) => {
    const doc = await organisationOf(deps, call);
    const body = call.body as PutEndpoints;
    // Loopback is for the embedded stack, which has a port to move time; nothing else has one.
    const faults = body.endpoints.flatMap(({ url }, i) => {
      const fault = urlFault(url, deps.dev !== undefined);
      return fault === null ? [] : [{ pointer: `/endpoints/${i}/url`, detail: fault }];
    });
    if (faults.length > 0) throw new HttpProblem('validation_failed', { errors: faults });
    const secrets = new Map<string, string>();
    const after = await deps.organisations.changeEndpoints(doc.operator, doc.organisation, (before) => {
      secrets.clear();
      return Promise.all(body.endpoints.map((wanted) => changed(deps, doc, before, wanted, call.now, secrets)));
    });
    if (after === null) throw new HttpProblem('not_found');
    await noteOrganisation(deps, call, doc, 'endpoints_changed', {
      endpoints: (after.endpoints ?? []).length,
      live: (after.endpoints ?? []).filter((e) => e.disabledAt === null).length,
    });
    return {
      status: 200,
      headers: { 'Cache-Control': 'no-store' },
      body: { data: (after.endpoints ?? []).map((e) => shownEndpoint(e, secrets.get(e.id))) },
    };
  };
}

async function changed(
  deps: ApiDeps,
  doc: OrganisationDoc,
  before: readonly WebhookEndpointDoc[],
  wanted: PutEndpoints['endpoints'][number],
  now: Date,
  secrets: Map<string, string>,
): Promise<WebhookEndpointDoc> {
  const at = now.toISOString();
  const old = before.find((e) => e.id === wanted.id);
  if (wanted.id !== undefined && old === undefined)
    throw new HttpProblem('validation_failed', { errors: [{ pointer: '/endpoints', detail: 'no such endpoint' }] });
  const id = old?.id ?? `whe_${randomBytes(12).toString('hex')}`;
  // Another address is another receiver: what it learns to check with must be new.
  const moved = old !== undefined && old.url !== wanted.url;
  const kept = old === undefined || moved ? [] : old.secrets;
  const renew = kept.length === 0 || wanted.rotate;
  const overlap = new Date(now.getTime() + OVERLAP_MS).toISOString();
  let rows = kept.map((s) => (renew && s.notAfter === null ? { ...s, notAfter: overlap } : s));
  if (renew) {
    const secret = newEndpointSecret();
    secrets.set(id, secret);
    const sealed = await deps.endpointSealer.seal(endpointScope(doc.operator, doc.organisation, id), secret);
    rows = [...rows, { sealed, createdAt: at, notAfter: null }];
  }
  const wasOff = old?.disabledAt ?? null;
  return {
    id,
    url: wanted.url,
    events: wanted.events,
    secrets: rows.filter((s) => s.notAfter === null || Date.parse(s.notAfter) > now.getTime()),
    createdAt: old?.createdAt ?? at,
    disabledAt: wanted.enabled ? null : (wasOff ?? at),
    disabledWhy: wanted.enabled ? null : (old?.disabledWhy ?? 'by_hand'),
  };
}

function shownEndpoint(endpoint: WebhookEndpointDoc, secret?: string): Record<string, unknown> {
  const { id, url, events, createdAt, disabledAt, disabledWhy } = endpoint;
  return { id, url, events, createdAt, disabledAt, disabledWhy, ...(secret === undefined ? {} : { secret }) };
}

export function listDeliveries(deps: ApiDeps): Handler {
  return async (call) => {
    const doc = await organisationOf(deps, call);
    const query = call.query as { state?: string; cursor?: string; limit: number };
    const position = query.cursor === undefined ? null : decodeCursor(deps.mac, 'deliveries', query.cursor);
    const found = await deps.deliveries.list(doc.operator, doc.organisation, {
      ...(query.state === undefined ? {} : { state: query.state }),
      after: position === null ? null : { createdMs: Number(position[0]), id: String(position[1]) },
      limit: query.limit + 1,
    });
    const rows = found.slice(0, query.limit);
    const last = rows.at(-1);
    const next =
      found.length > rows.length && last !== undefined
        ? encodeCursor(deps.mac, 'deliveries', [last.createdMs, last._id])
        : null;
    return page(call, `/v1/organisations/${doc.organisation}/deliveries`, rows.map(shownDelivery), next);
  };
}

export function resendDelivery(deps: ApiDeps): Handler {
  return async (call) => {
    const doc = await organisationOf(deps, call);
    const before = await deps.deliveries.get(call.params['delivery'] ?? '');
    if (before === null || before.operator !== doc.operator || before.organisation !== doc.organisation)
      throw new HttpProblem('not_found');
    const again = await deps.outgoing.resend(before._id);
    await noteOrganisation(deps, call, doc, 'delivery_resent', { delivery: before._id, type: before.type });
    return { status: 202, body: shownDelivery(again ?? before) };
  };
}

export function testWebhooks(deps: ApiDeps): Handler {
  return async (call) => {
    const doc = await organisationOf(deps, call);
    const made = await deps.outgoing.test(doc.operator, doc.organisation);
    await noteOrganisation(deps, call, doc, 'tested', { deliveries: made.length });
    return { status: 202, body: { data: made.map(shownDelivery) } };
  };
}

function shownDelivery(delivery: DeliveryDoc): Record<string, unknown> {
  const { _id, webhookId, endpointId, type, requestId, approvalId, createdAt, state, attempts, deliveredAt } = delivery;
  return {
    id: _id,
    webhookId,
    endpointId,
    type,
    requestId,
    approvalId,
    createdAt,
    state,
    attempts,
    deliveredAt,
  };
}
