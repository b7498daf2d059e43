/** Operators, tokens, the embedded stack's clock. */
import { mayActFor, type CreateToken, type Principal, type TokenView } from '../../contracts/index.js';
import { decodeCursor, encodeCursor } from '../../infra/store/cursor.js';
import type { TokenRecord } from '../../infra/identity/index.js';
import { requestOf } from '../access.js';
import type { ApiDeps } from '../deps.js';
import { principalOf, type Call, type Handler } from '../http/call.js';
import { isFresh } from '../http/etag.js';
import { page } from '../http/pages.js';
import { HttpProblem } from '../http/problem.js';
import { draft, speakerOf } from '../ledger-notes.js';

export function listOperators(deps: ApiDeps): Handler {
  return async (call) => {
    const principal = principalOf(call);
    const data = (await deps.policies.list())
      .filter(({ pack }) => mayActFor(principal, pack.operator))
      .map(({ pack, hash }) => ({
        id: pack.operator,
        name: pack.legal.name,
        regime: pack.regime,
        country: pack.country,
        timeZone: pack.timeZone,
        language: pack.language,
        policy: { version: pack.version, hash },
      }))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    return page(call, '/v1/operators', data, null);
  };
}

export function getPolicy(deps: ApiDeps): Handler {
  return async (call) => {
    const operator = call.params['id'] ?? '';
    const frozen = mayActFor(principalOf(call), operator) ? await deps.policies.current(operator) : null;
    if (frozen === null) throw new HttpProblem('not_found');
    const etag = `"${frozen.hash}"`;
    if (isFresh(call.header('if-none-match'), etag)) return { status: 304, headers: { ETag: etag } };
    // Settings hold `${NAME}` only, never what it stands for; a literal in a pack might be a secret all the same.
    const systems = frozen.pack.systems.map((system) => ({
      ...system,
      settings: Object.fromEntries(Object.entries(system.settings).map(([name, value]) => [name, shownSetting(value)])),
    }));
    return {
      status: 200,
      body: { operator, version: frozen.pack.version, hash: frozen.hash, pack: { ...frozen.pack, systems } },
      headers: { ETag: etag },
    };
  };
}

function shownSetting(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return /^\$\{[A-Z][A-Z0-9_]*\}$/.test(value) || !/[:@]|key|secret|^SG\.|^sk_/i.test(value) ? value : '(hidden)';
}

export function getOperatorKeys(deps: ApiDeps): Handler {
  return async (call) => {
    const operator = call.params['id'] ?? '';
    if ((await deps.policies.current(operator)) === null) throw new HttpProblem('not_found');
    return {
      status: 200,
      body: { keys: await deps.operatorKeys(operator) },
      headers: { 'Cache-Control': 'public, max-age=300' },
    };
  };
}

/** A year at most: a token that nobody renews should end. */
const MAX_TOKEN_MS = 366 * 86_400_000;

export function createToken(deps: ApiDeps): Handler {
  return async (call) => {
    const principal = principalOf(call);
    const body = call.body as CreateToken;
    const all = principal.operators.includes('*');
    if (body.operator === '*' ? !all : !mayActFor(principal, body.operator)) throw new HttpProblem('forbidden');
    if (body.operator !== '*' && (await deps.policies.current(body.operator)) === null)
      throw new HttpProblem('operator_unknown');
    const expires = Date.parse(body.expiresAt);
    if (expires <= call.now.getTime() || expires > call.now.getTime() + MAX_TOKEN_MS) {
      throw new HttpProblem('validation_failed', {
        errors: [{ pointer: '/expiresAt', detail: 'must lie in the future, at most a year away' }],
      });
    }
    const { id, token } = await deps.tokens.issue({
      name: body.name,
      role: body.role ?? null,
      scopes: body.scopes ?? [],
      operators: [body.operator],
      organisation: body.organisation ?? null,
      expiresAt: new Date(expires),
    });
    const record = (await deps.tokens.list()).find((known) => known.id === id);
    if (record === undefined) throw new HttpProblem('internal');
    await noteToken(deps, call, record, 'token.created');
    return {
      status: 201,
      body: { ...tokenView(record), token },
      headers: { Location: `/v1/tokens/${id}`, 'Cache-Control': 'no-store' },
    };
  };
}

export function tokenView(record: TokenRecord): TokenView {
  const { id, name, role, scopes, operators, organisation } = record;
  return {
    ...{ id, name, role, scopes, organisation, operator: operators[0] ?? '' },
    createdAt: record.createdAt.toISOString(),
    expiresAt: record.expiresAt.toISOString(),
    lastUsedAt: record.lastUsedAt?.toISOString() ?? null,
    revokedAt: record.revokedAt?.toISOString() ?? null,
  };
}

async function noteToken(deps: ApiDeps, call: Call, record: TokenRecord, action: string): Promise<void> {
  const all = record.operators.includes('*');
  const operators = all ? (await deps.policies.list()).map(({ pack }) => pack.operator) : record.operators;
  await deps.ledger.append(
    operators.map((operator) =>
      draft({
        id: `${action}/${record.id}/${operator}`,
        operator,
        at: call.now.toISOString(),
        actor: speakerOf(principalOf(call)),
        action,
        requestId: null,
        code: record.role ?? 'scopes',
        after: { token: record.id, scopes: record.scopes, organisation: record.organisation },
      }),
    ),
  );
}

/** A token of all operators is an admin of all operators' business; others see those of their own operators. */
function isMine(principal: Principal, record: TokenRecord): boolean {
  if (record.operators.includes('*')) return principal.operators.includes('*');
  return record.operators.every((operator) => mayActFor(principal, operator));
}

export function listTokens(deps: ApiDeps): Handler {
  return async (call) => {
    const principal = principalOf(call);
    const query = call.query as { cursor?: string; limit: number };
    const after = query.cursor === undefined ? '' : String(decodeCursor(deps.mac, 'tokens', query.cursor)[0]);
    const found = (await deps.tokens.list())
      .filter((record) => isMine(principal, record) && record.id > after)
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    const shown = found.slice(0, query.limit);
    const last = shown.at(-1);
    const more = found.length > query.limit && last !== undefined;
    const next = more ? encodeCursor(deps.mac, 'tokens', [last.id]) : null;
    return page(call, '/v1/tokens', shown.map(tokenView), next);
  };
}

export function revokeToken(deps: ApiDeps): Handler {
  return async (call) => {
    const record = (await deps.tokens.list()).find((known) => known.id === call.params['id']);
    if (record === undefined || !isMine(principalOf(call), record)) throw new HttpProblem('not_found');
    await deps.tokens.revoke(record.id);
    await noteToken(deps, call, record, 'token.revoked');
    return { status: 204 };
  };
}

export function advanceRequest(deps: ApiDeps): Handler {
  return async (call) => {
    if (deps.dev === undefined) throw new HttpProblem('not_found');
    const doc = await requestOf(deps, call);
    const body = call.body as { by?: string; to?: string };
    const { now } = await deps.dev.advance(
      doc._id,
      body.to === undefined ? { by: String(body.by) } : { to: new Date(body.to).toISOString() },
    );
    const after = (await deps.requests.get(doc._id)) ?? doc;
    return {
      status: 200,
      body: { requestId: doc._id, now, simulatedTime: true, state: after.view.state, revision: after.view.revision },
    };
  };
}
