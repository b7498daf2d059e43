/**
 * Notices (docs/notices.md). The recipient reads its own with a token of scope `notices:read` that is bound to it as a party
 * (`organisation: recipient.<name>`); everybody else's notice does not exist for it. An officer settles what is told by hand.
 */
import { mayActFor, type RequestView } from '../../contracts/index.js';
import { noticeKindOf, requestOfNotice, type NoticeResult } from '../../domain/notices/notices.js';
import { normaliseIdentifier } from '../../domain/plan/normalise.js';
import type { IdentityEntry, SubjectEntry } from '../../domain/plan/subject.js';
import type { Found } from '../../domain/plan/types.js';
import { recipientParty } from '../../domain/policy/recipients.js';
import { VAULT } from '../../domain/ports/vault.js';
import type { RequestDoc } from '../../infra/store/documents.js';
import { refuseOrganisations } from '../access.js';
import type { ApiDeps } from '../deps.js';
import { Refusal } from '../gateway/index.js';
import { principalOf, type Handler } from '../http/call.js';
import { once } from '../http/idempotency.js';
import { HttpProblem } from '../http/problem.js';
import { caseNow, draft, speakerOf } from '../ledger-notes.js';

const LIVE_MS = 1_500;

export interface KnownNotice {
  readonly doc: RequestDoc;
  readonly party: string;
  readonly name: string;
}

/** The request of a notice and the recipient it went to; null when there is no such notice. */
export async function noticeOf(deps: Pick<ApiDeps, 'requests' | 'gateway'>, id: string): Promise<KnownNotice | null> {
  const requestId = requestOfNotice(id);
  const doc = requestId === null ? null : await deps.requests.get(requestId);
  if (doc === null) return null;
  const named = (view: RequestView): string | undefined => view.recipients.find((r) => r.noticeId === id)?.name;
  // The read model may be a moment behind the notice that just went out.
  const name = named(doc.view) ?? named((await deps.gateway.view(doc._id, LIVE_MS))?.view ?? doc.view);
  return name === undefined ? null : { doc, name, party: recipientParty(name) };
}

export function getNotice(deps: ApiDeps): Handler {
  return async (call) => {
    const principal = principalOf(call);
    const id = call.params['id'] ?? '';
    const found = await noticeOf(deps, id);
    if (found === null || principal.organisation !== found.party || !mayActFor(principal, found.doc.operator))
      throw new HttpProblem('not_found');
    const { doc, name } = found;
    const kind = noticeKindOf(doc.right);
    const frozen = await deps.policies.byHash(doc.view.policy.hash);
    const type = frozen?.pack.recipients.find((r) => r.name === name)?.notify?.reference ?? 'email';
    const values = await referencesOf(deps, doc._id, type);
    await deps.ledger.append([
      draft({
        id: `notice/${id}/${principal.id}/${call.traceId}`,
        operator: doc.operator,
        at: caseNow(doc, call.now),
        actor: speakerOf(principal),
        action: 'notice.read',
        requestId: doc._id,
        code: found.party,
        after: { notice: id, references: values.length },
        policyHash: doc.view.policy.hash,
      }),
    ]);
    // Having read it, the recipient is told; that a request is over changes nothing about what it reads.
    await deps.gateway
      .update(doc._id, 'notice', deps.mac('update', 'notice-fetched', id), {
        by: speakerOf(principal),
        noticeId: id,
        result: 'fetched',
        reasonRef: null,
      })
      .catch((error: unknown) => {
        if (!(error instanceof Refusal)) throw error;
      });
    return {
      status: 200,
      headers: { 'Cache-Control': 'no-store' },
      body: { id, kind, reference: { type, values } },
    };
  };
}

/** Proven and trusted identifiers of one type: what the recipient was given, and nothing that was only claimed. */
async function referencesOf(deps: ApiDeps, requestId: string, type: string): Promise<string[]> {
  const subject = await deps.vault.get<SubjectEntry>(requestId, VAULT.subject);
  const identity = await deps.vault.get<IdentityEntry>(requestId, VAULT.identity);
  const found = await deps.vault.list<Found>(requestId, VAULT.found(''));
  const own = (subject?.identifiers ?? []).filter((_, i) => identity?.proven.includes(i) === true);
  const linked = found.flatMap((f) => f.value.identifiers).filter((i) => i.trust === 'system' || i.trust === 'proven');
  const values = new Map<string, string>();
  for (const identifier of [...own, ...linked])
    if (identifier.type === type) values.set(normaliseIdentifier(type, identifier.value), identifier.value);
  return [...values.values()].sort();
}

export function settleNotice(deps: ApiDeps): Handler {
  return async (call) => {
    const principal = principalOf(call);
    refuseOrganisations(principal);
    const id = call.params['id'] ?? '';
    const found = await noticeOf(deps, id);
    if (found === null || !mayActFor(principal, found.doc.operator)) throw new HttpProblem('not_found');
    const { doc, name } = found;
    const body = call.body as { result: NoticeResult; reason?: string };
    return once(deps, call, `${doc._id}/notices/${id}`, async (updateId) => {
      let reasonRef: string | null = null;
      if (body.reason !== undefined) {
        reasonRef = VAULT.message(updateId.slice(0, 22));
        await deps.vault.put(doc._id, [{ name: reasonRef, value: { text: body.reason } }]);
      }
      await deps.gateway.update(doc._id, 'notice', updateId, {
        by: speakerOf(principal),
        noticeId: id,
        result: body.result,
        reasonRef,
      });
      const view = (await deps.gateway.view(doc._id, LIVE_MS))?.view ?? doc.view;
      return { status: 200, body: view.recipients.find((r) => r.name === name) };
    });
  };
}
