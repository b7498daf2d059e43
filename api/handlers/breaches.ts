/** Breaches (docs/breach.md): reported by an officer, followed, decided. The query and every text go to the vault only. */
import { ulid } from 'ulid';
import type * as z from 'zod';
import {
  BREACH_ACTION_BODIES,
  mayActFor,
  type BreachActionName,
  type BreachDecisionBody,
  type CreateBreach,
} from '../../contracts/index.js';
import type { BreachAct } from '../../domain/breach/commands.js';
import { newBreachRun } from '../../domain/breach/run.js';
import { buildBreachInput } from '../../domain/breach/start.js';
import { breachView } from '../../domain/breach/view.js';
import type { Pack } from '../../domain/policy/types.js';
import type { AffectedPredicate } from '../../domain/ports/connector.js';
import type { BreachDoc } from '../../infra/store/breaches.js';
import { IDEMPOTENCY_MS } from '../../infra/store/idempotency.js';
import { operatorsOf, refuseOrganisations } from '../access.js';
import type { ApiDeps } from '../deps.js';
import { principalOf, type Call, type Handler, type Reply } from '../http/call.js';
import { checkIfMatch, etagOf, requireIfMatch } from '../http/etag.js';
import { once, refuseClaim, scopeOf } from '../http/idempotency.js';
import { HttpProblem } from '../http/problem.js';
import { check } from '../http/validate.js';
import { draft, noteRead, speakerOf } from '../ledger-notes.js';

const LIVE_MS = 1_500;
/** Vault names; the activities read them (activities/breach-context.ts). */
const NAMES = { query: 'query', story: 'story', draft: 'draft/authority', text: (id: string) => `text/${id}` } as const;

type View = Readonly<Record<string, unknown>>;

export function createBreach(deps: ApiDeps): Handler {
  return async (call) => {
    const principal = principalOf(call);
    refuseOrganisations(principal);
    const body = call.body as CreateBreach;
    if (!mayActFor(principal, body.operator)) throw new HttpProblem('forbidden');
    const scope = scopeOf(deps, call, 'breaches');
    const before = await deps.idempotency.look(scope.id, scope.fingerprint);
    if (before?.kind === 'running' || before?.kind === 'other_body') refuseClaim(before.kind);
    if (before?.kind === 'done') return replay(deps, before.requestId);

    const frozen = await deps.policies.current(body.operator);
    if (frozen === null)
      throw new HttpProblem('operator_unknown', { errors: [{ pointer: '/operator', detail: 'no such operator' }] });
    const predicates = checkBreach(frozen.pack, body, call.now);
    const createdAt = call.now.toISOString();
    const id = `brc_${ulid(call.now.getTime())}`;
    const input = buildBreachInput({
      breachId: id,
      pack: frozen,
      awareAt: new Date(body.awareAt).toISOString(),
      createdAt,
      createdBy: speakerOf(principal),
      systems: [...(body.systems ?? []), ...body.query.map((q) => q.system)],
      queries: body.query.map(({ system, dataset }) => ({ system, dataset })),
    });
    const breach: BreachDoc = {
      _id: id,
      operator: body.operator,
      start: 'pending',
      startTriedMs: call.now.getTime(),
      input,
      revision: 0,
      view: breachView(newBreachRun(input, call.now.getTime()), call.now.getTime()),
      createdMs: call.now.getTime(),
    };
    const sealed = await deps.vault.sealNew(id, body.operator, [
      { name: NAMES.query, value: predicates },
      { name: NAMES.story, value: storiesOf(body.facts) },
    ]);
    const outcome = await deps.breaches.commit({
      breach,
      ...sealed,
      idempotency: {
        _id: scope.id,
        fingerprint: scope.fingerprint,
        state: 'done',
        startedMs: call.now.getTime(),
        response: null,
        requestId: id,
        expiresAt: new Date(call.now.getTime() + IDEMPOTENCY_MS),
      },
    });
    if (outcome === 'duplicate') {
      const winner = await deps.idempotency.look(scope.id, scope.fingerprint);
      if (winner?.kind === 'done') return replay(deps, winner.requestId);
      return refuseClaim(winner?.kind === 'other_body' ? 'other_body' : 'running');
    }
    await startBreach(deps, breach).catch(() => deps.log?.error('start_deferred', { requestId: id }));
    return accepted(breach.view);
  };
}

/** Ledger entry, then workflow; both may be repeated. Throws when a part is away: the document stays `pending`. */
export async function startBreach(deps: Pick<ApiDeps, 'ledger' | 'breaches' | 'breachGateway'>, doc: BreachDoc) {
  await deps.ledger.append([
    draft({
      id: `${doc._id}/reported/1`,
      operator: doc.operator,
      at: doc.input.createdAt,
      actor: doc.input.createdBy,
      action: 'breach.reported',
      requestId: null,
      after: {
        breach: doc._id,
        awareAt: doc.input.awareAt,
        dueAt: doc.input.dueAt,
        datasets: doc.input.targets.map((t) => `${t.system}/${t.dataset}`),
      },
      policyHash: doc.input.policy.hash,
    }),
  ]);
  await deps.breachGateway.start(doc.input);
  await deps.breaches.started(doc._id);
}

const RECONCILE_AFTER_MS = 30_000;

/** Starts breaches that were committed but not started. Returns how many. */
export async function reconcileBreaches(
  deps: Pick<ApiDeps, 'ledger' | 'breaches' | 'breachGateway'>,
  now: Date,
): Promise<number> {
  let started = 0;
  for (const doc of await deps.breaches.unstarted(now.getTime() - RECONCILE_AFTER_MS, 20)) {
    if (!(await deps.breaches.claimStart(doc, now.getTime()))) continue;
    await startBreach(deps, doc).then(
      () => (started += 1),
      () => undefined,
    );
  }
  return started;
}

function storiesOf(facts: CreateBreach['facts']): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(facts).map(([language, story]) => [
      language,
      {
        nature: story.nature,
        consequences: story.consequences ?? null,
        measures: story.measures ?? null,
        advice: story.advice ?? null,
      },
    ]),
  );
}

/** What pack and time allow; gives the predicates. Throws 422 with pointers. */
function checkBreach(pack: Pack, body: CreateBreach, now: Date): AffectedPredicate[] {
  const errors: { pointer: string; detail: string }[] = [];
  if (Date.parse(body.awareAt) > now.getTime())
    errors.push({ pointer: '/awareAt', detail: 'awareAt lies in the future' });
  (body.systems ?? []).forEach((id, i) => {
    if (![...pack.systems, ...pack.backups].some((s) => s.id === id))
      errors.push({ pointer: `/systems/${i}`, detail: 'the pack has no such system' });
  });
  if (body.facts[pack.language] === undefined)
    errors.push({ pointer: `/facts/${pack.language}`, detail: "the operator's own language is needed" });
  const predicates = body.query.map((query, i): AffectedPredicate => {
    const at = `/query/${i}`;
    const system = pack.systems.find((s) => s.id === query.system);
    const dataset = system?.datasets.find((d) => d.id === query.dataset);
    if (system === undefined) errors.push({ pointer: `${at}/system`, detail: 'the pack has no such system' });
    else if (system.connector !== 'mongodb')
      errors.push({ pointer: `${at}/system`, detail: 'this system cannot be searched by a predicate' });
    else if (dataset === undefined) errors.push({ pointer: `${at}/dataset`, detail: 'the system has no such dataset' });
    const known = new Set<string | null>([
      ...Object.keys(dataset?.fields ?? {}),
      ...Object.values(dataset?.identifiers ?? {}).flat(),
      typeof dataset?.organisation === 'string' ? dataset.organisation : null,
      dataset?.account ?? null,
      dataset?.createdAt ?? null,
    ]);
    if (dataset !== undefined) {
      for (const path of [...Object.keys(query.filter), ...(query.on === undefined ? [] : [query.on])])
        if (!known.has(path)) errors.push({ pointer: `${at}/filter/${path}`, detail: 'not a described field' });
    }
    const timed = query.from !== undefined || query.to !== undefined;
    const on = query.on ?? dataset?.createdAt ?? null;
    if (timed && on === null) errors.push({ pointer: `${at}/on`, detail: 'a window needs a field with a time' });
    return { filter: query.filter, on: timed ? on : null, from: query.from ?? null, to: query.to ?? null };
  });
  if (errors.length > 0) throw new HttpProblem('validation_failed', { errors });
  return predicates;
}

async function replay(deps: ApiDeps, id: string | null): Promise<Reply> {
  const doc = id === null ? null : await deps.breaches.get(id);
  if (doc === null) throw new HttpProblem('forgotten');
  const reply = accepted(doc.view);
  return { ...reply, headers: { ...reply.headers, 'Idempotency-Replayed': 'true' } };
}

function accepted(view: View): Reply {
  return {
    status: 202,
    body: view,
    headers: { Location: `/v1/breaches/${String(view['id'])}`, 'Retry-After': '1', ETag: etag(view) },
  };
}

function etag(view: View): string {
  return etagOf(Number(view['revision']));
}

async function breachOf(deps: ApiDeps, call: Call): Promise<BreachDoc> {
  const principal = principalOf(call);
  refuseOrganisations(principal);
  const doc = await deps.breaches.get(call.params['id'] ?? '');
  if (doc === null || !mayActFor(principal, doc.operator)) throw new HttpProblem('not_found');
  return doc;
}

/** The live view where the workflow answers, else the read model. */
async function present(deps: ApiDeps, doc: BreachDoc): Promise<View> {
  return (await deps.breachGateway.view(doc._id, LIVE_MS)) ?? doc.view;
}

export function getBreach(deps: ApiDeps): Handler {
  return async (call) => {
    const doc = await breachOf(deps, call);
    const view = await present(deps, doc);
    return { status: 200, body: view, headers: { ETag: etag(view) } };
  };
}

export function listBreaches(deps: ApiDeps): Handler {
  return async (call) => {
    const principal = principalOf(call);
    refuseOrganisations(principal);
    const { operator, cursor, limit } = call.query as { operator?: string; cursor?: string; limit: number };
    if (operator !== undefined && !mayActFor(principal, operator)) throw new HttpProblem('forbidden');
    const before = cursor === undefined ? null : Number(cursor);
    if (before !== null && !Number.isSafeInteger(before))
      throw new HttpProblem('validation_failed', { errors: [{ pointer: '/cursor', detail: 'not a cursor' }] });
    const docs = await deps.breaches.list({
      operators: operator === undefined ? operatorsOf(principal) : [operator],
      before,
      limit: limit + 1,
    });
    const page = docs.slice(0, limit);
    const last = page.at(-1);
    return {
      status: 200,
      body: {
        data: page.map((doc) => doc.view),
        nextCursor: docs.length > limit && last !== undefined ? String(last.createdMs) : null,
      },
    };
  };
}

/** The draft to the authority as it stands. Reading it is an entry in the ledger. */
export function getBreachDraft(deps: ApiDeps): Handler {
  return async (call) => {
    const doc = await breachOf(deps, call);
    const text = await deps.vault.get<Record<string, unknown>>(doc._id, NAMES.draft);
    if (text === null) throw new HttpProblem('not_ready');
    await noteRead(deps, principalOf(call), call.now, {
      what: 'breach_draft',
      operator: doc.operator,
      target: doc._id,
    });
    return { status: 200, body: text };
  };
}

export function decideBreach(deps: ApiDeps): Handler {
  return async (call) => {
    const doc = await breachOf(deps, call);
    const body = call.body as BreachDecisionBody;
    return once(deps, call, `${doc._id}/decision`, async (updateId) => {
      const by = speakerOf(principalOf(call));
      if (body.notifyPeople || body.ground === undefined) {
        await deps.breachGateway.decide(doc._id, updateId, { by, notifyPeople: true });
      } else {
        const text = [body.reason, body.publication].filter((t) => t !== undefined).join('\n\n');
        const reasonRef = await keepText(deps, doc._id, updateId, text);
        await deps.breachGateway.decide(doc._id, updateId, {
          by,
          notifyPeople: false,
          ground: body.ground,
          reasonRef,
        });
      }
      return answered(deps, doc);
    });
  };
}

export function actOnBreach(deps: ApiDeps): Handler {
  return async (call) => {
    const doc = await breachOf(deps, call);
    const name = call.params['action'] as BreachActionName;
    const given = requireIfMatch(call.header('if-match'));
    const body = check(BREACH_ACTION_BODIES[name] as z.ZodType<Record<string, unknown>>, call.body);
    return once(deps, call, `${doc._id}/${name}`, async (updateId) => {
      checkIfMatch(given, [etag(doc.view), etag(await present(deps, doc))]);
      await deps.breachGateway.act(doc._id, updateId, await actOf(deps, call, doc, name, body, updateId));
      return answered(deps, doc);
    });
  };
}

async function actOf(
  deps: ApiDeps,
  call: Call,
  doc: BreachDoc,
  action: BreachActionName,
  body: Record<string, unknown>,
  updateId: string,
): Promise<BreachAct> {
  const by = speakerOf(principalOf(call));
  const keep = (text: unknown): Promise<string> => keepText(deps, doc._id, updateId, String(text));
  switch (action) {
    case 'authority_notified':
      return {
        by,
        action,
        at: new Date(String(body['at'])).toISOString(),
        referenceRef: await keep(body['reference']),
      };
    case 'facts':
      await deps.vault.put(doc._id, [{ name: NAMES.story, value: await mergedStory(deps, doc, body['facts']) }]);
      return { by, action };
    case 'organisation_told':
      return { by, action, organisation: String(body['organisation']), reasonRef: await keep(body['reason']) };
    case 'people_by_hand':
      return { by, action, reasonRef: await keep(body['reason']) };
    case 'retry':
      return { by, action };
  }
}

/** New words replace those of the same language, others stay. */
async function mergedStory(deps: ApiDeps, doc: BreachDoc, facts: unknown): Promise<Record<string, unknown>> {
  const before = await deps.vault.get<Record<string, unknown>>(doc._id, NAMES.story);
  return { ...before, ...storiesOf(facts as CreateBreach['facts']) };
}

async function keepText(deps: ApiDeps, id: string, updateId: string, text: string): Promise<string> {
  const name = NAMES.text(updateId.slice(0, 22));
  await deps.vault.put(id, [{ name, value: { text } }]);
  return name;
}

async function answered(deps: ApiDeps, doc: BreachDoc): Promise<Reply> {
  const view = await present(deps, (await deps.breaches.get(doc._id)) ?? doc);
  return { status: 200, body: view, headers: { ETag: etag(view) } };
}
