/** What an authenticated event does. Everything that can be checked is checked before its id is taken. */
import { decidedDataSchema, EVENT_DATA, type InboundEvent } from '../../contracts/index.js';
import type { Speaker } from '../../domain/lifecycle/commands.js';
import type { PartyRef } from '../../infra/store/parties.js';
import type { ApiDeps } from '../deps.js';
import { Refusal } from '../gateway/index.js';
import { decideCommand, noteRefusal } from '../handlers/approvals.js';
import { HttpProblem } from '../http/problem.js';
import { check } from '../http/validate.js';
import { draft } from '../ledger-notes.js';

export interface Once {
  /** The same for every repeat of this event. */
  readonly updateId: string;
  readonly eventId: string;
  readonly now: Date;
}

type Effect = (once: Once) => Promise<void>;

/** An organisation or system as ledger and requests know it. */
function speaker(party: PartyRef): Speaker {
  return 'organisation' in party
    ? { kind: 'organisation', role: 'approver', id: `org/${party.operator}/${party.organisation}` }
    : { kind: 'system', role: 'system', id: `sys/${party.operator}/${party.system}` };
}

/** Throws 422, 403 `foreign_key`, 404; the returned effect throws Refusal or an outage. */
export async function applyEvent(deps: ApiDeps, event: InboundEvent, party: PartyRef): Promise<Effect> {
  switch (event.type) {
    case 'approval.decided':
      return decide(deps, event, party);
    case 'account.ownership_transferred':
    case 'account.cancelled':
      return guardEvent(deps, event, party);
    default:
      return backupEvent(deps, event, party);
  }
}

async function decide(deps: ApiDeps, event: InboundEvent, party: PartyRef): Promise<Effect> {
  if (!('organisation' in party)) throw new HttpProblem('foreign_key');
  const { approvalId, decision } = checkData(decidedDataSchema, event);
  const doc = await deps.requests.byApproval(approvalId);
  const approval = doc?.approvals.find((a) => a.id === approvalId);
  if (
    doc === null ||
    approval === undefined ||
    doc.operator !== party.operator ||
    approval.kind !== 'organisation' ||
    approval.organisation !== party.organisation
  ) {
    throw new HttpProblem('not_found');
  }
  return async ({ updateId, now }) => {
    const by = speaker(party);
    try {
      await deps.gateway.update(
        doc._id,
        'decide',
        updateId,
        await decideCommand(deps, doc, approval, decision, by, updateId),
      );
    } catch (error) {
      if (error instanceof Refusal) await noteRefusal(deps, doc, approval, by, error.code, now, updateId.slice(0, 22));
      throw error;
    }
  };
}

/** Tells every open request that this account blocks. Which one it is stands in the guard's references, never a person. */
async function guardEvent(deps: ApiDeps, event: InboundEvent, party: PartyRef): Promise<Effect> {
  const type = event.type as 'account.cancelled' | 'account.ownership_transferred';
  const { accountRef } = checkData(EVENT_DATA[type], event);
  const kind = type.slice('account.'.length);
  const docs = (await deps.requests.blockedBy(party.operator, accountRef)).filter((doc) =>
    doc.view.guards.some(
      (g) =>
        g.state === 'blocking' &&
        g.refs.includes(accountRef) &&
        (g.unblock.includes(kind) || g.unblock.includes(`account_${kind}`)),
    ),
  );
  return async ({ updateId, eventId, now }) => {
    for (const doc of docs) {
      await deps.gateway
        .update(doc._id, 'event', updateId, { by: speaker(party), type, eventId })
        .catch((error: unknown) => {
          // One request that is over must not keep the others from being told.
          if (!(error instanceof Refusal)) throw error;
        });
    }
    await note(deps, event, party, eventId, now, { requests: docs.length });
  };
}

async function backupEvent(deps: ApiDeps, event: InboundEvent, party: PartyRef): Promise<Effect> {
  const created = event.type === 'backup.created';
  const data = created
    ? checkData(EVENT_DATA['backup.created'], event)
    : checkData(EVENT_DATA['backup.expired'], event);
  const frozen = await deps.policies.current(party.operator);
  if (frozen === null || !frozen.pack.backups.some((b) => b.id === data.system)) throw new HttpProblem('not_found');
  if ('organisation' in party || party.system !== data.system) throw new HttpProblem('foreign_key');
  return async ({ eventId, now }) => {
    await deps.events.putBackupCopy({
      _id: `${party.operator}/${data.system}/${data.backupId}`,
      operator: party.operator,
      system: data.system,
      backupId: data.backupId,
      takenAt: data.takenAt ?? null,
      expiresAt: data.expiresAt ?? null,
      goneAt: created ? null : now.toISOString(),
    });
    await note(deps, event, party, eventId, now, { system: data.system });
  };
}

function checkData<T>(schema: import('zod').ZodType<T>, event: InboundEvent): T {
  try {
    return check(schema, event.data);
  } catch (error) {
    if (!(error instanceof HttpProblem) || error.errors === undefined) throw error;
    throw new HttpProblem('validation_failed', {
      errors: error.errors.map((e) => ({ ...e, pointer: `/data${e.pointer}` })),
    });
  }
}

async function note(
  deps: ApiDeps,
  event: InboundEvent,
  party: PartyRef,
  eventId: string,
  now: Date,
  after: Record<string, unknown>,
): Promise<void> {
  await deps.ledger.append([
    draft({
      id: `event/${eventId}`,
      operator: party.operator,
      at: now.toISOString(),
      actor: speaker(party),
      action: 'event.applied',
      requestId: null,
      code: event.type,
      after,
    }),
  ]);
}
