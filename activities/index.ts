/** All activities, one file each; `createActivities` binds them to what a worker composed. */
import { apply } from './apply.js';
import { bundle } from './bundle.js';
import { certify } from './certify.js';
import { clock } from './clock.js';
import type { ActivityDeps } from './deps.js';
import { discover } from './discover.js';
import { guard } from './guard.js';
import { inventory } from './inventory.js';
import { notify } from './notify.js';
import { plan } from './plan.js';
import { project } from './project.js';
import { framed } from './runtime.js';
import { sweep } from './sweep.js';
import type { Activities } from './types.js';
import { verify } from './verify.js';

export type { ActivityDeps } from './deps.js';
export type { Activities } from './types.js';

export function createActivities(deps: ActivityDeps): Activities {
  return {
    discover: (input) => framed(() => discover(deps, input)),
    plan: (input) => framed(() => plan(deps, input)),
    guard: (input) => framed(() => guard(deps, input)),
    apply: (input) => framed(() => apply(deps, input)),
    verify: (input) => framed(() => verify(deps, input)),
    sweep: (input) => framed(() => sweep(deps, input)),
    inventory: (input) => framed(() => inventory(deps, input)),
    bundle: (input) => framed(() => bundle(deps, input)),
    notify: (input) => framed(() => notify(deps, input)),
    certify: (input) => framed(() => certify(deps, input)),
    clock: (input) => framed(() => clock(deps, input)),
    project: (input) => framed(() => project(deps, input)),
  };
}
