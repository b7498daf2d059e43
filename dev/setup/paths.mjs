import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the clone: the first one upwards whose package.json is ours. Holds for the sources and for dist/. */
export function rootFolder() {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const manifest = join(folder, 'package.json');
    if (
      existsSync(manifest) &&
      existsSync(join(folder, 'package-lock.json')) &&
      JSON.parse(readFileSync(manifest, 'utf8')).name === 'habeas'
    )
      return folder;
    const up = dirname(folder);
    if (up === folder) throw new Error('not inside a clone of habeas');
    folder = up;
  }
}

/**
 * Everything that the set-up brings stands under this one ignored folder of the clone, so that deleting it undoes the
 * set-up. `HABEAS_HOME` puts it elsewhere (a test, a shared disk).
 */
export function habeasHome() {
  const home = process.env['HABEAS_HOME'];
  return home === undefined || home === '' ? join(rootFolder(), '.habeas') : resolve(home);
}

/** A folder below the home, made when it is not there. @param {...string} parts */
export function homeFolder(...parts) {
  const folder = join(habeasHome(), ...parts);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Pinned Python packages. Read from the sources, also when this file runs from dist/. */
export function requirementsFile() {
  return join(rootFolder(), 'dev', 'setup', 'requirements.txt');
}
