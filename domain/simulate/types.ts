/** What a what-if is asked and what it answers (docs/simulation.md). Plain facts: nothing of a person, no text. */
import type { PauseCase, PromiseCase } from '../clock/request-case.js';
import type { ClockSwitches, FrozenPack } from '../policy/types.js';
import type { ApprovalKind, CivilDate, Instant, RequestState, Right } from '../words.js';

/** One request that is not answered yet, as the read model knows it. */
export interface OpenRequest {
  readonly id: string;
  readonly operator: string;
  readonly right: Right;
  readonly state: RequestState;
  /** Principal id of the officer it is assigned to. */
  readonly owner: string | null;
  readonly policyHash: string;
  readonly receivedAt: Instant;
  readonly pauses: readonly PauseCase[];
  /** When the person was told of an extension. */
  readonly extendedAt: Instant | null;
  /** Approvals that are pending. */
  readonly waiting: readonly {
    readonly kind: ApprovalKind;
    readonly organisation: string | null;
    readonly requestedAt: Instant;
  }[];
  /** Steps that only a person can end: review, by hand, failed. */
  readonly byHand: number;
}

/** The part of a pack that decides dates and who must act. */
export interface SimulatedRules {
  readonly operator: string;
  readonly version: string;
  readonly hash: string;
  readonly regime: string;
  readonly country: string;
  readonly timeZone: string;
  readonly promises: readonly PromiseCase[];
  readonly switches: ClockSwitches;
  readonly decisions: readonly {
    readonly by: 'organisation' | 'privacy_officer' | 'second_person';
    readonly rights: readonly Right[] | null;
  }[];
  readonly release: 'auto' | 'officer';
}

/** The rules of a pack. */
export function rulesOf({ hash, pack }: FrozenPack): SimulatedRules {
  return {
    operator: pack.operator,
    version: pack.version,
    hash,
    regime: pack.regime,
    country: pack.country,
    timeZone: pack.timeZone,
    promises: pack.promises.map(({ within, rights }) => ({ within, ...(rights === undefined ? {} : { rights }) })),
    switches: pack.clockSwitches,
    decisions: pack.approvals.map(({ by, when }) => ({ by, rights: when.rights ?? null })),
    release: pack.release,
  };
}

export const SIMULATED_ROLES = ['privacy_officer', 'second_person', 'organisation'] as const;
export type SimulatedRole = (typeof SIMULATED_ROLES)[number];

/** Nobody of a role (or one of them, `who`) works from a day to a day, both included. */
export interface Away {
  readonly role: SimulatedRole;
  /** One officer's principal id, one organisation's id; null = the whole role. */
  readonly who: string | null;
  readonly from: CivilDate;
  readonly to: CivilDate;
}

export interface Simulation {
  /** The instant of evaluation; facts after it have not happened yet. */
  readonly asOf: Instant;
  readonly requests: readonly OpenRequest[];
  /** Rules of every pack that a request names, by hash. */
  readonly rules: ReadonlyMap<string, SimulatedRules>;
  /** Instead of them, for the requests of its operator; null = no change of policy. */
  readonly changed: SimulatedRules | null;
  readonly away: readonly Away[];
  /** Tasks that each operator's people of a role can end on a working day; absent = without limit. Holds now and changed. */
  readonly perDay: Readonly<Partial<Record<SimulatedRole, number>>>;
}

/** What becomes of a request under one set of rules and one roster. */
export interface Forecast {
  readonly safeDue: CivilDate;
  readonly legalDue: CivilDate;
  readonly due: CivilDate;
  readonly promisedDue: CivilDate | null;
  /** Day on which the work is done and the final answer goes out; null = not within ten years. */
  readonly answeredOn: CivilDate | null;
  /** First day on which it is late (the day after `due`), or null. */
  readonly lateFrom: CivilDate | null;
  /** Days after `due`; null when it is not late or no end is seen. */
  readonly lateDays: number | null;
  readonly promiseBroken: boolean;
  /** Whom it waits for longest: a role, `subject`, `guard`; null = nobody. */
  readonly waitsFor: SimulatedRole | 'subject' | 'guard' | null;
}

export type Change = 'same' | 'earlier' | 'later' | 'becomes_late' | 'no_longer_late' | 'late_anyway' | 'right_unknown';

export interface RequestForecast {
  readonly id: string;
  readonly operator: string;
  readonly right: Right;
  readonly state: RequestState;
  readonly owner: string | null;
  readonly present: Forecast;
  /** null = the changed rules do not know this right. */
  readonly changed: Forecast | null;
  readonly change: Change;
}

export interface SimulationResult {
  readonly asOf: Instant;
  readonly totals: {
    readonly open: number;
    /** Received after the instant of evaluation: left out. */
    readonly notYetReceived: number;
    readonly late: { readonly present: number; readonly changed: number };
    readonly promisesBroken: { readonly present: number; readonly changed: number };
    readonly changes: Readonly<Record<Change, number>>;
    /** Late under the change, by whom they wait for longest. */
    readonly lateByRole: Readonly<Record<string, number>>;
    /** First day on which one is late under the change. */
    readonly firstLateOn: CivilDate | null;
  };
  /** By changed `due`, then id. */
  readonly requests: readonly RequestForecast[];
}
