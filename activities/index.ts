/** All activities, one file each; `createActivities` binds them to what a worker composed. */
import { announce } from './announce.js';
import { apply } from './apply.js';
import { BREACH } from './breach.js';
import type { BreachActivities } from './breach-types.js';
import { bundle } from './bundle.js';
import { certify } from './certify.js';
import { claim } from './claim.js';
import { clock } from './clock.js';
import { defer } from './defer.js';
import { deliver } from './deliver.js';
import { closureBackups, closureBegin, closureEnd, closureErased, closurePage } from './closure.js';
import type { ClosureActivities } from './closure-types.js';
import type { ActivityDeps } from './deps.js';
import { discover } from './discover.js';
import { dropPackage } from './drop-package.js';
import { dueErase, dueList } from './due.js';
import { evidence } from './evidence.js';
import { guard } from './guard.js';
import { inventory } from './inventory.js';
import { notice } from './notice.js';
import { notify } from './notify.js';
import { plan } from './plan.js';
import { project } from './project.js';
import { push } from './push.js';
import { retain } from './retain.js';
import { framed } from './runtime.js';
import { sweep } from './sweep.js';
import type { Activities, DeliveryActivities, PassActivities } from './types.js';
import { verify } from './verify.js';

export type { ActivityDeps } from './deps.js';
export type { Activities, PassActivities } from './types.js';

export function createActivities(
  deps: ActivityDeps,
): Activities & BreachActivities & ClosureActivities & DeliveryActivities & PassActivities {
  const bound =
    <I extends object, O>(name: string, work: (deps: ActivityDeps, input: I) => Promise<O>) =>
    (input: I): Promise<O> =>
      framed(name, 'system' in input ? String(input.system) : 'engine', deps.observe, () => work(deps, input));
  return {
    discover: bound('discover', discover),
    plan: bound('plan', plan),
    guard: bound('guard', guard),
    apply: bound('apply', apply),
    verify: bound('verify', verify),
    sweep: bound('sweep', sweep),
    inventory: bound('inventory', inventory),
    breachSearch: bound('breachSearch', BREACH.breachSearch),
    breachDraft: bound('breachDraft', BREACH.breachDraft),
    breachRemind: bound('breachRemind', BREACH.breachRemind),
    breachOrganisation: bound('breachOrganisation', BREACH.breachOrganisation),
    breachTell: bound('breachTell', BREACH.breachTell),
    breachForget: bound('breachForget', BREACH.breachForget),
    breachProject: bound('breachProject', BREACH.breachProject),
    bundle: bound('bundle', bundle),
    push: bound('push', push),
    dropPackage: bound('dropPackage', dropPackage),
    notice: bound('notice', notice),
    notify: bound('notify', notify),
    certify: bound('certify', certify),
    clock: bound('clock', clock),
    project: bound('project', project),
    announce: bound('announce', announce),
    evidence: bound('evidence', evidence),
    deliver: bound('deliver', deliver),
    claim: bound('claim', claim),
    defer: bound('defer', defer),
    closureBegin: bound('closureBegin', closureBegin),
    closurePage: bound('closurePage', closurePage),
    closureErased: bound('closureErased', closureErased),
    closureBackups: bound('closureBackups', closureBackups),
    closureEnd: bound('closureEnd', closureEnd),
    dueList: bound('dueList', dueList),
    dueErase: bound('dueErase', dueErase),
    retain: bound('retain', retain),
  };
}
