/**
 * Self-service in the operator's own application (requirements I9, D2). A changed profile opens no request: it is written
 * down as a correction, recipients with an endpoint are told, and whatever goes on about the person searches again. A
 * deleted profile starts an erasure over all systems; the system's signature says who she is, by the id that it assigned.
 */
import type { CreateRequest, InboundEvent, Principal } from '../../contracts/index.js';
import type { Speaker } from '../../domain/lifecycle/commands.js';
import { recipientParty } from '../../domain/policy/recipients.js';
import type { Pack } from '../../domain/policy/types.js';
import type { PartyRef } from '../../infra/store/parties.js';
import type { ApiDeps } from '../deps.js';
import { Refusal } from '../gateway/index.js';
import { createRequest } from '../handlers/create-request.js';
import type { Call } from '../http/call.js';
import { HttpProblem } from '../http/problem.js';
import { draft } from '../ledger-notes.js';

interface Told {
  readonly updateId: string;
  readonly eventId: string;
  readonly now: Date;
}

export interface ProfileData {
  readonly ref: string;
  readonly fields?: readonly string[] | null | undefined;
}

/** Types under which somebody's sign-in record has its own id: what `ref` names. */
function accountTypes(pack: Pack): string[] {
  const own = pack.systems
    .flatMap((s) => s.datasets)
    .filter((d) => d.signIn)
    .flatMap((d) => Object.entries(d.identifiers).filter(([, paths]) => paths[0] === '_id'))
    .map(([type]) => type);
  return [...new Set(own)].sort();
}

/** Throws 404 for an operator without a pack or without sign-ins, 403 `foreign_key` for an organisation. */
async function accountOf(deps: ApiDeps, party: PartyRef): Promise<{ pack: Pack; system: string; type: string }> {
  if ('organisation' in party) throw new HttpProblem('foreign_key');
  const frozen = await deps.policies.current(party.operator);
  const type = frozen === null ? undefined : accountTypes(frozen.pack)[0];
  if (frozen === null || type === undefined) throw new HttpProblem('not_found');
  return { pack: frozen.pack, system: party.system, type };
}

export async function profileChanged(
  deps: ApiDeps,
  event: InboundEvent,
  data: ProfileData,
  party: PartyRef,
): Promise<(told: Told) => Promise<void>> {
  const { pack, system, type } = await accountOf(deps, party);
  return async ({ updateId, eventId, now }) => {
    const by: Speaker = { kind: 'system', role: 'system', id: `sys/${pack.operator}/${system}` };
    const hash = await deps.hasher.hash(pack.operator, type, data.ref);
    const requests = await searchAgain(deps, pack.operator, hash, { by, updateId, eventId });
    const notices = await tellRecipients(deps, pack, data, eventId, event.timestamp);
    await deps.ledger.append([
      draft({
        id: `profile/${eventId}`,
        operator: pack.operator,
        at: now.toISOString(),
        actor: by,
        action: 'profile.changed',
        requestId: null,
        code: 'rectification',
        after: { subject: hash, fields: [...(data.fields ?? [])].sort(), requests, ...notices },
      }),
    ]);
  };
}

/** Open requests of the person look for her under what her profile says now, too. */
async function searchAgain(
  deps: ApiDeps,
  operator: string,
  hash: string,
  told: { readonly by: Speaker; readonly updateId: string; readonly eventId: string },
): Promise<number> {
  const holders = await deps.fence.holders({ operator, hashes: [hash] });
  const requests = [...new Set(holders.map((h) => h.requestId))];
  for (const requestId of requests)
    await deps.gateway
      .update(requestId, 'event', told.updateId, { by: told.by, type: 'identifier.added', eventId: told.eventId })
      .catch((error: unknown) => {
        // One request that is over must not keep the others from being told.
        if (!(error instanceof Refusal)) throw error;
      });
  return requests.length;
}

/**
 * A thin event to each recipient that has an endpoint: which record, which fields, never a value. Whoever is told by mail
 * or by hand is named in the entry, for an officer.
 */
async function tellRecipients(
  deps: ApiDeps,
  pack: Pack,
  data: ProfileData,
  eventId: string,
  at: string,
): Promise<{ readonly told: string[]; readonly byHand: string[] }> {
  const outside = pack.recipients.filter((r) => r.system === null && r.notify !== null);
  const parties = outside.filter((r) => r.notify?.by === 'webhook').map((r) => recipientParty(r.name));
  const unique = deps.mac('profile', eventId).slice(0, 22);
  const queued = await deps.outgoing.send(
    parties.map((organisation, place) => ({
      id: `evt_${unique}_${place}`,
      type: 'rectification.recipient_notice',
      operator: pack.operator,
      organisation,
      at: new Date(at).toISOString(),
      requestId: null,
      approvalId: null,
      data: { ref: data.ref, fields: [...(data.fields ?? [])].sort().join(',') },
    })),
  );
  const told = parties.filter((_, place) => (queued[place]?.endpoints ?? 0) > 0);
  const byHand = outside.map((r) => recipientParty(r.name)).filter((party) => !told.includes(party));
  return { told, byHand };
}

/** One erasure per event, however often it comes; its intake is the ordinary one. */
export async function profileDeleted(
  deps: ApiDeps,
  data: ProfileData,
  party: PartyRef,
): Promise<(told: Told) => Promise<void>> {
  const { pack, system, type } = await accountOf(deps, party);
  const intake = createRequest(deps);
  return async ({ eventId, now }) => {
    const principal: Principal = {
      id: `sys/${pack.operator}/${system}`,
      kind: 'machine',
      role: null,
      scopes: ['requests:write', 'requests:attest'],
      operators: [pack.operator],
      organisation: null,
    };
    const body: CreateRequest = {
      operator: pack.operator,
      right: 'erasure',
      channel: 'panel',
      subject: { identifiers: [{ type, value: data.ref }], contact: { portal: true } },
      identity: { method: 'self_service', level: 'substantial', identifiers: [0] },
    };
    const key = deps.mac('profile', eventId).slice(0, 43);
    const call: Call = {
      endpoint: 'createRequest',
      principal,
      params: {},
      query: {},
      body,
      raw: Buffer.alloc(0),
      header: (name) => (name.toLowerCase() === 'idempotency-key' ? key : undefined),
      address: '',
      traceId: key.slice(0, 22),
      now,
    };
    const reply = await intake(call);
    await deps.ledger.append([
      draft({
        id: `profile/${eventId}`,
        operator: pack.operator,
        at: now.toISOString(),
        actor: { kind: 'system', role: 'system', id: principal.id },
        action: 'profile.deleted',
        requestId: (reply.body as { id: string }).id,
        code: 'erasure',
        after: { subject: await deps.hasher.hash(pack.operator, type, data.ref) },
      }),
    ]);
  };
}
