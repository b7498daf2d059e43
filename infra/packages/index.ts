/** Packages for people: built from collected artefacts, kept encrypted in the vault, sent to another controller. */
export { createPackageBuilder } from './builder.js';
export { createTransfers, keyOf } from './transfers.js';
