import { expect, test } from 'vitest';
import { runClock } from './clock.js';

async function run(pieces: readonly (string | Uint8Array)[]): Promise<string[]> {
  const lines: string[] = [];
  await runClock(
    (async function* () {
      yield* pieces;
    })(),
    (text) => {
      expect(text.endsWith('\n')).toBe(true);
      lines.push(...text.slice(0, -1).split('\n'));
    },
  );
  return lines;
}
const breach = (id: string) =>
  JSON.stringify({ id, kind: 'breach', timeZone: 'UTC', awareAt: '2026-05-22T16:30Z', now: '2026-05-22T16:30Z' });

test('one result per line, in order, however the input is cut', async () => {
  const text = `${breach('blåbær')}\r\n\n  \nnot json\n${breach('2')}`;
  const whole = await run([text]);
  expect(whole.map((line) => JSON.parse(line).id)).toEqual(['blåbær', null, '2']);
  const bytes = new TextEncoder().encode(text);
  const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
  expect(await run(single)).toEqual(whole);
  expect(await run([...text])).toEqual(whole);
  expect(whole.every((line) => !line.includes('\n'))).toBe(true);
});

test('nothing in, nothing out', async () => {
  expect(await run([])).toEqual([]);
  expect(await run(['\n\n'])).toEqual([]);
});
