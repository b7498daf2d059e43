/** Approvals: own list, one, the person for its organisation, the decision. */
import { mayActFor, type ApprovalView, type Decision, type Principal } from '../../contracts/index.js';
import type { CommandResult, DecideCommand } from '../../domain/lifecycle/commands.js';
import { VAULT } from '../../domain/ports/vault.js';
import { decodeCursor, encodeCursor } from '../../infra/store/cursor.js';
import type { RequestDoc } from '../../infra/store/documents.js';
import { approvalOf, deputiesOf, isParty, maySee } from '../access.js';
import type { ApiDeps } from '../deps.js';
import { Refusal } from '../gateway/index.js';
import { principalOf, type Call, type Handler } from '../http/call.js';
import { etagOf, isFresh } from '../http/etag.js';
import { once } from '../http/idempotency.js';
import { page } from '../http/pages.js';
import { HttpProblem } from '../http/problem.js';
import { caseNow, draft, noteRead, speakerOf } from '../ledger-notes.js';
import { callerOf, checkCode } from './approval-code.js';
import { lateDecision, type LateDecision } from './late-decision.js';
import { ownRecords, planOf, proposedFields } from './plan-of.js';
import { askedOperators } from './read-requests.js';
import { awaitProjection } from './represent.js';

export function listApprovals(deps: ApiDeps): Handler {
  return async (call) => {
    const principal = principalOf(call);
    const query = call.query as { operator?: string; state?: string; request?: string; cursor?: string; limit: number };
    const operators = askedOperators(call, query.operator);
    const position = query.cursor === undefined ? null : decodeCursor(deps.mac, 'approvals', query.cursor);
    const [fromId, fromApproval] = position === null ? [null, null] : [String(position[0]), String(position[1])];
    // Officers see their operator's, an organisation its own, a machine of no organisation none: it is no party.
    if (principal.role === null && principal.organisation === null) return page(call, '/v1/approvals', [], null);
    const docs = await deps.requests.withApprovals(
      {
        operators,
        ...(principal.organisation === null ? {} : { organisation: principal.organisation }),
        state: query.state,
        request: query.request,
      },
      fromId,
      query.limit + 1,
    );
    const seen = await Promise.all(docs.map((doc) => visible(deps, principal, doc)));
    const all = docs.flatMap((doc, i) =>
      (seen[i] ?? [])
        .filter((a) => query.state === undefined || a.state === query.state)
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .filter((a) => doc._id !== fromId || fromApproval === null || a.id > fromApproval),
    );
    const shown = all.slice(0, query.limit);
    const last = shown.at(-1);
    const more = all.length > shown.length || docs.length > query.limit;
    const end = last ?? null;
    const next = more && end !== null ? encodeCursor(deps.mac, 'approvals', [end.requestId, end.id]) : null;
    return page(call, '/v1/approvals', shown, next);
  };
}

async function visible(deps: ApiDeps, principal: Principal, doc: RequestDoc): Promise<ApprovalView[]> {
  const shown = await Promise.all(
    doc.approvals.map(async (a) => maySee(principal, a) || maySee(principal, a, await deputiesOf(deps, doc, a))),
  );
  return doc.approvals.filter((_, i) => shown[i] === true);
}

export function getApproval(deps: ApiDeps): Handler {
  return async (call) => {
    const principal = await callerOf(deps, call);
    await checkCode(deps, call, false);
    const { doc, approval } = await approvalOf(deps, call, principal);
    const etag = etagOf(approval.revision);
    if (isFresh(call.header('if-none-match'), etag)) return { status: 304, headers: { ETag: etag } };
    await noteRead(deps, principal, call.now, { what: 'approval', operator: doc.operator, request: doc });
    return { status: 200, body: approval, headers: { ETag: etag } };
  };
}

/**
 * The single exception of the gate: the operator as processor forwards the request to the controller (GDPR Art. 28(3)(e)).
 * Shows what stands in that organisation's own records and nothing else, after identity is verified, with an entry first.
 */
export function getApprovalSubject(deps: ApiDeps): Handler {
  return async (call) => {
    const principal = await callerOf(deps, call);
    await checkCode(deps, call, false);
    const { doc, approval } = await approvalOf(deps, call, principal);
    const { organisation } = approval;
    if (approval.kind !== 'organisation' || organisation === null || principal.organisation !== organisation)
      throw new HttpProblem('not_found');
    if (doc.view.identity.state !== 'verified') throw new HttpProblem('identity_not_verified');
    const plan = await planOf(deps, doc);
    if (plan === null) throw new HttpProblem('not_ready');
    const { subject, identity } = plan;
    const own = ownRecords(plan, organisation);
    await deps.ledger.append([
      draft({
        id: `subject/${approval.id}/${principal.id}/${call.traceId}`,
        operator: doc.operator,
        at: caseNow(doc, call.now),
        actor: speakerOf(principal),
        action: 'approval.subject_read',
        requestId: doc._id,
        code: organisation,
        after: { approval: approval.id, records: own.records.length },
        policyHash: doc.view.policy.hash,
      }),
    ]);
    const { agent } = subject;
    return {
      status: 200,
      headers: { 'Cache-Control': 'no-store' },
      body: {
        approvalId: approval.id,
        requestId: doc._id,
        operator: doc.operator,
        organisation,
        right: doc.right,
        ground: doc.ground,
        receivedAt: doc.view.receivedAt,
        due: doc.view.clock.due,
        identity: { method: identity?.method ?? 'unknown', level: identity?.level ?? doc.view.identity.level ?? 'low' },
        planHash: approval.planHash,
        expiresAt: approval.expiresAt,
        agent: agent === null ? null : { name: String(agent['name']), capacity: String(agent['capacity']) },
        ...own,
        changes: proposedFields(
          plan,
          plan.parts.filter((part) => part.organisation === organisation),
        ),
      },
    };
  };
}

export function decideApproval(deps: ApiDeps): Handler {
  return async (call) => {
    const principal = await callerOf(deps, call);
    const { doc, approval, deputies } = await approvalOf(deps, call, principal);
    const decision = call.body as Decision;
    const speaker = speakerOf(principal);
    // A code is part of what is repeated: nobody without it gets the first answer again.
    const code = call.principal === null ? call.header('habeas-code') : undefined;
    const asked: Call = { ...call, principal, body: code === undefined ? call.body : { ...decision, code } };
    return once(deps, asked, `${approval.id}/decision`, async (updateId) => {
      await checkCode(deps, call, true);
      let command: DecideCommand | null = null;
      try {
        if (!isParty(principal, approval, deputies)) throw new Refusal('not_the_party');
        command = await decideCommand(deps, doc, approval, decision, speaker, updateId);
        const result = await deps.gateway.update(doc._id, 'decide', updateId, command);
        const after = await decided(deps, doc, approval, decision, principal.id, result, call.now);
        return { status: 200, body: after, headers: { ETag: etagOf(after.revision) } };
      } catch (error) {
        if (error instanceof Refusal)
          await noteRefusal(deps, doc, approval, speaker, error.code, call.now, call.traceId);
        if (error instanceof Refusal && error.code === 'approval_expired' && command !== null)
          throw await expiredProblem(deps, {
            ...{ doc, approval, decision, command },
            by: speaker,
            now: call.now,
            unique: updateId.slice(0, 22),
          });
        throw error;
      }
    });
  };
}

/** 410, with the linked request that a late approval began (interfaces.md section 5). */
export async function expiredProblem(deps: ApiDeps, late: LateDecision): Promise<HttpProblem> {
  const linkedRequest = await lateDecision(deps, late);
  return new HttpProblem('approval_expired', linkedRequest === null ? {} : { facts: { linkedRequest } });
}

export function getApprovalEvidence(deps: ApiDeps): Handler {
  return async (call) => {
    const principal = principalOf(call);
    const id = call.params['id'] ?? '';
    const doc = await deps.requests.byApproval(id);
    const approval = doc?.approvals.find((a) => a.id === id);
    if (doc === null || approval === undefined || !mayActFor(principal, doc.operator))
      throw new HttpProblem('not_found');
    if (principal.role !== 'auditor' && !maySee(principal, approval)) throw new HttpProblem('not_found');
    await noteRead(deps, principal, call.now, { what: 'evidence', operator: doc.operator, request: doc });
    return { status: 200, body: await deps.evidence.show(doc.operator, approval) };
  };
}

/** The Update's payload; the reason's text goes to the vault under a name that every repeat shares. */
export async function decideCommand(
  deps: Pick<ApiDeps, 'vault' | 'organisations'>,
  doc: RequestDoc,
  approval: ApprovalView,
  decision: Decision,
  by: DecideCommand['by'],
  updateId: string,
): Promise<DecideCommand> {
  let reasonRef: string | null = null;
  // Who answers and where the package goes: the decision says, else the organisation's entry does.
  const entry =
    approval.kind === 'organisation' && approval.organisation !== null
      ? await deps.organisations.get(doc.operator, approval.organisation)
      : null;
  if (decision.reason !== undefined || decision.instructionRef !== undefined) {
    const name = VAULT.message(updateId.slice(0, 22));
    await deps.vault.put(doc._id, [
      { name, value: { text: decision.reason ?? '', instructionRef: decision.instructionRef ?? null } },
    ]);
    if (decision.reason !== undefined) reasonRef = name;
  }
  return {
    by,
    approvalId: approval.id,
    decision: decision.decision,
    planHash: decision.planHash,
    datasets: decision.scope?.datasets ?? null,
    ground: decision.ground ?? null,
    reasonRef,
    decidedBy: decision.decidedBy,
    retain: (decision.retain ?? []).map((r) => ({
      dataset: r.dataset,
      law: r.law,
      exemption: r.exemption ?? null,
      noGround: r.noGround ?? null,
      until: r.until ?? null,
    })),
    answer: decision.answer ?? entry?.answer ?? null,
    deliverTo: decision.deliverTo ?? entry?.deliverTo ?? null,
  };
}

/** The approval after the decision: as projected, or as it must be while the projection is behind. */
async function decided(
  deps: ApiDeps,
  doc: RequestDoc,
  approval: ApprovalView,
  decision: Decision,
  by: string,
  result: CommandResult,
  now: Date,
): Promise<ApprovalView> {
  const live = await deps.gateway.view(doc._id, 1_500);
  const approvals = live?.approvals ?? (await awaitProjection(deps, doc._id, result.revision))?.approvals ?? [];
  const after = approvals.find((a) => a.id === approval.id);
  if (after !== undefined && after.state !== 'pending') return after;
  const state = decision.decision === 'approve' ? 'approved' : decision.decision === 'reject' ? 'rejected' : 'partial';
  return {
    ...approval,
    state,
    decidedAt: caseNow(doc, now),
    decidedBy: by,
    reason: decision.ground ?? null,
    revision: approval.revision + 1,
  };
}

/** Every attempt, refused ones too, is a ledger entry. */
export async function noteRefusal(
  deps: Pick<ApiDeps, 'ledger'>,
  doc: RequestDoc,
  approval: ApprovalView,
  actor: DecideCommand['by'],
  code: string,
  now: Date,
  unique: string,
): Promise<void> {
  await deps.ledger.append([
    draft({
      id: `${doc._id}/refused/${approval.id}/${unique}`,
      operator: doc.operator,
      at: caseNow(doc, now),
      actor,
      action: 'approval.decision_refused',
      requestId: doc._id,
      code,
      after: { approval: approval.id },
      policyHash: doc.view.policy.hash,
    }),
  ]);
}
