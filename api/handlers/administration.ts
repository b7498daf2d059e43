/** Operators, tokens, the embedded stack's clock. */
import { ulid } from 'ulid';
import { mayActFor, type CreateToken, type TokenView } from '../../contracts/index.js';
import { decodeCursor, encodeCursor } from '../../infra/store/cursor.js';
import type { TokenDoc } from '../../infra/store/documents.js';
import { tokenHash } from '../../infra/store/tokens.js';
import { operatorsOf, requestOf } from '../access.js';
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
    const token = deps.mintToken();
    const doc = tokenDoc(body, token, call.now);
    await deps.tokens.insert(doc);
    await noteToken(deps, call, doc, 'token.created');
    return {
      status: 201,
      body: { ...tokenView(doc), token },
      headers: { Location: `/v1/tokens/${doc._id}`, 'Cache-Control': 'no-store' },
    };
  };
}

/** Also used by the command line, which makes the first token. */
export function tokenDoc(body: CreateToken, token: string, now: Date): TokenDoc {
  return {
    _id: `tok_${ulid(now.getTime())}`,
    hash: tokenHash(token),
    name: body.name,
    role: body.role ?? null,
    scopes: body.scopes ?? [],
    operator: body.operator,
    organisation: body.organisation ?? null,
    createdAt: now.toISOString(),
    expiresAt: new Date(body.expiresAt).toISOString(),
    lastUsedAt: null,
    revokedAt: null,
  };
}

export function tokenView(doc: TokenDoc): TokenView {
  const { _id, hash: _hash, ...rest } = doc;
  return { id: _id, ...rest };
}

async function noteToken(deps: ApiDeps, call: Call, doc: TokenDoc, action: string): Promise<void> {
  const operators =
    doc.operator === '*' ? (await deps.policies.list()).map(({ pack }) => pack.operator) : [doc.operator];
  await deps.ledger.append(
    operators.map((operator) =>
      draft({
        id: `${action}/${doc._id}/${operator}`,
        operator,
        at: call.now.toISOString(),
        actor: speakerOf(principalOf(call)),
        action,
        requestId: null,
        code: doc.role ?? 'scopes',
        after: { token: doc._id, scopes: doc.scopes, organisation: doc.organisation },
      }),
    ),
  );
}

export function listTokens(deps: ApiDeps): Handler {
  return async (call) => {
    const query = call.query as { cursor?: string; limit: number };
    const after = query.cursor === undefined ? null : String(decodeCursor(deps.mac, 'tokens', query.cursor)[0]);
    const found = await deps.tokens.list(operatorsOf(principalOf(call)), after, query.limit + 1);
    const shown = found.slice(0, query.limit);
    const last = shown.at(-1);
    const next = found.length > query.limit && last !== undefined ? encodeCursor(deps.mac, 'tokens', [last._id]) : null;
    return page(call, '/v1/tokens', shown.map(tokenView), next);
  };
}

export function revokeToken(deps: ApiDeps): Handler {
  return async (call) => {
    const principal = principalOf(call);
    const doc = await deps.tokens.get(call.params['id'] ?? '');
    const mine =
      doc !== null && (doc.operator === '*' ? principal.operators.includes('*') : mayActFor(principal, doc.operator));
    if (doc === null || !mine) throw new HttpProblem('not_found');
    await deps.tokens.revoke(doc._id, call.now.toISOString());
    await noteToken(deps, call, doc, 'token.revoked');
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
