/**
 * Owned processes. `Supervisor` starts, watches, restarts and stops; `reaper.mjs` is the process that ends them when
 * we die; `pid-files.ts` lets a later start end leftovers that are provably ours.
 */
export { Supervisor, SuperviseError, type ChildSpec, type OwnedChild, type SupervisorEvent } from './supervisor.js';
