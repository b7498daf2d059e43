import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readHeaders, signedBy } from '../../api/events/signature.js';

const tracked = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--', '*.md'], { encoding: 'utf8' })
  .split('\n')
  .filter((name) => name !== '' && existsSync(name));

describe('the documents', () => {
  it('link only to what is there', () => {
    const broken = tracked.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)]
        .map((match) => match[1] ?? '')
        .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(join(dirname(file), target)))
        .map((target) => `${file}: ${target}`),
    );
    expect(broken).toEqual([]);
    expect(tracked.length).toBeGreaterThan(10);
  });

  it.each(['docs/acceptance.md', 'docs/failures.md'])('%s names only tests that exist', (page) => {
    const named = [...readFileSync(page, 'utf8').matchAll(/`([\w./*-]+(?:\.test\.ts|\.ndjson))`/g)].map(
      (match) => match[1] ?? '',
    );
    const missing = named.filter((name) => !existsSync(name.includes('*') ? dirname(name) : name));
    expect(missing).toEqual([]);
    expect(named.length).toBeGreaterThan(20);
  });

  it('acceptance has every row once, each with a state', () => {
    const rows = [
      ...readFileSync('docs/acceptance.md', 'utf8').matchAll(
        /^\| (\d+) \|.*\| (must|should|moonshot) \| ([a-z ]+) \| ?(.*) ?\|$/gm,
      ),
    ];
    expect(rows.map((row) => Number(row[1])).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 74 }, (_, i) => i + 1),
    );
    const states = rows.map((row) => row[3]);
    expect(new Set(states)).toEqual(new Set(['shown', 'in part', 'not yet']));
    // Whatever counts as shown names the test that shows it.
    expect(
      rows
        .filter((row) => row[3] !== 'not yet' && !/\.test\.ts|test\/contract/.test(row[4] ?? ''))
        .map((row) => row[1]),
    ).toEqual([]);
  });

  it('show every document in docs/README.md', () => {
    const index = readFileSync('docs/README.md', 'utf8');
    const pages = tracked.filter((file) => file.startsWith('docs/') && file !== 'docs/README.md');
    expect(pages.filter((page) => !index.includes(`(${normalize(page).slice('docs/'.length)})`))).toEqual([]);
  });
});

describe('README.md', () => {
  const readme = readFileSync('README.md', 'utf8');

  it('names every command of the command line, and none that is not there', () => {
    const program = readFileSync('cli/main.ts', 'utf8');
    const commands = [
      ...program.matchAll(
        /^(?:const (\w+) = )?(program|policy|token|ledger)\s*\.command\('([\w-]+)'\)|^\s+\.command\('([\w-]+)'\)/gm,
      ),
    ]
      .map((match) => match[3] ?? match[4] ?? '')
      .filter((name) => name !== '');
    expect(commands.length).toBeGreaterThan(8);
    const told = [...readme.matchAll(/`habeas ([a-z]+)(?: ([a-z]+))?/g)].flatMap((match) => [match[1], match[2]]);
    expect(commands.filter((name) => !told.includes(name))).toEqual([]);
    expect(told.filter((name) => name !== undefined && !commands.includes(name))).toEqual([]);
  });

  const openssl = spawnSync('openssl', ['version'], { stdio: 'ignore' }).status === 0;
  it.skipIf(!openssl)('signs an approval in the shell so that it is accepted', () => {
    const block = /<!-- test:sign -->\n```sh\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
    const script = block.replace(/^curl[\s\S]*$/m, 'printf "%s\\n%s\\n%s\\n%s" "$ID" "$AT" "$SIGNATURE" "$BODY"');
    expect(script).not.toBe(block);
    const key = Buffer.from('0011fffe0a0d80'.padEnd(64, 'a5'), 'hex');
    const env = {
      ...process.env,
      WEBHOOK_SECRET: `whsec_${key.toString('base64')}`,
      APPROVAL: 'apr_1',
      PLAN_HASH: 'sha256:ab',
    };
    const [id = '', at = '', signature = '', ...body] = execFileSync('sh', ['-c', script], {
      encoding: 'utf8',
      env,
    }).split('\n');
    const sent: Readonly<Record<string, string>> = {
      'webhook-id': id,
      'webhook-timestamp': at,
      'webhook-signature': `v1,${signature}`,
    };
    const headers = readHeaders((name) => sent[name]);
    if (headers === null) throw new Error('not signed');
    const text = body.join('\n');
    expect(JSON.parse(text)).toMatchObject({
      type: 'approval.decided',
      data: { approvalId: 'apr_1', planHash: 'sha256:ab' },
    });
    const own = { id: 'key_1', kind: 'hmac', bytes: key, party: { operator: 'infentre', organisation: 'acme' } };
    expect(signedBy([own as never], headers, Buffer.from(text))).toBe(own);
    expect(signedBy([own as never], headers, Buffer.from(`${text} `))).toBeNull();
  });
});

describe('the licence', () => {
  it('is the whole text of Apache-2.0, as package.json says', () => {
    expect(statSync('LICENSE').size).toBeGreaterThan(11_000);
    expect(readFileSync('LICENSE', 'utf8')).toContain('Version 2.0, January 2004');
    expect((JSON.parse(readFileSync('package.json', 'utf8')) as { license: string }).license).toBe('Apache-2.0');
  });
});
