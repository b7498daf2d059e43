/**
 * Invented people for the embedded stack and its tests: always the same for the same seed. `cast` names those with a
 * story, `people` invents the crowd, one file per operator lays them out under the names its pack reads, and `seed`
 * writes them once into the operator's own database and its vendors' counterparts.
 */
export { CAST, ORGANISATIONS, type CastMember } from './cast.js';
export { SHARED_MAILBOXES, inventPeople, type Person } from './people.js';
export { SEEDED_OPERATORS, seedOperator, type SeededOperator, type SeedOptions, type SeedResult } from './seed.js';
export type { Counterpart } from './counterparts.js';
