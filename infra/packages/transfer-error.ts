export type TransferErrorCode =
  | 'receiver_invalid'
  | 'receiver_address_refused'
  | 'receiver_key_mismatch'
  | 'receiver_refused'
  | 'receipt_invalid'
  | 'receiver_unavailable'
  | 'receiver_hash_mismatch'
  | 'package_changed';

/**
 * Why a transfer did not come about. `receiver_unavailable` and `receiver_hash_mismatch` may pass with time, the others
 * need somebody: no key or no address (`receiver_invalid`), an address that must not be called (`receiver_address_refused`),
 * another key (`receiver_key_mismatch`), a no (`receiver_refused`), a receipt that does not fit (`receipt_invalid`), a
 * package that is not the released one (`package_changed`). Nothing of the other side's answers is in it.
 */
export class TransferError extends Error {
  static readonly NAME = 'TransferError';

  constructor(readonly code: TransferErrorCode) {
    super(code);
    this.name = TransferError.NAME;
  }
}
