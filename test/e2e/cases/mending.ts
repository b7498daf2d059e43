/** Mending a running request: its receipt (four eyes where that gains time), and going on under another pack. */
import { describe, expect, it } from 'vitest';
import { PackStore } from '../../../infra/policies/index.js';
import { freezePack } from '../../../infra/policies/load-pack.js';
import type { Pack } from '../../../domain/policy/types.js';
import { addMember } from '../../support/e2e-people.js';
import { ago, email, has, outcomeOf, read, seen } from '../../support/e2e-operators.js';
import type { E2e } from '../../support/e2e-stack.js';

export function mending(stack: () => E2e): void {
  const waiting = async (e2e: E2e, more: Readonly<Record<string, unknown>> = {}) => {
    const eva = await addMember(e2e, { organisation: 'fjellklubben', without: ['mail', 'invoices'] });
    const id = await e2e.calls.request('infentre', 'erasure', [email(eva.email)], more);
    return { eva, id, view: await e2e.calls.until(id, ['awaiting_approval']) };
  };

  describe('the receipt', () => {
    it('counts from an earlier day at once', async () => {
      const e2e = stack();
      const { id, view } = await waiting(e2e);
      const receivedAt = ago(5).toISOString();
      await e2e.calls.act(id, 'correctReceipt', { receivedAt, reason: 'The letter lay unopened.' });
      const mended = await seen(e2e, id, (v) => v.clock.due < view.clock.due);
      expect(mended.receivedAt).toBe(receivedAt);
      const line = (await e2e.calls.ledgerOf(id)).find((l) => l.action === 'receipt.corrected');
      expect(line?.after).toMatchObject({ receivedAt });
    });

    it('moves to a later day only when another officer agrees', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const { id, view } = await waiting(e2e, { receivedAt: ago(10).toISOString() });
      const receivedAt = ago(4).toISOString();
      const ask = async () => {
        await calls.act(id, 'correctReceipt', { receivedAt, reason: 'The stamp shows another day.' });
        const asked = await seen(e2e, id, (v) =>
          v.approvals.some((a) => a.kind === 'second_person' && a.state === 'pending'),
        );
        expect([asked.receivedAt, asked.clock.due]).toEqual([view.receivedAt, view.clock.due]);
        return asked.approvals.find((a) => a.kind === 'second_person' && a.state === 'pending')?.id ?? '';
      };
      const decide = async (approvalId: string, token: string, decision: Record<string, unknown>) => {
        const { planHash } = await calls.must<{ planHash: string }>('GET', `/v1/approvals/${approvalId}`, { token });
        return calls.problem('POST', `/v1/approvals/${approvalId}/decision`, {
          token,
          body: { planHash, decidedBy: { kind: 'person', ref: 'officer' }, ...decision },
        });
      };
      const { privacyOfficer, secondOfficer } = calls.info.tokens;
      const first = await ask();
      expect(await decide(first, privacyOfficer, { decision: 'approve' })).toMatchObject({
        status: 403,
        code: 'four_eyes',
      });
      const no = await decide(first, secondOfficer, { decision: 'reject', ground: 'other', reason: 'It does not.' });
      expect(no.status).toBe(200);
      expect((await calls.view(id)).receivedAt).toBe(view.receivedAt);
      const second = await ask();
      expect((await decide(second, secondOfficer, { decision: 'approve' })).status).toBe(200);
      const moved = await seen(e2e, id, (v) => v.clock.due > view.clock.due);
      expect(moved.receivedAt).toBe(receivedAt);
      // The gate of the organisation stands as before.
      expect(moved.approvals.some((a) => a.kind === 'organisation' && a.state === 'pending')).toBe(true);
    });
  });

  it('another version of the pack counts for a running request only when somebody says so', async () => {
    const e2e = stack();
    const { calls } = e2e;
    const { eva, id, view } = await waiting(e2e);
    const packs = new PackStore(e2e.store);
    const { pack } = await packs.byHash(view.policy.hash);
    const next = freezePack(later(pack));
    await packs.save([next]);
    const unchanged = await calls.view(id);
    expect(unchanged.policy).toEqual(view.policy);
    const unknown = `sha256:${'0'.repeat(64)}`;
    await expect(calls.act(id, 'repin', { policyHash: unknown, reason: 'A test.' })).rejects.toThrow(/policy_unknown/);
    await calls.act(id, 'repin', { policyHash: next.hash, reason: 'The newer version promises more.' });
    const repinned = await seen(
      e2e,
      id,
      (v) =>
        v.policy.hash === next.hash &&
        v.state === 'awaiting_approval' &&
        v.clock.promisedDue !== null &&
        v.approvals.some((a) => a.state === 'superseded') &&
        v.approvals.some((a) => a.state === 'pending'),
    );
    expect(repinned.policy).toEqual({ version: 'next', hash: next.hash });
    expect(repinned.plan?.datasets.find((d) => d.dataset === 'messages' && d.records > 0)?.action).toBe('mask');
    const line = (await calls.ledgerOf(id)).find((l) => l.action === 'policy.repinned');
    expect(line?.after).toMatchObject({ policy: next.hash });
    await calls.approve(await calls.pending(repinned, 'fjellklubben'));
    await seen(e2e, id, (v) => outcomeOf(v, 'messages') === 'done' && outcomeOf(v, 'users') === 'done');
    const message = await read(e2e, 'infentre', 'messages', eva.records['messages']?.[0] ?? '');
    expect(message).not.toBe(null);
    expect(JSON.stringify(message)).not.toContain(eva.userId);
    expect(await has(e2e, 'infentre', 'users', eva.userId)).toBe(false);
    // Others began under the first and stay there.
    expect((await waiting(e2e)).view.policy).toEqual(view.policy);
  });
}

/** The same pack with a promise of ten days, in which messages lose their author and stay. */
function later(pack: Pack): Pack {
  return {
    ...pack,
    version: 'next',
    promises: [{ rights: ['erasure'], within: 'P10D' }],
    systems: pack.systems.map((system) => ({
      ...system,
      datasets: system.datasets.map((dataset) =>
        dataset.id === 'messages'
          ? { ...dataset, erase: { kind: 'mask' as const, paths: ['userId', 'text'] } }
          : dataset,
      ),
    })),
  };
}
