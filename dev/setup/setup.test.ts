import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import { causeIn, fromTool } from './errors.mjs';
import { processIdentity } from './process.mjs';

const SETUP = fileURLToPath(new URL('./setup.mjs', import.meta.url));

let home = '';
let bin = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'habeas-setup-'));
  bin = join(home, 'bin');
  mkdirSync(bin);
  return () => rmSync(home, { recursive: true, force: true });
});

/** Runs the set-up as a newcomer would, with its home in a scratch folder and only the given commands on PATH. */
function run(
  program: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; stderr: string; stdout: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, program, {
      env: { HOME: home, HABEAS_HOME: join(home, 'h'), PATH: bin, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
    child.on('close', (code) => resolve({ code, ...said }));
  });
}

/** A stand-in for an outside tool: prints, counts its calls and behaves as the script says. */
function tool(name: string, script: string): void {
  writeFileSync(join(bin, name), `#!/bin/sh\necho "$@" >> ${join(home, `${name}.calls`)}\n${script}\n`);
  chmodSync(join(bin, name), 0o755);
}
const calls = (name: string): string[] =>
  readFileSync(join(home, `${name}.calls`), 'utf8')
    .trim()
    .split('\n');

/** Writes the files that an installed package set would leave in a folder. */
const FILL = `fill() { /bin/mkdir -p "$1/bin"; for t in temporal temporal-test-server secantusd-py localstripe python; do echo '#!x' > "$1/bin/$t"; done; }`;

describe('the set-up', () => {
  it('says in one sentence that Python is missing, and how to get it', async () => {
    const { code, stderr } = await run([SETUP, '--no-build']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^set-up failed \(no_python\): Python 3\.10 or newer is not on PATH.*Install it/m);
    expect(stderr).not.toContain('    at ');
  });

  it('takes uv first when it is there, pins by hash, and does nothing the second time', async () => {
    tool('uv', `${FILL}\ncase "$1" in venv) for a; do d="$a"; done; fill "$d";; esac`);
    const first = await run([SETUP, '--no-build']);
    expect(first.stderr).toContain('(uv)');
    expect(first.code).toBe(0);
    expect(calls('uv')[1]).toContain('--require-hashes');
    const second = await run([SETUP, '--no-build']);
    expect(second).toMatchObject({ code: 0, stderr: expect.stringContaining('servers present') });
    expect(calls('uv')).toHaveLength(2);
    expect(readdirSync(join(home, 'h')).sort()).toEqual(['logs', 'python']);
  });

  it('falls back from venv to venv without pip to a plain folder', async () => {
    const self = join(bin, 'python3');
    tool(
      'python3',
      `${FILL}
case "$1" in -c) echo ${self}; exit 0;; esac
case "$*" in *--target*) for a; do d="$a"; done; fill "$d"; exit 0;; esac
exit 1`,
    );
    const { code, stderr } = await run([SETUP, '--no-build']);
    expect(code).toBe(0);
    expect([...stderr.matchAll(/\(((?:python3|pip)[^)]*)\)/g)].map((match) => match[1])).toEqual([
      'python3 -m venv, pip',
      'python3 -m venv --without-pip, pip --python',
      'pip install --target',
    ]);
    const probe = `import { pythonTool } from ${JSON.stringify(new URL('./python-packages.mjs', import.meta.url).href)}; console.log(JSON.stringify(pythonTool('secantusd-py')))`;
    const site = join(home, 'h', 'python', 'site');
    expect(JSON.parse((await run(['--input-type=module', '-e', probe])).stdout)).toEqual({
      command: self,
      args: [join(site, 'bin', 'secantusd-py')],
      env: { PYTHONPATH: site },
    });
  });

  it.each([
    ['disk_full', 'OSError: [Errno 28] No space left on device', /The disk is full.*Free about/],
    [
      'no_network',
      'Max retries exceeded: Temporary failure in name resolution',
      /registry cannot be reached.*Check the network/,
    ],
    ['python_failed', 'THESE PACKAGES DO NOT MATCH THE HASHES', /could not be installed.*python\.log/],
  ])('names the cause %s, and leaves nothing half-installed', async (expected, words, sentence) => {
    tool(
      'python3',
      `case "$1" in -c) echo ${join(bin, 'python3')}; exit 0;; esac\n/bin/mkdir -p ${join(home, 'h', 'python')}\necho "${words}" >&2\nexit 1`,
    );
    const { code, stderr } = await run([SETUP, '--no-build']);
    expect(code).toBe(1);
    expect(stderr).toContain(`(${expected})`);
    expect(stderr).toMatch(sentence);
    expect(existsSync(join(home, 'h', 'python'))).toBe(false);
  });

  it('goes on without Python when both servers are on PATH', async () => {
    tool('mongod', 'exit 0');
    tool('temporal', 'exit 0');
    const { code, stderr } = await run([SETUP, '--no-build']);
    expect(code).toBe(0);
    expect(stderr).toContain('without the Stripe counterpart');
  });

  it('lets one of two at once wait, so that the packages are installed once', async () => {
    tool('uv', `${FILL}\ncase "$1" in venv) /bin/sleep 0.6; for a; do d="$a"; done; fill "$d";; esac`);
    const [a, b] = await Promise.all([run([SETUP, '--no-build']), run([SETUP, '--no-build'])]);
    expect([a.code, b.code]).toEqual([0, 0]);
    expect(calls('uv')).toHaveLength(2);
    expect(`${a.stderr}${b.stderr}`).toContain('waiting for another set-up');
    expect(existsSync(join(home, 'h', 'setup.lock'))).toBe(false);
  });

  it.each([
    ['a process that no longer lives', JSON.stringify({ pid: 4_000_000, identity: 'gone' })],
    ['a stranger that got its pid', JSON.stringify({ pid: process.pid, identity: 'another boot/1' })],
    ['half a line', '{"pid": 1'],
  ])('takes over a lock of %s', async (_of, text) => {
    tool('uv', `${FILL}\ncase "$1" in venv) for a; do d="$a"; done; fill "$d";; esac`);
    mkdirSync(join(home, 'h'));
    writeFileSync(join(home, 'h', 'setup.lock'), text);
    expect((await run([SETUP, '--no-build'])).code).toBe(0);
  });
});

describe('the cause of a failure', () => {
  it('is read from what npm, pip and uv print', () => {
    expect(causeIn('npm error code ENOSPC')).toBe('disk_full');
    expect(causeIn('npm error network request to x failed, reason: getaddrinfo ENOTFOUND x')).toBe('no_network');
    expect(causeIn('error: Failed to fetch: `https://x`')).toBe('no_network');
    expect(causeIn('ERESOLVE could not resolve')).toBe(null);
  });

  it('keeps the code given when it is unknown', () => {
    expect(fromTool('npm_failed', 'The npm packages', 'ERESOLVE', 'x.log')).toMatchObject({ code: 'npm_failed' });
  });
});

describe('who a process is', () => {
  it('differs between processes, stays the same for one, and is null for none', async () => {
    expect(processIdentity(process.pid)).toBe(processIdentity(process.pid));
    expect(processIdentity(process.ppid)).not.toBe(processIdentity(process.pid));
    expect(processIdentity(4_000_000)).toBe(null);
  });
});
