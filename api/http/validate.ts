/** Runs a schema of the contracts over what came in; faults become pointers and sentences without the values. */
import type * as z from 'zod';
import { HttpProblem, type FieldError } from './problem.js';

/** A key is named only when it looks like a field name: anything else may itself be somebody's data. */
const FIELD_NAME = /^[A-Za-z][A-Za-z0-9_]{0,39}$/;

function pointerOf(path: readonly PropertyKey[]): string {
  return path
    .map((step) => `/${FIELD_NAME.test(String(step)) || /^\d{1,6}$/.test(String(step)) ? String(step) : '…'}`)
    .join('');
}

/** Our own sentence for each kind of fault; only messages that we wrote ourselves (`custom`, formats) pass. */
function sentence(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${issue.expected}`;
    case 'too_big':
      return `at most ${String(issue.maximum)}`;
    case 'too_small':
      return `at least ${String(issue.minimum)}`;
    case 'invalid_value':
      return `one of ${issue.values.map((v) => String(v)).join(', ')}`;
    case 'unrecognized_keys':
      return `unknown key${issue.keys.every((key) => FIELD_NAME.test(key)) ? ` ${issue.keys.join(', ')}` : ''}`;
    case 'invalid_format':
      return issue.format === 'regex' && !issue.message.startsWith('Invalid')
        ? issue.message
        : `not a valid ${issue.format}`;
    case 'custom':
      return issue.message;
    default:
      return 'not valid';
  }
}

function faults(issues: readonly z.core.$ZodIssue[]): FieldError[] {
  return issues.slice(0, 20).map((issue) => ({ pointer: pointerOf(issue.path), detail: sentence(issue) }));
}

/** Throws HttpProblem `validation_failed`. */
export function check<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new HttpProblem('validation_failed', { errors: faults(result.error.issues) });
}
