/** Keys with which an organisation signs what it sends to us: several at once while they change, each shown once. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { MAX_KEYS } from '../../contracts/index.js';
import type { PartyKeyDoc } from '../../infra/store/documents.js';
import type { ApiDeps } from '../deps.js';
import type { Handler } from '../http/call.js';
import { HttpProblem } from '../http/problem.js';
import { noteOrganisation, organisationOf } from './organisations.js';

export function listOrganisationKeys(deps: ApiDeps): Handler {
  return async (call) => {
    const doc = await organisationOf(deps, call);
    return { status: 200, body: { data: doc.keys.map((key) => shown(key, call.now)) } };
  };
}

export function createOrganisationKey(deps: ApiDeps): Handler {
  return async (call) => {
    const doc = await organisationOf(deps, call);
    const body = call.body as { kind: 'v1' | 'v1a'; publicKey?: string; retireOthersAt?: string };
    if (doc.keys.filter((key) => isLive(key, call.now)).length >= MAX_KEYS)
      throw new HttpProblem('action_not_allowed', { detail: 'too many live keys: retire one first' });
    const { store, secret } = material(body.kind, body.publicKey);
    const id = `key_${randomBytes(8).toString('hex')}`;
    const { operator, organisation } = doc;
    await deps.parties.addKey(
      { operator, organisation },
      {
        id,
        secret: store,
        createdAt: call.now.toISOString(),
        ...(body.retireOthersAt === undefined ? {} : { retireOthersAt: new Date(body.retireOthersAt).toISOString() }),
      },
    );
    await noteOrganisation(deps, call, doc, 'key_added', { key: id, kind: body.kind });
    const made = (await deps.organisations.get(operator, organisation))?.keys.find((key) => key.id === id);
    if (made === undefined) throw new HttpProblem('unavailable');
    return { status: 201, headers: { 'Cache-Control': 'no-store' }, body: { ...shown(made, call.now), secret } };
  };
}

/** What rests with us, and what the caller must keep (null: it has it already). Forms: Standard Webhooks 1.0. */
function material(kind: 'v1' | 'v1a', publicKey: string | undefined): { store: string; secret: string | null } {
  if (kind === 'v1') {
    const secret = `whsec_${randomBytes(32).toString('base64')}`;
    return { store: secret, secret };
  }
  if (publicKey !== undefined) return { store: publicKey, secret: null };
  const pair = generateKeyPairSync('ed25519');
  // Raw halves: the last 32 bytes of either DER form.
  const raw = (key: Buffer): string => key.subarray(key.length - 32).toString('base64');
  return {
    store: `whpk_${raw(pair.publicKey.export({ format: 'der', type: 'spki' }))}`,
    secret: `whsk_${raw(pair.privateKey.export({ format: 'der', type: 'pkcs8' }))}`,
  };
}

export function retireOrganisationKey(deps: ApiDeps): Handler {
  return async (call) => {
    const doc = await organisationOf(deps, call);
    const id = call.params['key'] ?? '';
    const at = (call.query['at'] as string | undefined) ?? call.now.toISOString();
    const retired = await deps.parties.retireKey(
      { operator: doc.operator, organisation: doc.organisation },
      id,
      new Date(at).toISOString(),
    );
    if (retired === null) throw new HttpProblem('not_found');
    await noteOrganisation(deps, call, doc, 'key_retired', { key: id, notAfter: retired.notAfter });
    return { status: 200, body: shown(retired, call.now) };
  };
}

function isLive(key: PartyKeyDoc, now: Date): boolean {
  return key.notAfter === null || Date.parse(key.notAfter) > now.getTime();
}

function shown(key: PartyKeyDoc, now: Date): Record<string, unknown> {
  return {
    id: key.id,
    kind: key.kind === 'hmac' ? 'v1' : 'v1a',
    createdAt: key.createdAt,
    notAfter: key.notAfter,
    live: isLive(key, now),
  };
}
