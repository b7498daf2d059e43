/** Shape of one row of the endpoint table. Everything the HTTP edge does is read from it; a row without `who` fails at boot. */
import type * as z from 'zod';
import type { ProblemCode } from './problems.js';
import type { RoleName, Scope } from './words.js';

/**
 * Who may call. `everyone`: no sign-in at all. `signature`: a Standard Webhooks signature instead of a token.
 * Otherwise one of the roles, or a machine with one of the scopes; operator and organisation are checked per object.
 */
export type Who = 'everyone' | 'signature' | { readonly roles: readonly RoleName[]; readonly scopes: readonly Scope[] };

export interface ResponseSpec {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** Default application/json. */
  readonly contentType?: string;
  readonly headers?: readonly ('Location' | 'ETag' | 'Retry-After' | 'Link')[];
}

export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With `{name}` parameters. */
  readonly path: string;
  readonly summary: string;
  readonly who: Who;
  /** `required`: 400 without an Idempotency-Key. */
  readonly idempotency: 'required' | 'none';
  /** `if-match`: 428 without, 412 when stale. */
  readonly precondition: 'if-match' | 'none';
  readonly params?: z.ZodObject;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  readonly headers?: z.ZodObject;
  readonly maxBytes?: number;
  /** A mailed code in the header `Habeas-Code` will do instead of a sign-in; the handler checks it. */
  readonly mailedCode?: true;
  readonly responses: Readonly<Record<number, ResponseSpec>>;
  /** Codes beyond those that every endpoint of its kind can give. */
  readonly problems: readonly ProblemCode[];
}

export const DEFAULT_MAX_BYTES = 1024 * 1024;

/** Codes that follow from the form of a row, so that no row can forget them. */
export function problemsOf(endpoint: Endpoint): ProblemCode[] {
  const codes = new Set<ProblemCode>(endpoint.problems);
  codes.add('rate_limited').add('internal').add('unavailable');
  if (endpoint.who !== 'everyone') codes.add('unauthenticated');
  if (typeof endpoint.who === 'object') codes.add('forbidden').add('scope_missing');
  if (endpoint.params !== undefined) codes.add('not_found');
  if (endpoint.query !== undefined || endpoint.params !== undefined) codes.add('validation_failed');
  if (endpoint.body !== undefined) {
    codes.add('malformed_json').add('unsupported_media_type').add('payload_too_large').add('validation_failed');
  }
  if (endpoint.idempotency === 'required') {
    codes
      .add('idempotency_key_missing')
      .add('malformed_request')
      .add('idempotency_key_reused')
      .add('idempotency_running');
  }
  if (endpoint.precondition === 'if-match') codes.add('precondition_required').add('precondition_failed');
  return [...codes].sort();
}
