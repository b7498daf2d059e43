#!/usr/bin/env node
/** Starts the command line from dist/. Says what to do when nothing is built yet. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = new URL('../dist/cli/main.js', import.meta.url);
if (!existsSync(fileURLToPath(main))) {
  process.stderr.write('habeas: not set up yet. Run `npm run setup` first.\n');
  process.exit(2);
}
await import(main.href);
