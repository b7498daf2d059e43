/** docs/requirements-rows.md: every promise of the five operators stands there once, and names tests that exist. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const PAGE = 'docs/requirements-rows.md';
/** How many rows each operator's text has: Itefy, Infentre, Faktry, IT PAYS, Defigo. */
const ROWS = { I: 12, F: 15, K: 7, P: 11, D: 11 };
/** Rows that no title names: channels and sign-ins are shown by tests of everything that has them. */
const UNNAMED: ReadonlySet<string> = new Set(['P5', 'D7']);

interface Row {
  readonly id: string;
  readonly state: string;
  readonly tests: readonly { readonly file: string; readonly title: string }[];
  readonly missing: string;
}

const rows: readonly Row[] = readFileSync(PAGE, 'utf8')
  .split('\n')
  .filter((line) => /^\| [IFKPD]\d/.test(line))
  .map((line) => {
    const [, id = '', , state = '', tests = '', missing = ''] = line.split('|').map((cell) => cell.trim());
    return {
      id,
      state,
      // `file` (piece of a title); the piece may hold brackets of its own.
      tests: tests.split(' · ').flatMap((cell) => {
        const named = /^`([^`]+)`(?: \((.+)\))?$/.exec(cell);
        return named === null ? [] : [{ file: named[1] ?? '', title: named[2] ?? '' }];
      }),
      missing,
    };
  });

/** Titles of tests and of the groups around them. */
function titlesOf(file: string): string[] {
  const source = readFileSync(file, 'utf8');
  return [...source.matchAll(/(?:\b(?:test|it|describe)|\))\(\s*(['"`])((?:\\.|(?!\1)[^\\])*?)\1/g)].map(
    (match) => match[2] ?? '',
  );
}

describe('requirement rows', () => {
  test('each promise stands there once', () => {
    const wanted = Object.entries(ROWS).flatMap(([letter, count]) =>
      Array.from({ length: count }, (_, n) => `${letter}${n + 1}`),
    );
    expect(rows.map(({ id }) => id)).toEqual(wanted);
  });

  test.each(rows.map((row) => [row.id, row] as const))('%s says how far it is shown, and by which tests', (id, row) => {
    expect(['shown', 'in part', 'not yet']).toContain(row.state);
    // What is not shown whole says why.
    expect(row.missing === '–').toBe(row.state === 'shown');
    expect(row.tests.length > 0).toBe(row.state !== 'not yet');
    for (const { file, title } of row.tests) {
      expect(existsSync(file), file).toBe(true);
      expect(
        titlesOf(file).some((one) => one.includes(title)),
        `${file}: ${title}`,
      ).toBe(true);
    }
    if (row.state === 'not yet' || UNNAMED.has(id)) return;
    const named = row.tests.flatMap(({ file }) => titlesOf(file)).some((one) => new RegExp(`\\b${id}\\b`).test(one));
    expect(named, `no test of ${id} has it in its title`).toBe(true);
  });
});
