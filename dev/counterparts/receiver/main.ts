/** Starts a receiver as a process: `node dist/dev/counterparts/receiver/main.js --port P --data FOLDER`. Prints address and key. */
import { parseArgs } from 'node:util';
import { startReceiver } from './server.js';

const { values } = parseArgs({ options: { port: { type: 'string' }, data: { type: 'string' } } });
const port = Number(values.port ?? 0);
if (!Number.isInteger(port) || port < 0 || port > 65_535 || values.data === undefined) {
  process.stderr.write('usage: main.js --port P --data FOLDER\n');
  process.exit(64);
}
const running = await startReceiver({ port, folder: values.data });
process.stdout.write(`${JSON.stringify({ url: running.url, key: running.key, keyId: running.keyId })}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    void running.close().then(() => process.exit(0));
  });
