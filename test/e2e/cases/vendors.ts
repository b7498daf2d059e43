/** A vendor that fails or lies: the others go on, nothing is lost, and no step is done without its read-back. */
import { afterEach, describe, expect, it } from 'vitest';
import { addMember, mailSeen } from '../../support/e2e-people.js';
import type { E2e } from '../../support/e2e-stack.js';
import type { FaultScript } from '../../../dev/counterparts/sendgrid/index.js';

export function vendors(stack: () => E2e): void {
  describe('a mail provider that misbehaves', () => {
    afterEach(() => stack().mailFaults({}));

    async function approved(): Promise<{ id: string; email: string }> {
      const e2e = stack();
      const { calls } = e2e;
      const eva = await addMember(e2e, { organisation: 'fjellklubben', without: ['invoices'] });
      const id = await calls.request('infentre', 'erasure', [{ type: 'email', value: eva.email }]);
      const approval = await calls.pending(await calls.until(id, ['awaiting_approval']), 'fjellklubben');
      await calls.approve(approval);
      return { id, email: eva.email };
    }

    it('answers 200 and keeps the contact: the step is not done, the others are; later it is', async () => {
      const e2e = stack();
      const { calls } = e2e;
      await e2e.mailFaults({ keepsContacts: true });
      const { id, email } = await approved();
      // The search may be late for a while; after that, a contact that is still found is one that was kept.
      let view = await calls.until(id, ['verifying', 'executing'], (v) =>
        v.steps.some((s) => s.dataset === 'contacts' && s.error === 'still_present'),
      );
      expect(view.steps.find((s) => s.dataset === 'contacts')).toMatchObject({ outcome: 'pending', verifiedAt: null });
      expect(view.steps.find((s) => s.dataset === 'users')?.outcome).toBe('done');
      expect((await mailSeen(e2e, email)).contact).toBe(true);
      expect(view).toMatchObject({ answeredAt: null, certificate: null });
      expect((await calls.ledgerOf(id)).some((line) => line.action === 'step.not_verified')).toBe(true);
      await e2e.mailFaults({});
      await calls.advance(id, 'PT7H');
      view = await calls.until(id, ['awaiting_backup_expiry'], (v) => v.certificate !== null);
      expect(view.steps.find((s) => s.dataset === 'contacts')).toMatchObject({ outcome: 'done', error: null });
      expect(await mailSeen(e2e, email)).toMatchObject({ contact: false, unsubscribed: true });
    });

    const passing: readonly [string, FaultScript][] = [
      ['429 without saying until when', { rateLimit: { times: 2, reset: 'none', seconds: 0 } }],
      ['5xx', { fail: { times: 2, status: 503 } }],
      ['cut connections', { reset: { times: 2 } }],
    ];
    for (const [name, faults] of passing) {
      it(`has a moment of ${name}: it is done all the same`, async () => {
        const e2e = stack();
        const { calls } = e2e;
        const { id, email } = await approved();
        await e2e.mailFaults(faults);
        // The vendor's own standard wait is a minute; the request's time is moved instead of waiting for it.
        await calls.advance(id, 'PT1H');
        const view = await calls.until(id, ['awaiting_backup_expiry'], (v) => v.certificate !== null);
        for (const step of e2e.steps(view, 'mail').filter((s) => s.outcome === 'done'))
          expect(step.verifiedAt).not.toBe(null);
        expect(view.steps.find((s) => s.dataset === 'contacts')?.outcome).toBe('done');
        expect(await mailSeen(e2e, email)).toEqual({ contact: false, unsubscribed: true, activity: 0 });
      });
    }

    it('refuses every call (403): its steps stay open with an error, the rest is done, a retry by hand mends it', async () => {
      const e2e = stack();
      const { calls } = e2e;
      await e2e.mailFaults({ fail: { times: 1_000, status: 403 } });
      const eva = await addMember(e2e, { organisation: 'fjellklubben', without: ['invoices'] });
      const id = await calls.request('infentre', 'erasure', [{ type: 'email', value: eva.email }]);
      let view = await calls.until(id, ['executing', 'awaiting_approval'], (v) =>
        e2e.steps(v, 'mail').some((s) => s.error !== null),
      );
      await calls.approve(await calls.pending(view, 'fjellklubben'));
      view = await calls.until(id, ['executing'], (v) =>
        v.steps.some((s) => s.dataset === 'users' && s.outcome === 'done'),
      );
      expect(e2e.steps(view, 'mail').every((s) => s.outcome === 'pending' && s.verifiedAt === null)).toBe(true);
      expect((await mailSeen(e2e, eva.email)).contact).toBe(true);
      await e2e.mailFaults({});
      await calls.act(id, 'retry', { step: e2e.steps(view, 'mail')[0]?.id });
      // What it finds belongs to the organisation, which has not seen it yet.
      view = await calls.until(id, ['awaiting_approval']);
      await calls.approve(await calls.pending(view, 'fjellklubben'));
      view = await calls.until(id, ['awaiting_backup_expiry'], (v) => v.certificate !== null);
      expect(await mailSeen(e2e, eva.email)).toMatchObject({ contact: false, unsubscribed: true });
    });
  });
}
