/**
 * What an officer can say to a running breach, and when: checks and effects. Every check is repeated in the handler,
 * because a timer of the same activation may have come first.
 */
import type { Speaker } from '../lifecycle/commands.js';
import { CommandError } from '../lifecycle/errors.js';
import type { Instant } from '../words.js';
import { instant, noteBreach, unreached, tellingRests, type BreachRun, type SilenceGround } from './run.js';

export const BREACH_WORKFLOW_TYPE = 'breach';
export const BREACH_UPDATES = { decide: 'decide', act: 'act' } as const;
export const BREACH_QUERIES = { view: 'view' } as const;

export type BreachDecision = { readonly by: Speaker } & (
  | { readonly notifyPeople: true }
  | { readonly notifyPeople: false; readonly ground: SilenceGround; readonly reasonRef: string }
);

export type BreachAct = { readonly by: Speaker } & (
  | { readonly action: 'authority_notified'; readonly at: Instant; readonly referenceRef: string }
  | { readonly action: 'facts' }
  | { readonly action: 'organisation_told'; readonly organisation: string; readonly reasonRef: string }
  | { readonly action: 'people_by_hand'; readonly reasonRef: string }
  | { readonly action: 'retry' }
);

/** Shown as `allowedActions`; `decide` stands there while nobody decided whether people are told. */
export function allowedBreachActions(run: BreachRun): string[] {
  if (run.closedAt !== null) return [];
  const allowed: string[] = ['facts'];
  if (run.notifyPeople === null) allowed.push('decide');
  if (run.authority === null) allowed.push('authority_notified');
  if (run.organisations.some((o) => o.state === 'no_contact')) allowed.push('organisation_told');
  if (tellingRests(run) && unreached(run) > 0 && run.unreachedRef === null) allowed.push('people_by_hand');
  if (run.targets.some((t) => t.error !== null) || run.tellError !== null) allowed.push('retry');
  return allowed;
}

/**
 * Throws CommandError: `people_promised` (the pack promises to tell people, so nobody may decide otherwise),
 * `already_decided`, `four_eyes` (the second person must be another one), `ground_differs`.
 */
export function checkBreachDecision(run: BreachRun, command: BreachDecision): void {
  if (run.input.peopleImmediately && !command.notifyPeople)
    throw new CommandError('people_promised', 'this operator promises to tell everybody at once');
  if (run.notifyPeople !== null) throw new CommandError('already_decided', 'this is decided');
  if (command.notifyPeople || run.proposal === null) return;
  if (run.proposal.by === command.by.id)
    throw new CommandError('four_eyes', 'a second person must confirm that people are not told');
  if (run.proposal.ground !== command.ground)
    throw new CommandError('ground_differs', 'the first person gave another ground', { ground: run.proposal.ground });
}

/** Telling people needs one officer; not telling them needs two, with the same ground (Art. 34(3), 34(1)). */
export function applyBreachDecision(run: BreachRun, command: BreachDecision, now: number): void {
  const by = command.by.id;
  if (command.notifyPeople) {
    run.notifyPeople = true;
    run.tellWanted += 1;
    run.proposal = null;
    decided(run, by, now);
    noteBreach(run, now, 'breach.people_to_be_told', null, { by });
    return;
  }
  const silence = { ground: command.ground, reasonRef: command.reasonRef, by, at: instant(now) };
  if (run.proposal === null) {
    run.proposal = silence;
    noteBreach(run, now, 'breach.silence_proposed', command.ground, { by });
    return;
  }
  run.silence = silence;
  run.notifyPeople = false;
  decided(run, by, now);
  noteBreach(run, now, 'breach.people_not_told', command.ground, { by, proposedBy: run.proposal.by });
}

function decided(run: BreachRun, by: string, now: number): void {
  run.decidedBy = by;
  run.decidedAt = instant(now);
}

/** Throws CommandError `action_not_allowed` (with `allowedActions`), `time_outside` (before the breach was known, or in the future). */
export function checkBreachAct(run: BreachRun, command: BreachAct, now: number): void {
  const allowed = allowedBreachActions(run);
  if (!allowed.includes(command.action))
    throw new CommandError('action_not_allowed', 'the state of the breach does not allow this action', {
      allowedActions: allowed,
    });
  if (command.action === 'authority_notified') {
    const at = Date.parse(command.at);
    if (at > now || at < Date.parse(run.input.awareAt))
      throw new CommandError('time_outside', 'the notification lies before the breach was known, or in the future');
  }
  if (
    command.action === 'organisation_told' &&
    !run.organisations.some((o) => o.organisation === command.organisation && o.state === 'no_contact')
  )
    throw new CommandError('action_not_allowed', 'this organisation does not wait to be told by hand', {
      allowedActions: allowed,
    });
}

export function applyBreachAct(run: BreachRun, command: BreachAct, now: number): void {
  const by = command.by.id;
  switch (command.action) {
    case 'authority_notified': {
      const late = Date.parse(command.at) > Date.parse(run.input.dueAt);
      run.authority = { at: new Date(command.at).toISOString(), late };
      noteBreach(run, now, 'breach.authority_notified', late ? 'late' : 'in_time', { by, at: run.authority.at });
      return;
    }
    case 'facts':
      run.draftWanted += 1;
      noteBreach(run, now, 'breach.facts_changed', null, { by });
      return;
    case 'organisation_told': {
      const found = run.organisations.find((o) => o.organisation === command.organisation);
      if (found !== undefined) Object.assign(found, { state: 'by_hand', at: instant(now), error: null });
      noteBreach(run, now, 'breach.organisation_told', 'by_hand', { by, organisation: command.organisation });
      return;
    }
    case 'people_by_hand':
      run.unreachedRef = command.reasonRef;
      noteBreach(run, now, 'breach.unreached_handled', null, { by, people: unreached(run) });
      return;
    case 'retry':
      for (const target of run.targets) Object.assign(target, { error: null, nextAttemptAt: null, patient: false });
      Object.assign(run, { tellError: null, tellNextAt: null });
      noteBreach(run, now, 'breach.retry', null, { by });
  }
}
