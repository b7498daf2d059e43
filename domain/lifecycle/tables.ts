/**
 * The two state machines of a request, as data (docs/interfaces.md section 4). Workflow, API and docs are generated from
 * these tables; nothing else decides what may follow what. Versioned: a request keeps the version it began with.
 */
export const TABLES_VERSION = 1;

export const PHASES = [
  'received',
  'identifying',
  'discovering',
  'parts_run',
  'responding',
  'awaiting_backup_expiry',
  'closed',
  'shredded',
] as const;
export type Phase = (typeof PHASES)[number];

export interface Transition<S extends string> {
  readonly from: S;
  readonly to: S;
  /** Why this step exists, in the words of the interface; shown in the docs. */
  readonly when: string;
}

export const PHASE_TRANSITIONS: readonly Transition<Phase>[] = [
  { from: 'received', to: 'identifying', when: 'accepted' },
  { from: 'received', to: 'responding', when: 'refused or withdrawn' },
  { from: 'identifying', to: 'discovering', when: 'identity reached the level that the right needs' },
  { from: 'identifying', to: 'responding', when: 'cannot identify, not controller, out of scope, refused, withdrawn' },
  { from: 'identifying', to: 'closed', when: 'superseded by an equal request' },
  { from: 'discovering', to: 'parts_run', when: 'the plan stands' },
  { from: 'discovering', to: 'responding', when: 'nothing found, refused, withdrawn' },
  { from: 'parts_run', to: 'discovering', when: 'a new identifier of the person' },
  { from: 'parts_run', to: 'responding', when: 'every part settled or blocked' },
  { from: 'responding', to: 'awaiting_backup_expiry', when: 'answered; a sweep, a backup or a blocked part is open' },
  { from: 'responding', to: 'closed', when: 'answered; nothing is open' },
  {
    from: 'awaiting_backup_expiry',
    to: 'parts_run',
    when: 'a sweep found something, a guard was lifted, a hold ended, a restore',
  },
  { from: 'awaiting_backup_expiry', to: 'closed', when: 'sweeps done, last copy gone' },
  { from: 'closed', to: 'identifying', when: 'reopened: withdrawn within 14 days, cannot identify, complaint upheld' },
  { from: 'closed', to: 'shredded', when: 'the last key epoch is destroyed' },
];

export const PART_STATES = ['planned', 'blocked', 'undecided', 'ready', 'applying', 'verifying', 'settled'] as const;
export type PartState = (typeof PART_STATES)[number];

export const PART_TRANSITIONS: readonly Transition<PartState>[] = [
  { from: 'planned', to: 'blocked', when: 'a guard blocks it' },
  { from: 'planned', to: 'undecided', when: 'somebody must decide' },
  { from: 'planned', to: 'ready', when: 'nothing stands in the way' },
  {
    from: 'planned',
    to: 'settled',
    when: 'nothing to do (retained, scheduled, referred, not found), resolved, refused or withdrawn',
  },
  { from: 'blocked', to: 'planned', when: 'guard lifted by an event or a recheck' },
  { from: 'blocked', to: 'settled', when: 'the time for the way out is over, refused or withdrawn' },
  { from: 'undecided', to: 'ready', when: 'approved' },
  { from: 'undecided', to: 'settled', when: 'rejected, undecided at expiry, refused or withdrawn' },
  { from: 'undecided', to: 'planned', when: 'its hash changed' },
  { from: 'ready', to: 'applying', when: 'its turn has come' },
  { from: 'ready', to: 'planned', when: 'stale, or a hold was placed' },
  { from: 'ready', to: 'blocked', when: 'the guard blocks again' },
  { from: 'ready', to: 'settled', when: 'refused or withdrawn' },
  { from: 'applying', to: 'verifying', when: 'the effect was made' },
  { from: 'applying', to: 'blocked', when: 'a guard hit after the mark' },
  { from: 'applying', to: 'ready', when: 'a restore fence' },
  { from: 'applying', to: 'planned', when: 'stale at the moment of applying: nothing was written' },
  { from: 'applying', to: 'settled', when: 'resolved by a person' },
  { from: 'verifying', to: 'applying', when: 'still present' },
  { from: 'verifying', to: 'settled', when: 'read back' },
  { from: 'settled', to: 'applying', when: 'a sweep or a restore brought it back' },
  { from: 'settled', to: 'planned', when: 'its hold ended while the request is open, or the request was reopened' },
];

export class LifecycleError extends Error {
  readonly code = 'illegal_transition';
  constructor(from: string, to: string) {
    super(`illegal_transition: ${from} to ${to}`);
    this.name = 'LifecycleError';
  }
}

/** Throws LifecycleError unless the table allows the step. */
export function assertPhase(from: Phase, to: Phase): void {
  if (!PHASE_TRANSITIONS.some((t) => t.from === from && t.to === to)) throw new LifecycleError(from, to);
}

/** Throws LifecycleError unless the table allows the step. */
export function assertPart(from: PartState, to: PartState): void {
  if (!PART_TRANSITIONS.some((t) => t.from === from && t.to === to)) throw new LifecycleError(from, to);
}
