/** POST /v1/requests: the intake (docs/design.md section 3.1). */
import { ulid } from 'ulid';
import { mayActFor, type CreateRequest, type Principal } from '../../contracts/index.js';
import { InvalidCaseError, requestClock } from '../../domain/clock/index.js';
import { clockedAs, regimeOf } from '../../domain/clock/index.js';
import { readingLanguages } from '../../domain/letters/languages.js';
import type { RequestInput } from '../../domain/lifecycle/commands.js';
import { provenWeakly } from '../../domain/lifecycle/identity.js';
import { weakAddress } from '../../domain/plan/weak.js';
import { newRun } from '../../domain/lifecycle/run.js';
import { buildRequestInput } from '../../domain/lifecycle/start.js';
import { projection } from '../../domain/lifecycle/view.js';
import { DIRECT_MARKETING } from '../../domain/plan/stops.js';
import type { IdentityEntry, SubjectEntry } from '../../domain/plan/subject.js';
import type { FrozenPack, Pack } from '../../domain/policy/types.js';
import { VAULT } from '../../domain/ports/vault.js';
import type { RequestView } from '../../contracts/index.js';
import type { RequestDoc } from '../../infra/store/documents.js';
import { IDEMPOTENCY_MS } from '../../infra/store/idempotency.js';
import { copiesOf } from '../../infra/store/request-copies.js';
import type { ApiDeps } from '../deps.js';
import { principalOf, type Call, type Handler, type Reply } from '../http/call.js';
import { refuseClaim, scopeOf } from '../http/idempotency.js';
import { HttpProblem } from '../http/problem.js';
import { speakerOf } from '../ledger-notes.js';
import { checkReceiver } from '../package/check-receiver.js';
import { startRequest } from '../start-request.js';
import { checkChanges } from './check-changes.js';
import { instructing, instructionOf, vouchedIdentity } from './instruct.js';
import { represent, requestEtag } from './represent.js';

/** A receipt that lies this far back is a slip of the pen, not a late entry. */
const OLDEST_RECEIPT_MS = 10 * 366 * 86_400_000;

const STANDARD_TYPES = ['email', 'phone', 'userId', 'customerId'];

export function createRequest(deps: ApiDeps): Handler {
  return async (call) => {
    const principal = principalOf(call);
    const body = call.body as CreateRequest;
    if (!mayActFor(principal, body.operator)) throw new HttpProblem('forbidden');
    const scope = scopeOf(deps, call, 'requests');

    const before = await deps.idempotency.look(scope.id, scope.fingerprint);
    if (before?.kind === 'running' || before?.kind === 'other_body') refuseClaim(before.kind);
    if (before?.kind === 'done') return replay(deps, before.requestId);

    const frozen = await deps.policies.current(body.operator);
    if (frozen === null)
      throw new HttpProblem('operator_unknown', { errors: [{ pointer: '/operator', detail: 'no such operator' }] });
    const organisation = await instructing(deps, principal, body);
    checkReceiver(body, deps.dev !== undefined);
    const attested = checkIntake(principal, body, frozen.pack);
    const identity = organisation !== null && attested === null ? vouchedIdentity(frozen.pack, body) : attested;
    const receivedAt = receiptOf(body, call.now);
    if (!(await deps.gateway.reachable())) throw new HttpProblem('unavailable', { headers: { 'Retry-After': '5' } });

    const createdAt = call.now.toISOString();
    const requestId = `req_${ulid(call.now.getTime())}`;
    const workDomains = await deps.workDomains(body.operator);
    const facts = { requestId, frozen, body, principal, identity, receivedAt, createdAt, workDomains, organisation };
    const input = inputOf(facts);
    const request = await documentOf(deps, input, body, call);
    const sealed = await deps.vault.sealNew(requestId, body.operator, entriesOf(input, body));
    const outcome = await deps.commitIntake({
      request,
      ...sealed,
      idempotency: {
        _id: scope.id,
        fingerprint: scope.fingerprint,
        state: 'done',
        startedMs: call.now.getTime(),
        response: null,
        requestId,
        expiresAt: new Date(call.now.getTime() + IDEMPOTENCY_MS),
      },
    });
    if (outcome === 'duplicate') {
      const winner = await deps.idempotency.look(scope.id, scope.fingerprint);
      if (winner?.kind === 'done') return replay(deps, winner.requestId);
      return refuseClaim(winner?.kind === 'other_body' ? 'other_body' : 'running');
    }
    // Committed: from here on the answer is 202 whatever happens; what could not be started now, reconciliation starts.
    await startRequest(deps, request, input).catch(() => deps.log?.error('start_deferred', { requestId }));
    return accepted(request);
  };
}

/** An exact repeat: the request that the first call made, as it is now. */
async function replay(deps: ApiDeps, requestId: string | null): Promise<Reply> {
  const doc = requestId === null ? null : await deps.requests.get(requestId);
  if (doc === null) throw new HttpProblem('forgotten');
  const reply = accepted(doc);
  return { ...reply, headers: { ...reply.headers, 'Idempotency-Replayed': 'true' } };
}

function accepted(doc: RequestDoc): Reply {
  return {
    status: 202,
    body: represent(doc),
    headers: { Location: `/v1/requests/${doc._id}`, 'Retry-After': '1', ETag: requestEtag(doc) },
  };
}

/** What law, pack and this issue allow. Gives the attested identity, if any. */
function checkIntake(principal: Principal, body: CreateRequest, pack: Pack): RequestInput['identity'] {
  const regime = regimeOf(pack.regime);
  if (regime === undefined || !regime.rights.includes(clockedAs(body.right))) {
    throw new HttpProblem('right_unknown', {
      errors: [{ pointer: '/right', detail: `not a right of ${pack.regime}` }],
    });
  }
  if (pack.identify[body.right] === undefined)
    throw new HttpProblem('right_not_offered', {
      errors: [{ pointer: '/right', detail: 'not offered by this operator' }],
    });
  const later: [string, boolean][] = [
    ['/scope/from', (body.scope?.from ?? null) !== null],
    ['/scope/to', (body.scope?.to ?? null) !== null],
  ];
  const asked = later.filter(([, given]) => given);
  if (asked.length > 0)
    throw new HttpProblem('not_yet_available', {
      errors: asked.map(([pointer]) => ({ pointer, detail: 'not handled yet' })),
    });

  refusePurposes(body, pack);

  const datasets = new Set(pack.systems.flatMap((s) => s.datasets.map((d) => d.id)));
  const unknown = (body.scope?.datasets ?? []).flatMap((id, i) =>
    datasets.has(id) ? [] : [{ pointer: `/scope/datasets/${i}`, detail: 'the pack has no such dataset' }],
  );
  if (unknown.length > 0) throw new HttpProblem('dataset_unknown', { errors: unknown });

  const types = new Set([
    ...STANDARD_TYPES,
    ...pack.systems.flatMap((s) => s.datasets.flatMap((d) => Object.keys(d.identifiers))),
  ]);
  const strange = body.subject.identifiers.flatMap((given, i) =>
    types.has(given.type)
      ? []
      : [{ pointer: `/subject/identifiers/${i}/type`, detail: 'the pack has no such identifier type' }],
  );
  if (strange.length > 0) throw new HttpProblem('validation_failed', { errors: strange });

  checkChanges(body, pack);
  return identityOf(principal, body);
}

/** Purposes of an objection or a withdrawal: those that a stop rule of the pack ends, and `direct_marketing`. */
function refusePurposes(body: CreateRequest, pack: Pack): void {
  const known = new Set([
    DIRECT_MARKETING,
    ...pack.systems.flatMap((s) => s.datasets.flatMap((d) => d.stop.map((rule) => rule.purpose))),
  ]);
  const strange = (body.purposes ?? []).flatMap((purpose, i) =>
    known.has(purpose) ? [] : [{ pointer: `/purposes/${i}`, detail: 'the pack stops no such purpose' }],
  );
  if (strange.length > 0) throw new HttpProblem('purpose_unknown', { errors: strange });
}

function identityOf(principal: Principal, body: CreateRequest): RequestInput['identity'] {
  const given = body.identity ?? null;
  if (given === null) return null;
  if (!principal.scopes.includes('requests:attest'))
    throw new HttpProblem('scope_missing', { detail: 'identity needs the scope requests:attest' });
  const proven = given.identifiers ?? (body.subject.identifiers.length === 1 ? [0] : []);
  if (proven.length === 0)
    throw new HttpProblem('identifiers_required', {
      errors: [{ pointer: '/identity/identifiers', detail: 'say which identifiers this proves' }],
    });
  return { method: given.method, level: given.level, proven: [...new Set(proven)].sort((a, b) => a - b) };
}

function receiptOf(body: CreateRequest, now: Date): string {
  if (body.receivedAt === undefined) return now.toISOString();
  const at = Date.parse(body.receivedAt);
  if (at > now.getTime())
    throw new HttpProblem('received_in_future', { errors: [{ pointer: '/receivedAt', detail: 'lies in the future' }] });
  if (now.getTime() - at > OLDEST_RECEIPT_MS)
    throw new HttpProblem('validation_failed', {
      errors: [{ pointer: '/receivedAt', detail: 'lies more than ten years back' }],
    });
  return new Date(at).toISOString();
}

function inputOf(facts: {
  readonly requestId: string;
  readonly frozen: FrozenPack;
  readonly body: CreateRequest;
  readonly principal: Principal;
  readonly identity: RequestInput['identity'];
  readonly receivedAt: string;
  readonly createdAt: string;
  readonly workDomains: ReadonlySet<string>;
  readonly organisation: string | null;
}): RequestInput {
  const { frozen, body } = facts;
  const { pack } = frozen;
  let clock: RequestInput['clock'];
  try {
    clock = requestClock({
      regime: pack.regime,
      country: pack.country,
      timeZone: pack.timeZone,
      receivedAt: facts.receivedAt,
      right: body.right,
      now: facts.createdAt,
      promises: pack.promises,
      switches: pack.clockSwitches,
    });
  } catch (error) {
    if (error instanceof InvalidCaseError)
      throw new HttpProblem('validation_failed', {
        errors: [{ pointer: '/receivedAt', detail: 'no clock can be computed for this receipt' }],
      });
    throw error;
  }
  return buildRequestInput({
    requestId: facts.requestId,
    pack: frozen,
    right: body.right,
    channel: body.channel,
    language: readingLanguages(body.subject.language, pack.language)[0] ?? pack.language,
    clock,
    receivedAt: facts.receivedAt,
    createdAt: facts.createdAt,
    createdBy: speakerOf(facts.principal),
    identifierTypes: body.subject.identifiers.map((given) => given.type),
    identity: facts.identity,
    scopeDatasets: body.scope?.datasets ?? null,
    weak: weakOf(body, facts.workDomains),
    // Whoever instructs speaks for the controller, not for the subject: there is no mandate of hers to check.
    agent: facts.organisation === null ? (body.agent?.capacity ?? null) : null,
    after: body.after ?? null,
    purposes: body.purposes ?? [],
    onlyOrganisation: facts.organisation,
    instruction: facts.organisation === null ? null : instructionOf(facts.principal, facts.organisation),
    hasReceiver: (body.receiver ?? null) !== null,
  });
}

/** Positions of identifiers that a code does not prove to be this person's. A minor's need a guardian or an officer. */
function weakOf(body: CreateRequest, workDomains: ReadonlySet<string>): NonNullable<RequestInput['weak']> {
  const minor = body.subject.ageBand === 'minor';
  return body.subject.identifiers.flatMap((identifier, position) => {
    const why = weakAddress(identifier, workDomains) ?? (minor ? 'minor' : null);
    return why === null ? [] : [{ position, why }];
  });
}

async function documentOf(deps: ApiDeps, input: RequestInput, body: CreateRequest, call: Call): Promise<RequestDoc> {
  const hashes = await Promise.all(
    body.subject.identifiers.map((given) => deps.hasher.hash(input.operator, given.type, given.value)),
  );
  const facts = {
    subjectHashes: [...new Set(hashes)].sort(),
    after: body.after ?? null,
    ground: body.ground ?? null,
  };
  return requestDocument(input, facts, call.now);
}

/** The document of a request that is about to be committed, from its start input. */
export function requestDocument(
  input: RequestInput,
  facts: Pick<RequestDoc, 'subjectHashes' | 'after' | 'ground'>,
  now: Date,
): RequestDoc {
  const { view: raw } = projection(newRun(input, now.getTime()), now.getTime());
  const view = { ...raw, revision: 0 } as unknown as RequestView;
  return {
    _id: input.requestId,
    operator: input.operator,
    right: input.right,
    purposes: input.purposes ?? [],
    start: 'pending',
    startTriedMs: now.getTime(),
    input,
    createdAt: input.createdAt,
    createdBy: input.createdBy,
    ...facts,
    ...((input.onlyOrganisation ?? null) === null ? {} : { onlyOrganisation: input.onlyOrganisation }),
    owner: null,
    assignments: 0,
    forgetting: null,
    revision: 0,
    view,
    approvals: [],
    ...copiesOf(view, []),
  };
}

/** Everything about the person goes to the vault, and only there. */
function entriesOf(input: RequestInput, body: CreateRequest): { name: string; value: unknown }[] {
  const { subject } = body;
  const entry: SubjectEntry = {
    identifiers: subject.identifiers,
    contact: subject.contact ?? {},
    language: input.language,
    ...(subject.language === undefined || subject.language === input.language
      ? {}
      : { languageAsked: subject.language }),
    country: subject.country ?? null,
    ageBand: subject.ageBand ?? 'unknown',
    channel: input.channel,
    scopeText: body.scope?.text ?? null,
    agent: body.agent ?? null,
  };
  const entries: { name: string; value: unknown }[] = [{ name: VAULT.subject, value: entry }];
  // What a code proved weakly, or for somebody who speaks for her, waits for an officer's check.
  if (input.identity !== null && (input.agent ?? null) === null && !provenWeakly(input, input.identity)) {
    const identity: IdentityEntry = {
      method: input.identity.method,
      level: input.identity.level,
      proven: input.identity.proven,
    };
    entries.push({ name: VAULT.identity, value: identity });
  }
  if ((body.changes ?? null) !== null) entries.push({ name: VAULT.changes, value: body.changes });
  if ((body.receiver ?? null) !== null) entries.push({ name: VAULT.receiver, value: body.receiver });
  if ((body.instructionRef ?? null) !== null)
    entries.push({ name: VAULT.message('instruction'), value: { text: '', instructionRef: body.instructionRef } });
  if ((body.situation ?? null) !== null)
    entries.push({ name: VAULT.message('situation'), value: { text: body.situation } });
  return entries;
}
