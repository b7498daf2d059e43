/**
 * The frame around every activity: beats while it runs, and reduces whatever it throws to a coded failure. Nothing of an
 * error but its code reaches Temporal; `nonRetryable` says that only a person can mend it.
 */
import { ApplicationFailure, Context } from '@temporalio/activity';
import { ConnectorError } from '../domain/ports/connector.js';

const BEAT_MS = 1_000;

/** Told how each attempt ended: `code` is `ok` or the failure's code, seconds on the host's clock. */
export type Observe = (activity: string, connector: string, code: string, seconds: number) => void;

export async function framed<T>(
  activity: string,
  connector: string,
  observe: Observe | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), BEAT_MS);
  const began = performance.now();
  const ended = (code: string): void => observe?.(activity, connector, code, (performance.now() - began) / 1000);
  try {
    const result = await work();
    ended('ok');
    return result;
  } catch (error) {
    const failure = asFailure(error);
    ended(failure.type ?? 'internal');
    throw failure;
  } finally {
    clearInterval(beat);
  }
}

/** Codes of our own store and keys, and of receivers of packages, after which another attempt cannot help. */
const FATAL_CODES: ReadonlySet<string> = new Set([
  'key_destroyed',
  'receiver_key_mismatch',
  'receiver_address_refused',
  'receiver_refused',
  'receiver_invalid',
  'receipt_invalid',
  'package_changed',
]);

export function asFailure(error: unknown): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  if (error instanceof ConnectorError) {
    return ApplicationFailure.create({
      message: error.code,
      type: error.code,
      nonRetryable: !error.retryable,
      ...(error.afterMs === undefined ? {} : { nextRetryDelay: error.afterMs }),
    });
  }
  const code = codeOf(error);
  return ApplicationFailure.create({ message: code, type: code, nonRetryable: FATAL_CODES.has(code) });
}

function codeOf(error: unknown): string {
  if (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    /^[a-z][a-z0-9_]{1,60}$/.test(error.code)
  )
    return error.code;
  return error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError
    ? 'bug'
    : 'internal';
}
