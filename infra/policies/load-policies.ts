/** A whole folder of policies: `regimes/`, `operators/`, `authorities.yaml`. */
import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { authoritiesSchema } from '../../contracts/policy.js';
import type { Authority, FrozenPack } from '../../domain/policy/types.js';
import { PolicyFaultsError, type FileFault } from './fault-lines.js';
import { loadPack } from './load-pack.js';
import { checkRegime } from './load-regime.js';
import { readYaml } from './read-yaml.js';

export interface Policies {
  readonly folder: string;
  /** Current pack by operator id. */
  readonly packs: ReadonlyMap<string, FrozenPack>;
  readonly authorities: ReadonlyMap<string, Authority>;
}

export interface PoliciesCheck {
  /** Files that were read, in the order in which they were read. */
  readonly files: readonly string[];
  readonly faults: readonly FileFault[];
  readonly packs: ReadonlyMap<string, FrozenPack>;
  readonly authorities: ReadonlyMap<string, Authority>;
}

/** The folder of the setting `HABEAS_POLICIES`, or the one that ships with the product. */
export function policiesFolder(setting: string | undefined): string {
  return setting === undefined || setting === '' ? shippedFolder() : setting;
}

/**
 * Loads every pack of a folder.
 * @throws PolicyFaultsError (`policy_invalid`) with every fault of every file; then no pack is used
 */
export async function loadPolicies(folder: string): Promise<Policies> {
  const { faults, packs, authorities } = await checkPolicies(folder);
  if (faults.length > 0) throw new PolicyFaultsError(faults);
  return { folder, packs, authorities };
}

/** Reads a folder and says everything that is wrong with it; the packs without a fault are loaded. */
export async function checkPolicies(folder: string): Promise<PoliciesCheck> {
  const files: string[] = [];
  const faults: FileFault[] = [];
  const packs = new Map<string, FrozenPack>();
  const list = await readAuthorities(join(folder, 'authorities.yaml'), shippedAuthorities());
  files.push(list.file);
  faults.push(...list.faults);
  for (const file of await yamlFiles(join(folder, 'regimes'))) {
    files.push(file);
    faults.push(...checkRegime(file, await readFile(file, 'utf8')));
  }
  const operators = await yamlFiles(join(folder, 'operators'));
  if (operators.length === 0)
    faults.push(wholeFile(join(folder, 'operators'), 'no_packs', 'no pack is in this folder'));
  for (const file of operators) {
    files.push(file);
    const loaded = loadPack(file, await readFile(file, 'utf8'), { authorities: new Set(list.authorities.keys()) });
    faults.push(...loaded.faults);
    if (loaded.frozen === null) continue;
    const { operator } = loaded.frozen.pack;
    if (!/\.ya?ml$/.test(file) || basename(file).replace(/\.ya?ml$/, '') !== operator) {
      faults.push(wholeFile(file, 'wrong_file_name', `the pack of "${operator}" must be the file ${operator}.yaml`));
    } else packs.set(operator, loaded.frozen);
  }
  return { files, faults, packs, authorities: list.authorities };
}

/** Checks files and folders as named by a person: a folder of policies, or single packs. */
export async function checkPaths(paths: readonly string[]): Promise<Pick<PoliciesCheck, 'files' | 'faults'>> {
  const files: string[] = [];
  const faults: FileFault[] = [];
  const shipped = await readAuthorities(shippedAuthorities(), shippedAuthorities());
  for (const path of paths) {
    const kind = await stat(path).catch(() => null);
    if (kind === null) {
      faults.push(wholeFile(path, 'not_found', 'there is no such file or folder'));
    } else if (kind.isDirectory()) {
      const checked = await checkPolicies(path);
      files.push(...checked.files);
      faults.push(...checked.faults);
    } else {
      files.push(path);
      const text = await readFile(path, 'utf8');
      const beside = await readAuthorities(join(dirname(dirname(path)), 'authorities.yaml'), shippedAuthorities());
      const known = new Set([...shipped.authorities.keys(), ...beside.authorities.keys()]);
      const regime = basename(dirname(path)) === 'regimes';
      faults.push(...(regime ? checkRegime(path, text) : loadPack(path, text, { authorities: known }).faults));
    }
  }
  return { files, faults };
}

interface AuthorityList {
  readonly file: string;
  readonly authorities: ReadonlyMap<string, Authority>;
  readonly faults: readonly FileFault[];
}

/** A folder of one's own need not repeat the list that ships. */
async function readAuthorities(own: string, shipped: string): Promise<AuthorityList> {
  const file = existsSync(own) ? own : shipped;
  const read = readYaml(file, await readFile(file, 'utf8'), authoritiesSchema);
  if (read.value === null) return { file, authorities: new Map(), faults: read.faults };
  const authorities = new Map<string, Authority>();
  const faults: FileFault[] = [];
  read.value.forEach((authority, index) => {
    if (authorities.has(authority.id))
      faults.push(read.places.at([index, 'id'], 'duplicate', `authority "${authority.id}" is given twice`));
    authorities.set(authority.id, authority);
  });
  return { file, authorities, faults };
}

async function yamlFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

function wholeFile(file: string, code: string, message: string): FileFault {
  return { file, line: 1, column: 1, path: '(file)', code, message };
}

function shippedAuthorities(): string {
  return join(shippedFolder(), 'authorities.yaml');
}

/** Upwards from this file, because the compiled program lies one folder deeper than its sources. */
function shippedFolder(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const candidate = join(folder, 'policies');
    if (existsSync(join(candidate, 'authorities.yaml'))) return candidate;
    if (folder === dirname(folder))
      throw new Error('policies_missing: the folder of policies that ships with the product is gone');
  }
}
