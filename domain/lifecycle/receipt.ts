/**
 * Correcting the receipt (interfaces.md section 3, `correctReceipt`) and going on under another pack (`repin`). An earlier
 * receipt can only help the person and counts at once; a later one gains time, so that a second person must agree.
 */
import { openApproval } from './approvals.js';
import { receivedAtOf } from './claim.js';
import type { ActCommand } from './commands.js';
import { newBackup, newDiscovery, note, type Run } from './run.js';

export const RECEIPT_RULE = 'receipt';

export function correctReceipt(
  run: Run,
  command: Extract<ActCommand, { action: 'correctReceipt' }>,
  now: number,
): void {
  const before = receivedAtOf(run);
  if (command.receivedAt === before) return;
  if (command.receivedAt < before) return setReceipt(run, command.receivedAt, now);
  for (const old of run.approvals) if (old.rule === RECEIPT_RULE && old.state === 'pending') old.state = 'superseded';
  run.correction = { receivedAt: command.receivedAt, by: command.by.id, reasonRef: command.reasonRef };
  const approval = openApproval(
    run,
    {
      kind: 'second_person',
      organisation: null,
      rule: RECEIPT_RULE,
      parts: [],
      records: 0,
      // Nothing of the plan is decided here: the decision is bound to the pack under which the dates are computed.
      planHash: run.input.policy.hash,
    },
    now,
  );
  note(run, now, 'approval.requested', 'second_person', { approval: approval.id, rule: RECEIPT_RULE });
}

/** After a second person decided: takes the later receipt, or drops it. Returns whether anything changed. */
export function settleCorrection(run: Run, now: number): boolean {
  const { correction } = run;
  if (correction === undefined || correction === null) return false;
  const approval = run.approvals.findLast((a) => a.rule === RECEIPT_RULE);
  if (approval === undefined || approval.state === 'pending') return false;
  run.correction = null;
  if (approval.state === 'approved') setReceipt(run, correction.receivedAt, now);
  return true;
}

/** The officer who wants a later receipt is not the second person. */
export function asksForCorrection(run: Run, rule: string, by: string): boolean {
  return rule === RECEIPT_RULE && run.correction?.by === by;
}

function setReceipt(run: Run, receivedAt: string, now: number): void {
  note(run, now, 'receipt.corrected', null, { receivedAt }, { receivedAt: receivedAtOf(run) });
  run.receivedAt = receivedAt;
  run.clockWanted += 1;
}

/** Goes on under another version of the operator's pack: dates, plan and gates are made anew by it. */
export function repin(run: Run, command: Extract<ActCommand, { action: 'repin' }>, now: number): void {
  note(run, now, 'policy.repinned', null, { policy: command.policy.hash }, { policy: run.input.policy.hash });
  run.input = { ...run.input, policy: command.policy, rules: command.rules };
  const discovery: Run['discovery'] = {};
  for (const { id } of command.rules.systems) discovery[id] = run.discovery[id] ?? newDiscovery();
  run.discovery = discovery;
  run.guards = command.rules.guards.map((g) => ({ id: g.id, state: 'unknown', refs: [], wanted: 1, done: 0 }));
  run.backups = command.rules.backups.map((b) => run.backups.find((known) => known.system === b.id) ?? newBackup(b.id));
  run.clockWanted += 1;
  // Systems may be searched by other types now: every one is asked again.
  run.identifiersVersion += 1;
  for (const type of Object.keys(run.identifierTypes)) run.identifierTypes[type] = run.identifiersVersion;
  run.planWanted += 1;
}
