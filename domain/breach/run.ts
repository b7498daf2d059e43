/**
 * The whole state of one breach (GDPR Art. 33 and 34) while its workflow runs: plain JSON, counts, codes and instants,
 * never a person. Who is affected rests in the vault, what became of each in rows of our own store (docs/breach.md).
 */
import type { Speaker } from '../lifecycle/commands.js';
import type { Duration, Instant, Language, Role } from '../words.js';

/** Reasons for which people need not be told: Art. 34(3)(a) to (c), or no high risk (Art. 34(1)). */
export const SILENCE_GROUNDS = ['34-3-a', '34-3-b', '34-3-c', '34-1'] as const;
export type SilenceGround = (typeof SILENCE_GROUNDS)[number];

export const BREACH_STATES = [
  'searching',
  'notifying',
  'awaiting_decision',
  'awaiting_authority',
  'awaiting_officer',
  'closed',
] as const;
export type BreachState = (typeof BREACH_STATES)[number];

export interface BreachTarget {
  /** Place in the query of the intake, whose predicate is in the vault. */
  readonly n: number;
  readonly system: string;
  readonly dataset: string;
  readonly role: Role;
  readonly queue: string;
}

/** Start input of the workflow `breach`. */
export interface BreachInput {
  readonly breachId: string;
  readonly operator: string;
  readonly policy: { readonly version: string; readonly hash: string };
  readonly language: Language;
  readonly awareAt: Instant;
  /** `awareAt` + the pack's `breach.authorityWithin`, by domain/clock. */
  readonly dueAt: Instant;
  readonly within: Duration;
  readonly remindAt: Instant;
  readonly createdAt: Instant;
  readonly createdBy: Speaker;
  /** The pack promises to tell people at once, without waiting for an assessment. */
  readonly peopleImmediately: boolean;
  /** How long the list of people is kept after closing. */
  readonly keepMs: number;
  readonly systems: readonly string[];
  readonly targets: readonly BreachTarget[];
}

export interface TargetRun {
  readonly target: BreachTarget;
  searched: boolean;
  records: number;
  error: string | null;
  /** Quick attempts failed: the next one waits patiently. */
  patient: boolean;
  nextAttemptAt: Instant | null;
}

export interface OrganisationRun {
  readonly organisation: string;
  people: number;
  state: 'pending' | 'told' | 'no_contact' | 'by_hand';
  at: Instant | null;
  error: string | null;
  nextAttemptAt: Instant | null;
}

/** What the rows say. `unattributed`: in data of an organisation that no record names. */
export interface BreachCounts {
  readonly people: number;
  readonly tell: number;
  readonly told: number;
  readonly noContact: number;
  readonly undeliverable: number;
  readonly unattributed: number;
  readonly organisations: readonly { readonly organisation: string; readonly people: number }[];
}

export interface BreachNote {
  readonly n: number;
  readonly at: Instant;
  readonly action: string;
  readonly code: string | null;
  readonly after: Readonly<Record<string, unknown>> | null;
}

export interface Silence {
  readonly ground: SilenceGround;
  readonly reasonRef: string;
  readonly by: string;
  readonly at: Instant;
}

export type ReminderKind = 'reminder' | 'overdue';

export interface BreachRun {
  readonly input: BreachInput;
  revision: number;
  updatedAt: Instant;
  simulated: boolean;
  targets: TargetRun[];
  counts: BreachCounts;
  /** The draft is made anew whenever what it says changed. */
  draftWanted: number;
  draftDone: number;
  draftedAt: Instant | null;
  /** The latest draft knows every target's numbers. */
  draftComplete: boolean;
  organisations: OrganisationRun[];
  authority: { readonly at: Instant; readonly late: boolean } | null;
  /** null = nobody decided; true: people are told. */
  notifyPeople: boolean | null;
  decidedBy: string | null;
  decidedAt: Instant | null;
  /** "Do not tell people", waiting for a second person, then what was decided. */
  proposal: Silence | null;
  silence: Silence | null;
  /** Tell rounds: one more is wanted whenever people were found or the decision fell. */
  tellWanted: number;
  tellDone: number;
  tellError: string | null;
  tellNextAt: Instant | null;
  /** An officer said what became of those who could not be reached. */
  unreachedRef: string | null;
  reminders: { readonly kind: ReminderKind; sentAt: Instant | null; nextAttemptAt: Instant | null }[];
  closedAt: Instant | null;
  forgottenAt: Instant | null;
  notes: BreachNote[];
  noteCount: number;
}

const NONE: BreachCounts = {
  people: 0,
  tell: 0,
  told: 0,
  noContact: 0,
  undeliverable: 0,
  unattributed: 0,
  organisations: [],
};

export function instant(ms: number): Instant {
  return new Date(ms).toISOString();
}

/** Pure; `now` is the workflow's time in milliseconds. */
export function newBreachRun(input: BreachInput, now: number): BreachRun {
  return {
    input,
    revision: 1,
    updatedAt: instant(now),
    simulated: false,
    targets: input.targets.map((target) => ({
      target,
      searched: false,
      records: 0,
      error: null,
      patient: false,
      nextAttemptAt: null,
    })),
    counts: NONE,
    draftWanted: 1,
    draftDone: 0,
    draftedAt: null,
    draftComplete: false,
    organisations: [],
    authority: null,
    notifyPeople: input.peopleImmediately ? true : null,
    decidedBy: null,
    decidedAt: null,
    proposal: null,
    silence: null,
    tellWanted: 0,
    tellDone: 0,
    tellError: null,
    tellNextAt: null,
    unreachedRef: null,
    reminders: [],
    closedAt: null,
    forgottenAt: null,
    notes: [],
    noteCount: 0,
  };
}

export function touchBreach(run: BreachRun, now: number): void {
  run.revision += 1;
  run.updatedAt = instant(now);
}

export function noteBreach(
  run: BreachRun,
  now: number,
  action: string,
  code: string | null = null,
  after: BreachNote['after'] = null,
): void {
  run.noteCount += 1;
  run.notes.push({ n: run.noteCount, at: instant(now), action, code, after });
}

export function allSearched(run: BreachRun): boolean {
  return run.targets.every((t) => t.searched);
}

/** People who were to be told and cannot be by mail. */
export function unreached(run: BreachRun): number {
  return run.counts.noContact + run.counts.undeliverable;
}

export function tellingRests(run: BreachRun): boolean {
  return run.notifyPeople !== true || (run.tellDone >= run.tellWanted && allSearched(run));
}
