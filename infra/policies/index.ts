/**
 * Policy packs from files to frozen data. load-policies: a folder · load-pack: one file · load-regime: regimes against
 * the clock's table · pack-store: packs by hash in the store · fault-lines: `file:line:column path message`.
 */
export { faultLine, type FileFault, PolicyFaultsError } from './fault-lines.js';
export {
  checkPaths,
  checkPolicies,
  loadPolicies,
  type Policies,
  type PoliciesCheck,
  policiesFolder,
} from './load-policies.js';
export { freezePack, loadPack, type LoadedPack } from './load-pack.js';
export { PackError, PackStore } from './pack-store.js';
