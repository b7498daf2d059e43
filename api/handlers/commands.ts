/** POST /identity and /actions/{action}: Updates of the running request. Text goes to the vault first; the Update names it. */
import type * as z from 'zod';
import { ACTION_BODIES, type ActionName, type IdentityBody } from '../../contracts/index.js';
import { needsSecondPerson } from '../../domain/lifecycle/refusal.js';
import { rulesOf } from '../../domain/lifecycle/start.js';
import type { ActCommand, CommandResult } from '../../domain/lifecycle/commands.js';
import { refsOfPart } from '../../domain/plan/build-plan.js';
import { newKeys, UNPROVEN_KEY } from '../../domain/plan/corrections.js';
import type { IncludedEntry } from '../../domain/plan/included.js';
import { withProven } from '../../domain/plan/subject.js';
import type { IdentityEntry } from '../../domain/plan/subject.js';
import type { RefusalGround } from '../../domain/words.js';
import { VAULT } from '../../domain/ports/vault.js';
import type { RequestDoc } from '../../infra/store/documents.js';
import { requestOf } from '../access.js';
import type { ApiDeps } from '../deps.js';
import { Refusal } from '../gateway/index.js';
import { principalOf, type Call, type Handler, type Reply } from '../http/call.js';
import { checkIfMatch, requireIfMatch } from '../http/etag.js';
import { once } from '../http/idempotency.js';
import { HttpProblem } from '../http/problem.js';
import { check } from '../http/validate.js';
import { caseNow, draft, speakerOf } from '../ledger-notes.js';
import { planOf, type PlanState } from './plan-of.js';
import { attachmentOf, destroyIdentityEvidence, messageOfSubject } from './messages.js';
import { represent, requestEtag } from './represent.js';

const LIVE_MS = 1_500;

/**
 * 412 unless the caller names the representation that the API serves (the projection) or the live one: between an
 * automatic step and its projection both are current.
 */
async function precondition(deps: ApiDeps, call: Call, doc: RequestDoc): Promise<void> {
  const given = requireIfMatch(call.header('if-match'));
  const stored = requestEtag(doc);
  if (given.trim() === '*' || given.includes(stored)) return checkIfMatch(given, [stored]);
  const live = await deps.gateway.view(doc._id, LIVE_MS);
  checkIfMatch(given, live === null ? [stored] : [stored, requestEtag(doc, live.view.revision)]);
}

/** Vault entry for a text of this command; the same for every repeat of the same update. */
async function keepText(
  deps: ApiDeps,
  requestId: string,
  updateId: string,
  text: string,
  more: Record<string, unknown> = {},
): Promise<string> {
  const name = VAULT.message(updateId.slice(0, 22));
  await deps.vault.put(requestId, [{ name, value: { text, ...more } }]);
  return name;
}

/** The answer to an accepted command: the request as it is now. */
export async function accepted(deps: ApiDeps, doc: RequestDoc, result: CommandResult): Promise<Reply> {
  const live = await deps.gateway.view(doc._id, LIVE_MS);
  const fresh = (await deps.requests.get(doc._id)) ?? doc;
  const view = live?.view ?? { ...fresh.view, revision: Math.max(fresh.view.revision, result.revision) };
  return { status: 200, body: represent(fresh, view), headers: { ETag: requestEtag(fresh, view.revision) } };
}

export function decideIdentity(deps: ApiDeps): Handler {
  return async (call) => {
    const doc = await requestOf(deps, call);
    requireIfMatch(call.header('if-match'));
    const body = call.body as IdentityBody;
    return once(deps, call, `${doc._id}/identity`, async (updateId) => {
      await precondition(deps, call, doc);
      if (body.reason !== undefined) await keepText(deps, doc._id, updateId, body.reason);
      const result = await withIdentity(deps, doc, body, () =>
        deps.gateway.update(doc._id, 'identity', updateId, {
          by: speakerOf(principalOf(call)),
          method: body.method,
          level: body.level,
          result: body.result,
          proven: positions(body),
          ...(body.mandate === undefined ? {} : { mandate: body.mandate }),
        }),
      );
      // Whatever proved it has done its work.
      if (body.result !== 'more_needed') await destroyIdentityEvidence(deps, call, doc);
      return accepted(deps, doc, result);
    });
  };
}

function positions(body: IdentityBody): number[] {
  return [...new Set(body.identifiers ?? [])].sort((a, b) => a - b);
}

/**
 * Searching begins the moment a request accepts the decision, and reads from the vault which identifiers are proven: so
 * the entry is written first, and put back when the request refuses. A decided identity is not touched at all.
 */
async function withIdentity(
  deps: ApiDeps,
  doc: RequestDoc,
  body: IdentityBody,
  update: () => Promise<CommandResult>,
): Promise<CommandResult> {
  if (body.result !== 'verified') return update();
  const view = (await deps.gateway.view(doc._id, LIVE_MS))?.view ?? doc.view;
  if (view.identity.state === 'verified' && view.state !== 'closed') throw new HttpProblem('identity_closed');
  const proven = positions(body);
  const entry: IdentityEntry = { method: body.method, level: body.level, proven: proven.length === 0 ? [0] : proven };
  const before = await deps.vault.get<IdentityEntry>(doc._id, VAULT.identity);
  await deps.vault.put(doc._id, [{ name: VAULT.identity, value: entry }]);
  try {
    return await update();
  } catch (error) {
    // Only a refusal says that nothing happened; after an outage the repeat of this call settles it.
    if (error instanceof Refusal) {
      if (before === null) await deps.vault.remove(doc._id, [VAULT.identity]);
      else await deps.vault.put(doc._id, [{ name: VAULT.identity, value: before }]);
    }
    throw error;
  }
}

export function act(deps: ApiDeps): Handler {
  return async (call) => {
    const doc = await requestOf(deps, call);
    const action = call.params['action'] ?? '';
    requireIfMatch(call.header('if-match'));
    const name = action as ActionName;
    const body = check(ACTION_BODIES[name] as z.ZodType<Record<string, unknown>>, call.body);
    return once(deps, call, `${doc._id}/${name}`, async (updateId) => {
      await precondition(deps, call, doc);
      if (name === 'hold') return placeHold(deps, call, doc, body, updateId);
      if (name === 'assign') return assign(deps, call, doc, body['to'] as string | null);
      await checkCorrespondence(deps, doc, name, body);
      const command = await commandOf(deps, call, doc, name, body, updateId);
      const update = (): Promise<CommandResult> => deps.gateway.update(doc._id, 'act', updateId, command);
      const including = command.action === 'resolve' && command.outcome === 'include';
      return accepted(deps, doc, await (including ? withIncluded(deps, doc, command.step, update) : update()));
    });
  };
}

/**
 * What a command says about the correspondence must be there: a withdrawal is the person's own word, an answer may name
 * the message that gave it, and some refusals need a proof.
 */
async function checkCorrespondence(
  deps: ApiDeps,
  doc: RequestDoc,
  name: ActionName,
  body: Record<string, unknown>,
): Promise<void> {
  const message = body['messageId'];
  if (name === 'withdraw' || (name === 'answer' && message !== undefined)) {
    const found = typeof message === 'string' ? await messageOfSubject(deps, doc._id, message) : null;
    if (found === null)
      throw new HttpProblem('message_required', {
        errors: [{ pointer: '/messageId', detail: "names no stored message of the person's" }],
      });
  }
  if (name !== 'refuse') return;
  const attachment = body['attachmentId'];
  const proof = typeof attachment === 'string' ? await attachmentOf(deps, doc._id, attachment, 'evidence') : null;
  if (attachment !== undefined && proof === null)
    throw new HttpProblem('attachment_unknown', { errors: [{ pointer: '/attachmentId', detail: 'no such evidence' }] });
  if (needsSecondPerson(body['ground'] as RefusalGround) && proof === null)
    throw new HttpProblem('attachment_required', { errors: [{ pointer: '/attachmentId', detail: 'is missing' }] });
}

/**
 * Which records the officer calls hers goes to the vault first, because the search begins the moment the request accepts
 * it; taken back when the request refuses.
 */
async function withIncluded(
  deps: ApiDeps,
  doc: RequestDoc,
  step: string,
  update: () => Promise<CommandResult>,
): Promise<CommandResult> {
  const plan = await planOf(deps, doc);
  const part = plan?.parts.find((p) => step === `${p.key}/${p.action}`);
  if (plan === null || part === undefined) return update();
  if (part.review === UNPROVEN_KEY) return withAttested(deps, doc, plan, update);
  const before = (await deps.vault.get<IncludedEntry>(doc._id, VAULT.included)) ?? [];
  const hers = refsOfPart(plan.pack, plan.found, part).map((r) => ({
    system: part.system,
    dataset: r.dataset,
    id: r.id,
  }));
  await deps.vault.put(doc._id, [{ name: VAULT.included, value: [...before, ...hers] }]);
  try {
    return await update();
  } catch (error) {
    if (error instanceof Refusal) await deps.vault.put(doc._id, [{ name: VAULT.included, value: before }]);
    throw error;
  }
}

/**
 * The officer vouches that the corrected address is hers: it becomes a proven identifier of the request, so that from now on
 * she is looked for under both. Taken back when the request refuses.
 */
async function withAttested(
  deps: ApiDeps,
  doc: RequestDoc,
  plan: PlanState,
  update: () => Promise<CommandResult>,
): Promise<CommandResult> {
  const { subject, identity } = plan;
  if (identity === null) return update();
  const keys = newKeys(plan.pack, plan.proposed).filter((k) => plan.changes?.unproven.includes(k.change) === true);
  const entries = withProven(subject, identity, keys);
  await deps.vault.put(doc._id, [
    { name: VAULT.subject, value: entries.subject },
    { name: VAULT.identity, value: entries.identity },
  ]);
  try {
    return await update();
  } catch (error) {
    if (error instanceof Refusal)
      await deps.vault.put(doc._id, [
        { name: VAULT.subject, value: subject },
        { name: VAULT.identity, value: identity },
      ]);
    throw error;
  }
}

async function commandOf(
  deps: ApiDeps,
  call: Call,
  doc: RequestDoc,
  name: Exclude<ActionName, 'assign' | 'hold'>,
  body: Record<string, unknown>,
  updateId: string,
): Promise<ActCommand> {
  const by = speakerOf(principalOf(call));
  const keep = (text: unknown, more: Record<string, unknown> = {}): Promise<string> =>
    keepText(deps, doc._id, updateId, String(text), more);
  switch (name) {
    case 'extend':
      return { by, action: name, reasonRef: await keep(body['reason']) };
    case 'refuse':
      return {
        by,
        action: name,
        ground: body['ground'] as Extract<ActCommand, { action: 'refuse' }>['ground'],
        reasonRef: await keep(body['reason']),
        evidenceRef: body['attachmentId'] === undefined ? null : VAULT.attachment(String(body['attachmentId'])),
      };
    case 'withdraw':
      return { by, action: name, reasonRef: await keep(body['reason'], { messageId: body['messageId'] ?? null }) };
    case 'ask':
      return {
        by,
        action: name,
        kind: body['kind'] as 'identity' | 'clarification',
        textRef: await keep(body['text']),
      };
    case 'answer':
      return {
        by,
        action: name,
        kind: body['kind'] as 'identity' | 'clarification',
        at: body['at'] === undefined ? null : new Date(String(body['at'])).toISOString(),
      };
    case 'retry':
      return { by, action: name, step: String(body['step']) };
    case 'resolve':
      return {
        by,
        action: name,
        step: String(body['step']),
        outcome: body['outcome'] as Extract<ActCommand, { action: 'resolve' }>['outcome'],
        reasonRef: await keep(body['reason'], { evidence: body['evidence'] ?? null }),
      };
    case 'release':
      return {
        by,
        action: name,
        disclose: (body['disclose'] ?? []) as readonly string[],
        withhold: (body['withhold'] ?? []) as readonly string[],
      };
    case 'confirmReceiver':
      return { by, action: name, method: String(body['method']), reasonRef: await keep(body['reason']) };
    case 'recheck':
      return { by, action: name };
    case 'lift':
      return { by, action: name, reasonRef: await keep(body['reason']) };
    case 'correctReceipt':
      return {
        by,
        action: name,
        receivedAt: correctedReceipt(String(body['receivedAt']), call.now),
        reasonRef: await keep(body['reason']),
      };
    case 'repin':
      return {
        by,
        action: name,
        ...(await pinOf(deps, doc, String(body['policyHash']))),
        reasonRef: await keep(body['reason']),
      };
  }
}

function correctedReceipt(given: string, now: Date): string {
  const at = Date.parse(given);
  if (at > now.getTime())
    throw new HttpProblem('received_in_future', { errors: [{ pointer: '/receivedAt', detail: 'lies in the future' }] });
  return new Date(at).toISOString();
}

/** The pack to go on with: one of this operator that is kept here, by its hash. */
async function pinOf(
  deps: ApiDeps,
  doc: RequestDoc,
  hash: string,
): Promise<Pick<Extract<ActCommand, { action: 'repin' }>, 'policy' | 'rules'>> {
  const frozen = await deps.policies.byHash(hash);
  if (frozen === null || frozen.pack.operator !== doc.operator)
    throw new HttpProblem('policy_unknown', { errors: [{ pointer: '/policyHash', detail: 'no such pack here' }] });
  return { policy: { version: frozen.pack.version, hash }, rules: rulesOf(frozen.pack, doc.right) };
}

/** A hold that an officer names: the same fact as one that a system reports, and this request plans anew at once. */
async function placeHold(
  deps: ApiDeps,
  call: Call,
  doc: RequestDoc,
  body: Record<string, unknown>,
  updateId: string,
): Promise<Reply> {
  const allowed = (await deps.gateway.view(doc._id, LIVE_MS))?.view.allowedActions ?? doc.view.allowedActions;
  if (!allowed.includes('hold'))
    throw new HttpProblem('action_not_allowed', { facts: { state: doc.view.state, allowedActions: allowed } });
  const by = speakerOf(principalOf(call));
  const law = String(body['law']);
  await deps.facts.placeHold({
    operator: doc.operator,
    eventId: `${doc._id}/${updateId.slice(0, 22)}`,
    ref: String(body['ref']),
    organisation: null,
    law,
    exemption: (body['exemption'] as string | undefined) ?? null,
    noGround: (body['noGround'] as string | undefined) ?? null,
    until: (body['until'] as string | undefined) ?? null,
  });
  await deps.ledger.append([
    draft({
      id: `${doc._id}/hold/${updateId.slice(0, 22)}`,
      operator: doc.operator,
      at: caseNow(doc, call.now),
      actor: by,
      action: 'hold.placed',
      requestId: doc._id,
      code: law,
      // Whose record it is stands with the fact, not in a ledger that nothing can be taken out of.
      after: { until: body['until'] ?? null },
    }),
  ]);
  const result = await deps.gateway.update(doc._id, 'event', updateId, { by, type: 'hold.placed', eventId: updateId });
  return accepted(deps, doc, result);
}

/** Who works on it: a mark of the read model, not of the request's own life. */
async function assign(deps: ApiDeps, call: Call, doc: RequestDoc, to: string | null): Promise<Reply> {
  const changed = await deps.requests.assign(doc._id, to);
  if (changed === null) throw new HttpProblem('not_found');
  await deps.ledger.append([
    draft({
      id: `${doc._id}/assigned/${changed.assignments}`,
      operator: doc.operator,
      at: caseNow(doc, call.now),
      actor: speakerOf(principalOf(call)),
      action: 'request.assigned',
      requestId: doc._id,
      before: { owner: doc.owner },
      after: { owner: to },
    }),
  ]);
  return { status: 200, body: represent(changed), headers: { ETag: requestEtag(changed) } };
}
