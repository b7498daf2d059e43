import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromTool } from './errors.mjs';
import { homeFolder, rootFolder } from './paths.mjs';
import { runTool } from './process.mjs';

/**
 * Installs the pinned npm packages when node_modules is missing or does not match the lock file.
 * @param {(line: string) => void} say
 * @returns {Promise<'present' | 'installed'>}
 */
export async function ensureNpmPackages(say) {
  const root = rootFolder();
  const lockText = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const hash = createHash('sha256').update(lockText).digest('hex');
  const marker = join(root, 'node_modules', '.habeas-lock');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === hash) return 'present';
  if (installedMatches(root, lockText)) {
    writeFileSync(marker, hash);
    return 'present';
  }
  say('installing npm packages (npm ci)');
  const log = join(homeFolder('logs'), 'npm.log');
  const execPath = process.env['npm_execpath'];
  const ours = execPath !== undefined && /npm-cli\.c?js$/.test(execPath);
  const [command, first] = ours ? [process.execPath, [execPath]] : ['npm', []];
  const { code, output } = await runTool(command, [...first, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    log,
    cwd: root,
  });
  if (code !== 0) throw fromTool('npm_failed', 'The npm packages', output, log);
  writeFileSync(marker, hash);
  return 'installed';
}

/**
 * True when the tree that npm itself recorded holds every package of the lock file in its version.
 * Optional packages of other platforms are absent by right.
 * @param {string} root @param {string} lockText
 */
function installedMatches(root, lockText) {
  const hidden = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(hidden)) return false;
  try {
    const have = JSON.parse(readFileSync(hidden, 'utf8')).packages;
    const want = JSON.parse(lockText).packages;
    return Object.entries(want).every(
      ([path, entry]) => path === '' || entry.optional === true || have[path]?.version === entry.version,
    );
  } catch {
    return false;
  }
}
