/** The certificate (interfaces.md section 7; every field is explained in docs/certificate.md). It names no person. */
import type { RequestClock } from '../clock/types.js';
import type { ApprovalKind, ApprovalState, Instant, RequestOutcome, Right, StepOutcome } from '../words.js';
import type { DataMap } from './data-map.js';

export const CERTIFICATE_VERSION = 1;

/** Operation of a row that stands for a dataset in which the request had nothing to do. */
export const NO_OPERATION = 'none';

/** Of the request's clock: every result field but the trace, which is long and told in the letter. */
export type CertificateClock = Omit<RequestClock, 'trace' | 'at'>;

export interface CertificateSystem {
  readonly system: string;
  readonly dataset: string;
  readonly organisation: string | null;
  readonly connector: string;
  /** Action of the part, or `none`. */
  readonly operation: string;
  /** Records in the plan when it was approved; null where nobody had to approve. More may have been found since. */
  readonly approved: number | null;
  /** Records that the outcome is about. */
  readonly records: number;
  readonly outcome: StepOutcome;
  /** Of the read-back; null when there was none. */
  readonly verifiedAt: Instant | null;
  /** How it was read back, as a code. */
  readonly method: string | null;
  /** Why and until when something is kept; `until` null = open. */
  readonly hold: { readonly basis: string; readonly until: string | null } | null;
}

export interface CertificateApproval {
  readonly kind: ApprovalKind;
  readonly organisation: string | null;
  readonly decidedAt: Instant | null;
  readonly planHash: string;
  readonly decision: ApprovalState;
}

export interface CertificateBackup {
  readonly system: string;
  readonly lastExpiresAt: Instant | null;
  /** waiting | gone | overdue | unknown */
  readonly state: string;
}

export interface CertificateLedger {
  /** Signed note whose tree covers every entry below. */
  readonly checkpoint: string;
  /** The request's entries, ascending. */
  readonly entries: readonly {
    readonly seq: number;
    readonly hash: string;
    readonly inclusionProof: readonly string[];
  }[];
}

/** What is signed. */
export interface CertificateBody {
  readonly version: typeof CERTIFICATE_VERSION;
  readonly certificateId: string;
  /** false: issued with the answer, backups may still be open; true: issued when the request closed. */
  readonly final: boolean;
  readonly simulatedTime: boolean;
  readonly requestId: string;
  readonly operator: string;
  readonly right: Right;
  /** null: not decided yet (interim only). */
  readonly outcome: RequestOutcome | null;
  readonly receivedAt: Instant;
  readonly closedAt: Instant | null;
  readonly clock: CertificateClock;
  readonly policy: { readonly version: string; readonly hash: string };
  readonly dataMap: DataMap;
  readonly systems: readonly CertificateSystem[];
  readonly approvals: readonly CertificateApproval[];
  readonly backups: readonly CertificateBackup[];
  readonly ledger: CertificateLedger;
  readonly subjectCommitment: string;
  readonly issuedAt: Instant;
  readonly keyId: string;
}

export interface Certificate extends CertificateBody {
  /** base64url Ed25519 over the canonical bytes of the body. */
  readonly signature: string;
}
