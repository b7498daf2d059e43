import Stripe from 'stripe';
import { ConnectorError } from '../../domain/ports/connector.js';

/** What a failed call means before the caller says whether a missing object is fine. */
export type Problem =
  | { readonly kind: 'missing' }
  /** The account or the counterpart does not know this route (preview not enabled, feature not offered). */
  | { readonly kind: 'unknown_route' }
  /** A parameter or a combination that this account refuses. */
  | { readonly kind: 'refused'; readonly error: ConnectorError }
  | { readonly kind: 'error'; readonly error: ConnectorError };

/** Without `Retry-After` (Stripe sends none): one slot of the default 25 per second comes back long before. */
const RATE_AFTER_MS = 2000;
/** An object lock is short. */
const LOCK_AFTER_MS = 1000;

/**
 * Reduces whatever an SDK call threw to a problem with a stable code. The vendor's message is looked at here and goes no
 * further: it can name addresses and ids.
 *
 * Retryable: connection failures and answers that are not JSON (`unavailable`), time-outs (`timeout`), 5xx
 * (`unavailable`), 409 and `lock_timeout` (`conflict`), 429 (`rate_limited`). Fatal: 401 `auth`, 403 `scope`, an object of
 * the other mode `wrong_mode`, 402 `validation`, `idempotency_error` and any other 4xx `bug`.
 */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof ConnectorError) return { kind: 'error', error: thrown };
  if (!(thrown instanceof Stripe.errors.StripeError)) return failed('bug', 'the stripe SDK failed');
  const status = thrown.statusCode;
  if (thrown instanceof Stripe.errors.StripeConnectionError) {
    const timedOut = /timeout/i.test(thrown.message);
    return timedOut
      ? failed('timeout', 'stripe did not answer in time')
      : failed('unavailable', 'stripe cannot be reached');
  }
  // An SDK error without status: the answer was not JSON (a proxy, a maintenance page).
  if (status === undefined) return failed('unavailable', 'stripe answered something that is not JSON');
  // Before the status: the same error comes with 400 or with 409.
  if (thrown.rawType === 'idempotency_error')
    return failed('bug', 'idempotency key used with other parameters', status);
  if (thrown.code === 'lock_timeout') return failed('conflict', 'stripe object is locked', status, LOCK_AFTER_MS);
  if (status === 429) return failed('rate_limited', 'stripe rate limit', status, RATE_AFTER_MS);
  if (status === 409) return failed('conflict', 'stripe is busy with the same call', status, LOCK_AFTER_MS);
  if (status >= 500) return failed('unavailable', 'stripe failed', status);
  if (status === 401) return failed('auth', 'stripe refused the key', status);
  if (status === 403) return failed('scope', 'the stripe key lacks a permission', status);
  if (status === 402) return failed('validation', 'stripe refused a payment action', status);
  if (status === 404) return ofNotFound(thrown);
  const error = new ConnectorError('bug', 'stripe refused the request', { status });
  return { kind: 'refused', error };
}

function ofNotFound(thrown: Stripe.errors.StripeError): Problem {
  // Same status and code as a missing object, but it means the wrong key: never "already gone".
  if (/similar object exists in (test|live) mode/i.test(thrown.message))
    return failed('wrong_mode', 'the object belongs to the other mode than the key', 404);
  if (/^unrecognized request url/i.test(thrown.message)) return { kind: 'unknown_route' };
  // localstripe, the counterpart of the laptop, says "Not Found" without a code.
  if (thrown.code === 'resource_missing' || (thrown.code === undefined && thrown.message === 'Not Found'))
    return { kind: 'missing' };
  return failed('config', 'stripe does not know what was asked for', 404);
}

function failed(code: ConnectorError['code'], detail: string, status?: number, afterMs?: number): Problem {
  return { kind: 'error', error: new ConnectorError(code, detail, { status, afterMs }) };
}
