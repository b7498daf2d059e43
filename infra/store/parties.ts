/** Organisations and systems: whom to write to, and the keys with which they sign. Secrets rest sealed. */
import type { Sealer } from '../keys/index.js';
import { COLLECTIONS, type OrganisationDoc, type PartyKeyDoc, type SystemDoc } from './documents.js';
import { guarded, StoreError, type Collection, type Db } from './connect.js';

export type PartyRef = { readonly operator: string } & (
  | { readonly organisation: string }
  | { readonly system: string }
);

/** Key of a party, open, for checking one signature; never stored or logged. */
export interface PartyKey {
  readonly party: PartyRef;
  readonly keyId: string;
  readonly kind: 'hmac' | 'ed25519';
  /** Raw secret or raw public key. */
  readonly bytes: Buffer;
}

export interface PartyStore {
  organisation(operator: string, organisation: string): Promise<OrganisationDoc | null>;
  organisations(operator: string): Promise<OrganisationDoc[]>;
  /** Creates or replaces everything but the keys. */
  putOrganisation(doc: Omit<OrganisationDoc, '_id' | 'keys'>): Promise<void>;
  /**
   * Adds a key. `secret`: `whsec_` + base64 (HMAC) or `whpk_` + base64 (Ed25519 public key), as Standard Webhooks writes them.
   * `retireOthersAt`: keys that are there stop counting at that instant (rotation with overlap).
   */
  addKey(
    party: PartyRef,
    key: { readonly id: string; readonly secret: string; readonly createdAt: string; readonly retireOthersAt?: string },
  ): Promise<void>;
  /** Ends an organisation's key at an instant, never later than it would have ended; null = no such key. */
  retireKey(
    party: PartyRef & { readonly organisation: string },
    keyId: string,
    at: string,
  ): Promise<PartyKeyDoc | null>;
  removeKey(party: PartyRef, keyId: string): Promise<void>;
  /** Keys of one party that count at `at`. */
  keysOf(party: PartyRef, at: string): Promise<PartyKey[]>;
  /** Keys of every other party of the operator, at most `budget` of them. */
  otherKeys(operator: string, except: PartyRef | null, at: string, budget: number): Promise<PartyKey[]>;
}

function idOf(party: PartyRef): string {
  return 'organisation' in party ? `${party.operator}/${party.organisation}` : `${party.operator}/${party.system}`;
}

function parse(secret: string): { kind: 'hmac' | 'ed25519'; material: string } {
  const [prefix, body] = secret.split('_');
  const bytes = Buffer.from(body ?? '', 'base64');
  if (prefix === 'whsec' && bytes.length >= 24 && bytes.length <= 64)
    return { kind: 'hmac', material: bytes.toString('base64') };
  if (prefix === 'whpk' && bytes.length === 32) return { kind: 'ed25519', material: bytes.toString('base64') };
  throw new StoreError('config');
}

export function createPartyStore(db: Db, sealer: Sealer): PartyStore {
  const organisations: Collection<OrganisationDoc> = db.collection<OrganisationDoc>(COLLECTIONS.organisations);
  const systems: Collection<SystemDoc> = db.collection<SystemDoc>(COLLECTIONS.systems);
  const scope = (party: PartyRef, keyId: string): string =>
    `${'organisation' in party ? 'organisation' : 'system'}/${idOf(party)}/${keyId}`;

  const docOf = (party: PartyRef): Promise<{ readonly keys: readonly PartyKeyDoc[] } | null> =>
    'organisation' in party ? organisations.findOne({ _id: idOf(party) }) : systems.findOne({ _id: idOf(party) });

  const open = async (party: PartyRef, keys: readonly PartyKeyDoc[], at: string): Promise<PartyKey[]> => {
    const counting = keys.filter((key) => key.notAfter === null || Date.parse(key.notAfter) > Date.parse(at));
    return Promise.all(
      counting.map(async (key) => ({
        party,
        keyId: key.id,
        kind: key.kind,
        bytes: Buffer.from(
          key.kind === 'hmac' ? await sealer.open(scope(party, key.id), key.material) : key.material,
          'base64',
        ),
      })),
    );
  };

  return {
    organisation: (operator, organisation) =>
      guarded(() => organisations.findOne({ _id: `${operator}/${organisation}` })),
    organisations: (operator) => guarded(() => organisations.find({ operator }).sort({ _id: 1 }).toArray()),
    async putOrganisation(doc) {
      await guarded(() =>
        organisations.updateOne(
          { _id: `${doc.operator}/${doc.organisation}` },
          { $set: doc, $setOnInsert: { keys: [] } },
          { upsert: true },
        ),
      );
    },
    async addKey(party, key) {
      const { kind, material } = parse(key.secret);
      const row: PartyKeyDoc = {
        id: key.id,
        kind,
        material: kind === 'hmac' ? await sealer.seal(scope(party, key.id), material) : material,
        createdAt: key.createdAt,
        notAfter: null,
      };
      const before = (await guarded(() => docOf(party)))?.keys ?? [];
      if (before.some((k) => k.id === key.id)) return;
      const retired = before.map((k) =>
        key.retireOthersAt !== undefined && (k.notAfter === null || k.notAfter > key.retireOthersAt)
          ? { ...k, notAfter: key.retireOthersAt }
          : k,
      );
      const keys = [...retired, row];
      if ('organisation' in party) {
        const done = await guarded(() => organisations.updateOne({ _id: idOf(party) }, { $set: { keys } }));
        if (done.matchedCount === 0) throw new StoreError('config');
        return;
      }
      await guarded(() =>
        systems.updateOne(
          { _id: idOf(party) },
          { $set: { keys, operator: party.operator, system: party.system } },
          { upsert: true },
        ),
      );
    },
    async retireKey(party, keyId, at) {
      const before = (await guarded(() => docOf(party)))?.keys ?? [];
      const key = before.find((k) => k.id === keyId);
      if (key === undefined) return null;
      const retired = key.notAfter !== null && key.notAfter < at ? key : { ...key, notAfter: at };
      const keys = before.map((k) => (k.id === keyId ? retired : k));
      await guarded(() => organisations.updateOne({ _id: idOf(party) }, { $set: { keys } }));
      return retired;
    },
    async removeKey(party, keyId) {
      const keys = ((await guarded(() => docOf(party)))?.keys ?? []).filter((k) => k.id !== keyId);
      if ('organisation' in party)
        await guarded(() => organisations.updateOne({ _id: idOf(party) }, { $set: { keys } }));
      else await guarded(() => systems.updateOne({ _id: idOf(party) }, { $set: { keys } }));
    },
    async keysOf(party, at) {
      const doc = await guarded(() => docOf(party));
      return doc === null ? [] : open(party, doc.keys, at);
    },
    async otherKeys(operator, except, at, budget) {
      const skip = except === null ? '' : `${'organisation' in except ? 'o' : 's'}:${idOf(except)}`;
      const rows = await guarded(async () => [
        ...(await organisations.find({ operator }).sort({ _id: 1 }).limit(budget).toArray()).map((doc) => ({
          party: { operator, organisation: doc.organisation } as PartyRef,
          mark: `o:${doc._id}`,
          keys: doc.keys,
        })),
        ...(await systems.find({ operator }).sort({ _id: 1 }).limit(budget).toArray()).map((doc) => ({
          party: { operator, system: doc.system } as PartyRef,
          mark: `s:${doc._id}`,
          keys: doc.keys,
        })),
      ]);
      const found: PartyKey[] = [];
      for (const row of rows) {
        if (row.mark === skip || found.length >= budget) continue;
        found.push(...(await open(row.party, row.keys, at)));
      }
      return found.slice(0, budget);
    },
  };
}
