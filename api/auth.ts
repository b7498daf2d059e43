/** Signing in by bearer token, and the first gate: role or scope of the table's row. Deny by default. */
import type { Endpoint, Principal } from '../contracts/index.js';
import type { TokenRecord, Tokens } from '../infra/identity/index.js';
import type { TokenVerifier } from './deps.js';
import { HttpProblem } from './http/problem.js';

/** Throws when a row of the table does not say who may call it: such an API must not start. */
export function assertWho(id: string, endpoint: Endpoint): void {
  const who: unknown = endpoint.who;
  if (who === 'everyone' || who === 'signature') return;
  const listed = typeof who === 'object' && who !== null ? (who as { roles?: unknown; scopes?: unknown }) : null;
  if (
    listed === null ||
    !Array.isArray(listed.roles) ||
    !Array.isArray(listed.scopes) ||
    listed.roles.length + listed.scopes.length === 0
  ) {
    throw new Error(`endpoint_without_who: ${id}`);
  }
}

/** The principal of the Authorization header; null without one. Throws `unauthenticated` for one that is not valid. */
export async function signIn(verifier: TokenVerifier, header: string | undefined): Promise<Principal | null> {
  if (header === undefined) return null;
  const token = /^Bearer ([A-Za-z0-9_-]{1,200})$/i.exec(header.trim())?.[1];
  const principal = token === undefined ? null : await verifier.verify(token);
  if (principal === null) throw new HttpProblem('unauthenticated');
  return principal;
}

/** Throws `unauthenticated`, `forbidden` (wrong role) or `scope_missing` (naming the scopes that would do). */
export function admit(endpoint: Endpoint, principal: Principal | null, mailedCode?: string): void {
  const { who } = endpoint;
  if (who === 'everyone' || who === 'signature') return;
  if (principal === null && endpoint.mailedCode === true && mailedCode !== undefined) return;
  if (principal === null) throw new HttpProblem('unauthenticated');
  if (principal.role !== null && who.roles.includes(principal.role)) return;
  if (principal.scopes.some((scope) => who.scopes.includes(scope))) return;
  if (principal.role !== null || who.scopes.length === 0) throw new HttpProblem('forbidden');
  throw new HttpProblem('scope_missing', { detail: `needs one of: ${who.scopes.join(', ')}` });
}

/** The verifier over stored tokens. */
export function createTokenVerifier(tokens: Pick<Tokens, 'verify'>): TokenVerifier {
  return {
    async verify(token) {
      const record = await tokens.verify(token);
      return record === null ? null : principalOfToken(record);
    },
  };
}

export function principalOfToken(record: TokenRecord): Principal {
  return {
    id: record.id,
    kind: record.organisation !== null ? 'organisation' : record.role !== null ? 'person' : 'machine',
    role: record.role as Principal['role'],
    scopes: record.scopes as Principal['scopes'],
    operators: record.operators,
    organisation: record.organisation,
    name: record.name,
  };
}
