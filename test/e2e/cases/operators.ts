/** One person of each operator whose pack is not the theme of another case, end to end on the real stack. */
import { describe, expect, it } from 'vitest';
import { changes, snapshot } from '../../support/e2e-people.js';
import type { E2e } from '../../support/e2e-stack.js';

const email = (value: string) => ({ type: 'email', value });
const over = (list: readonly string[]): string[] => [...new Set(list.map((line) => line.split('/')[0] ?? ''))].sort();

export function operators(stack: () => E2e): void {
  describe('Itefy', () => {
    it('I1 I2 lars owns three accounts: the rest goes, he follows when each is transferred or cancelled', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const before = await snapshot(e2e.db('itefy'));
      const id = await calls.request('itefy', 'erasure', [email('lars.eide@example.no')]);
      const free = ['newsletter', 'preferences', 'signin_telemetry', 'analytics', 'logs'];
      let view = await calls.until(id, ['awaiting_approval', 'executing', 'blocked'], (v) =>
        v.steps.filter((s) => free.includes(s.dataset)).every((s) => s.outcome === 'done'),
      );
      expect(view.guards).toMatchObject([
        { id: 'owner_of_active_account', state: 'blocking', refs: ['acc_00000', 'acc_00001', 'acc_00002'] },
      ]);
      const blocked = view.steps.filter((s) => s.outcome === 'blocked').map((s) => `${s.system}/${s.dataset}`);
      expect(blocked.sort()).toEqual(['app/accounts', 'app/users', 'payments/customers']);
      const gone = changes(before, await snapshot(e2e.db('itefy')));
      expect(over(gone)).toEqual(['-analytics', '-newsletter', '-preferences', '-signin_telemetry', '~logs']);

      const accounts = e2e.db('itefy').collection<{ _id: string }>('accounts');
      const tell = (type: string, data: Record<string, unknown>) =>
        calls.event({ type, operator: 'itefy', system: 'app', data });
      // Nobody becomes an owner while she is being erased herself.
      const heir = await tell('account.ownership_transferred', { accountRef: 'acc_00003', toRef: 'itu_00000' });
      expect(heir.code).toBe('transfer_to_erased');
      await accounts.updateOne({ _id: 'acc_00000' }, { $set: { ownerId: 'itu_00001', ownerName: 'Mona Lie' } });
      expect(
        (await tell('account.ownership_transferred', { accountRef: 'acc_00000', toRef: 'itu_00001' })).status,
      ).toBe(202);
      view = await calls.until(
        id,
        ['awaiting_approval', 'executing', 'blocked'],
        (v) => v.guards[0]?.refs.length === 2,
      );
      expect(view.guards[0]?.refs).toEqual(['acc_00001', 'acc_00002']);
      await accounts.updateMany({ _id: { $in: ['acc_00001', 'acc_00002'] } }, { $set: { status: 'cancelled' } });
      expect(
        (await tell('account.ownership_transferred', { accountRef: 'acc_00001', toRef: 'itu_00001' })).status,
      ).toBe(202);
      view = await calls.until(
        id,
        ['awaiting_approval', 'executing', 'verifying', 'responding', 'awaiting_backup_expiry'],
        (v) => v.steps.filter((s) => s.dataset === 'users').every((s) => s.outcome === 'done'),
      );
      expect(view.guards[0]?.state).toBe('clear');
      expect(
        await e2e
          .db('itefy')
          .collection('users')
          .countDocuments({ _id: 'itu_00000' as never }),
      ).toBe(0);
      const others = await accounts.findOne({ _id: 'acc_00000' });
      expect(others).toMatchObject({ ownerId: 'itu_00001', ownerName: 'Mona Lie' });
      expect(others).not.toHaveProperty('erasing');
    });

    it('I12 tuva reads the newsletter and is nothing else: no guard, no gate', async () => {
      const e2e = stack();
      const before = await snapshot(e2e.db('itefy'));
      const id = await e2e.calls.request('itefy', 'erasure', [email('tuva.strand@example.no')]);
      const view = await e2e.calls.until(id, ['awaiting_backup_expiry']);
      expect([view.answer, view.approvals]).toEqual(['full', []]);
      expect(over(changes(before, await snapshot(e2e.db('itefy'))))).toEqual(['-newsletter']);
    });

    it('I11 siri was registered by a customer: its account decides', async () => {
      const e2e = stack();
      const id = await e2e.calls.request('itefy', 'erasure', [email('siri.moe@example.no')]);
      const waiting = await e2e.calls.until(
        id,
        ['awaiting_approval'],
        (v) => v.steps.find((s) => s.dataset === 'newsletter')?.outcome === 'done',
      );
      const before = await snapshot(e2e.db('itefy'));
      const approval = await e2e.calls.pending(waiting, 'acc_00000');
      expect(approval.scope.datasets).toEqual(['account_people']);
      await e2e.calls.approve(approval);
      await e2e.calls.until(id, ['awaiting_backup_expiry']);
      expect(changes(before, await snapshot(e2e.db('itefy')))).toEqual([
        expect.stringMatching(/^-account_people\/per_\d+$/),
      ]);
    });
  });

  describe('Faktry', () => {
    it('K2 ida goes with her open enquiry, nobody else is touched, the books stay', async () => {
      const e2e = stack();
      const before = await snapshot(e2e.db('faktry'));
      const id = await e2e.calls.request('faktry', 'erasure', [email('ida.holm@example.no')]);
      const view = await e2e.calls.until(id, ['awaiting_backup_expiry']);
      expect(view).toMatchObject({ answer: 'partial', approvals: [], guards: [] });
      expect(view.steps.find((s) => s.dataset === 'invoices')).toMatchObject({
        outcome: 'retained',
        basis: 'art-17-3-b:no-bokforingsloven-13-primary',
      });
      const list = changes(before, await snapshot(e2e.db('faktry')));
      expect(list).toHaveLength(4);
      expect(over(list)).toEqual(['-consents', '-contacts', '-enquiries', '-interests']);
      const letter = await e2e.calls.mailTo('ida.holm@example.no', (mail) => mail.text.includes(id));
      expect(letter.text).toMatch(/bokføringsloven/);
      expect(letter.text).toMatch(/Datatilsynet/);
    });
  });

  describe('IT PAYS', () => {
    it('P3 P4 P8 anne’s domain runs: kept while it does; PayPal is done by hand, with evidence', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const before = await snapshot(e2e.db('itpays'));
      const id = await calls.request('itpays', 'erasure', [email('anne.krog@example.no')]);
      const open = await calls.until(
        id,
        ['executing'],
        (v) => v.steps.find((s) => s.system === 'paypal')?.outcome === 'manual',
      );
      expect(open.clock.promisedDue).not.toBe(null);
      expect(open.clock.safeDue <= (open.clock.promisedDue ?? '')).toBe(true);
      const kept = open.steps.filter((s) => s.outcome === 'retained').map((s) => [s.dataset, s.basis]);
      expect(kept).toEqual(
        expect.arrayContaining([
          ['customers', 'no-ground-contract_running:service_running'],
          ['domains', 'no-ground-contract_running:domain_registered'],
        ]),
      );
      expect(over(changes(before, await snapshot(e2e.db('itpays'))))).toEqual([
        '~database_logs',
        '~mail_logs',
        '~web_logs',
      ]);
      const step = open.steps.find((s) => s.system === 'paypal');
      await calls.act(id, 'resolve', {
        step: step?.id,
        outcome: 'done_by_hand',
        reason: 'Deleted the saved payment method in the merchant account.',
      });
      const view = await calls.until(id, ['awaiting_backup_expiry']);
      expect(view.steps.find((s) => s.system === 'paypal')?.outcome).toBe('done_by_hand');
      expect(view.answer).toBe('partial');
    });

    it('P7 liv left her address on anne’s site: anne decides, and says no', async () => {
      const e2e = stack();
      const before = await snapshot(e2e.db('itpays'));
      const id = await e2e.calls.request('itpays', 'erasure', [email('liv.haga@example.no')]);
      const approval = await e2e.calls.pending(await e2e.calls.until(id, ['awaiting_approval']), 'cust_00000');
      expect(approval.scope.datasets).toEqual(['hosting_content']);
      await e2e.calls.decide(approval, { decision: 'reject', ground: '17-3-e', reason: 'A claim is open.' });
      const view = await e2e.calls.until(id, ['closed']);
      expect(view.outcome).toBe('rejected_by_controller');
      expect(changes(before, await snapshot(e2e.db('itpays')))).toEqual([]);
    });
  });
}
