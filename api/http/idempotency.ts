/**
 * Idempotency-Key: one effect per (principal, route, target, key). The stored answer is scoped by a keyed hash and the body
 * is compared by one, so neither keys nor bodies rest anywhere. A refused command leaves no record.
 */
import { canonicalJson } from '../../domain/ledger/canonical-json.js';
import type { ApiDeps } from '../deps.js';
import { principalOf, type Call, type Reply } from './call.js';
import { HttpProblem } from './problem.js';

export interface Scope {
  /** Id of the record. */
  readonly id: string;
  /** Temporal update id: the same for every repeat. */
  readonly updateId: string;
  readonly fingerprint: string;
}

/** Printable ASCII, as the header's draft says; at most 255 characters. Throws 400. */
export function idempotencyKey(header: string | undefined): string {
  if (header === undefined || header.trim() === '') throw new HttpProblem('idempotency_key_missing');
  const key = header.trim();
  if (!/^[\x20-\x7e]{1,255}$/.test(key))
    throw new HttpProblem('malformed_request', { detail: 'Idempotency-Key must be 1 to 255 printable characters' });
  return key;
}

export function scopeOf(deps: Pick<ApiDeps, 'mac'>, call: Call, target: string): Scope {
  const principal = principalOf(call);
  const key = idempotencyKey(call.header('idempotency-key'));
  return {
    id: deps.mac('idempotency', principal.id, call.endpoint, target, key),
    updateId: deps.mac('update', principal.id, call.endpoint, target, key),
    fingerprint: deps.mac('fingerprint', canonicalJson(withoutUndefined(call.body))),
  };
}

/** JSON has no `undefined`; optional fields that were left out are left out of the fingerprint as well. */
function withoutUndefined(value: unknown): unknown {
  return value === undefined ? null : JSON.parse(JSON.stringify(value));
}

export function refuseClaim(kind: 'running' | 'other_body'): never {
  throw new HttpProblem(
    kind === 'running' ? 'idempotency_running' : 'idempotency_key_reused',
    kind === 'running' ? { headers: { 'Retry-After': '1' } } : {},
  );
}

/** Runs a command once. Errors: `idempotency_running`, `idempotency_key_reused`, and whatever `run` throws (which frees the key). */
export async function once(
  deps: Pick<ApiDeps, 'mac' | 'idempotency'>,
  call: Call,
  target: string,
  run: (updateId: string) => Promise<Reply>,
): Promise<Reply> {
  const scope = scopeOf(deps, call, target);
  const claim = await deps.idempotency.claim(scope.id, scope.fingerprint, call.now.getTime());
  if (claim.kind === 'running' || claim.kind === 'other_body') refuseClaim(claim.kind);
  if (claim.kind === 'done' && claim.response !== null) {
    return { ...claim.response, headers: { ...claim.response.headers, 'Idempotency-Replayed': 'true' } };
  }
  let reply: Reply;
  try {
    reply = await run(scope.updateId);
  } catch (error) {
    await deps.idempotency.release(scope.id);
    throw error;
  }
  await deps.idempotency.finish(scope.id, {
    status: reply.status,
    headers: reply.headers ?? {},
    body: reply.body ?? null,
  });
  return reply;
}
