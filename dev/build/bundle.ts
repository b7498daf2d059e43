/** Part of the build: bundles the workflows once, so that workers start without webpack. Writes dist/workflow-bundle.js. */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { buildBundle } from '../../infra/temporal/worker.js';
import { createLog } from '../../infra/telemetry/index.js';

const log = createLog({ level: 'error' });
const bundle = await buildBundle({
  workflowsPath: fileURLToPath(new URL('../../workflows/index.js', import.meta.url)),
  log,
});
await writeFile(fileURLToPath(new URL('../../workflow-bundle.js', import.meta.url)), bundle.code);
