/**
 * Issues certificates: seals the request's ledger entries, collects their proofs, builds, signs and keeps the exact bytes.
 * The id follows from request and number, so a repeat after any failure finds the certificate that was issued.
 */
import { createHash } from 'node:crypto';
import { buildCertificate, signCertificate, subjectCommitment } from '../../domain/certificate/index.js';
import type { Sha256 } from '../../domain/ledger/merkle.js';
import type { Ledger } from '../../domain/ports/ledgers.js';
import type { Certifier, Salts } from '../../domain/ports/services.js';
import type { SigningKeys } from '../keys/signing.js';
import type { LedgerReader } from '../ledger/index.js';
import type { CertificateStore } from '../store/certificates.js';

export interface CertifierParts {
  readonly ledger: Ledger;
  readonly reader: LedgerReader;
  readonly signing: SigningKeys;
  readonly store: CertificateStore;
  readonly salts: Salts;
  readonly sha256: Sha256;
}

const PAGE = 1_000;

export function createCertifier(parts: CertifierParts): Certifier {
  return {
    async issue(order) {
      const id = `crt_${order.requestId.slice(4)}${String(order.n).padStart(2, '0')}`;
      const before = await parts.store.latest(order.requestId);
      if (before?.certificateId === id) return { id, sha256: hex(before.bytes) };
      await parts.ledger.seal(order.operator);
      const { entries } = await parts.reader.page(
        { operator: order.operator, requests: [order.requestId] },
        { limit: PAGE },
      );
      const checkpoint = await parts.reader.checkpoint(order.operator);
      if (checkpoint === null) throw new Error('certificate: nothing is sealed');
      const covered = entries.filter((e) => e.seq < checkpoint.size);
      const proofs = await parts.reader.inclusionProofs(
        order.operator,
        covered.map((e) => e.seq),
        checkpoint.size,
      );
      const signer = await parts.signing.signer(order.operator);
      const { facts } = order;
      const body = buildCertificate(
        {
          certificateId: id,
          final: order.final,
          simulatedTime: facts.simulated,
          requestId: order.requestId,
          operator: order.operator,
          right: facts.right,
          outcome: facts.outcome,
          receivedAt: facts.receivedAt,
          closedAt: facts.closedAt,
          clock: facts.clock,
          policy: facts.policy,
          pack: order.pack.pack,
          steps: facts.steps.map((s) => ({
            system: s.system,
            dataset: s.dataset,
            organisation: s.organisation,
            operation: s.operation,
            approved: facts.approvals.some((a) => a.parts.includes(s.key)) ? s.planned : null,
            records: s.records,
            outcome: s.outcome,
            verifiedAt: s.verifiedAt,
            method: s.method,
            basis: s.outcome === 'retained' || s.outcome === 'scheduled' ? (s.basis ?? 'unnamed') : null,
            until: s.until,
          })),
          searched: facts.searched,
          scopeDatasets: facts.scopeDatasets,
          approvals: facts.approvals.map((a) => ({
            kind: a.kind,
            organisation: a.organisation,
            decidedAt: a.decidedAt,
            planHash: a.planHash,
            decision: a.state,
          })),
          backups: facts.backups.map((b) => ({ system: b.system, lastExpiresAt: b.lastExpiresAt, state: b.state })),
          ledger: {
            checkpoint: checkpoint.checkpoint,
            entries: proofs.map((p) => ({ seq: p.seq, hash: p.hash, inclusionProof: p.proof })),
          },
          subjectCommitment: subjectCommitment(
            await parts.salts.commitmentSalt(order.requestId),
            order.identifiers,
            parts.sha256,
          ),
          issuedAt: order.issuedAt,
          keyId: signer.keyId,
        },
        parts.sha256,
      );
      const { bytes } = signCertificate(body, (message) => signer.sign(message));
      await parts.store.put({
        certificateId: id,
        requestId: order.requestId,
        final: order.final,
        issuedAt: order.issuedAt,
        bytes,
      });
      return { id, sha256: hex(bytes) };
    },
  };
}

function hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
