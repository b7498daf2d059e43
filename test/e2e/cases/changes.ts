/** What happens between a decision and its effect, and two requests of one person at once. */
import { describe, expect, it } from 'vitest';
import { addMember, changes, snapshot } from '../../support/e2e-people.js';
import type { E2e } from '../../support/e2e-stack.js';

const email = (value: string) => ({ type: 'email', value });

export function changesInBetween(stack: () => E2e): void {
  describe('access and erasure of one person at once', () => {
    it('collects first, erases what was added meanwhile, and asks anew for a dataset that nobody was shown', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const organisation = 'kulturhuset';
      const eva = await addMember(e2e, { organisation, without: ['mail', 'invoices', 'messages'] });
      const access = await calls.request('infentre', 'access', [email(eva.email)]);
      const copy = await calls.pending(await calls.until(access, ['awaiting_approval']), organisation);
      const erasure = await calls.request('infentre', 'erasure', [email(eva.email)]);
      const first = await calls.pending(await calls.until(erasure, ['awaiting_approval']), organisation);
      await calls.approve(first);
      // Approved, but it stands behind the open access request.
      let view = await calls.until(erasure, ['executing'], (v) =>
        v.steps.some((s) => s.error === 'open_access_request'),
      );
      expect(view.steps.filter((s) => s.outcome === 'done')).toEqual([]);

      const db = e2e.db('infentre');
      const [usage, message] = [`use_late_${eva.userId}`, `msg_late_${eva.userId}`];
      const of = { organisationId: organisation, userId: eva.userId };
      await db.collection('usage').insertOne({ _id: usage as never, ...of, page: '/late', at: new Date() });
      await db
        .collection('messages')
        .insertOne({ _id: message as never, ...of, text: 'Hei igjen', sentAt: new Date() });
      const before = await snapshot(db);
      await calls.approve(copy);
      // The copy has a dataset more than was shown: the organisation is asked again before it may leave.
      const more = await calls.until(access, ['awaiting_approval'], (v) => v.approvals.length === 2);
      await calls.approve(await calls.pending(more, organisation));
      const collected = await calls.until(access, ['responding', 'closed'], (v) => v.package !== null);
      expect(collected.steps.find((s) => s.dataset === 'usage')).toMatchObject({ outcome: 'done', records: 3 });

      view = await calls.until(erasure, ['awaiting_approval'], (v) =>
        v.steps.some((s) => s.dataset === 'usage' && s.outcome === 'done'),
      );
      expect(view.steps.find((s) => s.dataset === 'usage')).toMatchObject({ outcome: 'done', records: 3 });
      expect(view.steps.find((s) => s.dataset === 'messages')?.outcome).toBe('undecided');
      let touched = changes(before, await snapshot(db));
      expect(touched).toContain(`-usage/${usage}`);
      expect(touched).toContain(`-users/${eva.userId}`);
      expect(touched).not.toContain(`-messages/${message}`);

      // The old decision does not cover the message, neither again nor by its old hash.
      const again = await calls.decide(first, { decision: 'approve' });
      expect(again).toMatchObject({ status: 409, body: { code: 'plan_changed' } });
      const second = await calls.pending(view, organisation);
      expect(second.planHash).not.toBe(first.planHash);
      expect(second.scope.datasets).toContain('messages');
      const stale = await calls.decide({ ...second, planHash: first.planHash }, { decision: 'approve' });
      expect(stale).toMatchObject({ status: 409, body: { code: 'plan_changed', planHash: second.planHash } });
      await calls.approve(second);
      view = await calls.until(erasure, ['awaiting_backup_expiry'], (v) => v.certificate !== null);
      touched = changes(before, await snapshot(db));
      expect(touched).toContain(`-messages/${message}`);
      expect(view.steps.filter((s) => s.records > 0).every((s) => s.outcome === 'done')).toBe(true);
    });
  });
}
