/** Errors of the parts behind the edge, by their stable codes, as problems. What is not known is `internal`, without a word more. */
import { isProblemCode } from '../../contracts/index.js';
import { Refusal } from '../gateway/port.js';
import { HttpProblem } from './problem.js';

const AWAY = new Set(['unavailable', 'conflict', 'temporal_unavailable', 'keys_unavailable', 'provider_unavailable']);

export function translate(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof Refusal) {
    return isProblemCode(error.code)
      ? new HttpProblem(error.code, { facts: error.facts })
      : new HttpProblem('internal');
  }
  const name = error instanceof Error ? error.name : '';
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  const type: unknown = error instanceof Error ? Reflect.get(error, 'type') : undefined;
  if (name === 'CursorError')
    return new HttpProblem('malformed_request', { detail: 'cursor was not made by this list' });
  // The embedded stack's clock: a move to the past, or a server without time skipping.
  if (code === 'invalid_move')
    return new HttpProblem('validation_failed', { detail: 'the time to move to must lie ahead' });
  if (name === 'AdvanceError') return new HttpProblem(code === 'unsupported' ? 'not_yet_available' : 'unavailable');
  if (code === 'identifier_empty')
    return new HttpProblem('validation_failed', { detail: 'an identifier has no content' });
  if (code === 'key_destroyed' || code === 'destroyed') return new HttpProblem('forgotten');
  if (typeof code === 'string' && AWAY.has(code)) return new HttpProblem('unavailable');
  if (
    name.startsWith('MongoNetwork') ||
    name.startsWith('MongoServerSelection') ||
    name === 'MongoNotConnectedError' ||
    name === 'MongoTopologyClosedError'
  ) {
    return new HttpProblem('unavailable');
  }
  // Body reader (raw-body, body-parser).
  if (type === 'entity.too.large') return new HttpProblem('payload_too_large');
  if (type === 'entity.parse.failed') return new HttpProblem('malformed_json');
  if (type === 'encoding.unsupported' || type === 'charset.unsupported')
    return new HttpProblem('unsupported_media_type');
  if (type === 'request.aborted' || type === 'request.size.invalid') return new HttpProblem('malformed_request');
  if (error instanceof URIError)
    return new HttpProblem('malformed_request', { detail: 'the address is not well formed' });
  const status: unknown = error instanceof Error ? Reflect.get(error, 'status') : undefined;
  if (status === 400) return new HttpProblem('malformed_request');
  return new HttpProblem('internal');
}
