/** Writes docs/openapi.json (run from the root) from the endpoint table. Run it after changing contracts/; a test says when it was forgotten. */
import { writeFile } from 'node:fs/promises';
import { openApiDocument } from './openapi.js';

await writeFile('docs/openapi.json', `${JSON.stringify(openApiDocument(), null, 2)}\n`);
