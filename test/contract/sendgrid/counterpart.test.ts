import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSendgrid, type FakeState, type SendgridCounterpart } from '../../../dev/counterparts/sendgrid/index.js';

/** The counterpart itself: what it refuses, and that what it answered survives kill -9. */
let vendor: SendgridCounterpart;
beforeEach(async () => {
  vendor = await startSendgrid();
});
afterEach(() => vendor.close());

async function call(url: string, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: {
      authorization: 'Bearer SG.test',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return {
    status: answer.status,
    violation: answer.headers.get('x-counterpart-violation'),
    body: (await answer.json()) as Record<string, unknown>,
  };
}

describe('refuses what the vendor does not know', () => {
  it.each([
    ['DELETE', '/v3/marketing/contacts', undefined, 'query_parameter_missing'],
    ['DELETE', '/v3/marketing/contacts?ids=', undefined, 'bad_query_value'],
    ['DELETE', '/v3/marketing/contacts?delete_all_contacts=true', undefined, 'unknown_query_parameter'],
    ['DELETE', '/v3/marketing/contacts?ids=a&delete_all_contacts=true', undefined, 'unknown_query_parameter'],
    ['DELETE', '/v3/suppression/bounces', { delete_all: true }, 'unknown_path'],
    ['DELETE', '/v3/recipients/erasejob', { emails: ['a@example.com'] }, 'unknown_method'],
    ['POST', '/v3/recipients/erasejob', { emails: ['a@example.com'] }, 'unknown_field'],
    ['POST', '/v3/recipients/erasejob', { email_addresses: [] }, 'bad_field'],
    [
      'POST',
      '/v3/recipients/erasejob',
      { email_addresses: Array.from({ length: 5001 }, (_, at) => `${at}@example.com`) },
      'bad_field',
    ],
    [
      'POST',
      '/v3/recipients/erasejob',
      { email_addresses: Array.from({ length: 4000 }, () => `${'x'.repeat(80)}@example.com`) },
      'body_too_large',
    ],
    [
      'POST',
      '/v3/marketing/contacts/search/emails',
      { emails: Array.from({ length: 101 }, (_, at) => `${at}@example.com`) },
      'bad_field',
    ],
    ['POST', '/v3/marketing/contacts/search/emails', { emails: ['a@example.com'], extra: 1 }, 'unknown_field'],
    ['POST', '/v3/marketing/contacts/search/emails', {}, 'field_missing'],
    ['GET', '/v3/marketing/lists?page_token=a', undefined, 'unknown_query_parameter'],
    ['DELETE', '/v3/marketing/lists/l-1', undefined, 'unknown_path'],
    ['DELETE', '/v3/marketing/lists/l-1/contacts', undefined, 'query_parameter_missing'],
    ['GET', '/v3/scopes?limit=1', undefined, 'unknown_query_parameter'],
  ])('%s %s', async (method, path, body, code) => {
    const answer = await call(vendor.url, method, path, body);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.violation).toBe(code);
    expect(vendor.state().violations).toHaveLength(1);
    expect(vendor.state().eraseJobs).toEqual([]);
  });

  it('calls without a key, with a wrong key, for an unknown subuser, or for contacts of a subuser', async () => {
    expect((await call(vendor.url, 'GET', '/v3/scopes', undefined, { authorization: '' })).violation).toBe(
      'no_bearer_key',
    );
    vendor.seed({ keys: ['SG.right'] });
    expect((await call(vendor.url, 'GET', '/v3/scopes')).status).toBe(401);
    expect(
      (
        await call(vendor.url, 'GET', '/v3/scopes', undefined, {
          authorization: 'Bearer SG.right',
          'on-behalf-of': 'nobody',
        })
      ).status,
    ).toBe(403);
    expect(
      (await call(vendor.url, 'GET', '/v3/marketing/contacts/c-1', undefined, { 'on-behalf-of': 'north' })).violation,
    ).toBe('on_behalf_of_not_declared');
  });
});

describe('as a process of its own', () => {
  let folder: string;
  let child: ChildProcess | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'habeas-sendgrid-'));
  });
  afterEach(() => {
    child?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(): Promise<string> {
    const main = compile(folder);
    child = spawn(process.execPath, [main, '--port', '0', '--data', join(folder, 'state.json')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    return (JSON.parse(String(line)) as { url: string }).url;
  }

  async function kill(): Promise<void> {
    const exited = once(child as ChildProcess, 'exit');
    child?.kill('SIGKILL');
    await exited;
  }

  it('keeps contacts, suppressions, running jobs and faults over kill -9', async () => {
    let url = await start();
    await call(url, 'POST', '/_seed', {
      contacts: [{ id: 'c-1', email: 'Ana@Example.com' }],
      accounts: { '': { global: ['ana@example.com'] }, north: { scopes: [] } },
    });
    await call(url, 'POST', '/_faults', { jobMs: 60_000 });
    const { body } = await call(url, 'DELETE', '/v3/marketing/contacts?ids=c-1');
    await kill();
    url = await start();
    const job = await call(url, 'GET', `/v3/marketing/contacts/imports/${String(body['job_id'])}`);
    expect(job.body).toMatchObject({ status: 'pending', job_type: 'delete' });
    await call(url, 'POST', '/_clock', { advanceMs: 60_000 });
    await kill();
    url = await start();
    expect((await call(url, 'GET', `/v3/marketing/contacts/imports/${String(body['job_id'])}`)).body).toMatchObject({
      status: 'completed',
      results: { deleted_count: 1 },
    });
    const state = (await call(url, 'GET', '/_state')).body as unknown as FakeState;
    expect(state.contacts).toEqual([]);
    expect(state.accounts['']?.global).toEqual(['ana@example.com']);
    expect((await call(url, 'POST', '/_reset')).status).toBe(200);
    expect(((await call(url, 'GET', '/_state')).body as unknown as FakeState).accounts['']?.global).toEqual([]);
  });
});

/** The counterpart as plain JavaScript, without a build of the whole project: it needs nothing but Node. */
function compile(folder: string): string {
  const root = join(import.meta.dirname, '..', '..', '..');
  for (const place of ['dev/counterparts/sendgrid', 'test/contract/sendgrid']) {
    mkdirSync(join(folder, place), { recursive: true });
    for (const name of readdirSync(join(root, place)).filter(
      (file) => file.endsWith('.ts') && !file.endsWith('.test.ts'),
    )) {
      const { outputText } = ts.transpileModule(readFileSync(join(root, place, name), 'utf8'), {
        compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023, verbatimModuleSyntax: true },
      });
      writeFileSync(join(folder, place, name.replace(/ts$/, 'js')), outputText);
    }
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  return join(folder, 'dev/counterparts/sendgrid/main.js');
}
