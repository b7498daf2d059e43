import { DATASET_DEFAULTS } from '../../domain/policy/defaults.js';
import type { CertificateInput, CertificateStep } from '../../domain/certificate/index.js';
import { signCheckpoint } from '../../domain/ledger/checkpoint.js';
import { entryLeaf } from '../../domain/ledger/entry.js';
import { hashText } from '../../domain/ledger/hash-text.js';
import { inclusionProof, merkleRoot } from '../../domain/ledger/merkle.js';
import type { DatasetPolicy, SystemPolicy } from '../../domain/policy/types.js';
import { sha256 } from '../../infra/keys/signing-crypto.js';
import type { Signer } from '../../infra/keys/signing.js';

const dataset = (id: string): DatasetPolicy => ({
  id,
  role: 'processor',
  organisation: 'organisationId',
  collection: id,
  database: null,
  identifiers: { email: ['email'] },
  declared: [],
  links: [],
  createdAt: null,
  signIn: false,
  derived: false,
  ...DATASET_DEFAULTS,
  fields: { email: { category: 'contact', purpose: 'account', basis: 'contract', source: 'subject' } },
  erase: { kind: 'delete' },
  hold: null,
});
const system = (id: string, connector: SystemPolicy['connector'], datasets: readonly string[]): SystemPolicy => ({
  id,
  connector,
  settings: {},
  order: 0,
  rate: null,
  datasets: datasets.map(dataset),
});

export const TEST_PACK = {
  systems: [system('payments', 'stripe', ['customers']), system('app', 'mongodb', ['users', 'invoices'])],
};

export const step = (over: Partial<CertificateStep> = {}): CertificateStep => ({
  system: 'app',
  dataset: 'users',
  organisation: 'acme',
  operation: 'delete',
  approved: 1,
  records: 1,
  outcome: 'done',
  verifiedAt: '2026-11-21T10:00:00.000Z',
  method: 'absent_by_id_majority_read',
  basis: null,
  until: null,
  ...over,
});

/** Facts of a small erasure whose entries 2 and 5 stand in a ledger of eight; `over` changes them. */
export function certificateInput(signer: Signer, over: Partial<CertificateInput> = {}): CertificateInput {
  const hashes = Array.from({ length: 8 }, (_, i) => hashText(sha256(Uint8Array.of(i))));
  const leaves = hashes.map((hash) => entryLeaf(hash, sha256));
  const checkpoint = signCheckpoint(
    { origin: 'habeas/ledger/infentre', size: 8, root: merkleRoot(leaves, sha256) },
    signer,
    sha256,
  );
  return {
    certificateId: 'crt_01JDB2',
    final: false,
    simulatedTime: false,
    requestId: 'req_01JDB2',
    operator: 'infentre',
    right: 'erasure',
    outcome: 'fulfilled',
    receivedAt: '2026-11-20T09:12:00.000Z',
    closedAt: null,
    clock: {
      regime: 'gdpr-eu',
      receivedOn: '2026-11-20',
      safeDue: '2026-12-20',
      legalDue: '2026-12-21',
      due: '2026-12-21',
      dueAt: '2026-12-21T23:59:59+01:00',
      promisedDue: null,
      acknowledgeBy: null,
      refusalDue: '2026-12-21',
      extendableUntil: null,
      extendSafelyUntil: null,
      extendedDue: null,
      pausedDays: 0,
      flags: [],
      trace: [{ rule: 'r', source: 's', from: 'f', to: 't', note: 'n' }],
      at: {
        safeDue: '2026-12-20T22:59:59.000Z',
        legalDue: '2026-12-21T22:59:59.000Z',
        due: '2026-12-21T22:59:59.000Z',
        promisedDue: null,
        refusalDue: '2026-12-21T22:59:59.000Z',
        extendableUntil: null,
        extendedDue: null,
        dueSoonFrom: '2026-12-14T23:00:00.000Z',
      },
    },
    policy: { version: '3', hash: hashText(sha256(Uint8Array.of(100))) },
    pack: TEST_PACK,
    steps: [step()],
    searched: ['app', 'payments'],
    scopeDatasets: null,
    approvals: [
      {
        kind: 'organisation',
        organisation: 'acme',
        decidedAt: '2026-11-20T12:00:00.000Z',
        planHash: hashText(sha256(Uint8Array.of(101))),
        decision: 'approved',
      },
    ],
    backups: [{ system: 'nightly', lastExpiresAt: '2027-02-18T03:00:00.000Z', state: 'waiting' }],
    ledger: {
      checkpoint,
      entries: [2, 5].map((seq) => ({
        seq,
        hash: hashes[seq] ?? '',
        inclusionProof: inclusionProof(leaves, seq, sha256).map(hashText),
      })),
    },
    subjectCommitment: hashText(sha256(Uint8Array.of(102))),
    issuedAt: '2026-11-21T10:00:05.000Z',
    keyId: signer.keyId,
    ...over,
  };
}
