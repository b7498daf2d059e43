/** `habeas dev`: the embedded stack, kept up until SIGTERM or SIGINT. */
import { join } from 'node:path';
import { startStack, type StackInfo } from '../dev/stack/index.js';
import { habeasHome } from '../dev/setup/paths.mjs';

export interface DevOptions {
  readonly data?: string;
  readonly port?: number;
  readonly json?: boolean;
}

export async function runDev(
  options: DevOptions,
  write: (line: string) => void,
  say: (line: string) => void,
): Promise<void> {
  let stopping = false;
  let wake: () => void = () => undefined;
  const told = new Promise<void>((resolve) => {
    wake = resolve;
  });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => wake());
  const stack = await startStack({
    dataDir: options.data ?? join(habeasHome(), 'dev'),
    ...(options.port === undefined ? {} : { port: options.port }),
    say,
    onEvent: (event) => {
      if (stopping) return;
      if (event.kind === 'crashed')
        say(
          `${event.name} ended (${event.how})${event.againInMs === null ? '' : `, started again in ${event.againInMs} ms`}`,
        );
      if (event.kind === 'not_ready') say(`${event.name} is not ready: ${event.why}`);
    },
  });
  if (options.json === true) write(JSON.stringify(stack.info));
  else for (const line of infoLines(stack.info)) write(line);
  await told;
  stopping = true;
  say('stopping');
  await stack.stop();
}

/** What a person needs to look around. */
export function infoLines(info: StackInfo): string[] {
  return [
    `API            ${info.api}   (documentation: ${info.api}/docs)`,
    `Temporal UI    ${info.temporalUi ?? '-'}`,
    `Mailbox        ${info.mail}`,
    `MongoDB        ${info.mongo}`,
    `Stripe         ${info.counterparts.stripe ?? 'from the environment'}`,
    `SendGrid       ${info.counterparts.sendgrid ?? 'from the environment'}`,
    'Sign-ins (bearer tokens):',
    ...Object.entries(info.tokens).map(([name, token]) => `  ${name.padEnd(15)} ${token}`),
  ];
}
