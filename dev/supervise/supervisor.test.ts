import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { processIdentity } from '../setup/process.mjs';
import { Supervisor, SuperviseError, type ChildSpec, type SupervisorEvent } from './index.js';

const lives = (pid: number): boolean => processIdentity(pid) !== null;

/** Waits for something that happens in another process; fails the test when it does not. */
async function until(what: string, check: () => boolean): Promise<void> {
  for (let i = 0; i < 400; i += 1) {
    if (check()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`did not happen: ${what}`);
}

const node = (name: string, program: string, extra: Partial<ChildSpec> = {}): ChildSpec => ({
  name,
  command: process.execPath,
  args: ['-e', program],
  ...extra,
});
const IDLE = 'setInterval(() => {}, 1000)';

let dataDir = '';
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'habeas-supervise-'));
  return () => rmSync(dataDir, { recursive: true, force: true });
});

describe('a supervisor', () => {
  it('waits until a child serves, and stops all in reverse order', async () => {
    const events: SupervisorEvent[] = [];
    const supervisor = new Supervisor({ dataDir, onEvent: (event) => events.push(event) });
    const file = join(dataDir, 'served');
    const program = `setTimeout(() => require('fs').writeFileSync(${JSON.stringify(file)}, 'yes'), 200); ${IDLE}`;
    const ready = async (): Promise<void> => void readFileSync(file);
    const first = await supervisor.start(node('first', program, { ready }));
    expect(existsSync(file)).toBe(true);
    const second = await supervisor.start(node('second', IDLE));
    const pids = [first.pid, second.pid].map(Number);
    expect(pids.every(lives)).toBe(true);
    await supervisor.stop();
    expect(pids.some(lives)).toBe(false);
    expect(events.filter((event) => event.kind === 'stopped').map((event) => event.name)).toEqual(['second', 'first']);
    expect(readdirSync(join(dataDir, 'run'))).toEqual([]);
  });

  it('starts a crashed child again, waits until it serves, and keeps its log', async () => {
    const events: SupervisorEvent[] = [];
    const supervisor = new Supervisor({ dataDir, onEvent: (event) => events.push(event) });
    const log = join(dataDir, 'logs', 'crasher.log');
    const greeted = async (): Promise<void> => {
      const lines = readFileSync(log, 'utf8').split('\n').length - 1;
      if (lines <= events.filter((event) => event.kind === 'crashed').length) throw new Error('not yet');
    };
    const child = await supervisor.start(node('crasher', `console.log('hello'); ${IDLE}`, { ready: greeted }));
    const before = Number(child.pid);
    process.kill(before, 'SIGKILL');
    await until('second life', () => events.filter((event) => event.kind === 'ready').length === 2);
    expect(child.pid).not.toBe(before);
    expect(child.restarts).toBe(1);
    expect(events.find((event) => event.kind === 'crashed')).toMatchObject({
      name: 'crasher',
      how: 'SIGKILL',
      againInMs: 200,
    });
    expect(readFileSync(child.logFile, 'utf8')).toBe('hello\nhello\n');
    await supervisor.stop();
  });

  it('pauses longer after each crash', async () => {
    const pauses: (number | null)[] = [];
    const supervisor = new Supervisor({
      dataDir,
      onEvent: (event) => void (event.kind === 'crashed' && pauses.push(event.againInMs)),
    });
    await supervisor.start(node('short', 'setTimeout(() => process.exit(3), 300)'));
    await until('three crashes', () => pauses.length >= 3);
    await supervisor.stop();
    expect(pauses.slice(0, 3)).toEqual([200, 400, 800]);
  });

  it('ends a child that after a crash runs but does not serve, and starts it once more', async () => {
    const events: SupervisorEvent[] = [];
    const supervisor = new Supervisor({ dataDir, onEvent: (event) => events.push(event) });
    const started = (): number => events.filter((event) => event.kind === 'started').length;
    // Serves in its first and its third life only.
    const ready = async (): Promise<void> => {
      if (started() === 2) throw new Error('mute');
    };
    const child = await supervisor.start(node('mute', IDLE, { ready, readyTimeoutMs: 300 }));
    process.kill(Number(child.pid), 'SIGKILL');
    await until('third life serves', () => events.filter((event) => event.kind === 'ready').length === 2);
    expect(events.filter((event) => event.kind === 'not_ready')).toHaveLength(1);
    expect(child.restarts).toBe(2);
    await supervisor.stop();
  });

  it('leaves nothing running after a failed start', async () => {
    const supervisor = new Supervisor({ dataDir });
    await expect(
      supervisor.start(node('quitter', 'process.exit(1)', { ready: () => Promise.reject(new Error('no')) })),
    ).rejects.toMatchObject({ code: 'start_failed' });
    await expect(
      supervisor.start({ name: 'absent', command: join(dataDir, 'no-such-program'), args: [] }),
    ).rejects.toBeInstanceOf(SuperviseError);
    let pid = 0;
    const never = new Supervisor({
      dataDir: join(dataDir, 'b'),
      onEvent: (event) => void (event.kind === 'started' && (pid = event.pid)),
    });
    await expect(
      never.start(node('mute', IDLE, { ready: () => Promise.reject(new Error('no')), readyTimeoutMs: 300 })),
    ).rejects.toMatchObject({ code: 'start_failed' });
    expect(lives(pid)).toBe(false);
    await Promise.all([supervisor.stop(), never.stop()]);
  });

  it('ends a child that ignores SIGTERM, and what that child started', async () => {
    const supervisor = new Supervisor({ dataDir });
    const file = join(dataDir, 'grandchild');
    const grandchild = `process.on('SIGTERM', () => {}); ${IDLE}`;
    const program = `process.on('SIGTERM', () => {}); const c = require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(grandchild)}], {stdio: 'ignore'}); require('fs').writeFileSync(${JSON.stringify(file)}, String(c.pid)); ${IDLE}`;
    const child = await supervisor.start(
      node('stubborn', program, { stopTimeoutMs: 300, ready: async () => void readFileSync(file) }),
    );
    const pids = [Number(child.pid), Number(readFileSync(file, 'utf8'))];
    expect(pids.every(lives)).toBe(true);
    await supervisor.stop();
    await until('both are gone', () => !pids.some(lives));
  });
});

describe('leftovers of an earlier run', () => {
  const record = (
    name: string,
    pid: number,
    identity: string | null,
    owner: { pid: number; identity: string | null },
  ): void => {
    mkdirSync(join(dataDir, 'run'), { recursive: true });
    writeFileSync(join(dataDir, 'run', `${name}.json`), JSON.stringify({ name, pid, identity, owner }));
  };
  const orphan = (): ChildProcess => spawn(process.execPath, ['-e', IDLE], { detached: true, stdio: 'ignore' });

  it('are ended when they are provably ours, and strangers under a remembered pid are not', async () => {
    const [ours, stranger] = [orphan(), orphan()];
    const gone = { pid: 4_000_000, identity: 'gone' };
    record('ours', Number(ours.pid), processIdentity(Number(ours.pid)), gone);
    record('stranger', Number(stranger.pid), 'another boot/1', gone);
    const supervisor = new Supervisor({ dataDir });
    await supervisor.start(node('next', IDLE));
    await until('ours is gone', () => !lives(Number(ours.pid)));
    expect(lives(Number(stranger.pid))).toBe(true);
    stranger.kill('SIGKILL');
    await supervisor.stop();
  });

  it('are left alone while their owner lives: the folder is in use', async () => {
    const [child, owner] = [orphan(), orphan()];
    record('busy', Number(child.pid), processIdentity(Number(child.pid)), {
      pid: Number(owner.pid),
      identity: processIdentity(Number(owner.pid)),
    });
    const supervisor = new Supervisor({ dataDir });
    await expect(supervisor.start(node('next', IDLE))).rejects.toMatchObject({ code: 'data_in_use' });
    expect(lives(Number(child.pid))).toBe(true);
    child.kill('SIGKILL');
    owner.kill('SIGKILL');
    await supervisor.stop();
  });
});

describe('when the parent dies', () => {
  let build = '';
  // The parent must be a plain Node process, so the supervisor is transpiled into a scratch folder for it.
  beforeAll(() => {
    build = mkdtempSync(join(tmpdir(), 'habeas-supervise-build-'));
    const source = fileURLToPath(new URL('.', import.meta.url));
    mkdirSync(join(build, 'dev', 'supervise'), { recursive: true });
    cpSync(join(source, '..', 'setup'), join(build, 'dev', 'setup'), { recursive: true });
    cpSync(join(source, 'reaper.mjs'), join(build, 'dev', 'supervise', 'reaper.mjs'));
    writeFileSync(join(build, 'package.json'), '{"type": "module"}');
    for (const file of ['index', 'supervisor', 'reaper-client', 'pid-files']) {
      const text = readFileSync(join(source, `${file}.ts`), 'utf8');
      const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 };
      writeFileSync(
        join(build, 'dev', 'supervise', `${file}.js`),
        ts.transpileModule(text, { compilerOptions }).outputText,
      );
    }
    writeFileSync(
      join(build, 'parent.mjs'),
      `import { Supervisor } from './dev/supervise/index.js';
       const supervisor = new Supervisor({ dataDir: process.argv[2] });
       const stubborn = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)";
       const a = await supervisor.start({ name: 'a', command: process.execPath, args: ['-e', 'setInterval(() => {}, 1000)'] });
       const b = await supervisor.start({ name: 'b', command: process.execPath, args: ['-e', stubborn] });
       console.log(JSON.stringify({ children: [a.pid, b.pid], reaper: supervisor.reaperPid }));
       process.on('message', async () => {
         process.kill(supervisor.reaperPid, 'SIGKILL');
         const before = supervisor.reaperPid;
         while (supervisor.reaperPid === before || supervisor.reaperPid === undefined) await new Promise((r) => setTimeout(r, 20));
         process.send({ reaper: supervisor.reaperPid });
       });
       setInterval(() => {}, 1000);`,
    );
  });
  afterAll(() => rmSync(build, { recursive: true, force: true }));

  async function parent(): Promise<{ process: ChildProcess; pids: number[] }> {
    const child = spawn(process.execPath, [join(build, 'parent.mjs'), dataDir], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await until('parent is up', () => text.endsWith('\n'));
    const said = JSON.parse(text) as { children: number[]; reaper: number };
    return { process: child, pids: [...said.children, said.reaper] };
  }

  it.each(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP'] as const)('by %s, nothing is left running', async (signal) => {
    const { process: started, pids } = await parent();
    expect(pids.every(lives)).toBe(true);
    started.kill(signal);
    await until('all are gone', () => !pids.some(lives));
  });

  it('by SIGKILL after somebody killed the reaper too, nothing is left running', async () => {
    const { process: started, pids } = await parent();
    const answer = new Promise<{ reaper: number }>((resolve) =>
      started.once('message', (message) => resolve(message as { reaper: number })),
    );
    started.send('kill the reaper');
    const { reaper } = await answer;
    expect(lives(reaper)).toBe(true);
    started.kill('SIGKILL');
    await until('all are gone', () => ![...pids, reaper].some(lives));
  });
});
