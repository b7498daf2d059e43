/** Mail domains of an operator's organisations: an address there proves a workplace, not a person. */
import { guarded, type Db } from './connect.js';
import { COLLECTIONS, type OrganisationDoc } from './documents.js';

/** Lower-case domains. Errors: StoreError. */
export function createWorkDomains(db: Db): (operator: string) => Promise<ReadonlySet<string>> {
  const organisations = db.collection<OrganisationDoc>(COLLECTIONS.organisations);
  return async (operator) => {
    const docs = await guarded(() =>
      organisations
        .find({ operator, 'mailDomains.0': { $exists: true } }, { projection: { mailDomains: 1 } })
        .toArray(),
    );
    return new Set(docs.flatMap((d) => (d.mailDomains ?? []).map((domain) => domain.toLowerCase())));
  };
}
