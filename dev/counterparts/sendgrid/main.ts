/** Starts the SendGrid counterpart as a process: `node dist/dev/counterparts/sendgrid/main.js --port P --data FILE [--host eu]`. */
import { parseArgs } from 'node:util';
import { startSendgrid } from './server.js';

const { values } = parseArgs({
  options: { port: { type: 'string' }, data: { type: 'string' }, host: { type: 'string', default: 'global' } },
});
const port = Number(values.port ?? 0);
if (!Number.isInteger(port) || port < 0 || port > 65_535 || (values.host !== 'global' && values.host !== 'eu')) {
  process.stderr.write('usage: main.js --port P --data FILE [--host global|eu]\n');
  process.exit(64);
}
const running = await startSendgrid({ port, file: values.data, host: values.host });
process.stdout.write(`${JSON.stringify({ url: running.url })}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    void running.close().then(() => process.exit(0));
  });
