/**
 * `npm run check:drift`: are the generated documents what the code makes of them now? Exit 1 and the names when not.
 * With --write they are written. Run from the root of the project.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { GENERATED } from './documents.js';

const write = process.argv.includes('--write');
const drifted: string[] = [];
for (const { path, make } of GENERATED) {
  const wanted = make();
  if (write) writeFileSync(path, wanted);
  else if (present(path) !== wanted) drifted.push(path);
}
if (drifted.length > 0) {
  process.stderr.write(`out of date: ${drifted.join(', ')}. Run \`npm run drift:write\` and look at the difference.\n`);
  process.exitCode = 1;
}

function present(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
