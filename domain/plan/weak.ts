/**
 * What an address says of the person behind it (interfaces.md section 4): a code mailed to it proves who reads it, and
 * several people may. Pure; used at intake, where the address is known.
 */
import { normaliseIdentifier } from './normalise.js';

/** Mailboxes of a role, in the languages of the operators (RFC 2142, and what small firms use). */
const ROLES: ReadonlySet<string> = new Set(
  (
    'abuse admin administrasjon administrator accounting billing booking bokforing career careers contact drift ' +
    'economy ekonomi faktura familien family finance firmapost fakturor hej hello help helpdesk hei hi hr info ' +
    'information invoice invoices it jobb jobs kansli kontakt kontor kundservice kundeservice legal mail marketing ' +
    'noreply no-reply office order orders personal personvern post postmaster press privacy regnskap reception ' +
    'resepsjon root sales salg sekretariat service shop styret styrelsen support team webmaster'
  ).split(' '),
);

export type WeakAddress = 'role_address' | 'work_address';

/**
 * Why an address is weak, or null. `workDomains`: mail domains of organisations (lower case): an address there proves a
 * workplace. Identifiers that are no addresses are never weak here.
 */
export function weakAddress(
  identifier: { readonly type: string; readonly value: string },
  workDomains: ReadonlySet<string>,
): WeakAddress | null {
  if (identifier.type !== 'email') return null;
  const address = normaliseIdentifier('email', identifier.value);
  const at = address.lastIndexOf('@');
  const [mailbox] = address.slice(0, at).split('+');
  if (mailbox !== undefined && ROLES.has(mailbox)) return 'role_address';
  const domain = address.slice(at + 1);
  const parents = domain.split('.').map((_, i, labels) => labels.slice(i).join('.'));
  return parents.some((d) => workDomains.has(d)) ? 'work_address' : null;
}
