export type LedgerErrorCode =
  | 'invalid_entry'
  | 'entry_too_large'
  | 'entry_missing'
  | 'chain_broken'
  | 'out_of_range'
  | 'bad_filter';

/**
 * `invalid_entry`: a draft that cannot be hashed, or whose id, operator or `at` is malformed (refused before anything is
 * written). `entry_too_large`: over 64 KiB. `entry_missing`, `chain_broken`: the stored ledger does not hold together;
 * sealing and reading stop rather than go on from there. `out_of_range`: a sequence number or size that is not sealed.
 * `bad_filter`: a filter of the reader that makes no sense. Messages name sequence numbers and codes only.
 */
export class LedgerError extends Error {
  readonly code: LedgerErrorCode;

  constructor(code: LedgerErrorCode, detail = '') {
    super(detail === '' ? `ledger: ${code}` : `ledger: ${code}: ${detail}`);
    this.name = 'LedgerError';
    this.code = code;
  }
}
