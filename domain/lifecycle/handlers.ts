/** Who worked on a request: a complaint about it is reviewed by somebody else. */
import type { Speaker } from './commands.js';
import type { Run } from './run.js';

/** Remembers who handled the request; whoever did reviews no complaint about it. */
export function handledBy(run: Run, by: Speaker): void {
  if (by.kind !== 'person') return;
  const handlers = (run.handlers ??= []);
  if (!handlers.includes(by.id)) handlers.push(by.id);
}
