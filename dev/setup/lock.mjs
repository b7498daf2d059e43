import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SetupError } from './errors.mjs';
import { homeFolder } from './paths.mjs';
import { processIdentity } from './process.mjs';

/** @param {string} text */
function holderLives(text) {
  try {
    const { pid, identity } = JSON.parse(text);
    return processIdentity(pid) === identity;
  } catch {
    return false; // half-written by a process that died; see the grace below
  }
}

/**
 * Runs `work` while holding the one lock of this clone, so that two set-ups at once (two terminals, `npm test` beside
 * `npm run demo`) do not install into each other. A lock of a process that no longer lives is taken over.
 * @template T
 * @param {{ waitMs: number, say: (line: string) => void }} options
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withSetupLock(options, work) {
  const file = join(homeFolder(), 'setup.lock');
  const mine = JSON.stringify({ pid: process.pid, identity: processIdentity(process.pid) });
  const own = `${file}.${process.pid}`;
  const until = Date.now() + options.waitMs;
  let told = false;
  writeFileSync(own, mine);
  try {
    // link(2) makes the lock appear with its content in one step: nobody ever reads a half-written holder.
    for (;;) {
      try {
        linkSync(own, file);
        break;
      } catch (error) {
        if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
      }
      takeOverWhenDead(file);
      if (Date.now() > until) {
        throw new SetupError(
          'setup_busy',
          'Another set-up of this clone is still running.',
          `Wait for it to end, or remove ${file} when you know that none runs.`,
        );
      }
      if (!told && readQuietly(file) !== null) {
        options.say('waiting for another set-up of this clone to end');
        told = true;
      }
      await sleep(100);
    }
  } finally {
    rmSync(own, { force: true });
  }
  const release = () => {
    if (readQuietly(file) === mine) rmSync(file, { force: true });
  };
  process.on('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

/** @param {string} file */
function readQuietly(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/** @param {string} file */
function takeOverWhenDead(file) {
  const seen = readQuietly(file);
  if (seen === null || holderLives(seen)) return;
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
    // Between reading and renaming, a live set-up may have taken the lock: give it back.
    const taken = readQuietly(aside);
    if (taken !== null && holderLives(taken)) linkSync(aside, file);
  } catch {
    // somebody else was faster
  } finally {
    rmSync(aside, { force: true });
  }
}
