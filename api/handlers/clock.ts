/** GET /v1/clock: the calculator. The same functions as `habeas clock`, so the same case gives the same bytes. */
import { CLOCK_JSON_FIELDS } from '../../contracts/index.js';
import { evaluateCase } from '../../domain/clock/index.js';
import type { Handler } from '../http/call.js';
import { HttpProblem } from '../http/problem.js';

const JSON_FIELDS: ReadonlySet<string> = new Set(CLOCK_JSON_FIELDS);

/** 422 `invalid_case` with `field`: the first wrong field, in the order of docs/clock.md. */
export function getClock(): Handler {
  return async (call) => {
    const entries = Object.entries(call.query).map(([name, text]) => [
      name,
      JSON_FIELDS.has(name) ? parsed(String(text)) : text,
    ]);
    const result = evaluateCase(Object.fromEntries(entries));
    const error = result['error'] as { readonly field: string | null } | undefined;
    if (error !== undefined) {
      throw new HttpProblem('invalid_case', {
        facts: { field: error.field },
        errors: [{ pointer: `/${error.field ?? ''}`, detail: 'missing or not valid (docs/clock.md)' }],
      });
    }
    return { status: 200, body: result };
  };
}

/** Text that is no JSON stays text, which none of these fields can be: the clock then blames the field in its turn. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
