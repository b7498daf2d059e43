/**
 * The same erasure, written by hand as one would without an engine: search the live store, then the vendors; make the
 * steps; erase at the processors, then in the live store; read back; ask the backups; write the letter and the
 * certificate. No clock, no approvals, no commands, no reminders, no guard, no fence, no ledger, no waiting: those are
 * what the engine's share of the figures pays for.
 */
import { proxyActivities } from '@temporalio/workflow';
import type { HandWritten, HandInput } from './activities.js';

const OPTIONS = {
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '6 hours' },
} as const;

export async function handWritten(input: HandInput): Promise<string> {
  const core = proxyActivities<HandWritten>(OPTIONS);
  const at = (system: string): HandWritten =>
    input.queues === null ? core : proxyActivities<HandWritten>({ ...OPTIONS, taskQueue: input.queues[system] });
  const about = { id: input.id, operator: input.operator };

  const app = await at('app').discover({ ...about, system: 'app', identifiers: input.identifiers });
  const identifiers = [...input.identifiers, ...app.identifiers];
  const [payments, mail] = await Promise.all([
    at('payments').discover({ ...about, system: 'payments', identifiers }),
    at('mail').discover({ ...about, system: 'mail', identifiers }),
  ]);
  const steps = await core.plan({ ...about, found: [app, payments, mail] });

  const step = async (system: string): Promise<void> => {
    const parts = steps.filter((s) => s.system === system);
    await at(system).apply({ ...about, system, parts, identifiers });
  };
  const check = (system: string): ReturnType<HandWritten['verify']> =>
    at(system).verify({ ...about, system, parts: steps.filter((s) => s.system === system), identifiers });
  const processors = Promise.all([
    step('payments').then(() => check('payments')),
    step('mail').then(() => check('mail')),
  ]);
  const checked = [...(await processors), await step('app').then(() => check('app'))].flat();

  const backups = await at('nightly').inventory({ ...about, backup: 'nightly' });
  const answer = { ...about, email: input.email, checked, backups };
  const [, certificate] = await Promise.all([core.letter(answer), core.certificate(answer)]);
  return certificate;
}
