/** A breach as officers see it: counts, states and instants; it names no person. Nothing of it is stored by itself. */
import { allowedBreachActions } from './commands.js';
import { allSearched, tellingRests, unreached, type BreachRun, type BreachState } from './run.js';

export type BreachClockStatus = 'open' | 'due_soon' | 'overdue' | 'met' | 'met_late';

export function breachState(run: BreachRun): BreachState {
  if (run.closedAt !== null) return 'closed';
  if (!allSearched(run)) return 'searching';
  if (run.notifyPeople === null) return 'awaiting_decision';
  if (run.draftDone < run.draftWanted || !tellingRests(run) || run.organisations.some((o) => o.state === 'pending'))
    return 'notifying';
  if (run.authority === null) return 'awaiting_authority';
  return 'awaiting_officer';
}

function clockStatus(run: BreachRun, now: number): BreachClockStatus {
  if (run.authority !== null) return run.authority.late ? 'met_late' : 'met';
  if (now > Date.parse(run.input.dueAt)) return 'overdue';
  return now >= Date.parse(run.input.remindAt) ? 'due_soon' : 'open';
}

export function breachView(run: BreachRun, now: number): Record<string, unknown> {
  const { input, counts } = run;
  return {
    id: input.breachId,
    operator: input.operator,
    state: breachState(run),
    policy: input.policy,
    systems: input.systems,
    awareAt: input.awareAt,
    createdAt: input.createdAt,
    updatedAt: run.updatedAt,
    closedAt: run.closedAt,
    simulatedTime: run.simulated,
    clock: { within: input.within, dueAt: input.dueAt, remindAt: input.remindAt, status: clockStatus(run, now) },
    authority: {
      draftedAt: run.draftedAt,
      draftComplete: run.draftComplete,
      notifiedAt: run.authority?.at ?? null,
      late: run.authority?.late ?? null,
    },
    affected: {
      people: counts.people,
      complete: allSearched(run),
      datasets: run.targets.map(({ target, searched, records, error, nextAttemptAt }) => ({
        system: target.system,
        dataset: target.dataset,
        role: target.role,
        searched,
        records,
        error,
        nextAttemptAt,
      })),
      unattributed: counts.unattributed,
    },
    organisations: run.organisations.map(({ organisation, people, state, at, error }) => ({
      organisation,
      people,
      state,
      at,
      error,
    })),
    people: {
      notify: run.notifyPeople,
      immediately: input.peopleImmediately,
      toTell: counts.tell,
      told: counts.told,
      noContact: counts.noContact,
      undeliverable: counts.undeliverable,
      left: run.notifyPeople === true ? Math.max(0, counts.tell - counts.told - unreached(run)) : 0,
      error: run.tellError,
      unreachedHandled: run.unreachedRef !== null,
    },
    decision: {
      notifyPeople: run.notifyPeople,
      ground: run.silence?.ground ?? null,
      decidedAt: run.decidedAt,
      decidedBy: run.decidedBy,
      proposed:
        run.proposal === null ? null : { ground: run.proposal.ground, by: run.proposal.by, at: run.proposal.at },
    },
    reminders: run.reminders.map(({ kind, sentAt }) => ({ kind, sentAt })),
    allowedActions: allowedBreachActions(run),
    revision: run.revision,
  };
}
