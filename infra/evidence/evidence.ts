/** Gathers the evidence of an approval from ledger and delivery log, and keeps it. Port EvidenceKeeper. */
import { buildEvidence, type ApprovalShown } from '../../domain/evidence/build.js';
import type { Ledger, LedgerEntry } from '../../domain/ports/ledgers.js';
import type { EvidenceKeeper } from '../../domain/ports/webhooks.js';
import type { LedgerReader } from '../ledger/index.js';
import type { DeliveryStore } from '../store/deliveries.js';
import type { EvidenceFiles } from '../store/evidence.js';

export interface EvidenceOptions {
  readonly ledger: Pick<Ledger, 'seal'>;
  readonly reader: Pick<LedgerReader, 'page'>;
  readonly deliveries: Pick<DeliveryStore, 'ofApproval'>;
  readonly files: EvidenceFiles;
}

export interface Evidence extends EvidenceKeeper {
  /** What was kept at the end of its time, else what there is now. */
  show(operator: string, approval: ApprovalShown): Promise<Readonly<Record<string, unknown>>>;
}

export function createEvidence(options: EvidenceOptions): Evidence {
  const gather = async (operator: string, approval: ApprovalShown): Promise<Record<string, unknown>> => {
    // Entries count once they are sealed: with sequence and hash.
    await options.ledger.seal(operator);
    const entries: LedgerEntry[] = [];
    for (let cursor: number | null = 0; cursor !== null; ) {
      const page = await options.reader.page({ operator, requests: [approval.requestId] }, { cursor, limit: 1_000 });
      entries.push(...page.entries);
      cursor = page.next;
    }
    const deliveries = await options.deliveries.ofApproval(approval.id);
    return buildEvidence(
      approval,
      entries,
      deliveries
        .filter((d) => d.operator === operator && d.organisation === approval.organisation)
        .map((d) => ({ ...d, id: d._id })),
    );
  };
  return {
    keep: async (operator, approval) => options.files.keep(approval.id, await gather(operator, approval)),
    async show(operator, approval) {
      const kept = await options.files.get(approval.id);
      if (kept !== null) return { ...kept.file, kept: true, sha256: kept.sha256 };
      return { ...(await gather(operator, approval)), kept: false, sha256: null };
    },
  };
}
