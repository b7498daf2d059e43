/** One line of the command `habeas clock`: a case in, a result or an error out (clock.md section 1). */
import { evaluateBackup } from './backup.js';
import { evaluateBreach } from './breach.js';
import { InvalidCaseError } from './errors.js';
import { isObject, type Json } from './reader.js';
import { evaluateRequest } from './request.js';
import { evaluateRetention } from './retention.js';

const KINDS: ReadonlyMap<unknown, (input: Json) => object> = new Map<unknown, (input: Json) => object>([
  ['request', evaluateRequest],
  ['breach', evaluateBreach],
  ['retention', evaluateRetention],
  ['backup', evaluateBackup],
]);

/**
 * Evaluates one case of any kind.
 * @param input the parsed JSON of a line; anything but an object is a bad case with neither id nor field
 * @returns the result with `id` and `kind`, or `{id, error: {code: 'invalid_case', field}}`; never throws for bad input
 */
export function evaluateCase(input: unknown): Json {
  if (!isObject(input)) return failure(null, null);
  const id = input['id'];
  if (typeof id !== 'string') return failure(null, 'id');
  const kind = input['kind'] === undefined ? 'request' : input['kind'];
  const evaluate = KINDS.get(kind);
  if (evaluate === undefined) return failure(id, 'kind');
  try {
    return { id, kind, ...evaluate(input) };
  } catch (error) {
    if (error instanceof InvalidCaseError) return failure(id, error.field);
    throw error;
  }
}

/** The result line for one input line, without the newline; null for a blank line. Same input, same bytes. */
export function evaluateLine(line: string): string | null {
  if (line.trim() === '') return null;
  let input: unknown = null;
  try {
    input = JSON.parse(line);
  } catch {
    // Not JSON: evaluated as "not an object" below.
  }
  return JSON.stringify(evaluateCase(input));
}

function failure(id: string | null, field: string | null): Json {
  return { id, error: { code: 'invalid_case', field } };
}
