/** GET /v1/requests, GET /v1/requests/{id} (with reveal), POST /v1/requests/search. */
import { mayActFor, type RequestView } from '../../contracts/index.js';
import type { ProposedChange } from '../../domain/plan/corrections.js';
import type { IdentityEntry, SubjectEntry } from '../../domain/plan/subject.js';
import { modeOf } from '../../domain/rights.js';
import { VAULT } from '../../domain/ports/vault.js';
import { decodeCursor, encodeCursor } from '../../infra/store/cursor.js';
import type { RequestDoc } from '../../infra/store/documents.js';
import type { RequestFilter, SortField } from '../../infra/store/requests.js';
import { operatorsOf, refuseOrganisations, requestOf } from '../access.js';
import type { ApiDeps } from '../deps.js';
import { principalOf, type Call, type Handler, type Reply } from '../http/call.js';
import { isFresh } from '../http/etag.js';
import { page } from '../http/pages.js';
import { HttpProblem } from '../http/problem.js';
import { caseNow, draft, noteRead, speakerOf } from '../ledger-notes.js';
import { represent, requestEtag } from './represent.js';

interface ListQuery {
  readonly operator?: string;
  readonly right?: string;
  readonly state?: string;
  readonly outcome?: string;
  readonly clockStatus?: string;
  readonly receivedFrom?: string;
  readonly receivedTo?: string;
  readonly dueBefore?: string;
  readonly late?: boolean;
  readonly approver?: string;
  readonly organisation?: string;
  readonly q?: string;
  readonly cursor?: string;
  readonly limit: number;
  readonly sort: string;
}

const SORTS: Readonly<Record<string, SortField>> = { due: 'dueMs', receivedAt: 'receivedMs', createdAt: 'createdMs' };

/** The operators a caller asks about. Throws `not_found` for one that is not theirs. */
export function askedOperators(call: Call, operator: string | undefined): readonly string[] | null {
  const principal = principalOf(call);
  if (operator === undefined) return operatorsOf(principal);
  if (!mayActFor(principal, operator)) throw new HttpProblem('forbidden');
  return [operator];
}

const ms = (at: string | undefined): number | undefined => (at === undefined ? undefined : Date.parse(at));

export function listRequests(deps: ApiDeps): Handler {
  return async (call) => {
    const principal = principalOf(call);
    refuseOrganisations(principal);
    const query = call.query as unknown as ListQuery;
    const operators = askedOperators(call, query.operator);
    const descending = query.sort.startsWith('-');
    const sort = SORTS[query.sort.replace('-', '')] ?? 'dueMs';
    const list = `requests/${query.sort}`;
    const position = query.cursor === undefined ? null : decodeCursor(deps.mac, list, query.cursor);
    const filter: RequestFilter = {
      operators,
      id: query.q,
      right: query.right,
      state: query.state,
      outcome: query.outcome,
      clockStatus: query.clockStatus,
      receivedFromMs: ms(query.receivedFrom),
      receivedToMs: ms(query.receivedTo),
      dueBeforeMs: ms(query.dueBefore),
      late: query.late,
      approver: query.approver,
      organisation: query.organisation,
    };
    const after = position === null ? null : { value: Number(position[0]), id: String(position[1]) };
    const found = await deps.requests.list(filter, { sort, descending, after, limit: query.limit + 1 });
    const shown = found.slice(0, query.limit);
    const last = shown.at(-1);
    const next =
      found.length > query.limit && last !== undefined ? encodeCursor(deps.mac, list, [last[sort], last._id]) : null;
    for (const operator of operators ?? [...new Set(shown.map((doc) => doc.operator))]) {
      await noteRead(deps, principal, call.now, { what: 'requests', operator });
    }
    return page(
      call,
      '/v1/requests',
      shown.map((doc) => represent(doc)),
      next,
    );
  };
}

export function getRequest(deps: ApiDeps): Handler {
  return async (call): Promise<Reply> => {
    const doc = await requestOf(deps, call);
    if (call.query['reveal'] === 'subject')
      return {
        status: 200,
        body: { ...represent(doc), subject: await reveal(deps, call, doc) },
        headers: { ETag: requestEtag(doc), 'Cache-Control': 'no-store' },
      };
    const etag = requestEtag(doc);
    if (isFresh(call.header('if-none-match'), etag)) return { status: 304, headers: { ETag: etag } };
    await noteRead(deps, principalOf(call), call.now, { what: 'request', operator: doc.operator, request: doc });
    return { status: 200, body: represent(doc), headers: { ETag: etag, 'Cache-Control': 'no-cache' } };
  };
}

/** Throws `forbidden` for others than officers, `purpose_unknown`. The entry is written before anything is shown. */
async function reveal(deps: ApiDeps, call: Call, doc: RequestDoc): Promise<unknown> {
  const principal = principalOf(call);
  if (principal.role !== 'privacy_officer') throw new HttpProblem('forbidden');
  await checkPurpose(deps, doc, call.query['purpose'] as string);
  const subject = await deps.vault.get<SubjectEntry>(doc._id, VAULT.subject);
  if (subject === null) throw new HttpProblem('forgotten');
  const identity = await deps.vault.get<IdentityEntry>(doc._id, VAULT.identity);
  await deps.ledger.append([
    draft({
      id: `reveal/${doc._id}/${principal.id}/${call.traceId}`,
      operator: doc.operator,
      at: caseNow(doc, call.now),
      actor: speakerOf(principal),
      action: 'subject.revealed',
      requestId: doc._id,
      purposeCode: call.query['purpose'] as string,
      policyHash: doc.view.policy.hash,
    }),
  ]);
  return {
    identifiers: subject.identifiers.map((given, i) => ({ ...given, proven: identity?.proven.includes(i) ?? false })),
    contact: subject.contact,
    language: subject.language,
    country: subject.country,
    ageBand: subject.ageBand,
    agent: subject.agent,
    scopeText: subject.scopeText,
    ...(modeOf(doc.right) === 'change' ? { changes: await changesOf(deps, doc) } : {}),
  };
}

/** What was proposed, and the values before it where it was carried out. */
async function changesOf(deps: ApiDeps, doc: RequestDoc): Promise<unknown> {
  const before = await deps.vault.list<unknown>(doc._id, VAULT.before(''));
  return {
    proposed: (await deps.vault.get<readonly ProposedChange[]>(doc._id, VAULT.changes)) ?? [],
    before: Object.fromEntries(before.map(({ name, value }) => [name.slice(VAULT.before('').length), value])),
  };
}

/** The code must be one of the pack that the request began with. Throws `purpose_unknown`. */
export async function checkPurpose(deps: ApiDeps, doc: RequestDoc, purpose: string): Promise<void> {
  const frozen = (await deps.policies.byHash(doc.view.policy.hash)) ?? (await deps.policies.current(doc.operator));
  if (frozen === null || !frozen.pack.purposes.includes(purpose)) {
    throw new HttpProblem('purpose_unknown', { errors: [{ pointer: 'purpose', detail: 'not a purpose of the pack' }] });
  }
}

export function searchRequests(deps: ApiDeps): Handler {
  return async (call) => {
    const principal = principalOf(call);
    refuseOrganisations(principal);
    const body = call.body as { identifier: { type: string; value: string }; purpose: string; operator?: string };
    const asked = askedOperators(call, body.operator);
    const packs = (await deps.policies.list()).filter(
      ({ pack }) => (asked === null || asked.includes(pack.operator)) && pack.purposes.includes(body.purpose),
    );
    if (packs.length === 0)
      throw new HttpProblem('purpose_unknown', {
        errors: [{ pointer: '/purpose', detail: 'not a purpose of the pack' }],
      });
    const data: RequestView[] = [];
    for (const { pack, hash } of packs) {
      const subject = await deps.hasher.hashAll(pack.operator, body.identifier.type, body.identifier.value);
      const found = await deps.requests.list(
        { operators: [pack.operator], subjectHashes: subject },
        { sort: 'createdMs', descending: false, after: null, limit: 100 },
      );
      await deps.ledger.append([
        draft({
          id: `search/${pack.operator}/${principal.id}/${call.traceId}`,
          operator: pack.operator,
          at: call.now.toISOString(),
          actor: speakerOf(principal),
          action: 'requests.searched',
          requestId: null,
          code: body.identifier.type,
          purposeCode: body.purpose,
          after: { found: found.length },
          policyHash: hash,
        }),
      ]);
      data.push(...found.map((doc) => represent(doc)));
    }
    return { status: 200, body: { data } };
  };
}
