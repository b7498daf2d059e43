/**
 * A decision that came after its time (docs/interfaces.md section 5). Erasing on it in the old request would be too late
 * for that request's answer, doing nothing would ignore the controller: so an approval starts a linked request with the
 * original receipt, in which it is the instruction for the plan that it was given for. A refusal is only written down.
 */
import { ulid } from 'ulid';
import type { ApprovalView, Decision } from '../../contracts/index.js';
import { requestClock } from '../../domain/clock/index.js';
import type { DecideCommand } from '../../domain/lifecycle/commands.js';
import { buildRequestInput } from '../../domain/lifecycle/start.js';
import type { IdentityEntry, SubjectEntry } from '../../domain/plan/subject.js';
import { VAULT } from '../../domain/ports/vault.js';
import type { RequestDoc } from '../../infra/store/documents.js';
import { IDEMPOTENCY_MS } from '../../infra/store/idempotency.js';
import type { ApiDeps } from '../deps.js';
import { caseNow, draft } from '../ledger-notes.js';
import { startRequest } from '../start-request.js';
import { requestDocument } from './create-request.js';

export interface LateDecision {
  readonly doc: RequestDoc;
  readonly approval: ApprovalView;
  readonly decision: Decision;
  readonly by: DecideCommand['by'];
  readonly command: DecideCommand;
  readonly now: Date;
  /** The same for every repeat of this message. */
  readonly unique: string;
}

/** Entries of the old request that the new one begins with; what systems hold is searched anew. */
const COPIED = [VAULT.subject, VAULT.identity, VAULT.changes, VAULT.included, VAULT.message('situation')] as const;

/**
 * The linked request's id; null when there is none: a refusal, a decision about another plan or unknown datasets, or a
 * person whose data is destroyed. One approval leads to one linked request, however often and by whatever message.
 */
export async function lateDecision(deps: ApiDeps, late: LateDecision): Promise<string | null> {
  const linked = isInstruction(late) ? await linkedRequest(deps, late) : null;
  await deps.ledger.append([
    draft({
      id: `${late.doc._id}/late/${late.approval.id}/${late.unique}`,
      operator: late.doc.operator,
      at: caseNow(late.doc, late.now),
      actor: late.by,
      action: 'approval.late_decision',
      requestId: late.doc._id,
      code: late.decision.decision,
      after: { approval: late.approval.id, linkedRequest: linked },
      policyHash: late.doc.view.policy.hash,
    }),
  ]);
  return linked;
}

function isInstruction({ approval, decision }: LateDecision): boolean {
  if (approval.kind !== 'organisation' || decision.decision === 'reject') return false;
  if (decision.planHash !== approval.planHash) return false;
  const known = new Set(approval.scope.datasets);
  const named = [...(decision.scope?.datasets ?? []), ...(decision.retain ?? []).map((r) => r.dataset)];
  return named.every((dataset) => known.has(dataset));
}

async function linkedRequest(deps: ApiDeps, late: LateDecision): Promise<string | null> {
  const { doc, approval, command, now } = late;
  const { organisation } = approval;
  const key = deps.mac('late-decision', approval.id);
  const before = await deps.idempotency.look(key, key);
  if (before?.kind === 'done') return before.requestId;
  if (organisation === null) return null;
  const entries = await copied(deps, doc);
  const subject = entries?.find((e) => e.name === VAULT.subject)?.value as SubjectEntry | undefined;
  const identity = entries?.find((e) => e.name === VAULT.identity)?.value as IdentityEntry | undefined;
  const frozen = (await deps.policies.byHash(doc.view.policy.hash)) ?? (await deps.policies.current(doc.operator));
  if (entries === null || subject === undefined || frozen === null) return null;
  const createdAt = now.toISOString();
  const { pack } = frozen;
  const { by, decision, datasets, ground, decidedBy, retain, answer, deliverTo } = command;
  const input = buildRequestInput({
    requestId: `req_${ulid(now.getTime())}`,
    pack: frozen,
    right: doc.right,
    channel: 'organisation',
    language: doc.view.language,
    clock: requestClock({
      regime: pack.regime,
      country: pack.country,
      timeZone: pack.timeZone,
      receivedAt: doc.view.receivedAt,
      right: doc.right,
      now: createdAt,
      promises: pack.promises,
      switches: pack.clockSwitches,
    }),
    receivedAt: doc.view.receivedAt,
    createdAt,
    // The request is still the one that was made then; the organisation only decides, and may be asked anew.
    createdBy: doc.createdBy,
    identifierTypes: subject.identifiers.map((given) => given.type),
    identity:
      identity === undefined || identity.level === 'none'
        ? null
        : { method: identity.method, level: identity.level, proven: identity.proven },
    scopeDatasets: approval.scope.datasets,
    onlyOrganisation: organisation,
    instruction: {
      organisation,
      planHash: approval.planHash,
      ...{ by, decision, datasets, ground, decidedBy, retain, answer, deliverTo },
      reasonRef: command.reasonRef === null ? null : VAULT.message('instruction'),
    },
  });
  const request: RequestDoc = {
    ...requestDocument(input, { subjectHashes: doc.subjectHashes, after: null, ground: doc.ground }, now),
    onlyOrganisation: organisation,
    links: [{ id: doc._id, relation: 'late_decision_of' }],
  };
  const reason = command.reasonRef === null ? null : await deps.vault.get(doc._id, command.reasonRef);
  const sealed = await deps.vault.sealNew(input.requestId, doc.operator, [
    ...entries,
    ...(reason === null ? [] : [{ name: VAULT.message('instruction'), value: reason }]),
  ]);
  const outcome = await deps.commitIntake({
    request,
    ...sealed,
    idempotency: {
      _id: key,
      fingerprint: key,
      state: 'done',
      startedMs: now.getTime(),
      response: null,
      requestId: input.requestId,
      // As long as the old request can be answered late: until it is forgotten.
      expiresAt: new Date(now.getTime() + 400 * IDEMPOTENCY_MS),
    },
  });
  if (outcome === 'duplicate') {
    const winner = await deps.idempotency.look(key, key);
    return winner?.kind === 'done' ? winner.requestId : null;
  }
  await deps.requests.link(doc._id, { id: input.requestId, relation: 'late_decision' });
  await startRequest(deps, request, input).catch(() =>
    deps.log?.error('start_deferred', { requestId: input.requestId }),
  );
  return input.requestId;
}

/** null: the person's data is destroyed, there is nothing left to act on. */
async function copied(deps: ApiDeps, doc: RequestDoc): Promise<{ name: string; value: unknown }[] | null> {
  try {
    const all = await deps.vault.list<unknown>(doc._id, '');
    return all
      .filter((e) => (COPIED as readonly string[]).includes(e.name))
      .map(({ name, value }) => ({ name, value }));
  } catch (error) {
    if (error instanceof Error && Reflect.get(error, 'code') === 'key_destroyed') return null;
    throw error;
  }
}
