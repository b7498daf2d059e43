/** Owners of active accounts (Itefy): what stays, what goes at once, the way out, the race, and the end of the wait. */
import { describe, expect, it } from 'vitest';
import {
  addAccount,
  addOwner,
  change,
  dailyPass,
  email,
  has,
  outcomeOf,
  read,
  seen,
  standsOn,
  tell,
  whileStopped,
} from '../../support/e2e-operators.js';
import type { E2e } from '../../support/e2e-stack.js';

const GUARDED = ['accounts', 'users'];
const FREE = ['analytics', 'newsletter', 'preferences', 'signin_telemetry'];

export function guards(stack: () => E2e): void {
  describe('the owner of active accounts', () => {
    it('I1 I2 goes at once but for what the accounts need, and wholly after the third way out', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const owner = await addOwner(e2e, ['active', 'active', 'trial']);
      const heir = await addOwner(e2e, []);
      const leaving = await addOwner(e2e, ['active']);
      const theirs = await calls.request('itefy', 'erasure', [email(leaving.email)]);
      await seen(e2e, theirs, (v) => outcomeOf(v, 'users') === 'blocked');

      const id = await calls.request('itefy', 'erasure', [email(owner.email)]);
      let view = await seen(
        e2e,
        id,
        (v) => outcomeOf(v, 'users') === 'blocked' && FREE.every((d) => outcomeOf(v, d) === 'done'),
      );
      expect(view.guards).toMatchObject([
        { id: 'owner_of_active_account', state: 'blocking', refs: [...owner.accounts].sort() },
      ]);
      const blocked = view.steps.filter((s) => s.outcome === 'blocked' && s.records > 0).map((s) => s.dataset);
      expect(blocked.sort()).toEqual(GUARDED);
      expect(await has(e2e, 'itefy', 'users', owner.id)).toBe(true);
      expect(await has(e2e, 'itefy', 'newsletter', `nws_${owner.mark}`)).toBe(false);

      const [first = '', second = '', third = ''] = owner.accounts;
      // Not to somebody who is about to go herself.
      const refused = await calls.event({
        type: 'account.ownership_transferred',
        operator: 'itefy',
        system: 'app',
        data: { accountRef: first, toRef: leaving.id },
      });
      expect([refused.status, refused.code]).toEqual([422, 'transfer_to_erased']);

      await change(e2e, 'itefy', 'accounts', first, { ownerId: heir.id, ownerName: heir.name });
      await tell(e2e, 'itefy', 'account.ownership_transferred', { accountRef: first, toRef: heir.id });
      view = await seen(e2e, id, (v) => v.guards[0]?.refs.length === 2);
      await change(e2e, 'itefy', 'accounts', second, { status: 'cancelled' });
      await tell(e2e, 'itefy', 'account.cancelled', { accountRef: second });
      view = await seen(e2e, id, (v) => v.guards[0]?.refs.length === 1);
      expect(view.guards[0]).toMatchObject({ state: 'blocking', refs: [third] });
      expect(await has(e2e, 'itefy', 'users', owner.id)).toBe(true);
      await change(e2e, 'itefy', 'accounts', third, { status: 'cancelled' });
      await tell(e2e, 'itefy', 'account.cancelled', { accountRef: third });
      view = await seen(e2e, id, (v) => GUARDED.every((d) => outcomeOf(v, d) === 'done'));
      expect(view.guards[0]?.state).toBe('clear');
      expect(await has(e2e, 'itefy', 'users', owner.id)).toBe(false);
      expect(await read(e2e, 'itefy', 'accounts', first)).toMatchObject({ ownerId: heir.id, ownerName: heir.name });
      expect(await read(e2e, 'itefy', 'accounts', second)).not.toHaveProperty('ownerId');
      expect(await read(e2e, 'itefy', 'accounts', third)).not.toHaveProperty('ownerName');
      // Everybody else's stands.
      expect(await has(e2e, 'itefy', 'users', heir.id)).toBe(true);
      expect(await has(e2e, 'itefy', 'users', leaving.id)).toBe(true);
    });

    it('I1 objects and withdraws her consent without being asked what she owns', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const owner = await addOwner(e2e, ['active']);
      const stop = (right: string, purpose: string) =>
        calls.request('itefy', right, [email(owner.email)], { purposes: [purpose] });
      for (const id of [await stop('consent_withdrawal', 'statistics'), await stop('objection', 'direct_marketing')]) {
        const view = await calls.until(id, ['closed', 'awaiting_backup_expiry']);
        expect([view.guards, view.steps.filter((s) => s.outcome === 'blocked')]).toEqual([[], []]);
      }
      expect(await read(e2e, 'itefy', 'preferences', `prf_${owner.mark}`)).toMatchObject({
        usageConsent: false,
        marketingOptOut: true,
      });
      expect(await has(e2e, 'itefy', 'newsletter', `nws_${owner.mark}`)).toBe(false);
      expect(await has(e2e, 'itefy', 'analytics', `ana_${owner.mark}`)).toBe(false);
      expect(await has(e2e, 'itefy', 'users', owner.id)).toBe(true);
    });

    it('I12 is not held by a trial that is over', async () => {
      const e2e = stack();
      const owner = await addOwner(e2e, ['expired']);
      const id = await e2e.calls.request('itefy', 'erasure', [email(owner.email)]);
      const view = await e2e.calls.until(id, ['awaiting_backup_expiry']);
      expect([view.answer, view.guards[0]?.state]).toEqual(['full', 'clear']);
      expect(await has(e2e, 'itefy', 'users', owner.id)).toBe(false);
      expect(await read(e2e, 'itefy', 'accounts', owner.accounts[0] ?? '')).not.toHaveProperty('ownerId');
    });

    it('I3 is answered in time, with the way out, and stays open until the wait is over', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const owner = await addOwner(e2e, ['active']);
      const id = await calls.request('itefy', 'erasure', [email(owner.email)]);
      await seen(e2e, id, (v) => outcomeOf(v, 'users') === 'blocked');
      let view = await calls.advance(id, 'P32D');
      expect(view.answer).toBe('partial');
      expect((view.answeredAt ?? '~') <= view.clock.due).toBe(true);
      expect(view.state).not.toBe('closed');
      const letter = await calls.mailTo(owner.email, (m) => m.text.includes(id) && /Veien ut/.test(m.text));
      expect(letter.text).toMatch(/Du eier en konto/);
      expect(letter.text).toMatch(/Datatilsynet/);
      expect(letter.text).toMatch(/domstol/i);
      view = await calls.advance(id, 'P80D');
      expect(view.state).toBe('closed');
      expect(view.outcome).toBe('partially_fulfilled');
      expect(view.steps.find((s) => s.dataset === 'users')?.outcome).toBe('blocked');
      expect(await has(e2e, 'itefy', 'users', owner.id)).toBe(true);
      // And no schedule takes behind her back what the account needs.
      await dailyPass(e2e, new Date());
      expect(await has(e2e, 'itefy', 'users', owner.id)).toBe(true);
    });

    it('I3 who asked for nothing but what the account needs is told that it is blocked, and why', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const owner = await addOwner(e2e, ['trial']);
      const id = await calls.request('itefy', 'erasure', [email(owner.email)], { scope: { datasets: GUARDED } });
      const view = await seen(e2e, id, (v) => v.answeredAt !== null);
      expect([view.answer, view.state]).toEqual(['blocked', 'awaiting_backup_expiry']);
      const letter = await calls.mailTo(owner.email, (m) => m.text.includes(id) && /Veien ut/.test(m.text));
      expect(letter.text).toMatch(/gi kontoen en annen eier/);
      const over = await calls.advance(id, 'P91D');
      expect([over.state, over.outcome]).toEqual(['closed', 'refused']);
      expect(await has(e2e, 'itefy', 'newsletter', `nws_${owner.mark}`)).toBe(true);
    });

    it('becomes one between plan and effect: nothing of what the account needs is gone', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const owner = await addOwner(e2e, []);
      const account = `acc_${owner.mark}_0`;
      const id = await whileStopped(e2e, 'itefy', async () => {
        const started = await calls.request('itefy', 'erasure', [email(owner.email)]);
        await standsOn(e2e, started, 'operator_stopped');
        const view = await seen(e2e, started, (v) => outcomeOf(v, 'users') === 'pending');
        expect(view.guards[0]?.state).toBe('clear');
        await addAccount(e2e, owner, account, 'active');
        return started;
      });
      let view = await seen(
        e2e,
        id,
        (v) => outcomeOf(v, 'users') === 'blocked' && FREE.every((d) => outcomeOf(v, d) === 'done'),
      );
      expect(await read(e2e, 'itefy', 'users', owner.id)).toMatchObject({ emailNorm: owner.email, name: owner.name });
      expect(await read(e2e, 'itefy', 'accounts', account)).toMatchObject({ ownerId: owner.id, status: 'active' });
      await change(e2e, 'itefy', 'accounts', account, { status: 'cancelled' });
      await tell(e2e, 'itefy', 'account.cancelled', { accountRef: account });
      view = await seen(e2e, id, (v) => outcomeOf(v, 'users') === 'done');
      expect(view.guards[0]?.state).toBe('clear');
      expect(await has(e2e, 'itefy', 'users', owner.id)).toBe(false);
    });
  });
}
