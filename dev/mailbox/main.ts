/** Starts the mailbox as a process: `node dist/dev/mailbox/main.js --smtp PORT --http PORT --data FOLDER`. */
import { parseArgs } from 'node:util';
import { startMailbox } from './mailbox.js';

const { values } = parseArgs({
  options: { smtp: { type: 'string' }, http: { type: 'string' }, data: { type: 'string' } },
});
const [smtpPort, httpPort] = [Number(values.smtp), Number(values.http)];
if (!Number.isInteger(smtpPort) || !Number.isInteger(httpPort) || values.data === undefined) {
  process.stderr.write('usage: main.js --smtp PORT --http PORT --data FOLDER\n');
  process.exit(2);
}
const mailbox = await startMailbox({ folder: values.data, smtpPort, httpPort });
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void mailbox.close().then(() => process.exit(0)));
}
