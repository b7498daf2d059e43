/**
 * The directory of organisations: contacts, how they decide, defaults, and where their events go. Their keys for what
 * they send to us are in parties.ts; both live in one document per organisation.
 */
import { COLLECTIONS, type OrganisationDoc, type WebhookEndpointDoc } from './documents.js';
import { guarded, StoreError, type Db } from './connect.js';

export type OrganisationSettings = Omit<OrganisationDoc, '_id' | 'keys' | 'endpoints' | 'changes'>;

export interface OrganisationStore {
  get(operator: string, organisation: string): Promise<OrganisationDoc | null>;
  /** By id, from `after` (exclusive). */
  list(operators: readonly string[] | null, after: string | null, limit: number): Promise<OrganisationDoc[]>;
  /** Creates, or replaces everything but keys and endpoints. */
  put(settings: OrganisationSettings): Promise<void>;
  /**
   * Replaces the endpoints with what `change` makes of them; run again when somebody else changed them meanwhile.
   * Returns the document after it; null = no such organisation.
   */
  changeEndpoints(
    operator: string,
    organisation: string,
    change: (endpoints: readonly WebhookEndpointDoc[]) => Promise<readonly WebhookEndpointDoc[]>,
  ): Promise<OrganisationDoc | null>;
}

const CHANGE_TRIES = 5;

export function createOrganisationStore(db: Db): OrganisationStore {
  const organisations = db.collection<OrganisationDoc>(COLLECTIONS.organisations);
  const idOf = (operator: string, organisation: string): string => `${operator}/${organisation}`;
  const get = (operator: string, organisation: string): Promise<OrganisationDoc | null> =>
    guarded(() => organisations.findOne({ _id: idOf(operator, organisation) }));
  return {
    get,
    list: (operators, after, limit) =>
      guarded(async () => {
        // Few per operator, and ranges on _id are slow on some servers: the operator's index, then code.
        const where = operators === null ? {} : { operator: { $in: [...operators] } };
        const all = await organisations.find(where).sort({ _id: 1 }).toArray();
        return all.filter((doc) => after === null || doc._id > after).slice(0, limit);
      }),
    async put(settings) {
      await guarded(() =>
        organisations.updateOne(
          { _id: idOf(settings.operator, settings.organisation) },
          { $set: settings, $setOnInsert: { keys: [] } },
          { upsert: true },
        ),
      );
    },
    async changeEndpoints(operator, organisation, change) {
      for (let attempt = 0; attempt < CHANGE_TRIES; attempt += 1) {
        const doc = await get(operator, organisation);
        if (doc === null) return null;
        const endpoints = await change(doc.endpoints ?? []);
        const changes = (doc.changes ?? 0) + 1;
        const unchanged = doc.changes === undefined ? { changes: { $exists: false } } : { changes: doc.changes };
        const done = await guarded(() =>
          organisations.updateOne({ _id: doc._id, ...unchanged }, { $set: { endpoints, changes } }),
        );
        if (done.matchedCount === 1) return { ...doc, endpoints, changes };
      }
      throw new StoreError('conflict');
    },
  };
}
