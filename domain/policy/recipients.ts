/** Recipients of a pack: who they are to the rest of the product. */

/** Entries of the organisation directory with this prefix are recipients, not customers. */
const PREFIX = 'recipient.';

/**
 * Id of a recipient as a party: its entry in the organisation directory (contact, signing keys, webhook endpoints) and
 * what its tokens are bound to. `Google Cloud` → `recipient.google-cloud`.
 */
export function recipientParty(name: string): string {
  const slug = name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return `${PREFIX}${slug === '' ? 'unnamed' : slug}`.slice(0, 90);
}
