/** Evidence files as they were at the end of an approval's time. */
import { createHash } from 'node:crypto';
import { canonicalBytes } from '../../domain/ledger/canonical-json.js';
import { COLLECTIONS, type EvidenceDoc } from './documents.js';
import { guarded, StoreError, type Db } from './connect.js';

export interface EvidenceFiles {
  /** Keeps the first file of an approval; later ones change nothing. Gives the hash of what is kept. */
  keep(approvalId: string, file: Readonly<Record<string, unknown>>): Promise<{ readonly sha256: string }>;
  get(approvalId: string): Promise<EvidenceDoc | null>;
}

export function createEvidenceStore(db: Db): EvidenceFiles {
  const files = db.collection<EvidenceDoc>(COLLECTIONS.evidence);
  const get = (approvalId: string): Promise<EvidenceDoc | null> => guarded(() => files.findOne({ _id: approvalId }));
  return {
    get,
    async keep(approvalId, file) {
      const sha256 = createHash('sha256').update(canonicalBytes(file)).digest('hex');
      try {
        await guarded(() =>
          files.insertOne({ _id: approvalId, requestId: String(file['requestId'] ?? ''), file, sha256 }),
        );
        return { sha256 };
      } catch (error) {
        if (!(error instanceof StoreError) || error.code !== 'duplicate') throw error;
        return { sha256: (await get(approvalId))?.sha256 ?? sha256 };
      }
    },
  };
}
