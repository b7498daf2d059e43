/** Complaints about a request: recorded by one, decided by another who did not handle the request. Texts are in the vault. */
import type { ComplaintBody, ComplaintDecisionBody } from '../../contracts/index.js';
import { VAULT } from '../../domain/ports/vault.js';
import { requestOf } from '../access.js';
import type { ApiDeps } from '../deps.js';
import { principalOf, type Handler } from '../http/call.js';
import { once } from '../http/idempotency.js';
import { speakerOf } from '../ledger-notes.js';
import { accepted } from './commands.js';

export function createComplaint(deps: ApiDeps): Handler {
  return async (call) => {
    const doc = await requestOf(deps, call);
    const body = call.body as ComplaintBody;
    return once(deps, call, `${doc._id}/complaints`, async (updateId) => {
      const textRef = VAULT.message(updateId.slice(0, 22));
      await deps.vault.put(doc._id, [{ name: textRef, value: { text: body.text, caseRef: body.caseRef ?? null } }]);
      const result = await deps.gateway.update(doc._id, 'correspond', updateId, {
        by: speakerOf(principalOf(call)),
        action: 'complain',
        to: body.to,
        textRef,
      });
      return accepted(deps, doc, result);
    });
  };
}

export function decideComplaint(deps: ApiDeps): Handler {
  return async (call) => {
    const doc = await requestOf(deps, call);
    const n = Number(call.params['n']);
    const body = call.body as ComplaintDecisionBody;
    return once(deps, call, `${doc._id}/complaints/${n}/decision`, async (updateId) => {
      const reasonRef = VAULT.message(updateId.slice(0, 22));
      await deps.vault.put(doc._id, [{ name: reasonRef, value: { text: body.reasonText } }]);
      const result = await deps.gateway.update(doc._id, 'correspond', updateId, {
        by: speakerOf(principalOf(call)),
        action: 'decideComplaint',
        n,
        result: body.result,
        reasonRef,
      });
      return accepted(deps, doc, result);
    });
  };
}
