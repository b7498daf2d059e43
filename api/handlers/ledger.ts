/** The ledger over HTTP: entries of a request, entries by filter, tree head, proofs, certificate. Reading is an entry too. */
import type { LedgerEntry } from '../../domain/ports/ledgers.js';
import { decodeCursor, encodeCursor } from '../../infra/store/cursor.js';
import { refuseOrganisations, requestOf } from '../access.js';
import type { ApiDeps, LedgerFilter } from '../deps.js';
import { principalOf, type Call, type Handler } from '../http/call.js';
import { isFresh } from '../http/etag.js';
import { page } from '../http/pages.js';
import { HttpProblem } from '../http/problem.js';
import { noteRead } from '../ledger-notes.js';
import { askedOperators } from './read-requests.js';

/** Requests that a filter on right, outcome, lateness or approver may select at most. */
const MAX_REQUESTS = 10_000;

/** Seals what is recorded, so that a reader sees their own last act; when another sealer is slow the page shows what is there. */
async function sealed(deps: ApiDeps, operator: string): Promise<void> {
  await deps.ledger.seal(operator).catch(() => undefined);
}

export function listRequestEvents(deps: ApiDeps): Handler {
  return async (call) => {
    const doc = await requestOf(deps, call);
    const query = call.query as { cursor?: string; limit: number };
    const list = `events/${doc._id}`;
    const position = query.cursor === undefined ? 0 : Number(decodeCursor(deps.mac, list, query.cursor)[0]);
    await noteRead(deps, principalOf(call), call.now, { what: 'request_events', operator: doc.operator, request: doc });
    await sealed(deps, doc.operator);
    const { entries, next } = await deps.ledgerReader.page(
      { operator: doc.operator, requests: [doc._id] },
      { cursor: position, limit: query.limit },
    );
    return page(
      call,
      `/v1/requests/${doc._id}/events`,
      entries,
      next === null ? null : encodeCursor(deps.mac, list, [next]),
    );
  };
}

interface LedgerQuery {
  readonly operator?: string;
  readonly request?: string;
  readonly actor?: string;
  readonly type?: string;
  readonly right?: string;
  readonly outcome?: string;
  readonly late?: boolean;
  readonly approver?: string;
  readonly from?: string;
  readonly to?: string;
  readonly cursor?: string;
  readonly limit: number;
}

export function listLedger(deps: ApiDeps): Handler {
  return async (call) => {
    const principal = principalOf(call);
    refuseOrganisations(principal);
    const query = call.query as unknown as LedgerQuery;
    const operators = await operatorsAsked(deps, call, query.operator);
    let position: readonly (string | number)[] | null =
      query.cursor === undefined ? null : decodeCursor(deps.mac, 'ledger', query.cursor);
    const data: LedgerEntry[] = [];
    let next: string | null = null;
    for (const operator of operators) {
      if (position !== null && operator < String(position[0])) continue;
      const from: number = position !== null && operator === position[0] ? Number(position[1]) : 0;
      position = null;
      if (from === 0) {
        await noteRead(deps, principal, call.now, { what: 'ledger', operator });
        await sealed(deps, operator);
      }
      const filter = await filterOf(deps, operator, query);
      if (data.length >= query.limit) {
        next = encodeCursor(deps.mac, 'ledger', [operator, from]);
        break;
      }
      const found = await deps.ledgerReader.page(filter, { cursor: from, limit: query.limit - data.length });
      data.push(...found.entries);
      if (found.next !== null) {
        next = encodeCursor(deps.mac, 'ledger', [operator, found.next]);
        break;
      }
    }
    return page(call, '/v1/ledger', data, next);
  };
}

async function operatorsAsked(deps: ApiDeps, call: Call, operator: string | undefined): Promise<readonly string[]> {
  const asked = askedOperators(call, operator);
  return [...(asked ?? (await deps.policies.list()).map(({ pack }) => pack.operator))].sort();
}

async function filterOf(deps: ApiDeps, operator: string, query: LedgerQuery): Promise<LedgerFilter> {
  const byRequest =
    query.right !== undefined ||
    query.outcome !== undefined ||
    query.late !== undefined ||
    query.approver !== undefined;
  let requests = query.request === undefined ? undefined : [query.request];
  if (byRequest) {
    const ids = await deps.requests.ids(
      {
        operators: [operator],
        id: query.request,
        right: query.right,
        outcome: query.outcome,
        late: query.late,
        approver: query.approver,
      },
      MAX_REQUESTS,
    );
    requests = ids;
  }
  return { operator, requests, actor: query.actor, action: query.type, from: query.from, to: query.to };
}

export function getCheckpoint(deps: ApiDeps): Handler {
  return async (call) => {
    refuseOrganisations(principalOf(call));
    const operator = String(call.query['operator']);
    askedOperators(call, operator);
    await sealed(deps, operator);
    const head = await deps.ledgerReader.checkpoint(operator);
    if (head === null) throw new HttpProblem('not_ready');
    const { size, root, checkpoint, keyId } = head;
    return { status: 200, body: { operator, size, root, checkpoint, keyId }, headers: { 'Cache-Control': 'no-cache' } };
  };
}

export function getProof(deps: ApiDeps): Handler {
  return async (call) => {
    refuseOrganisations(principalOf(call));
    const query = call.query as { operator: string; seq?: number; size?: number; from?: number; to?: number };
    askedOperators(call, query.operator);
    try {
      if (query.seq !== undefined && query.size !== undefined) {
        const view = await deps.ledgerReader.inclusion(query.operator, query.seq, query.size);
        return {
          status: 200,
          body: {
            operator: query.operator,
            kind: 'inclusion',
            seq: view.seq,
            size: view.size,
            leafHash: view.hash,
            proof: view.proof,
          },
        };
      }
      const view = await deps.ledgerReader.consistency(query.operator, query.from ?? 0, query.to ?? 0);
      return {
        status: 200,
        body: { operator: query.operator, kind: 'consistency', from: view.from, to: view.to, proof: view.proof },
      };
    } catch (error) {
      if (error instanceof Error && Reflect.get(error, 'code') === 'out_of_range') throw new HttpProblem('not_found');
      throw error;
    }
  };
}

export function getCertificate(deps: ApiDeps): Handler {
  return async (call) => {
    const doc = await requestOf(deps, call);
    const certificate = await deps.certificates.latest(doc._id);
    if (certificate === null) throw new HttpProblem('not_ready');
    const etag = `"${certificate.certificateId}"`;
    if (isFresh(call.header('if-none-match'), etag)) return { status: 304, headers: { ETag: etag } };
    await noteRead(deps, principalOf(call), call.now, { what: 'certificate', operator: doc.operator, request: doc });
    return { status: 200, bytes: { type: 'application/json', data: certificate.bytes }, headers: { ETag: etag } };
  };
}
