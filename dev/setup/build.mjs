import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromTool } from './errors.mjs';
import { homeFolder, rootFolder } from './paths.mjs';
import { runTool } from './process.mjs';

const SOURCES = [
  'contracts',
  'domain',
  'workflows',
  'activities',
  'connectors',
  'infra',
  'worker',
  'api',
  'web',
  'cli',
  'dev',
  'bench',
  'test/contract/sendgrid',
  'test/support',
];
const FILES = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];

/** Hash over names and contents of everything that the build reads; contents, because a checkout changes every mtime. */
export function sourceHash() {
  const root = rootFolder();
  const hash = createHash('sha256');
  const add = (/** @type {string} */ path) =>
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0');
  for (const file of FILES) if (existsSync(join(root, file))) add(file);
  for (const folder of SOURCES) {
    if (!existsSync(join(root, folder))) continue;
    const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
    const paths = entries
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
      .map((entry) => join(entry.parentPath, entry.name));
    for (const path of paths.sort()) add(path.slice(root.length + 1));
  }
  return hash.digest('hex');
}

const marker = () => join(rootFolder(), 'dist', '.habeas-build');

/** True when dist/ is missing or was made from other sources. */
export function needsBuild() {
  return !existsSync(marker()) || readFileSync(marker(), 'utf8') !== sourceHash();
}

/** To be called by whoever built: `hash` as taken *before* the build, so that a change during it builds again. @param {string} hash */
export function markBuilt(hash) {
  mkdirSync(join(rootFolder(), 'dist'), { recursive: true });
  writeFileSync(marker(), hash);
}

/**
 * Runs `npm run build` when the sources changed since the last one.
 * @param {(line: string) => void} say
 * @returns {Promise<'present' | 'built' | 'no_script'>}
 */
export async function ensureBuild(say) {
  const root = rootFolder();
  if (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts?.build === undefined) return 'no_script';
  if (!needsBuild()) return 'present';
  say('building (npm run build)');
  const hash = sourceHash();
  const log = join(homeFolder('logs'), 'build.log');
  const { code, output } = await runTool('npm', ['run', 'build', '--silent'], { log, cwd: root });
  if (code !== 0) throw fromTool('build_failed', 'The build', output, log);
  markBuilt(hash);
  return 'built';
}
