import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const FOLDERS = 'contracts domain workflows activities connectors infra worker api web cli dev'.split(' ');
const config = createRequire(import.meta.url)(join(ROOT, '.dependency-cruiser.cjs')) as {
  forbidden: { name: string }[];
};

interface Violation {
  readonly from: string;
  readonly rule: { readonly name: string };
}

/** Runs the same program with the same rules as the check does, in another folder. */
function cruise(folder: string, ...places: string[]): { violations: Violation[]; modules: number } {
  const binary = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const args = [binary, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', ...places];
  const result = (() => {
    try {
      return execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', maxBuffer: 200_000_000 });
    } catch (error) {
      return (error as { stdout: string }).stdout; // exits with the number of violations
    }
  })();
  const { summary } = JSON.parse(result) as { summary: { violations: Violation[]; totalCruised: number } };
  return { violations: summary.violations, modules: summary.totalCruised };
}

/** A file that breaks exactly one rule: rule, file, its text. */
const PLANTED: readonly (readonly [rule: string, file: string, text: string])[] = [
  ['contracts-imports', 'contracts/a.ts', "import { d } from '../domain/d.js'; export const a = d;"],
  ['contracts-no-builtins', 'contracts/b.ts', "import { join } from 'node:path'; export const b = join;"],
  ['contracts-packages', 'contracts/c.ts', "import ts from 'typescript'; export const c = ts;"],
  ['domain-imports', 'domain/a.ts', "import { i } from '../infra/i.js'; export const a = i;"],
  ['domain-types-only', 'domain/b.ts', "import { k } from '../contracts/k.js'; export const b = k;"],
  ['domain-no-builtins', 'domain/c.ts', "import { createHash } from 'node:crypto'; export const c = createHash;"],
  ['domain-packages', 'domain/e.ts', "import * as z from 'zod'; export const e = z;"],
  ['workflows-imports', 'workflows/a.ts', "import { i } from '../infra/i.js'; export const a = i;"],
  ['workflows-types-only', 'workflows/b.ts', "import { act } from '../activities/act.js'; export const b = act;"],
  ['workflows-no-builtins', 'workflows/c.ts', "import { readFileSync } from 'node:fs'; export const c = readFileSync;"],
  ['workflows-packages', 'workflows/e.ts', "import { ulid } from 'ulid'; export const e = ulid;"],
  ['activities-imports', 'activities/a.ts', "import { i } from '../infra/i.js'; export const a = i;"],
  ['activities-packages', 'activities/b.ts', "import { ulid } from 'ulid'; export const b = ulid;"],
  ['connectors-imports', 'connectors/one/a.ts', "import { i } from '../../infra/i.js'; export const a = i;"],
  ['connectors-packages', 'connectors/one/b.ts', "import { ulid } from 'ulid'; export const b = ulid;"],
  ['connectors-apart', 'connectors/one/c.ts', "import { t } from '../two/t.js'; export const c = t;"],
  ['infra-imports', 'infra/a.ts', "import { act } from '../activities/act.js'; export const a = act;"],
  ['worker-imports', 'worker/a.ts', "import { h } from '../api/h.js'; export const a = h;"],
  ['api-imports', 'api/a.ts', "import { t } from '../connectors/two/t.js'; export const a = t;"],
  ['api-types-only', 'api/b.ts', "import { w } from '../workflows/w.js'; export const b = w;"],
  ['web-imports', 'web/a.ts', "import { i } from '../infra/i.js'; export const a = i;"],
  ['web-types-only', 'web/b.ts', "import { d } from '../domain/d.js'; export const b = d;"],
  ['cli-imports', 'cli/a.ts', "import { t } from '../connectors/two/t.js'; export const a = t;"],
  ['owner-express', 'infra/b.ts', "import express from 'express'; export const b = express;"],
  ['owner-mongodb', 'infra/ledger/c.ts', "import { MongoClient } from 'mongodb'; export const c = MongoClient;"],
  ['owner-stripe', 'connectors/one/d.ts', "import Stripe from 'stripe'; export const d = Stripe;"],
  ['owner-temporalio-worker', 'api/c.ts', "import { Worker } from '@temporalio/worker'; export const c = Worker;"],
  ['owner-temporalio-workflow', 'infra/d.ts', "import { sleep } from '@temporalio/workflow'; export const d = sleep;"],
  ['owner-nodemailer', 'api/d.ts', "import { createTransport } from 'nodemailer'; export const d = createTransport;"],
  ['owner-pino', 'api/e.ts', "import { pino } from 'pino'; export const e = pino;"],
  ['owner-yaml', 'api/f.ts', "import { parse } from 'yaml'; export const f = parse;"],
  ['ships-without-dev-packages', 'infra/e.ts', "import fc from 'fast-check'; export const e = fc;"],
  ['no-test-code', 'infra/f.ts', "import { x } from './x.test.js'; export const f = x;"],
  ['no-circle', 'infra/g.ts', "import { h } from './h.js'; export const g = (): unknown => h;"],
  ['resolvable', 'infra/j.ts', "import { z } from './nowhere.js'; export const j = z;"],
];

/** What the planted files point at, and uses that are allowed. */
const BESIDE: Readonly<Record<string, string>> = {
  'domain/d.ts': 'export const d = 1; export type D = number;',
  'domain/types.ts': "import type { K } from '../contracts/k.js'; export type T = K;",
  'contracts/k.ts': "import * as z from 'zod'; export const k = z; export type K = string;",
  'infra/i.ts': "import { d } from '../domain/d.js'; export const i = d;",
  'infra/h.ts': "import { g } from './g.js'; export const h = (): unknown => g;",
  'infra/x.test.ts': "import fc from 'fast-check'; export const x = fc;",
  'infra/store/connect.ts': "import { MongoClient } from 'mongodb'; export const client = MongoClient;",
  'activities/act.ts': "import { d } from '../domain/d.js'; export const act = d; export type Act = number;",
  'workflows/w.ts':
    "import type { Act } from '../activities/act.js'; import { sleep } from '@temporalio/workflow'; export const w = sleep; export type W = Act;",
  'connectors/two/t.ts': 'export const t = 1;',
  'api/h.ts':
    "import type { W } from '../workflows/w.js'; import express from 'express'; export const h = express; export type H = W;",
};

describe('the import rules', () => {
  it('hold in the tree', () => {
    const { violations, modules } = cruise(ROOT, ...FOLDERS.filter((name) => existsSync(join(ROOT, name))));
    expect(violations.map((v) => `${v.rule.name}: ${v.from}`)).toEqual([]);
    expect(modules).toBeGreaterThan(300);
  }, 180_000);

  describe('bite', () => {
    let folder = '';
    let found: Violation[] = [];

    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'habeas-rules-'));
      for (const name of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json'])
        cpSync(join(ROOT, name), join(folder, name));
      symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
      for (const [file, text] of [
        ...Object.entries(BESIDE),
        ...PLANTED.map(([, file, text]) => [file, text] as const),
      ]) {
        mkdirSync(dirname(join(folder, file)), { recursive: true });
        writeFileSync(join(folder, file), `${text}\n`);
      }
      found = cruise(folder, ...FOLDERS.filter((name) => name !== 'dev')).violations;
    }, 180_000);
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it.each(PLANTED.map(([rule, file]) => [rule, file] as const))('%s finds %s', (rule, file) => {
      expect(found.filter((v) => v.from === file).map((v) => v.rule.name)).toContain(rule);
    });

    it('only where something was planted', () => {
      const planted = new Set(PLANTED.map(([, file]) => file));
      expect(found.filter((v) => !planted.has(v.from) && v.rule.name !== 'no-circle')).toEqual([]);
    });

    it('each rule of the file has its planted violation', () => {
      expect(config.forbidden.map((rule) => rule.name).sort()).toEqual(
        [...new Set(PLANTED.map(([rule]) => rule))].sort(),
      );
    });
  });
});
