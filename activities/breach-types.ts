/** What the breach workflow may ask for: inputs and results without personal data. Search runs on its system's own queue. */
import type { BreachNote, OrganisationRun, ReminderKind, SilenceGround } from '../domain/breach/run.js';
import type { BreachDone } from '../domain/breach/tasks.js';
import type { Instant } from '../domain/words.js';

/** What every activity of a breach is told. */
export interface AboutBreach {
  readonly breachId: string;
  readonly operator: string;
  readonly policyHash: string;
  readonly awareAt: Instant;
  readonly dueAt: Instant;
  readonly simulated: boolean;
  readonly systems: readonly string[];
  readonly datasets: readonly { readonly system: string; readonly dataset: string }[];
}

export interface BreachSearchInput extends AboutBreach {
  readonly system: string;
  /** Place of the query in the vault's list. */
  readonly n: number;
}

export interface BreachDraftInput extends AboutBreach {
  readonly version: number;
  readonly complete: boolean;
  readonly records: number;
  readonly organisations: readonly Pick<OrganisationRun, 'organisation' | 'state'>[];
  readonly notifyPeople: boolean | null;
  readonly silence: { readonly ground: SilenceGround; readonly reasonRef: string } | null;
}

export interface BreachOrganisationInput extends AboutBreach {
  readonly organisation: string;
  readonly people: number;
}

export interface BreachRemindInput extends AboutBreach {
  readonly reminder: ReminderKind;
}

export interface BreachProjectInput extends AboutBreach {
  readonly revision: number;
  readonly view: Readonly<Record<string, unknown>>;
  readonly notes: readonly BreachNote[];
}

type Done<K extends BreachDone['kind']> = Promise<Extract<BreachDone, { kind: K }>>;

export interface BreachActivities {
  breachSearch(input: BreachSearchInput): Done<'search'>;
  breachDraft(input: BreachDraftInput): Done<'draft'>;
  breachOrganisation(input: BreachOrganisationInput): Done<'organisation'>;
  breachTell(input: AboutBreach): Done<'tell'>;
  breachRemind(input: BreachRemindInput): Done<'remind'>;
  breachForget(input: AboutBreach): Done<'forget'>;
  breachProject(input: BreachProjectInput): Promise<void>;
}
