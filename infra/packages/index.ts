/** Access packages: built from collected artefacts, kept encrypted in the vault. */
export { createPackageBuilder, linesOf } from './builder.js';
