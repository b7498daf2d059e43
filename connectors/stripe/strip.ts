/**
 * Fields that never leave Stripe in an access package: secrets that act (client secrets), links that work for whoever
 * holds them, fraud scores, and fingerprints that would let cards be matched across people.
 */
const NEVER = new Set([
  'client_secret',
  'hosted_invoice_url',
  'invoice_pdf',
  'receipt_url',
  'hosted_verification_url',
  'hosted_voucher_url',
  'hosted_instructions_url',
  'risk_score',
  'risk_level',
  'fingerprint',
  'ephemeral_key',
  'lastResponse',
]);
/** Evidence that a merchant handed in can name other people; a person adds it by hand where it is due. */
const OTHERS = new Set(['evidence', 'evidence_details']);

/** A copy without the fields above, at any depth; metadata is the merchant's own and stays as it is. Plain data in, plain data out. */
export function strip(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strip);
  if (value === null || typeof value !== 'object') return value;
  const bearer = 'object' in value && (value.object === 'checkout.session' || value.object === 'list');
  const kept = Object.entries(value).filter(
    ([name]) => !NEVER.has(name) && !OTHERS.has(name) && !(bearer && name === 'url'),
  );
  return Object.fromEntries(kept.map(([name, inner]) => [name, name === 'metadata' ? inner : strip(inner)]));
}
