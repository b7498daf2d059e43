import { createHash } from 'node:crypto';

/**
 * Deterministic key of one write: SHA-256 over request, instance, operation, target, generation and turn, so that the
 * same step asked again is the same call and nothing of the person stands in it.
 *
 * `turn` is raised by the caller after a 5xx: Stripe stores the answer of a keyed call, 500s included, for at least a
 * day, so the next try needs a key of its own, and is only made after the state was read.
 */
export function idempotencyKey(input: {
  readonly requestId: string;
  readonly instance: string;
  readonly operation: string;
  readonly target: string;
  readonly generation: number;
  readonly turn: number;
}): string {
  const parts = [input.requestId, input.instance, input.operation, input.target, input.generation, input.turn];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
