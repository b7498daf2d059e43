/** Part of the build: copies what the compiler leaves behind (scripts in other languages, plain modules) next to its users. */
import { cpSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { rootFolder } from './paths.mjs';

const ASSETS = ['dev/servers/localstripe-server.py', 'dev/supervise/reaper.mjs', 'dev/setup'];

for (const asset of ASSETS) {
  const to = join(rootFolder(), 'dist', asset);
  mkdirSync(dirname(to), { recursive: true });
  cpSync(join(rootFolder(), asset), to, { recursive: true });
}
