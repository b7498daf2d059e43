import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

/** Code that breaks one rule: file, the rule, the text. */
const PLANTED: readonly (readonly [file: string, rule: string, text: string])[] = [
  [
    'infra/a.ts',
    'no-floating-promises',
    'declare function work(): Promise<void>; export function a(): void { work(); }',
  ],
  [
    'infra/b.ts',
    'no-misused-promises',
    'declare function work(): Promise<boolean>; export function b(): number { return work() ? 1 : 2; }',
  ],
  [
    'infra/c.ts',
    'consistent-type-imports',
    "import { Thing } from './types.js'; export const c = (t: Thing): Thing => t;",
  ],
  ['infra/d.ts', 'no-explicit-any', 'export const d = (value: any): unknown => value;'],
  [
    'infra/e.ts',
    'switch-exhaustiveness-check',
    "export function e(x: 'one' | 'two'): number { switch (x) { case 'one': return 1; } return 0; }",
  ],
  ['infra/f.ts', 'no-non-null-assertion', 'export const f = (list: string[]): string => list[0]!;'],
  ['infra/g.ts', 'no-default-export', 'export default 1;'],
  ['infra/BadName.ts', 'filename-case', 'export const h = 1;'],
  ['infra/i.ts', 'no-unused-vars', "import { other } from './types.js'; export const i = 1;"],
  ['domain/a.ts', 'no-restricted-properties', 'export const a = (): number => Date.now();'],
  ['domain/b.ts', 'no-restricted-properties', 'export const b = (): number => Math.random();'],
  ['domain/c.ts', 'no-restricted-globals', "export const c = (): string | undefined => process.env['HOME'];"],
  ['domain/d.ts', 'no-restricted-globals', "export const d = (): Promise<Response> => fetch('https://example.com');"],
  ['workflows/a.ts', 'no-restricted-properties', 'export const a = (): number => Math.random();'],
  ['workflows/b.ts', 'no-restricted-globals', 'export function b(): void { setTimeout(() => undefined, 1); }'],
  ['workflows/c.ts', 'no-restricted-globals', 'export function c(): void { setInterval(() => undefined, 1); }'],
  ['workflows/d.ts', 'no-restricted-globals', 'export const d = (): string => crypto.randomUUID();'],
];
const RIGHT: Readonly<Record<string, string>> = {
  'infra/types.ts': 'export interface Thing { readonly id: string } export const other = 1;',
  // A workflow's clock is the server's: it may be read there, and only there.
  'workflows/right.ts': 'export const now = (): number => Date.now();',
  'infra/right.ts': 'export const now = (): number => Date.now() + Math.random();',
};

interface Message {
  readonly filename: string;
  readonly code: string;
}

describe('the lint rules', () => {
  let folder = '';
  let found: readonly Message[] = [];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'habeas-lint-'));
    for (const name of ['.oxlintrc.json', 'tsconfig.json', 'package.json'])
      cpSync(join(ROOT, name), join(folder, name));
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    for (const [file, text] of [...Object.entries(RIGHT), ...PLANTED.map(([file, , text]) => [file, text] as const)]) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), `${text}\n`);
    }
    const run = spawnSync(join(ROOT, 'node_modules/.bin/oxlint'), ['--type-aware', '-f', 'json'], {
      cwd: folder,
      encoding: 'utf8',
    });
    found = (JSON.parse(run.stdout) as { diagnostics: Message[] }).diagnostics;
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(PLANTED.map(([file, rule]) => [rule, file] as const))('%s finds %s', (rule, file) => {
    const codes = found.filter((message) => message.filename === file).map((message) => message.code);
    expect(codes.some((code) => code.includes(`(${rule})`))).toBe(true);
  });

  it('leave alone what is right', () => {
    expect(found.filter((message) => Object.hasOwn(RIGHT, message.filename))).toEqual([]);
  });
});

/** What no lint rule can say: a Date without an argument is a reading of the host's clock. */
const readsClock = (text: string): boolean =>
  /\bnew Date\(\s*\)|(?<!new )(?<![.\w])Date\(\s*\)/.test(text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, ''));

describe('the host clock', () => {
  it('is not read in domain/', () => {
    expect(readsClock('const at = new Date();')).toBe(true);
    expect(readsClock('const at = new Date(now); // not new Date()')).toBe(false);
    const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--', 'domain'], {
      cwd: ROOT,
      encoding: 'utf8',
    })
      .split('\n')
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && existsSync(join(ROOT, name)));
    expect(files.length).toBeGreaterThan(30);
    expect(files.filter((name) => readsClock(readFileSync(join(ROOT, name), 'utf8')))).toEqual([]);
  });
});
