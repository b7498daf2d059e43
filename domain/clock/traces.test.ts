/** Whole results with every step, as a privacy officer reads them: read and approved once, compared ever after. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { evaluateCase } from './evaluate.js';

interface Golden {
  readonly title: string;
  readonly case: unknown;
  readonly result: unknown;
}
const golden: Golden[] = JSON.parse(readFileSync(new URL('./fixtures/traces.json', import.meta.url), 'utf8'));

test.each(golden)('$title', ({ case: given, result }) => expect(evaluateCase(given)).toEqual(result));
