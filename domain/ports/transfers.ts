/** Sending a package to another controller (GDPR Art. 20(2)); the protocol is docs/portability-push.md. */
import type { Instant } from '../words.js';

/** Vault entry `receiver`: where to, and whose key it must be. As given at intake, or as the subject confirmed it. */
export interface ReceiverEntry {
  /** Base address of the receiver; `/challenge` and `/transfers` hang below it. */
  readonly url: string;
  /** Public Ed25519 key as JWK, JSON text. */
  readonly key: string;
}

/** What is signed by the receiver when it has everything; kept in the vault entry `receipt`. */
export interface TransferReceipt {
  readonly type: 'transfer.receipt';
  readonly transferId: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly receivedAt: Instant;
  readonly receiverKeyId: string;
  readonly senderKeyId: string;
  readonly signature: string;
}

export interface Transfers {
  /**
   * Proves the receiver's key, then sends what it does not have yet. Safe to call again at any point: the receiver says
   * where it stands. Throws an error with `code`: fatal `receiver_key_mismatch`, `receiver_address_refused`,
   * `receiver_refused`, `receipt_invalid`, `receiver_invalid`; retryable `receiver_unavailable`, `receiver_hash_mismatch`.
   */
  send(order: {
    readonly operator: string;
    readonly requestId: string;
    readonly receiver: ReceiverEntry;
    readonly bytes: number;
    readonly sha256: string;
    /** The package from its beginning; only called after the key is proven. */
    readonly content: () => AsyncIterable<Uint8Array>;
    /** Told what the receiver has; for the record, never for deciding where to go on. */
    readonly progress: (offset: number) => Promise<void>;
    readonly heartbeat: () => void;
  }): Promise<TransferReceipt>;
}
