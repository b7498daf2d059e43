/** A package is built, kept and sent only where its operator's pack allows (GDPR chapter V; the setting HABEAS_REGION). */
import type { Pack } from '../domain/policy/types.js';
import type { ActivityDeps } from './deps.js';

/** Retryable: a worker of the right region takes it up. `habeas doctor` says so before it happens. */
export class WrongRegionError extends Error {
  readonly code = 'wrong_region';

  constructor() {
    super('wrong_region: this worker does not stand where the pack wants packages to be');
    this.name = 'WrongRegionError';
  }
}

/** Throws WrongRegionError unless the pack names no region, or this worker's. */
export function assertRegion(deps: Pick<ActivityDeps, 'region'>, pack: Pick<Pack, 'region'>): void {
  if (pack.region != null && pack.region !== deps.region) throw new WrongRegionError();
}
