/** Ledger entries that the API itself makes: intake, reads by people, refused decisions. Ids make each of them exactly once. */
import type { Principal } from '../contracts/index.js';
import type { Speaker } from '../domain/lifecycle/commands.js';
import type { LedgerDraft } from '../domain/ports/ledgers.js';
import type { RequestDoc } from '../infra/store/documents.js';
import type { ApiDeps } from './deps.js';

/** How a principal stands in workflows and ledger. */
export function speakerOf(principal: Principal): Speaker {
  return { id: principal.id, kind: principal.kind, role: principal.role ?? 'machine' };
}

/**
 * The request's own time as far as the API knows it: host time, unless the request was moved ahead, then at least the
 * moment it last changed.
 */
export function caseNow(doc: Pick<RequestDoc, 'view'>, now: Date): string {
  const host = now.toISOString();
  return doc.view.simulatedTime && doc.view.updatedAt > host ? doc.view.updatedAt : host;
}

const EMPTY = { code: null, purposeCode: null, before: null, after: null, policyHash: null, commitment: null } as const;

export function draft(
  fields: Pick<LedgerDraft, 'id' | 'operator' | 'at' | 'actor' | 'action' | 'requestId'> & Partial<LedgerDraft>,
): LedgerDraft {
  return { ...EMPTY, ...fields };
}

/** The first entry of a request. Its id makes the append by intake and by reconciliation one entry. */
export function receivedDraft(doc: RequestDoc): LedgerDraft {
  const { view } = doc;
  return draft({
    id: `${doc._id}/received/1`,
    operator: doc.operator,
    at: view.createdAt,
    actor: doc.createdBy,
    action: 'request.received',
    requestId: doc._id,
    code: doc.right,
    after: {
      right: doc.right,
      channel: view.channel,
      receivedAt: view.receivedAt,
      safeDue: view.clock.safeDue,
      legalDue: view.clock.legalDue,
      due: view.clock.due,
    },
    policyHash: view.policy.hash,
  });
}

/**
 * Reading by people is an entry too. One per person, thing and minute: a page that polls does not fill the log, and an
 * entry's id says so.
 */
export async function noteRead(
  deps: Pick<ApiDeps, 'ledger'>,
  principal: Principal,
  now: Date,
  read: { readonly what: string; readonly operator: string; readonly request?: RequestDoc; readonly target?: string },
): Promise<void> {
  if (principal.kind !== 'person') return;
  const minute = Math.floor(now.getTime() / 60_000);
  const target = read.request?._id ?? read.target ?? read.operator;
  await deps.ledger.append([
    draft({
      id: `read/${principal.id}/${read.what}/${target}/${minute}`,
      operator: read.operator,
      at: read.request === undefined ? now.toISOString() : caseNow(read.request, now),
      actor: speakerOf(principal),
      action: `${read.what}.read`,
      requestId: read.request?._id ?? null,
    }),
  ]);
}
