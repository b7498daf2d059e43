/** Who calls: what signing in (a token, later a session) comes to. Every check of the API rests on this shape alone. */
import type { RoleName, Scope } from './words.js';

export interface Principal {
  /** Opaque id for ledger and four-eyes rules; never a name or an address. */
  readonly id: string;
  readonly kind: 'person' | 'machine' | 'organisation';
  readonly role: RoleName | null;
  readonly scopes: readonly Scope[];
  /** Operators this principal may act for; `*` = all. Empty = none. */
  readonly operators: readonly string[];
  /** Set for whoever speaks for one organisation only. */
  readonly organisation: string | null;
  /** Name by which a policy pack knows it (deputies); never in ledger or log. */
  readonly name?: string | null;
}

/** True when the principal is bound to the operator. */
export function mayActFor(principal: Principal, operator: string): boolean {
  return principal.operators.includes('*') || principal.operators.includes(operator);
}
