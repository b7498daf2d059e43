/** Every published vector, through the same door as `habeas clock` (docs/clock.md). */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runClock } from '../../cli/clock.js';

interface Vector {
  readonly vector: string;
  readonly case: { readonly id: string };
  readonly expect: Readonly<Record<string, unknown>>;
  readonly chain?: readonly (readonly [string, string, string])[];
}
interface Step {
  readonly rule: string;
  readonly source: string;
  readonly from: string;
  readonly to: string;
}

const vectors: Vector[] = readFileSync(new URL('./clock.ndjson', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => JSON.parse(line));

async function run(lines: readonly string[]): Promise<string[]> {
  const results: string[] = [];
  await runClock(
    (async function* () {
      yield lines.join('\n');
    })(),
    (text) => {
      results.push(...text.slice(0, -1).split('\n'));
    },
  );
  return results;
}

test('the vector file holds the rows of the requirements', () => {
  const rows = new Set(vectors.map(({ vector }) => vector));
  for (const row of [
    'T1',
    'T2',
    'T4',
    'T5',
    'T6',
    'T7',
    'T9',
    'T11',
    'T12',
    'T14',
    'T15',
    'T16',
    'T18',
    'T19',
    'T21',
    'T22',
    'T24',
    'T25',
    'T26',
    'T27',
    'T29',
    'T30',
    'T32',
  ]) {
    expect(rows).toContain(row);
  }
});

test.each(vectors.map((vector) => [vector.case.id, vector] as const))('%s', async (_id, vector) => {
  const [line] = await run([JSON.stringify(vector.case)]);
  const result = JSON.parse(line ?? 'null');
  for (const [key, value] of Object.entries(vector.expect)) expect(result[key], key).toEqual(value);
  const trace: Step[] = result.trace;
  expect(trace.every(({ source }) => source.length > 0)).toBe(true);
  if (vector.chain !== undefined) {
    const steps = trace.slice(0, vector.chain.length).map(({ rule, from, to }) => [rule, from, to]);
    expect(steps).toEqual(vector.chain);
    expect(trace.slice(vector.chain.length).map(({ rule }) => rule)).not.toContain('roll');
    expect(steps.at(-1)?.[2]).toBe(result.legalDue);
  }
});

test('same input, same bytes, in the same order', async () => {
  const lines = vectors.map((vector) => JSON.stringify(vector.case));
  const once = await run(lines);
  expect(once).toHaveLength(vectors.length);
  expect(once.map((line) => JSON.parse(line).id)).toEqual(vectors.map((vector) => vector.case.id));
  expect(await run(lines)).toEqual(once);
});
