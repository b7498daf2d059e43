/** A request refuses by code, and the code travels to the caller unchanged: every one of them must be a problem. */
import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { isProblemCode } from '../../../contracts/index.js';

test('every code with which a running request can refuse is a problem code', async () => {
  const files = (await readdir('domain/lifecycle')).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
  );
  const texts = await Promise.all(files.map((name) => readFile(`domain/lifecycle/${name}`, 'utf8')));
  const codes = new Set(
    texts.flatMap((text) => [...text.matchAll(/new CommandError\(\s*'([a-z_]+)'/g)].map((match) => match[1])),
  );
  expect(codes.size).toBeGreaterThan(10);
  expect([...codes].filter((code) => !isProblemCode(code))).toEqual([]);
});
