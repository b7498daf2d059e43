/** Certificates: their exact bytes, written once. */
import { COLLECTIONS, type CertificateDoc } from './documents.js';
import { Binary, guarded, StoreError, type Db } from './connect.js';

export interface Certificate {
  readonly certificateId: string;
  readonly requestId: string;
  readonly final: boolean;
  readonly issuedAt: string;
  readonly bytes: Uint8Array;
}

export interface CertificateStore {
  /** Idempotent by id; the first bytes stay. */
  put(certificate: Certificate): Promise<void>;
  /** The last one issued for the request; null = none yet. */
  latest(requestId: string): Promise<Certificate | null>;
}

export function createCertificateStore(db: Db): CertificateStore {
  const certificates = db.collection<CertificateDoc>(COLLECTIONS.certificates);
  return {
    async put({ certificateId, bytes, ...rest }) {
      try {
        await guarded(() =>
          certificates.insertOne({ _id: certificateId, ...rest, bytes: new Binary(Buffer.from(bytes)) }),
        );
      } catch (error) {
        if (!(error instanceof StoreError) || error.code !== 'duplicate') throw error;
      }
    },
    async latest(requestId) {
      const all = await guarded(() => certificates.find({ requestId }).toArray());
      const doc = all
        .sort((a, b) =>
          a.issuedAt === b.issuedAt ? Number(a.final) - Number(b.final) : a.issuedAt < b.issuedAt ? -1 : 1,
        )
        .at(-1);
      if (doc === undefined) return null;
      const { _id, bytes, ...rest } = doc;
      return { certificateId: _id, ...rest, bytes: new Uint8Array(bytes.value()) };
    },
  };
}
