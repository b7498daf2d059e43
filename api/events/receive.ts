/** POST /v1/events (docs/interfaces.md section 6): who signed, then once per id, then the effect. */
import {
  EVENT_DATA,
  inboundEventSchema,
  LATER_EVENTS,
  PROBLEMS,
  isProblemCode,
  type InboundEvent,
} from '../../contracts/index.js';
import type { EventDoc } from '../../infra/store/documents.js';
import type { PartyKey, PartyRef } from '../../infra/store/parties.js';
import type { ApiDeps } from '../deps.js';
import { Refusal } from '../gateway/index.js';
import type { Call, Handler } from '../http/call.js';
import { HttpProblem } from '../http/problem.js';
import { check } from '../http/validate.js';
import { countAttempt } from './attempts.js';
import { applyEvent } from './effects.js';
import { isTimely, readHeaders, signedBy, type SignedHeaders } from './signature.js';

/** Keys of other parties that are tried when the claimed party's own do not fit. */
const OTHER_KEYS = 10;
/** How long an id is remembered: longer than any sender repeats a message. */
const REMEMBER_MS = 30 * 86_400_000;

export function receiveEvent(deps: ApiDeps): Handler {
  return async (call) => {
    const { headers, claim, json } = await read(deps, call);
    const key = await authenticate(deps, call, headers, claim);
    const event = check(inboundEventSchema, json);
    const { type } = event;
    if ((LATER_EVENTS as readonly string[]).includes(type)) throw new HttpProblem('not_yet_available');
    if (type !== 'approval.decided' && !Object.hasOwn(EVENT_DATA, type)) {
      throw new HttpProblem('validation_failed', { errors: [{ pointer: '/type', detail: 'not an event type' }] });
    }
    const doc = eventDoc(deps, call, event, key, headers);
    const before = await deps.events.get(doc._id);
    if (before !== null && before.fingerprint !== doc.fingerprint) throw new HttpProblem('event_id_reused');
    if (before?.state === 'applied') return { status: 202 };
    const apply = await applyEvent(deps, event, key.party);
    const known = await deps.events.receive(doc);
    if (known.fingerprint !== doc.fingerprint) throw new HttpProblem('event_id_reused');
    if (known.state === 'applied') return { status: 202 };
    if (known.state === 'refused') await deps.events.reopen(doc._id);
    try {
      await apply({ updateId: deps.mac('update', 'event', doc._id), eventId: doc._id, now: call.now });
    } catch (error) {
      // A refusal is final for this message; an outage leaves it `received`, so that a repeat runs the same update again.
      const code = error instanceof Refusal || error instanceof HttpProblem ? error.code : null;
      if (code !== null && isProblemCode(code) && PROBLEMS[code].status < 500)
        await deps.events.settle(doc._id, 'refused', code);
      throw error;
    }
    await deps.events.settle(doc._id, 'applied', null);
    return { status: 202 };
  };
}

interface Claim {
  readonly operator: string;
  readonly party: PartyRef | null;
}

/** The envelope as far as it is needed to find keys. Throws 400, 401. */
async function read(deps: ApiDeps, call: Call): Promise<{ headers: SignedHeaders; claim: Claim; json: unknown }> {
  let json: unknown;
  let malformed = false;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(call.raw));
  } catch {
    malformed = true;
  }
  const field = (name: string): unknown =>
    typeof json === 'object' && json !== null && Object.hasOwn(json, name) ? Reflect.get(json, name) : undefined;
  const operator = field('operator');
  const headers = readHeaders(call.header);
  if (headers === null || !isTimely(headers, call.now)) {
    await countAttempt(deps, operator, call.address, call.now);
    throw new HttpProblem('unauthenticated');
  }
  if (malformed || typeof json !== 'object' || json === null || Array.isArray(json))
    throw new HttpProblem('malformed_json');
  // Without an operator there are no keys to try: nothing can be authenticated, and the schema says what is missing.
  if (typeof operator !== 'string') check(inboundEventSchema, json);
  const organisation = field('organisation');
  const system = field('system');
  const text = (value: unknown): value is string => typeof value === 'string' && value.length <= 100;
  const party: PartyRef | null = text(organisation)
    ? { operator: String(operator), organisation }
    : text(system)
      ? { operator: String(operator), system }
      : null;
  return { headers, claim: { operator: String(operator), party }, json };
}

/** The claimed party's keys first, others of the operator within a small budget. Throws 401, 403 `foreign_key`. */
async function authenticate(deps: ApiDeps, call: Call, headers: SignedHeaders, claim: Claim): Promise<PartyKey> {
  const at = call.now.toISOString();
  if (claim.party !== null) {
    const own = signedBy(await deps.parties.keysOf(claim.party, at), headers, call.raw);
    if (own !== null) return own;
  }
  const other = signedBy(await deps.parties.otherKeys(claim.operator, claim.party, at, OTHER_KEYS), headers, call.raw);
  if (other !== null && claim.party === null) return other;
  if (other !== null) throw new HttpProblem('foreign_key');
  await countAttempt(deps, claim.operator, call.address, call.now);
  throw new HttpProblem('unauthenticated');
}

function eventDoc(deps: ApiDeps, call: Call, event: InboundEvent, key: PartyKey, headers: SignedHeaders): EventDoc {
  const party = 'organisation' in key.party ? `organisation/${key.party.organisation}` : `system/${key.party.system}`;
  return {
    _id: deps.mac('event', event.operator, party, headers.id),
    operator: event.operator,
    party,
    type: event.type,
    fingerprint: deps.mac('event-body', call.raw.toString('base64')),
    state: 'received',
    code: null,
    receivedAt: call.now.toISOString(),
    expiresAt: new Date(call.now.getTime() + REMEMBER_MS),
  };
}
