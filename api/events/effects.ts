/** What an authenticated event does. Everything that can be checked is checked before its id is taken. */
import { decidedDataSchema, EVENT_DATA, type InboundEvent } from '../../contracts/index.js';
import type { Speaker } from '../../domain/lifecycle/commands.js';
import { internalTypes } from '../../domain/plan/identifiers.js';
import type { PartyRef } from '../../infra/store/parties.js';
import type { ApiDeps } from '../deps.js';
import { Refusal } from '../gateway/index.js';
import { decideCommand, expiredProblem, noteRefusal } from '../handlers/approvals.js';
import { noticeOf } from '../handlers/notices.js';
import { HttpProblem } from '../http/problem.js';
import { check } from '../http/validate.js';
import { draft } from '../ledger-notes.js';
import { closureOf } from './closure.js';
import { profileChanged, profileDeleted } from './profile.js';
import { isReported, reported, type ReportedData, type ReportedEvent } from './reported.js';

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
    case 'profile.changed':
      return profileChanged(deps, event, checkData(EVENT_DATA['profile.changed'], event), party);
    case 'profile.deleted':
      return profileDeleted(deps, checkData(EVENT_DATA['profile.deleted'], event), party);
    case 'notice.acknowledged':
      return noticeEvent(deps, event, party);
    default:
      if (isReported(event.type)) return reportedEvent(deps, event, event.type, party);
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
    const command = await decideCommand(deps, doc, approval, decision, by, updateId);
    try {
      await deps.gateway.update(doc._id, 'decide', updateId, command);
    } catch (error) {
      const unique = updateId.slice(0, 22);
      if (error instanceof Refusal) await noteRefusal(deps, doc, approval, by, error.code, now, unique);
      if (error instanceof Refusal && error.code === 'approval_expired')
        throw await expiredProblem(deps, { doc, approval, decision, command, by, now, unique });
      throw error;
    }
  };
}

/** Tells every open request that this account blocks. Which one it is stands in the guard's references, never a person. */
async function guardEvent(deps: ApiDeps, event: InboundEvent, party: PartyRef): Promise<Effect> {
  const type = event.type as 'account.cancelled' | 'account.ownership_transferred';
  const data = checkData(EVENT_DATA[type], event);
  const { accountRef } = data;
  if ('toRef' in data && typeof data.toRef === 'string') await refuseErasedHeir(deps, party.operator, data.toRef);
  const kind = type.slice('account.'.length);
  const docs = (await deps.requests.blockedBy(party.operator, accountRef)).filter((doc) =>
    doc.view.guards.some(
      (g) =>
        g.state === 'blocking' &&
        g.refs.includes(accountRef) &&
        (g.unblock.includes(kind) || g.unblock.includes(`account_${kind}`)),
    ),
  );
  const closure = type === 'account.cancelled' ? await closureOf(deps, party, accountRef) : null;
  return async ({ updateId, eventId, now }) => {
    if (closure !== null) await closure(now);
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

/** A recipient answers its notice; only the party that the notice went to may. */
async function noticeEvent(deps: ApiDeps, event: InboundEvent, party: PartyRef): Promise<Effect> {
  const { noticeId, result } = checkData(EVENT_DATA['notice.acknowledged'], event);
  if (!('organisation' in party)) throw new HttpProblem('foreign_key');
  const found = await noticeOf(deps, noticeId);
  if (found === null || found.doc.operator !== party.operator || found.party !== party.organisation)
    throw new HttpProblem('not_found');
  return async ({ updateId }) => {
    await deps.gateway.update(found.doc._id, 'notice', updateId, {
      by: speaker(party),
      noticeId,
      result,
      reasonRef: null,
    });
  };
}

async function reportedEvent(
  deps: ApiDeps,
  event: InboundEvent,
  type: ReportedEvent,
  party: PartyRef,
): Promise<Effect> {
  const data: ReportedData =
    type === 'hold.placed'
      ? checkData(EVENT_DATA['hold.placed'], event)
      : checkData(EVENT_DATA['hold.released'], event);
  const effect = await reported(deps, event, type, data, party);
  return async ({ updateId, eventId, now }) => {
    const requests = await effect({ updateId, eventId, now, by: speaker(party) });
    await note(deps, event, party, eventId, now, { requests });
  };
}

/** Ownership may not go to somebody who is being erased: the account would be left without an owner again. */
async function refuseErasedHeir(deps: ApiDeps, operator: string, toRef: string): Promise<void> {
  const frozen = await deps.policies.current(operator);
  if (frozen === null) throw new HttpProblem('not_found');
  const hashes = await Promise.all([...internalTypes(frozen.pack)].map((t) => deps.hasher.hash(operator, t, toRef)));
  const holders = await deps.fence.holders({ operator, hashes });
  for (const { requestId } of holders.filter((h) => h.mode === 'write')) {
    const doc = await deps.requests.get(requestId);
    if (doc?.right === 'erasure')
      throw new HttpProblem('transfer_to_erased', {
        errors: [{ pointer: '/data/toRef', detail: 'an erasure of this person is open' }],
      });
  }
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
