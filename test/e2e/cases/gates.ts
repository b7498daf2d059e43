/** Who decides: organisations, nobody, two of them; and what changes between the decision and the effect. */
import { describe, expect, it } from 'vitest';
import { addContact, addMember, changes, mailSeen, snapshot, tag } from '../../support/e2e-people.js';
import type { E2e } from '../../support/e2e-stack.js';

const email = (value: string) => ({ type: 'email', value });
const userId = (value: string) => ({ type: 'userId', value });

export function gates(stack: () => E2e): void {
  describe('the gate of an organisation', () => {
    it('lets nothing go before its signed decision, and then exactly what it approved', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const eva = await addMember(e2e, { organisation: 'fjellklubben' });
      const before = await snapshot(e2e.db('infentre'));
      const mailBefore = await mailSeen(e2e, eva.email);
      expect(mailBefore).toEqual({ contact: true, unsubscribed: true, activity: 3 });
      const id = await calls.request('infentre', 'erasure', [email(eva.email)]);
      let view = await calls.until(id, ['awaiting_approval']);
      expect(view.steps.filter((s) => s.organisation !== null).map((s) => s.outcome)).not.toContain('done');
      expect(changes(before, await snapshot(e2e.db('infentre')))).toEqual([]);
      expect(await mailSeen(e2e, eva.email)).toEqual(mailBefore);

      const approval = await calls.pending(view, 'fjellklubben');
      expect(approval.scope.datasets).toEqual([
        'activity',
        'contacts',
        'messages',
        'order_contacts',
        'orders',
        'profiles',
        'suppressions',
        'usage',
        'users',
      ]);
      const data = {
        approvalId: approval.id,
        decision: 'approve',
        planHash: approval.planHash,
        decidedBy: { kind: 'rule', ref: 'dsr-policy-7' },
      };
      expect((await calls.event({ operator: 'infentre', organisation: 'fjellklubben', data })).status).toBe(202);
      view = await calls.until(id, ['awaiting_backup_expiry'], (v) => v.certificate !== null);

      const records = (name: string): readonly string[] => eva.records[name] ?? [];
      expect(changes(before, await snapshot(e2e.db('infentre')))).toEqual(
        [
          ...records('users').map((r) => `-users/${r}`),
          ...records('usage').map((r) => `-usage/${r}`),
          ...records('messages').map((r) => `-messages/${r}`),
          ...records('profiles').map((r) => `-profiles/${r}`),
          `~orders/${records('orders')[0]} buyerEmail,buyerName,userId`,
          // Her element among the contacts of somebody else's order, and not a byte of the others.
          `~orders/${records('orders')[1]} contacts.1.email,contacts.1.name,contacts.1.userId`,
        ].sort(),
      );
      expect(await mailSeen(e2e, eva.email)).toEqual({ contact: false, unsubscribed: true, activity: 0 });
      const outcomes = Object.fromEntries(view.steps.map((s) => [`${s.system}/${s.dataset}`, s.outcome]));
      expect(outcomes).toMatchObject({
        'app/users': 'done',
        'app/orders': 'done',
        'app/order_contacts': 'done',
        'app/invoices': 'retained',
        'app/admins': 'not_found',
        'mail/contacts': 'done',
        'mail/activity': 'done',
        'mail/suppressions': 'retained',
        'payments/customers': 'not_found',
      });
      for (const step of view.steps.filter((s) => s.outcome === 'done')) expect(step.verifiedAt).not.toBe(null);
      const ledger = await calls.ledgerOf(id);
      const decided = ledger.filter((line) => line.action === 'approval.decided');
      expect(decided.map((line) => line.actor.id)).toHaveLength(1);
      for (const line of ledger.filter((l) => l.action === 'step.verified'))
        expect(line.at >= (decided[0]?.at ?? '~')).toBe(true);
    });

    it('keeps everything when the organisation says no', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const eva = await addMember(e2e, { organisation: 'kulturhuset', without: ['invoices', 'mail'] });
      const before = await snapshot(e2e.db('infentre'));
      const id = await calls.request('infentre', 'erasure', [email(eva.email)]);
      const approval = await calls.pending(await calls.until(id, ['awaiting_approval']), 'kulturhuset');
      const answer = await calls.decide(approval, {
        decision: 'reject',
        ground: '17-3-e',
        reason: 'An open claim about an unpaid ticket.',
      });
      expect(answer.status).toBe(200);
      const view = await calls.until(id, ['closed'], (v) => v.certificate?.final === true);
      expect(view).toMatchObject({ outcome: 'rejected_by_controller', answer: 'refused', backups: [] });
      expect(view.steps.filter((s) => s.records > 0).every((s) => s.outcome === 'rejected')).toBe(true);
      expect(changes(before, await snapshot(e2e.db('infentre')))).toEqual([]);
      const letter = await calls.mailTo(eva.email, (mail) => mail.text.includes(id));
      expect(letter.text).toMatch(/Integritetsskyddsmyndigheten/);
      expect(letter.text).toMatch(/domstol/i);
    });

    it('honours a partial approval to the field', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const eva = await addMember(e2e, { organisation: 'fjellklubben', without: ['mail'] });
      const before = await snapshot(e2e.db('infentre'));
      const id = await calls.request('infentre', 'erasure', [email(eva.email)]);
      const approval = await calls.pending(await calls.until(id, ['awaiting_approval']), 'fjellklubben');
      const answer = await calls.decide(approval, {
        decision: 'partial',
        scope: { datasets: ['usage', 'order_contacts'] },
        ground: '17-3-e',
        reason: 'The account is part of a claim.',
      });
      expect(answer.status).toBe(200);
      const view = await calls.until(id, ['awaiting_backup_expiry'], (v) => v.certificate !== null);
      expect(changes(before, await snapshot(e2e.db('infentre')))).toEqual(
        [
          ...(eva.records['usage'] ?? []).map((r) => `-usage/${r}`),
          `~orders/${eva.records['orders']?.[1]} contacts.1.email,contacts.1.name,contacts.1.userId`,
        ].sort(),
      );
      expect(view.answer).toBe('partial');
      const closed = await calls.advance(id, 'P100D');
      expect(closed.outcome).toBe('partially_fulfilled');
    });

    it('does not stand before what the operator itself controls', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const mark = tag();
      const address = `admin.${mark}@example.se`;
      await e2e
        .db('infentre')
        .collection('admins')
        .insertOne({
          _id: `adm_${mark}` as never,
          email: address,
          emailNorm: address,
          name: `Nina ${mark}`,
          createdAt: new Date(Date.now() - 1e10),
        });
      await addContact(e2e, address, `Nina ${mark}`);
      const before = await snapshot(e2e.db('infentre'));
      const id = await calls.request('infentre', 'erasure', [email(address)]);
      const view = await calls.until(id, ['awaiting_backup_expiry'], (v) => v.certificate !== null);
      expect(view.approvals).toEqual([]);
      expect(changes(before, await snapshot(e2e.db('infentre')))).toEqual([`-admins/adm_${mark}`]);
      expect(await mailSeen(e2e, address)).toEqual({ contact: false, unsubscribed: true, activity: 0 });
    });
  });

  describe('two organisations', () => {
    it('share one address: nothing happens before a person has looked', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const mark = tag();
      const first = await addMember(e2e, { organisation: 'acme', tag: mark });
      await addMember(e2e, { organisation: 'skargard', tag: mark, without: ['invoices', 'mail'] });
      const before = await snapshot(e2e.db('infentre'));
      const id = await calls.request('infentre', 'erasure', [email(first.email)]);
      const view = await calls.until(id, ['executing', 'awaiting_approval'], (v) =>
        v.steps.some((s) => s.outcome === 'review'),
      );
      const waiting = view.steps.filter((s) => s.dataset === 'users' && s.records > 0);
      expect(waiting.map((s) => [s.organisation, s.outcome, s.basis])).toEqual([
        ['acme', 'review', 'shared_address'],
        ['skargard', 'review', 'shared_address'],
      ]);
      expect(changes(before, await snapshot(e2e.db('infentre')))).toEqual([]);
    });

    it('an officer calls one of the accounts hers: it and what hangs on it go, the other stays', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const mark = tag();
      const first = await addMember(e2e, { organisation: 'acme', tag: mark, without: ['invoices', 'mail'] });
      const second = await addMember(e2e, { organisation: 'skargard', tag: mark, without: ['invoices', 'mail'] });
      const before = await snapshot(e2e.db('infentre'));
      const id = await calls.request('infentre', 'erasure', [email(first.email)]);
      let view = await calls.until(id, ['executing', 'awaiting_approval'], (v) =>
        v.steps.some((s) => s.dataset === 'users' && s.organisation === 'acme' && s.outcome === 'review'),
      );
      const step = view.steps.find((s) => s.dataset === 'users' && s.organisation === 'acme')?.id;
      await calls.act(id, 'resolve', { step, outcome: 'include', reason: 'She named her member number on the phone.' });
      view = await calls.until(id, ['awaiting_approval'], (v) =>
        v.steps.some((s) => s.dataset === 'users' && s.organisation === 'acme' && s.outcome === 'undecided'),
      );
      await calls.approve(await calls.pending(view, 'acme'));
      await calls.until(id, ['executing', 'awaiting_approval', 'awaiting_backup_expiry'], (v) =>
        v.steps.some((s) => s.dataset === 'users' && s.organisation === 'acme' && s.outcome === 'done'),
      );
      const touched = changes(before, await snapshot(e2e.db('infentre')));
      expect(touched).toContain(`-users/${first.userId}`);
      expect(touched.some((line) => line.startsWith('-usage/'))).toBe(true);
      expect(touched.filter((line) => line.includes(second.userId))).toEqual([]);
    });

    it('decide each for itself, and what they share is kept by one no', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const mark = tag();
      const first = await addMember(e2e, { organisation: 'acme', tag: mark, without: ['invoices'] });
      const second = await addMember(e2e, { organisation: 'skargard', tag: mark, without: ['invoices', 'mail'] });
      const before = await snapshot(e2e.db('infentre'));
      const mailBefore = await mailSeen(e2e, first.email);
      const id = await calls.request('infentre', 'erasure', [
        email(first.email),
        userId(first.userId),
        userId(second.userId),
      ]);
      let view = await calls.until(id, ['awaiting_approval'], (v) => v.approvals.length === 2);
      // What an organisation sees of her is what stands in its own records.
      const own = await calls.pending(view, 'acme');
      const shown = await calls.must<{ records: { id: string }[] }>('GET', `/v1/approvals/${own.id}/subject`, {
        token: calls.approver('infentre', 'acme'),
      });
      expect(JSON.stringify(shown)).toContain(first.userId);
      expect(JSON.stringify(shown)).not.toContain('skargard');
      expect(
        (await calls.problem('GET', `/v1/approvals/${own.id}`, { token: calls.approver('infentre', 'skargard') }))
          .status,
      ).toBe(404);

      await calls.approve(own);
      view = await calls.until(id, ['awaiting_approval'], (v) =>
        v.steps.some((s) => s.dataset === 'users' && s.organisation === 'acme' && s.outcome === 'done'),
      );
      const no = await calls.decide(await calls.pending(view, 'skargard'), {
        decision: 'reject',
        ground: '17-3-e',
        reason: 'A claim is open.',
      });
      expect(no.status).toBe(200);
      view = await calls.until(id, ['awaiting_backup_expiry'], (v) => v.certificate !== null);
      const touched = changes(before, await snapshot(e2e.db('infentre')));
      expect(touched.length).toBeGreaterThan(4);
      expect(touched.filter((line) => line.includes('skargard'))).toEqual([]);
      expect(await mailSeen(e2e, first.email)).toEqual(mailBefore);
      expect(
        view.steps
          .filter((s) => s.system === 'mail' && s.records > 0 && s.dataset !== 'suppressions')
          .map((s) => s.outcome),
      ).toEqual(Array.from({ length: 4 }, () => 'rejected'));
    });
  });
}
