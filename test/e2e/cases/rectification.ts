/** Rectification (GDPR Art. 16): all copies, nobody else's, the party's decision, proof of a new address, nothing outside the vault. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { Document } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { LOCALSTRIPE_KEY } from '../../../dev/counterparts/stripe.js';
import { makeCanary, scanForCanaries } from '../../support/canary.js';
import { addContact, addMember, addResident, changes, mailSeen, snapshot, tag } from '../../support/e2e-people.js';
import type { E2e } from '../../support/e2e-stack.js';

const email = (value: string) => ({ type: 'email', value });
const name = (value: string | null, dataset = 'users') => ({ dataset, field: 'name', value });

interface MailContact {
  readonly email: string;
  readonly first_name?: string;
  readonly last_name?: string;
  readonly list_ids: readonly string[];
}

async function mailContacts(e2e: E2e): Promise<readonly MailContact[]> {
  const answer = await fetch(`${e2e.stack.environment['INFENTRE_SENDGRID_URL']}/_state`);
  return ((await answer.json()) as { contacts: MailContact[] }).contacts;
}

async function stripe(e2e: E2e, path: string, body?: Record<string, string>): Promise<Document> {
  const answer = await fetch(`${e2e.stack.environment['INFENTRE_STRIPE_URL']}/v1/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${LOCALSTRIPE_KEY}` },
    ...(body === undefined ? {} : { body: new URLSearchParams(body) }),
  });
  if (!answer.ok) throw new Error(`stripe: ${answer.status}`);
  return (await answer.json()) as Document;
}

export function rectification(stack: () => E2e): void {
  describe('a wrong name at Infentre', () => {
    it('is corrected in every system once the organisation agreed, and nowhere else; nothing of it leaves the vault', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const [wrong, right] = [makeCanary(), makeCanary()];
      const organisation = 'fjellklubben';
      const eva = await addMember(e2e, { organisation, email: wrong.email, name: wrong.name, phone: wrong.phone });
      const customer = await stripe(e2e, 'customers', { email: wrong.email, name: wrong.name, phone: wrong.phone });
      const db = e2e.db('infentre');
      const before = await snapshot(db);
      const id = await calls.request('infentre', 'rectification', [email(eva.email)], {
        changes: [name(right.name), { dataset: 'users', field: 'phone', value: null }],
      });

      // Nothing of the organisation's is changed before it decided; the disputed value is marked as restricted meanwhile.
      let view = await calls.until(id, ['awaiting_approval'], (v) =>
        v.steps.some((s) => s.operation === 'restrict' && s.outcome === 'done'),
      );
      expect(view.outcome).toBe(null);
      const waiting = changes(before, await snapshot(db));
      expect(waiting.every((line) => /^~(users|orders|profiles)\/\S+ restricted$/.test(line))).toBe(true);
      expect(waiting).toContain(`~users/${eva.userId} restricted`);
      const approval = await calls.pending(view, organisation);
      const shown = await calls.must<{ changes: { system: string; dataset: string; field: string; value: unknown }[] }>(
        'GET',
        `/v1/approvals/${approval.id}/subject`,
        { token: calls.approver('infentre', organisation) },
      );
      expect(shown.changes).toEqual(
        expect.arrayContaining([
          { system: 'app', dataset: 'users', field: 'name', value: right.name },
          { system: 'app', dataset: 'users', field: 'phone', value: null },
          { system: 'app', dataset: 'order_contacts', field: 'contacts.name', value: right.name },
          { system: 'mail', dataset: 'contacts', field: 'last_name', value: right.familyName },
        ]),
      );
      expect(shown.changes.some((c) => c.system === 'payments')).toBe(false);
      const plan = await calls.must<{ datasets: { dataset: string; fields: string[]; hash: string }[] }>(
        'GET',
        `/v1/requests/${id}/plan`,
        { token: calls.info.tokens.privacyOfficer },
      );
      expect(plan.datasets.find((d) => d.dataset === 'users')?.fields).toEqual(['name', 'phone']);

      await calls.approve(approval);
      view = await calls.until(id, ['awaiting_backup_expiry'], (v) => v.certificate !== null);
      await calls.until(id, ['awaiting_backup_expiry'], (v) =>
        v.steps.filter((s) => s.operation === 'restrict').every((s) => s.basis === 'restriction_lifted'),
      );
      const touched = changes(before, await snapshot(db));
      const [own, named] = eva.records['orders'] ?? [];
      expect(touched).toEqual(
        [`~orders/${named} contacts.1.name`, `~orders/${own} buyerName`, `~users/${eva.userId} name,phone`].sort(),
      );
      const users = db.collection<Document>('users');
      expect(await users.findOne({ _id: eva.userId as never })).toMatchObject({ name: right.name });
      expect(await users.findOne({ _id: eva.userId as never })).not.toHaveProperty('phone');
      expect(await stripe(e2e, `customers/${customer['id']}`)).toMatchObject({ name: right.name, email: wrong.email });
      expect((await stripe(e2e, `customers/${customer['id']}`))['phone'] ?? '').toBe('');
      const contact = (await mailContacts(e2e)).find((c) => c.email === wrong.email);
      expect(contact).toMatchObject({ first_name: right.givenName, last_name: right.familyName });

      // What was issued stays, and the answer says so. Backups still hold the old value: the request waits for them.
      const invoices = view.steps.find((s) => s.system === 'app' && s.dataset === 'invoices');
      expect(invoices).toMatchObject({ outcome: 'retained', basis: 'as_issued:se-bokforingslagen-7-2' });
      expect(view.steps.filter((s) => s.operation === 'change').map((s) => s.outcome)).toEqual(
        view.steps.filter((s) => s.operation === 'change').map((s) => (s.records > 0 ? 'done' : 'not_found')),
      );
      expect(view.backups[0]?.state).toBe('waiting');

      // Before and after are in the vault, for an officer with a purpose, and recorded as a correction of those records.
      const revealed = await calls.must<{ subject: { changes: { before: Record<string, unknown> } } }>(
        'GET',
        `/v1/requests/${id}?reveal=subject&purpose=handling_request`,
        { token: calls.info.tokens.privacyOfficer },
      );
      expect(revealed.subject.changes.before[`app/users/${organisation}`]).toEqual({
        records: { [`"${eva.userId}"`]: { name: wrong.name, phone: wrong.phone } },
      });
      const entries = await e2e.ledgerStore.collection<Document>('deletions').find({ requestId: id }).toArray();
      const entry = entries.find((e) => e['dataset'] === 'users' && e['operation'] === 'change');
      expect(entry).toMatchObject({ state: 'effective', ids: [`"${eva.userId}"`] });

      const connection = await Connection.connect({ address: calls.info.temporal });
      const folder = (part: string): string[] =>
        readdirSync(join(e2e.dataDir, part)).map((f) => join(e2e.dataDir, part, f));
      const hits = await scanForCanaries([...wrong.needles, ...right.needles], {
        files: [...folder('logs').filter((f) => !/(localstripe|mongo)\.log$/.test(f)), ...folder('temporal')],
        databases: [{ db: e2e.store }, { db: e2e.ledgerStore }],
        histories: { client: new Client({ connection }), workflowIds: [id] },
        buffers: { view: JSON.stringify(await calls.view(id)), plan: JSON.stringify(plan) },
      });
      await connection.close();
      expect(hits).toEqual([]);
    });

    it('that the organisation does not accept stays, byte by byte, and the mark goes', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const organisation = 'kulturhuset';
      const eva = await addMember(e2e, { organisation, without: ['mail', 'invoices'] });
      const db = e2e.db('infentre');
      const before = await snapshot(db);
      const id = await calls.request('infentre', 'rectification', [email(eva.email)], { changes: [name('Eva Annen')] });
      const approval = await calls.pending(await calls.until(id, ['awaiting_approval']), organisation);
      const answer = await calls.decide(approval, { decision: 'reject', ground: 'accurate', reason: 'It is right.' });
      expect(answer.status).toBe(200);
      const view = await calls.until(id, ['awaiting_backup_expiry', 'closed'], (v) =>
        v.steps.filter((s) => s.operation === 'restrict').every((s) => s.basis === 'restriction_lifted'),
      );
      expect(view.steps.find((s) => s.dataset === 'users' && s.operation === 'change')?.outcome).toBe('rejected');
      expect(changes(before, await snapshot(db))).toEqual([]);
    });

    it('that comes back from another copy is corrected again', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const organisation = 'acme';
      const eva = await addMember(e2e, { organisation, without: ['mail', 'invoices'] });
      const orders = e2e.db('infentre').collection<Document>('orders');
      const id = await calls.request('infentre', 'rectification', [email(eva.email)], {
        changes: [name('Eva Riktig')],
      });
      const approval = await calls.pending(await calls.until(id, ['awaiting_approval']), organisation);
      // An import writes an order under the wrong name, after everybody was asked.
      await orders.insertOne({
        _id: `ord_late_${eva.userId}` as never,
        organisationId: organisation,
        userId: eva.userId,
        buyerName: eva.name,
        buyerEmail: eva.email,
        items: [],
        contacts: [],
        createdAt: new Date(),
      });
      await calls.approve(approval);
      await calls.until(id, ['awaiting_backup_expiry']);
      expect(await orders.findOne({ _id: `ord_late_${eva.userId}` as never })).toMatchObject({
        buyerName: 'Eva Riktig',
      });
    });
  });

  describe('a wrong name at Defigo', () => {
    it('is corrected at once, in the flat too; the neighbour is untouched', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const ida = await addResident(e2e);
      const db = e2e.db('defigo');
      const before = await snapshot(db);
      const id = await calls.request('defigo', 'rectification', [email(ida.email)], { changes: [name('Ida Riktig')] });
      const view = await calls.until(id, ['awaiting_backup_expiry'], (v) => v.certificate !== null);
      expect(view.steps.find((s) => s.dataset === 'users')).toMatchObject({ outcome: 'done', operation: 'change' });
      // Who was given the wrong name is told (Art. 19).
      expect(view.recipients.find((r) => r.name === 'Installation partners')).toMatchObject({ told: true });
      const touched = changes(before, await snapshot(db));
      expect(touched).toHaveLength(2);
      expect(touched).toContain(`~users/${String(ida.userId)} name`);
      expect(touched.find((line) => line.startsWith('~apartments/'))).toMatch(/ residents\.0\.name$/);
      const [flat] = await db.collection<Document>('apartments').find({ 'residents.userId': ida.userId }).toArray();
      expect(flat?.['residents']).toMatchObject([{ name: 'Ida Riktig' }, { name: 'Nabo Naboson' }]);
    });

    it('a new address waits for a person until it is proven, then it is looked for under both', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const ida = await addResident(e2e);
      const to = `ida.ny.${tag()}@example.no`;
      const db = e2e.db('defigo');
      const before = await snapshot(db);
      const id = await calls.request('defigo', 'rectification', [email(ida.email)], {
        changes: [{ dataset: 'users', field: 'email', value: to }],
      });
      let view = await calls.until(id, ['executing', 'awaiting_approval'], (v) =>
        v.steps.some((s) => s.operation === 'change' && s.outcome === 'review'),
      );
      const step = view.steps.find((s) => s.operation === 'change' && s.dataset === 'users');
      expect(step).toMatchObject({ outcome: 'review', basis: 'new_identifier_unproven' });
      expect(changes(before, await snapshot(db)).filter((line) => !line.endsWith(' restricted'))).toEqual([]);
      await calls.act(id, 'resolve', {
        step: step?.id,
        outcome: 'include',
        reason: 'She answered from the new address.',
      });
      view = await calls.until(id, ['awaiting_backup_expiry'], (v) => v.certificate !== null);
      expect(await db.collection<Document>('users').findOne({ _id: ida.userId })).toMatchObject({
        email: to,
        emailNorm: to,
      });
      const flats = await db.collection<Document>('apartments').find({ 'residents.userId': ida.userId }).toArray();
      expect(flats[0]?.['residents'][0]).toMatchObject({ email: to });
      const lines = await calls.ledgerOf(id);
      expect(lines.find((line) => line.action === 'identity.rekeyed')?.after).toMatchObject({ types: ['email'] });
      // From now on the new address finds the request.
      const found = await calls.must<{ data: { id: string }[] }>('POST', '/v1/requests/search', {
        token: calls.info.tokens.privacyOfficer,
        body: { operator: 'defigo', identifier: email(to), purpose: 'handling_request' },
      });
      expect(found.data.map((r) => r.id)).toContain(id);
    });
  });

  describe('a change of the address in the middle of an erasure', () => {
    it('takes lists and objections along, and the erasure hits the old and the new address', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const organisation = 'kulturhuset';
      const eva = await addMember(e2e, { organisation, without: ['invoices', 'messages', 'usage'] });
      const to = `eva.ny.${tag()}@example.no`;
      const erasure = await calls.request('infentre', 'erasure', [email(eva.email)]);
      await calls.until(erasure, ['awaiting_approval']);
      const id = await calls.request('infentre', 'rectification', [email(eva.email), email(to)], {
        changes: [{ dataset: 'users', field: 'email', value: to }],
      });
      await calls.approve(await calls.pending(await calls.until(id, ['awaiting_approval']), organisation));
      await calls.until(id, ['awaiting_backup_expiry'], (v) => v.certificate !== null);
      expect(await mailSeen(e2e, eva.email)).toMatchObject({ contact: false, unsubscribed: true });
      expect(await mailSeen(e2e, to)).toMatchObject({ contact: true, unsubscribed: true });

      // The organisation is asked again: the person is known by a further address now.
      const asked = await calls.until(erasure, ['awaiting_approval'], (v) =>
        v.approvals.some((a) => a.state === 'superseded'),
      );
      await calls.approve(await calls.pending(asked, organisation));
      await calls.until(erasure, ['awaiting_backup_expiry'], (v) => v.certificate !== null);
      expect(await mailSeen(e2e, to)).toMatchObject({ contact: false, unsubscribed: true });
      expect(await mailSeen(e2e, eva.email)).toMatchObject({ contact: false, unsubscribed: true });
      const left = await e2e
        .db('infentre')
        .collection<Document>('users')
        .findOne({ _id: eva.userId as never });
      expect(left).toBe(null);
    });
  });

  describe('self-service in the own application', () => {
    it('a deleted profile is erased everywhere without anybody else being asked', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const ida = await addResident(e2e);
      const answer = await calls.event(
        { operator: 'defigo', system: 'app', type: 'profile.deleted', data: { ref: String(ida.userId) } },
        {},
      );
      expect(answer.status).toBe(202);
      const db = e2e.db('defigo');
      const gone = async () =>
        (await db.collection('users').countDocuments({ _id: ida.userId })) +
        (await db.collection('devices').countDocuments({ userId: ida.userId })) +
        (await db.collection('apartments').countDocuments({ 'residents.userId': ida.userId }));
      await expect.poll(gone, { timeout: 60_000, interval: 200 }).toBe(0);
    });

    it('a mail changed in the application in the middle of an erasure is erased under both', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const organisation = 'kulturhuset';
      const eva = await addMember(e2e, { organisation, without: ['invoices', 'messages', 'usage', 'profiles'] });
      const erasure = await calls.request('infentre', 'erasure', [email(eva.email)]);
      await calls.until(erasure, ['awaiting_approval']);
      const to = `eva.selv.${tag()}@example.no`;
      await e2e
        .db('infentre')
        .collection<Document>('users')
        .updateOne({ _id: eva.userId as never }, { $set: { email: to, emailNorm: to } });
      await addContact(e2e, to, eva.name);
      const answer = await calls.event(
        { operator: 'infentre', system: 'app', type: 'profile.changed', data: { ref: eva.userId, fields: ['email'] } },
        {},
      );
      expect(answer.status).toBe(202);
      const asked = await calls.until(erasure, ['awaiting_approval'], (v) =>
        v.approvals.some((a) => a.state === 'superseded'),
      );
      await calls.approve(await calls.pending(asked, organisation));
      await calls.until(erasure, ['awaiting_backup_expiry'], (v) => v.certificate !== null);
      expect(await mailSeen(e2e, to)).toMatchObject({ contact: false, unsubscribed: true });
      expect(await mailSeen(e2e, eva.email)).toMatchObject({ contact: false, unsubscribed: true });
      const users = e2e.db('infentre').collection<Document>('users');
      expect(await users.findOne({ _id: eva.userId as never })).toBe(null);
    });
  });

  describe('an impossible change', () => {
    it.each([
      [[], '/changes'],
      [[name('Eva', 'nothing')], '/changes/0/dataset'],
      [[{ dataset: 'users', field: 'shoe', value: 'x' }], '/changes/0/field'],
      [[{ dataset: 'users', field: '_id', value: 'usr_other' }], '/changes/0/field'],
      [[{ dataset: 'users', field: 'organisationId', value: 'acme' }], '/changes/0/field'],
      [[{ dataset: 'users', field: 'email', value: 'no address' }], '/changes/0/value'],
      [[{ dataset: 'users', field: 'email', value: null }], '/changes/0/value'],
      [[name('Eva'), { dataset: 'users', field: 'name', value: 7 }], '/changes/1/value'],
    ])('%j is refused with a pointer, and nothing is kept', async (given, pointer) => {
      const e2e = stack();
      const { calls } = e2e;
      const eva = await addMember(e2e, { organisation: 'acme', without: ['mail'] });
      const before = await snapshot(e2e.db('infentre'));
      const count = () => e2e.store.collection('requests').countDocuments({});
      const requests = await count();
      const answer = await calls.problem('POST', '/v1/requests', {
        token: calls.info.tokens.machine,
        body: {
          operator: 'infentre',
          right: 'rectification',
          subject: { identifiers: [email(eva.email)] },
          changes: given,
        },
      });
      expect(answer).toMatchObject({ status: 422, code: 'validation_failed' });
      expect(answer.text).toContain(`"pointer":"${pointer}"`);
      expect(await count()).toBe(requests);
      expect(changes(before, await snapshot(e2e.db('infentre')))).toEqual([]);
    });

    it('changes beside another right are refused', async () => {
      const { calls } = stack();
      const answer = await calls.problem('POST', '/v1/requests', {
        token: calls.info.tokens.machine,
        body: {
          operator: 'defigo',
          right: 'erasure',
          subject: { identifiers: [email('ida@example.no')] },
          changes: [name('Ida')],
        },
      });
      expect(answer).toMatchObject({ status: 422, code: 'validation_failed' });
    });
  });
}
