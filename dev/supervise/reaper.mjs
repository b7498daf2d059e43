/**
 * A process of its own that outlives its parent by seconds only: it learns the pids of all children over its standard
 * input, and when that pipe ends (the parent ended in whatever way, kill -9 too) it ends every process group that is
 * still alive. Lines: `+ <pid> <identity>` and `- <pid>`.
 */
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { processIdentity } from '../setup/process.mjs';

const GRACE_MS = 2_500;

/** @type {Map<number, string>} */
const owned = new Map();
// Signals of the terminal are for the parent, which stops its children in order; only the pipe's end counts here.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => {});

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [sign, pid, ...identity] = line.split(' ');
    if (sign === '+') owned.set(Number(pid), identity.join(' '));
    else if (sign === '-') owned.delete(Number(pid));
  })
  .on('close', () => void reap());

async function reap() {
  signalAll('SIGTERM');
  const until = Date.now() + GRACE_MS;
  while (Date.now() < until && living().length > 0) await sleep(50);
  signalAll('SIGKILL');
  process.exit(0);
}

/** Only processes that are still the ones we were told of; a pid may have been given to a stranger. */
function living() {
  return [...owned].filter(([pid, identity]) => processIdentity(pid) === identity).map(([pid]) => pid);
}

/** @param {NodeJS.Signals} signal */
function signalAll(signal) {
  for (const pid of living()) {
    try {
      process.kill(-pid, signal);
    } catch {
      // gone in between
    }
  }
}
