/**
 * Rectification at SendGrid. A contact is known by its address: fields are written by an upsert job; a new address is a new
 * contact that carries names and lists, after which the old one is deleted. Objections go first, bounces never.
 */
import { createHash } from 'node:crypto';
import type { Ref } from '../../domain/plan/types.js';
import {
  ConnectorError,
  type ApplyInput,
  type ApplyResult,
  type FieldValue,
  type PartTargets,
} from '../../domain/ports/connector.js';
import { addressOf, addressesOf, type SendgridContext } from './context.js';
import { deleteContacts } from './delete-contacts.js';
import type { Contact } from './endpoints.js';
import { carryObjections, reassert } from './suppression-snapshot.js';

/** Texts of a contact that an upsert writes, with the vendor's longest value. */
const TEXTS: Readonly<Record<string, number>> = {
  first_name: 50,
  last_name: 50,
  address_line_1: 100,
  address_line_2: 100,
  city: 60,
  state_province_region: 50,
  postal_code: 5000,
  country: 50,
};
const LONGEST_ADDRESS = 254;
/** Beside the address; an upsert that leaves one out makes another contact. */
const OTHER_IDENTIFIERS = ['phone_number_id', 'external_id', 'anonymous_id'] as const;
/** What a new contact cannot be given: an upsert takes custom fields by ids that no contact shows, the others not at all. */
const NOT_CARRIED = ['unique_name', 'phone_number', 'whatsapp', 'line', 'facebook'] as const;

/** Notes of one upsert in the step's memory. */
export interface UpsertNote {
  readonly job: string | null;
  /** World time in milliseconds. */
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly errored: boolean;
}

const LONGEST_WAIT_MS = 10 * 60_000;

/** Deterministic and free of ids. */
export function upsertName(ref: Ref): string {
  return `upsert/${createHash('sha256').update(ref.id).digest('hex').slice(0, 24)}`;
}

/** The ordered address in the vendor's spelling; undefined = it stays. */
export function newAddress(orders: readonly FieldValue[]): string | undefined {
  const order = orders.find(({ field }) => field === 'email');
  return typeof order?.value === 'string' ? addressOf({ value: order.value }) : undefined;
}

/** Why these orders cannot be carried out here, or null. */
function whyNot(orders: readonly FieldValue[]): string | null {
  for (const { field, value } of orders) {
    if (field === 'email') {
      if (typeof value !== 'string') return 'address_not_removable';
      if (value.length > LONGEST_ADDRESS) return 'value_too_long_for_sendgrid';
    } else {
      const longest = TEXTS[field];
      if (longest === undefined || (value !== null && typeof value !== 'string'))
        return 'field_not_offered_by_sendgrid';
      if (value !== null && value.length > longest) return 'value_too_long_for_sendgrid';
    }
  }
  return null;
}

/**
 * `manual`: `field_not_offered_by_sendgrid`, `value_too_long_for_sendgrid`, `address_not_removable`,
 * `contact_not_carried_whole` (custom fields or another identifier would be lost with a new address), `change_job_errored`,
 * `change_job_never_finished`, `value_refused_by_vendor`. `review`: `contact_changed`, `address_in_use` (a contact has the
 * new address already and nobody has proven that it is hers).
 *
 * @throws ConnectorError `pending` with `afterMs` while a job runs or the search is late
 */
export async function changeContacts(
  context: SendgridContext,
  input: ApplyInput,
  { part, refs }: PartTargets,
): Promise<ApplyResult> {
  const { key } = part;
  if (part.review !== null) return { key, kind: 'review', why: part.review };
  const orders = input.orders?.changes[key] ?? [];
  const reason = whyNot(orders);
  if (reason !== null) return { key, kind: 'manual', why: reason };
  let touched = 0;
  for (const ref of refs.filter((r) => r.review === null)) {
    input.heartbeat();
    const outcome = await changeContact(context, input, key, ref, orders);
    if (typeof outcome !== 'boolean') return { key, ...outcome };
    if (outcome) touched += 1;
  }
  return { key, kind: 'applied', touched };
}

type Obstacle = { readonly kind: 'manual' | 'review'; readonly why: string };

async function changeContact(
  context: SendgridContext,
  input: ApplyInput,
  part: string,
  ref: Ref,
  orders: readonly FieldValue[],
): Promise<boolean | Obstacle> {
  const contact = await context.api.contact(ref.id);
  // Deleted by an earlier attempt, whose new contact was seen, or by somebody else: nothing here can be wrong any more.
  if (contact === null) return false;
  const to = newAddress(orders);
  const own = contact.email?.toLowerCase() ?? '';
  const known = ref.matchedBy.map((match) => addressOf(match));
  if (own !== to && !known.includes(own)) return { kind: 'review', why: 'contact_changed' };
  if (to !== undefined && own !== to) return moveContact(context, input, part, ref, contact, orders, to);
  const rest = orders.filter(({ field }) => field !== 'email');
  if (rest.every((order) => isAsOrdered(contact, order))) return false;
  await noteBefore(input, part, contact, orders);
  const body: Record<string, unknown> & { email: string } = { email: own, ...valuesOf(rest) };
  for (const name of OTHER_IDENTIFIERS) if (isFilled(contact[name])) body[name] = contact[name];
  const ended = await upsert(context, input, ref, body, []);
  return ended === null ? true : ended;
}

/** Objections, then the new contact, then a look at it, then the old one goes. */
async function moveContact(
  context: SendgridContext,
  input: ApplyInput,
  part: string,
  ref: Ref,
  contact: Contact,
  orders: readonly FieldValue[],
  to: string,
): Promise<boolean | Obstacle> {
  const own = contact.email?.toLowerCase() ?? '';
  const lost = [...NOT_CARRIED, ...OTHER_IDENTIFIERS].some((name) => isFilled(contact[name]));
  const custom = Object.values(contact.custom_fields ?? {}).some(isFilled);
  if (lost || custom) return { kind: 'manual', why: 'contact_not_carried_whole' };
  const note = await input.memory.get(upsertName(ref));
  const sure = input.identifiers.filter((i) => i.type === 'email' && (i.trust === 'proven' || i.trust === 'system'));
  if (note == null && !sure.some((i) => addressOf(i) === to) && (await contactAt(context, to)) !== null)
    return { kind: 'review', why: 'address_in_use' };
  await carryObjections(context, input, [own, ...addressesOf([ref])], to);
  await noteBefore(input, part, contact, orders);
  const names = Object.fromEntries(
    Object.keys(TEXTS).flatMap((name) => (isFilled(contact[name]) ? [[name, contact[name]]] : [])),
  );
  const body = {
    ...names,
    ...valuesOf(orders.filter(({ field }) => field !== 'email')),
    ...(isFilled(contact.alternate_emails) ? { alternate_emails: contact.alternate_emails } : {}),
    email: to,
  };
  const ended = await upsert(context, input, ref, body, contact.list_ids ?? []);
  if (ended !== null) return ended;
  await awaitSeen(context, input, ref, to);
  const deletion = await deleteContacts(context, input, [ref]);
  await reassert(context, input, [own]);
  return deletion.kind === 'deleted' ? true : { kind: deletion.kind, why: deletion.why };
}

async function contactAt(context: SendgridContext, address: string): Promise<Contact | null> {
  return (await context.api.searchContacts([address]))?.get(address) ?? null;
}

/** Nothing is deleted before the new contact was seen: the search is late after a job. */
async function awaitSeen(context: SendgridContext, input: ApplyInput, ref: Ref, to: string): Promise<void> {
  if ((await contactAt(context, to)) !== null) return;
  const note = (await input.memory.get(upsertName(ref))) as UpsertNote | null | undefined;
  const since = note?.endedAt == null ? Infinity : context.tools.worldNow().getTime() - note.endedAt;
  // It ended and is still not there: the job is started anew by the next attempt.
  if (since >= context.api.settings.searchLagMs && note != null)
    await input.memory.save(upsertName(ref), { ...note, job: null, endedAt: null } satisfies UpsertNote);
  throw new ConnectorError('pending', 'sendgrid does not show the new contact yet', { afterMs: 1000 });
}

/** Null once the job ended well. The job's id is kept before the first question about it. */
async function upsert(
  context: SendgridContext,
  input: ApplyInput,
  ref: Ref,
  body: Readonly<Record<string, unknown>> & { readonly email: string },
  lists: readonly string[],
): Promise<Obstacle | null> {
  const name = upsertName(ref);
  const stored = (await input.memory.get(name)) as UpsertNote | null | undefined;
  const now = context.tools.worldNow().getTime();
  // One that ended is not repeated; what is wrong all the same is written by a job of its own.
  if (stored?.endedAt != null) {
    if (stored.errored) return { kind: 'manual', why: 'change_job_errored' };
    if (await isWritten(context, body)) return null;
  }
  let note = stored != null && stored.endedAt === null && stored.job !== null ? stored : null;
  if (note === null) {
    const job = await context.api.upsertContact(body, lists);
    if (job === null) return { kind: 'manual', why: 'value_refused_by_vendor' };
    note = { job, startedAt: now, endedAt: null, errored: false };
    await input.memory.save(name, note);
  }
  const state = await context.api.job(note.job ?? '');
  if (state === null) {
    await input.memory.save(name, { ...note, job: null } satisfies UpsertNote);
    throw new ConnectorError('pending', 'sendgrid forgot a job, it is started anew', { afterMs: 1000 });
  }
  if (state.state === 'pending') {
    const waited = now - note.startedAt;
    if (waited > context.api.settings.jobDeadlineMs) return { kind: 'manual', why: 'change_job_never_finished' };
    throw new ConnectorError('pending', 'sendgrid upsert job', {
      afterMs: Math.min(Math.max(Math.ceil(waited / 2), 1000), LONGEST_WAIT_MS),
    });
  }
  const errored = state.state === 'errored';
  await input.memory.save(name, { ...note, endedAt: now, errored } satisfies UpsertNote);
  return errored ? { kind: 'manual', why: 'change_job_errored' } : null;
}

async function isWritten(
  context: SendgridContext,
  body: Readonly<Record<string, unknown>> & { readonly email: string },
) {
  const contact = await contactAt(context, body.email);
  const texts = Object.keys(TEXTS).filter((name) => body[name] !== undefined);
  return contact !== null && texts.every((name) => (contact[name] ?? '') === body[name]);
}

async function noteBefore(
  input: ApplyInput,
  part: string,
  contact: Contact,
  orders: readonly FieldValue[],
): Promise<void> {
  const name = `before/${part}`;
  const noted = ((await input.memory.get(name)) as { records?: Record<string, unknown> } | null | undefined)?.records;
  if (noted?.[contact.id] !== undefined) return;
  const values = Object.fromEntries(orders.map(({ field }) => [field, contact[field] ?? null]));
  await input.memory.save(name, { records: { ...noted, [contact.id]: values } });
}

function valuesOf(orders: readonly FieldValue[]): Record<string, unknown> {
  return Object.fromEntries(orders.map(({ field, value }) => [field, value ?? '']));
}

function isFilled(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);
}

export function isAsOrdered(contact: Contact, { field, value }: FieldValue): boolean {
  if (field === 'email') return contact.email?.toLowerCase() === addressOf({ value: String(value) });
  return (contact[field] ?? '') === (value ?? '');
}

/** Entries of the suppression lists are not moved but repeated: the old address stays opted out as well. */
export async function changeSuppressions(
  context: SendgridContext,
  input: ApplyInput,
  { part, refs }: PartTargets,
): Promise<ApplyResult> {
  const orders = input.orders?.changes[part.key] ?? [];
  if (part.review !== null) return { key: part.key, kind: 'review', why: part.review };
  const to = newAddress(orders);
  if (to === undefined || orders.some(({ field }) => field !== 'email'))
    return { key: part.key, kind: 'manual', why: 'field_not_offered_by_sendgrid' };
  const from = addressesOf(refs.filter((r) => r.review === null));
  await carryObjections(context, input, from, to);
  return { key: part.key, kind: 'applied', touched: from.filter((address) => address !== to).length };
}
