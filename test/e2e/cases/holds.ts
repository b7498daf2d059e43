/** What the law, a running contract or somebody from outside keeps; how it resumes by itself; rolling retention; the brake. */
import { describe, expect, it } from 'vitest';
import { takeDump } from '../../../dev/backups.js';
import { addMember, addResident, changes, snapshot, tag } from '../../support/e2e-people.js';
import {
  addCustomer,
  addFaktryContact,
  ago,
  change,
  dailyPass,
  email,
  has,
  ledgerOfType,
  outcomeOf,
  read,
  seen,
  standsOn,
  tell,
  whileStopped,
} from '../../support/e2e-operators.js';
import type { E2e } from '../../support/e2e-stack.js';

const days = (n: number): Date => ago(-n);

export function holds(stack: () => E2e): void {
  describe('the brake', () => {
    it('lets an approved erasure write nothing until it is released', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const eva = await addMember(e2e, { organisation: 'fjellklubben', without: ['mail', 'invoices'] });
      const id = await calls.request('infentre', 'erasure', [email(eva.email)]);
      const approval = await calls.pending(await calls.until(id, ['awaiting_approval']), 'fjellklubben');
      const before = await snapshot(e2e.db('infentre'));
      await whileStopped(e2e, 'infentre', async () => {
        await calls.approve(approval);
        await standsOn(e2e, id, 'operator_stopped');
        expect((await calls.view(id)).steps.filter((s) => s.outcome === 'done')).toEqual([]);
        expect(changes(before, await snapshot(e2e.db('infentre')))).toEqual([]);
      });
      await calls.until(id, ['awaiting_backup_expiry']);
      expect(await has(e2e, 'infentre', 'users', eva.userId)).toBe(false);
      for (const type of ['operator.stopped', 'operator.resumed'])
        expect(await ledgerOfType(e2e, 'infentre', type)).toHaveLength(1);
    });

    it('delays the effect, and every copy that was taken before the effect counts', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const copies = async (id: string): Promise<number> =>
        (await calls.until(id, ['awaiting_backup_expiry'], (v) => v.backups.length > 0)).backups[0]?.copies ?? 0;
      const first = await addResident(e2e);
      const before = await copies(await calls.request('defigo', 'erasure', [email(first.email)]));
      const ida = await addResident(e2e);
      const id = await whileStopped(e2e, 'defigo', async () => {
        const started = await calls.request('defigo', 'erasure', [email(ida.email)]);
        await standsOn(e2e, started, 'operator_stopped');
        await takeDump({
          url: e2e.stack.environment['DEFIGO_MONGODB_URL'] ?? '',
          database: 'defigo_app',
          location: e2e.stack.environment['DEFIGO_BACKUPS'] ?? '',
          now: new Date(),
          gzip: true,
        });
        return started;
      });
      expect(await copies(id)).toBe(before + 1);
      const view = await calls.advance(id, 'P89D');
      expect(view.state).toBe('awaiting_backup_expiry');
      expect((await calls.advance(id, 'P3D')).state).toBe('closed');
    });

    it('is for administrators, and of one operator only', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const body = { reason: 'A test.' };
      const stop = (operator: string, token: string) =>
        calls.problem('POST', `/v1/operators/${operator}/stop`, { token, body });
      expect((await stop('infentre', calls.info.tokens.privacyOfficer)).status).toBe(403);
      expect((await stop('nobody', calls.info.tokens.admin)).status).toBe(404);
      await whileStopped(e2e, 'itefy', async () => {
        const ida = await addResident(e2e);
        const id = await calls.request('defigo', 'erasure', [email(ida.email)]);
        await calls.until(id, ['awaiting_backup_expiry']);
      });
    });
  });

  describe('a hold from outside', () => {
    it('placed after intake keeps everything it names, with its reason, and its release lets it go', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const customer = await addCustomer(e2e);
      const before = await snapshot(e2e.db('itpays'));
      const id = await whileStopped(e2e, 'itpays', async () => {
        const started = await calls.request('itpays', 'erasure', [email(customer.email)]);
        await standsOn(e2e, started, 'operator_stopped');
        await tell(e2e, 'itpays', 'hold.placed', { ref: customer.id, law: 'open_claim', exemption: '17-3-e' });
        return started;
      });
      const kept = await seen(e2e, id, (v) => outcomeOf(v, 'customers') === 'retained');
      expect(kept.steps.find((s) => s.dataset === 'customers')?.basis).toBe('art-17-3-e:open_claim');
      expect(changes(before, await snapshot(e2e.db('itpays')))).toEqual([]);
      const letter = await calls.mailTo(customer.email, (m) => m.text.includes(id) && /beholdes/.test(m.text));
      expect(letter.text).toMatch(/rettskrav/);

      // Nothing was erased, so that no copy is waited for: the case is closed, the dated row goes on without it.
      expect((await calls.until(id, ['closed'])).answer).toBe('refused');
      await tell(e2e, 'itpays', 'hold.released', { ref: customer.id });
      expect((await dailyPass(e2e, new Date())).failed).toBe(0);
      expect(changes(before, await snapshot(e2e.db('itpays')))).toContain(`-customers/${customer.id}`);
      expect((await ledgerOfType(e2e, 'itpays', 'deferred.erased')).map((l) => l.requestId)).toContain(id);
    });

    it('named by an officer before the decision keeps the record it names and no other', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const eva = await addMember(e2e, { organisation: 'fjellklubben', without: ['mail', 'invoices'] });
      const [message = ''] = eva.records['messages'] ?? [];
      const id = await calls.request('infentre', 'erasure', [email(eva.email)]);
      const asked = await calls.pending(await calls.until(id, ['awaiting_approval']), 'fjellklubben');
      await calls.act(id, 'hold', { ref: message, law: 'open_claim', exemption: '17-3-e' });
      const view = await seen(e2e, id, (v) => v.approvals.some((a) => a.state === 'pending' && a.id !== asked.id));
      // What was approved before the hold was shown counts no more.
      expect((await calls.decide(asked, { decision: 'approve' })).status).toBe(409);
      await calls.approve(await calls.pending(view, 'fjellklubben'));
      const done = await seen(e2e, id, (v) => outcomeOf(v, 'users') === 'done' && v.certificate !== null);
      expect(done.steps.find((s) => s.dataset === 'messages' && s.records > 0)).toMatchObject({
        outcome: 'retained',
        basis: 'art-17-3-e:open_claim',
      });
      expect(await has(e2e, 'infentre', 'messages', message)).toBe(true);
      expect(await has(e2e, 'infentre', 'usage', eva.records['usage']?.[0] ?? '')).toBe(false);
      expect((await calls.ledgerOf(id)).some((l) => l.action === 'hold.placed' && l.code === 'open_claim')).toBe(true);
    });

    it('with an end of its own lets go on the day after, also after the case is closed', async () => {
      const e2e = stack();
      const customer = await addCustomer(e2e);
      const until = days(20).toISOString().slice(0, 10);
      await tell(e2e, 'itpays', 'hold.placed', { ref: customer.id, law: 'open_claim', exemption: '17-3-e', until });
      const id = await e2e.calls.request('itpays', 'erasure', [email(customer.email)]);
      const kept = await e2e.calls.until(id, ['closed']);
      expect(kept.steps.find((s) => s.dataset === 'customers')).toMatchObject({ outcome: 'retained', until });
      expect((await dailyPass(e2e, days(20))).failed).toBe(0);
      expect(await has(e2e, 'itpays', 'customers', customer.id)).toBe(true);
      await dailyPass(e2e, days(22));
      expect(await has(e2e, 'itpays', 'customers', customer.id)).toBe(false);
    });

    it('on one record ends while the case is open: the record is looked at again and goes', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const ida = await addResident(e2e);
      const events = e2e.db('defigo').collection('access_events');
      const held = await events.findOne({ userId: ida.userId });
      const ref = held?._id.toHexString() ?? '';
      const until = days(20).toISOString().slice(0, 10);
      await tell(e2e, 'defigo', 'hold.placed', { ref, law: 'open_claim', exemption: '17-3-e', until });
      const id = await calls.request('defigo', 'erasure', [email(ida.email)]);
      await calls.until(id, ['awaiting_backup_expiry']);
      expect(await events.find({ userId: ida.userId }).toArray()).toEqual([held]);
      const view = await calls.advance(id, 'P23D');
      expect(view.state).toBe('awaiting_backup_expiry');
      expect(await events.countDocuments({ userId: ida.userId })).toBe(0);
      expect((await calls.ledgerOf(id)).filter((l) => l.action === 'hold.ended')).toHaveLength(1);
    });
  });

  describe('a registered domain', () => {
    const kept = (e2e: E2e, id: string) =>
      seen(e2e, id, (v) => outcomeOf(v, 'domains') === 'retained' && v.answeredAt !== null);

    it('P3 is a running contract; when it expires while the request is open, it goes by itself', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const customer = await addCustomer(e2e, { domain: true });
      const domain = customer.domain ?? '';
      const id = await calls.request('itpays', 'erasure', [email(customer.email)]);
      const view = await kept(e2e, id);
      expect(view.state).toBe('awaiting_backup_expiry');
      expect(view.answer).toBe('partial');
      expect(view.steps.find((s) => s.dataset === 'domains')?.basis).toBe(
        'no-ground-contract_running:domain_registered',
      );
      const letter = await calls.mailTo(customer.email, (m) => m.text.includes(id) && /domains/.test(m.text));
      expect(letter.text).toMatch(/Avslutt avtalen eller tjenesten, så slettes det/);
      // The event alone is no licence: the record itself still says that it is registered.
      await tell(e2e, 'itpays', 'domain.expired', { ref: domain });
      await change(e2e, 'itpays', 'domains', domain, { registered: false });
      await tell(e2e, 'itpays', 'domain.expired', { ref: domain });
      await seen(e2e, id, (v) => outcomeOf(v, 'domains') === 'done');
      expect(await has(e2e, 'itpays', 'domains', domain)).toBe(false);
    });

    it('P3 that expires after the request is closed goes with the next daily pass', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const customer = await addCustomer(e2e, { domain: true });
      const domain = customer.domain ?? '';
      const id = await calls.request('itpays', 'erasure', [email(customer.email)]);
      await kept(e2e, id);
      expect((await calls.advance(id, 'P100D')).state).toBe('closed');
      expect((await dailyPass(e2e, new Date())).failed).toBe(0);
      expect(await has(e2e, 'itpays', 'domains', domain)).toBe(true);
      await change(e2e, 'itpays', 'domains', domain, { registered: false });
      await tell(e2e, 'itpays', 'domain.expired', { ref: domain });
      const pass = await dailyPass(e2e, days(1));
      expect([pass.erased, pass.failed]).toEqual([1, 0]);
      expect(await has(e2e, 'itpays', 'domains', domain)).toBe(false);
      expect((await ledgerOfType(e2e, 'itpays', 'deferred.erased')).map((l) => l.requestId)).toContain(id);
    });
  });

  describe('rolling retention', () => {
    it('K1 takes a contact three years after the last contact, not if there was one, at once when settled', async () => {
      const e2e = stack();
      const old = await addFaktryContact(e2e, ago(3 * 365 + 10));
      const again = await addFaktryContact(e2e, ago(3 * 365 + 10));
      const settled = await addFaktryContact(e2e, ago(40));
      const young = await addFaktryContact(e2e, ago(3 * 365 - 30));
      await tell(e2e, 'faktry', 'contact.made', { ref: again.id });
      await tell(e2e, 'faktry', 'contact.settled', { ref: settled.id });
      const there = async () =>
        Promise.all([old, again, settled, young].map((c) => has(e2e, 'faktry', 'contacts', c.id)));
      expect((await dailyPass(e2e, days(1))).failed).toBe(0);
      expect(await there()).toEqual([false, true, false, true]);
      await dailyPass(e2e, days(40));
      expect(await there()).toEqual([false, true, false, false]);
      expect((await ledgerOfType(e2e, 'faktry', 'retention.erased')).map((l) => l.code)).toContain('app/contacts');
    });

    it('F9 erases usage data after three years, except what somebody holds from outside', async () => {
      const e2e = stack();
      const mark = tag();
      const usage = (n: number, at: Date) => ({
        _id: `use_${mark}_${n}` as never,
        organisationId: 'acme',
        userId: `usr_${mark}`,
        page: '/tickets',
        at,
      });
      await e2e
        .db('infentre')
        .collection('usage')
        .insertMany([usage(0, ago(3 * 365 + 5)), usage(1, ago(3 * 365 - 20)), usage(2, ago(3 * 365 + 5))]);
      await tell(e2e, 'infentre', 'hold.placed', { ref: `use_${mark}_2`, law: 'open_claim', exemption: '17-3-e' });
      const there = async () => Promise.all([0, 1, 2].map((n) => has(e2e, 'infentre', 'usage', `use_${mark}_${n}`)));
      expect((await dailyPass(e2e, new Date())).failed).toBe(0);
      expect(await there()).toEqual([false, true, true]);
      await dailyPass(e2e, days(30));
      expect(await there()).toEqual([false, false, true]);
      await tell(e2e, 'infentre', 'hold.released', { ref: `use_${mark}_2` });
      await dailyPass(e2e, days(31));
      expect(await there()).toEqual([false, false, false]);
    });
  });

  describe('the books', () => {
    it('P1 F6 are kept through the end of the fifth year after theirs and go by themselves on the next day', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const year = new Date().getUTCFullYear();
      const customer = await addCustomer(e2e, { invoicedAt: new Date(Date.UTC(year - 2, 2, 15)) });
      const invoice = customer.invoice ?? '';
      const id = await calls.request('itpays', 'erasure', [email(customer.email)]);
      const view = await seen(e2e, id, (v) => outcomeOf(v, 'invoices') === 'retained' && v.answeredAt !== null);
      expect(view.steps.find((s) => s.dataset === 'invoices')).toMatchObject({
        basis: 'art-17-3-b:no-bokforingsloven-13-primary',
        until: `${year + 3}-12-31`,
      });
      expect(await has(e2e, 'itpays', 'customers', customer.id)).toBe(false);
      const letter = await calls.mailTo(customer.email, (m) => m.text.includes(id) && /invoices/.test(m.text));
      expect(letter.text).toMatch(
        new RegExp(`beholdes til utgangen av 31. desember ${year + 3}.*bokføringsloven § 13`),
      );
      expect((await calls.advance(id, 'P100D')).state).toBe('closed');
      await dailyPass(e2e, new Date(Date.UTC(year + 3, 11, 31, 20)));
      expect(await read(e2e, 'itpays', 'invoices', invoice)).toMatchObject({ contactEmailNorm: customer.email });
      const pass = await dailyPass(e2e, new Date(Date.UTC(year + 4, 0, 1, 12)));
      expect([pass.failed, pass.erased >= 1]).toEqual([0, true]);
      const after = JSON.stringify(await read(e2e, 'itpays', 'invoices', invoice));
      expect(after).toContain(`9${customer.mark}`);
      expect(after).not.toContain(customer.email);
      expect(after).not.toContain(customer.name);
    });
  });
}
