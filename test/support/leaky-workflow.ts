/** A workflow that lets a marked person slip wherever workflow code can: only to show that nothing comes out. */
import {
  ApplicationFailure,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  log,
  proxyActivities,
  setHandler,
  sleep,
} from '@temporalio/workflow';

export interface LeakyActivities {
  echo(text: string): Promise<string>;
  throwing(text: string): Promise<void>;
  coded(text: string): Promise<void>;
  stamped(): Promise<{ caseAt: string; worldAt: string }>;
}

const { echo, throwing, coded, stamped } = proxyActivities<LeakyActivities>({
  startToCloseTimeout: '10s',
  retry: { maximumAttempts: 1 },
});

export const change = defineUpdate<string, [string]>('change');
export const poke = defineSignal<[string]>('poke');
export const read = defineQuery<string>('read');
export const done = defineSignal('done');

export async function leaky(person: string): Promise<string> {
  let closed = false;
  let crash = false;
  setHandler(
    change,
    (text) => {
      if (text.startsWith('fail')) throw ApplicationFailure.create({ message: text, type: text, details: [{ text }] });
      return text;
    },
    {
      validator: (text) => {
        if (text.startsWith('reject'))
          throw ApplicationFailure.create({ message: text, type: 'refused', details: [text] });
      },
    },
  );
  setHandler(poke, (text) => {
    crash = text.startsWith('crash');
  });
  setHandler(read, () => person);
  setHandler(done, () => {
    closed = true;
  });
  log.warn(`hello ${person}`, { person, error: new Error(person) });
  await echo(person);
  await throwing(person).catch((error: unknown) => log.error(String(error), { error }));
  await coded(person).catch(() => undefined);
  await condition(() => closed || crash);
  // Any error that is no failure of Temporal's fails the workflow task, again and again.
  if (crash && !closed) {
    crash = false;
    throw new Error(`task ${person}`);
  }
  if (person.endsWith('!')) throw ApplicationFailure.create({ message: person, type: person, details: [person] });
  return person;
}

/** Waits, then stamps: its activity must stand in the workflow's own time. */
export async function waiting(days: number): Promise<{ caseAt: string; worldAt: string; workflowAt: string }> {
  await sleep(days * 86_400_000);
  return { ...(await stamped()), workflowAt: new Date().toISOString() };
}

/** One timer after another: more skips than one session of the server allows. */
export async function hourly(hours: number): Promise<void> {
  for (let hour = 0; hour < hours; hour += 1) await sleep(3_600_000);
}
