import type { Found, Identifier, Ref, Trust } from '../../domain/plan/types.js';
import type { DatasetPolicy } from '../../domain/policy/types.js';
import type { DiscoverInput } from '../../domain/ports/connector.js';
import { addressOf, kindOf, MAX_CONTACTS, opaqueId, type DatasetKind, type SendgridContext } from './context.js';
import type { Contact } from './endpoints.js';
import { searchAll } from './search-all.js';
import { modeOf } from '../../domain/rights.js';
import { ADDRESS } from './stop-mailings.js';

const STRENGTH: readonly Trust[] = ['proven', 'system', 'declared', 'unproven'];

interface Asked {
  readonly address: string;
  readonly value: string;
  readonly trust: Trust;
}

/**
 * Contacts, suppressions and mail records by e-mail address; contacts are searched, never listed (one on no list is
 * found all the same).
 *
 * - contacts: a hit whose own address is the one asked for; found only through `alternate_emails` → review
 *   `alternate_email`, because the contact may be somebody else's.
 * - suppressions: every entry of every list and account, to be kept.
 * - activity: mail records cannot be searched, so every address is a target of the erase job (erasure only).
 *
 * Addresses that are not proven or trusted only give `review`.
 *
 * @returns no new identifiers; caveats `mail_activity_not_collected`, `subuser_contacts_need_own_key`,
 *   `address_not_searchable`; manual `contacts_not_offered_in_eu`, `unsupported_dataset`, `organisation_field_unsupported`
 * @throws ConnectorError
 */
export async function discover(context: SendgridContext, input: DiscoverInput): Promise<Found> {
  const manual: { dataset: string; reason: string }[] = [];
  const caveats = new Set<string>();
  const refs: Ref[] = [];
  const asked = addresses(input.identifiers);
  for (const dataset of context.system.datasets) {
    if (input.datasets !== null && !input.datasets.includes(dataset.id)) continue;
    const reason = cannot(context, dataset);
    if (reason !== null) manual.push({ dataset: dataset.id, reason });
    // Datasets of the operator itself are none of the organisation that started the request.
    else if (input.onlyOrganisation === null || dataset.organisation !== null)
      refs.push(...(await found(context, dataset, kindOf(dataset) ?? 'contacts', asked, input, caveats)));
  }
  return { system: context.system.id, refs, identifiers: [], manual, caveats: [...caveats].sort() };
}

function cannot(context: SendgridContext, dataset: DatasetPolicy): string | null {
  const kind = kindOf(dataset);
  if (kind === null) return 'unsupported_dataset';
  // Nothing here has a field that names a controller which a query could ask for.
  if (typeof dataset.organisation === 'string') return 'organisation_field_unsupported';
  return kind === 'contacts' && !context.api.hasContacts ? 'contacts_not_offered_in_eu' : null;
}

async function found(
  context: SendgridContext,
  dataset: DatasetPolicy,
  kind: DatasetKind,
  asked: readonly Asked[],
  input: DiscoverInput,
  caveats: Set<string>,
): Promise<readonly Ref[]> {
  if (kind === 'contacts') return contacts(context, dataset, asked, input, caveats);
  if (kind === 'suppressions') return suppressions(context, dataset, asked, input);
  if (input.right !== 'erasure') {
    caveats.add('mail_activity_not_collected');
    return [];
  }
  return asked.map((one) => ({
    ...common(dataset, [one]),
    // Nothing was seen: the vendor cannot search mail records, so the address alone makes a target.
    presumed: true,
    id: opaqueId(context, 'activity', one.address),
    kind: 'recipient',
    createdAt: null,
  }));
}

async function contacts(
  context: SendgridContext,
  dataset: DatasetPolicy,
  asked: readonly Asked[],
  input: DiscoverInput,
  caveats: Set<string>,
): Promise<readonly Ref[]> {
  if (context.api.settings.subusers.length > 0) caveats.add('subuser_contacts_need_own_key');
  const { found: hits, refused } = await searchAll(
    context.api,
    asked.map((one) => one.address),
    input.heartbeat,
  );
  if (refused.length > 0) caveats.add('address_not_searchable');
  const byId = new Map<string, { contact: Contact; own: Asked[]; alternate: Asked[] }>();
  for (const one of asked) {
    const contact = hits.get(one.address);
    if (contact === undefined) continue;
    const entry = byId.get(contact.id) ?? { contact, own: [], alternate: [] };
    byId.set(contact.id, entry);
    (contact.email?.toLowerCase() === one.address ? entry.own : entry.alternate).push(one);
  }
  const refs = [...byId.values()].map(({ contact, own, alternate }): Ref => {
    const base = common(dataset, own.length > 0 ? own : alternate);
    return {
      ...base,
      id: contact.id,
      kind: 'contact',
      createdAt: contact.created_at === undefined ? null : isoOrNull(contact.created_at),
      review: base.review ?? (own.length > 0 ? null : 'alternate_email'),
    };
  });
  // Whoever objects is suppressed also where the vendor knows no contact of hers: a later import must not mail her.
  if (modeOf(input.right) === 'stop' && dataset.stop.some((rule) => rule.group !== null))
    for (const one of asked)
      if (!hits.has(one.address))
        refs.push({
          ...common(dataset, [one]),
          id: opaqueId(context, ADDRESS, one.address),
          kind: ADDRESS,
          createdAt: null,
        });
  const tooMany = refs.filter((ref) => ref.review === null).length > MAX_CONTACTS;
  return refs.map((ref) => (tooMany && ref.review === null ? { ...ref, review: 'too_many_targets' } : ref));
}

async function suppressions(
  context: SendgridContext,
  dataset: DatasetPolicy,
  asked: readonly Asked[],
  input: DiscoverInput,
): Promise<readonly Ref[]> {
  const refs: Ref[] = [];
  for (const account of context.api.accounts)
    for (const one of asked) {
      input.heartbeat();
      for (const { list, group } of await context.api.suppressions(account, one.address))
        refs.push({
          ...common(dataset, [one]),
          id: opaqueId(context, account, list, String(group ?? ''), one.address),
          kind: list,
          createdAt: null,
        });
    }
  return refs;
}

/** Each address once, with the best trust it was given under. */
function addresses(identifiers: readonly Identifier[]): readonly Asked[] {
  const best = new Map<string, Asked>();
  for (const { type, value, trust } of identifiers) {
    const address = addressOf({ value });
    if (type !== 'email' || address === '') continue;
    const known = best.get(address);
    if (known === undefined || STRENGTH.indexOf(trust) < STRENGTH.indexOf(known.trust))
      best.set(address, { address, value, trust });
  }
  return [...best.values()].sort((a, b) => (a.address < b.address ? -1 : 1));
}

/** What all refs share; of several addresses the best trust decides, and only those matches are named. */
function common(dataset: DatasetPolicy, matches: readonly Asked[]) {
  const ranked = matches.map((one) =>
    dataset.declared.includes('email') && one.trust !== 'unproven' ? { ...one, trust: 'declared' as const } : one,
  );
  const trust = STRENGTH.find((candidate) => ranked.some((one) => one.trust === candidate)) ?? 'unproven';
  const matchedBy = ranked
    .filter((one) => one.trust === trust)
    .map(({ value }) => ({ type: 'email', value, path: 'email' }));
  const review = trust === 'declared' ? 'declared_link' : trust === 'unproven' ? 'unproven_identifier' : null;
  return { dataset: dataset.id, organisation: null, matchedBy, trust, review: review as string | null, hold: null };
}

function isoOrNull(text: string): string | null {
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : new Date(at).toISOString();
}
