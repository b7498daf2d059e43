/** Who is asking: weak addresses, agents, minors, people nobody can identify, duplicates and repeats, and what must wait. */
import { describe, expect, it } from 'vitest';
import type { RequestView } from '../../../contracts/index.js';
import { addMember, addResident, tag } from '../../support/e2e-people.js';
import { addDevice, addVisitor, ago, email, has, outcomeOf, seen, standsOn } from '../../support/e2e-operators.js';
import type { E2e } from '../../support/e2e-stack.js';

const userId = (value: string) => ({ type: 'userId', value });
const code = (...identifiers: number[]) => ({ method: 'mail_code', level: 'low', identifiers });
const officer = (...identifiers: number[]) => ({
  method: 'video_call',
  level: 'substantial',
  result: 'verified',
  identifiers,
});

export function asking(stack: () => E2e): void {
  const resident = (e2e: E2e, id: { toHexString(): string }) =>
    e2e
      .db('defigo')
      .collection('users')
      .countDocuments({ _id: id as never });

  describe('a code to an address', () => {
    it('of a role proves nobody: a second match or an officer does', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const ida = await addResident(e2e, { email: `post@${tag()}.example.no` });
      const start = (identifiers: readonly { type: string; value: string }[], proven: readonly number[]) =>
        calls.request('defigo', 'erasure', identifiers, { identity: code(...proven) });
      const id = await start([email(ida.email)], [0]);
      const view = await calls.until(id, ['identifying']);
      expect(view.attention).toEqual(['role_address']);
      await expect(calls.identify(id, { ...code(0), result: 'verified' })).rejects.toThrow(/422 second_match_needed/);
      expect(await resident(e2e, ida.userId)).toBe(1);
      await calls.identify(id, officer(0));
      await calls.until(id, ['awaiting_backup_expiry']);
      expect(await resident(e2e, ida.userId)).toBe(0);

      const eli = await addResident(e2e, { email: `info@${tag()}.example.no` });
      const matched = await start([email(eli.email), userId(eli.userId.toHexString())], [0, 1]);
      await calls.until(matched, ['awaiting_backup_expiry']);
      expect(await resident(e2e, eli.userId)).toBe(0);
    });

    it('at work proves a workplace, and of a minor nothing by itself', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const mark = tag();
      const eva = await addMember(e2e, {
        organisation: 'acme',
        tag: mark,
        email: `eva.${mark}@acme.example.com`,
        without: ['mail', 'invoices'],
      });
      const work = await calls.request('infentre', 'erasure', [email(eva.email)], { identity: code(0) });
      expect((await calls.until(work, ['identifying'])).attention).toEqual(['work_address']);
      await expect(calls.identify(work, { ...code(0), result: 'verified' })).rejects.toThrow(/second_match_needed/);
      await calls.identify(work, officer(0));
      await calls.until(work, ['awaiting_approval']);

      const ida = await addResident(e2e);
      const young = await calls.request('defigo', 'erasure', [], {
        subject: { identifiers: [email(ida.email)], ageBand: 'minor', language: 'nb' },
        identity: code(0),
      });
      expect((await calls.until(young, ['identifying'])).attention).toEqual(['minor']);
      await expect(calls.identify(young, { ...code(0), result: 'verified' })).rejects.toThrow(/second_match_needed/);
      await calls.identify(young, officer(0));
      await calls.until(young, ['awaiting_backup_expiry']);
    });
  });

  it('who speaks for somebody needs a mandate that an officer has seen', async () => {
    const e2e = stack();
    const { calls } = e2e;
    const ida = await addResident(e2e);
    const id = await calls.request('defigo', 'erasure', [email(ida.email)], {
      agent: {
        name: 'Advokat Lunde',
        capacity: 'lawyer',
        contact: { email: `lunde.${tag()}@example.com` },
        answerTo: 'agent',
      },
    });
    const view = await calls.until(id, ['identifying']);
    expect([view.attention, view.identity.state]).toEqual([['agent'], 'open']);
    await expect(calls.identify(id, officer(0))).rejects.toThrow(/422 mandate_required/);
    expect(await resident(e2e, ida.userId)).toBe(1);
    await calls.identify(id, { ...officer(0), mandate: 'checked' });
    expect((await calls.until(id, ['awaiting_backup_expiry'])).identity.state).toBe('verified');
    expect(await resident(e2e, ida.userId)).toBe(0);
  });

  describe('somebody whom nobody can identify', () => {
    it('is told what would help, keeps everything, and comes back with a later proof', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const ida = await addResident(e2e);
      const id = await calls.start({
        operator: 'defigo',
        right: 'erasure',
        subject: { identifiers: [email(ida.email)], language: 'nb' },
        channel: 'email',
      });
      await calls.until(id, ['identifying']);
      await calls.identify(id, { method: 'mail_code', level: 'low', result: 'failed' });
      const view = await calls.until(id, ['closed']);
      expect([view.outcome, view.answer, view.steps]).toEqual(['cannot_identify', 'none', []]);
      const letter = await calls.mailTo(ida.email, (m) => m.text.includes(id) && /bekrefte/.test(m.text));
      expect(letter.text).toMatch(/Sender du oss mer som viser hvem du er, tar vi kravet opp igjen/);
      expect(letter.text).toMatch(/Datatilsynet/);
      expect(await resident(e2e, ida.userId)).toBe(1);

      await calls.identify(id, officer(0));
      const again = await calls.until(id, ['awaiting_backup_expiry']);
      expect(again.answer).toBe('full');
      expect(await resident(e2e, ida.userId)).toBe(0);
      expect((await calls.ledgerOf(id)).map((l) => l.action)).toEqual(
        expect.arrayContaining(['identity.failed', 'request.reopened', 'identity.verified']),
      );
    });

    it('D10 uses the app without an account: no identity is forced on her, her device proves it later', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const device = await addDevice(e2e);
      const id = await calls.start({
        operator: 'defigo',
        right: 'erasure',
        subject: {
          identifiers: [{ type: 'deviceId', value: device.deviceId }],
          contact: { portal: true },
          language: 'nb',
        },
        channel: 'portal',
      });
      await calls.until(id, ['identifying']);
      const late = await calls.advance(id, 'P40D');
      expect([late.outcome ?? late.state, late.steps]).toEqual(['cannot_identify', []]);
      const there = () => e2e.db('defigo').collection('devices').countDocuments({ _id: device.record });
      expect(await there()).toBe(1);
      await calls.identify(id, { method: 'device_token', level: 'low', result: 'verified' });
      await seen(e2e, id, (v) => outcomeOf(v, 'devices') === 'done');
      expect(await there()).toBe(0);
    });
  });

  describe('one person who asks twice', () => {
    const visitorAsks = (e2e: E2e, address: string, more: Readonly<Record<string, unknown>>) =>
      e2e.calls.request('itpays', 'erasure', [email(address)], more);

    it('P5 by panel and by mail has one case with the earlier receipt', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const visitor = await addVisitor(e2e);
      const [before, now] = [ago(4).toISOString(), ago(1).toISOString()];
      const panel = await visitorAsks(e2e, visitor.email, { receivedAt: now });
      const first = await calls.until(panel, ['awaiting_approval']);
      const mail = await visitorAsks(e2e, visitor.email, { channel: 'email', receivedAt: before });
      const second = await calls.until(mail, ['closed']);
      expect([second.outcome, second.answer, second.related]).toEqual(['superseded', null, [panel]]);
      const one = await seen(e2e, panel, (v) => v.receivedAt === before && v.clock.due < first.clock.due);
      expect(one.related).toEqual([mail]);
      expect(await has(e2e, 'itpays', 'hosting_content', visitor.id)).toBe(true);
      await calls.approve(await calls.pending(one, 'cust_00000'));
      await seen(e2e, panel, (v) => outcomeOf(v, 'hosting_content') === 'done');
      // One answer, not two.
      expect(await has(e2e, 'itpays', 'hosting_content', visitor.id)).toBe(false);
    });

    it('for different things has two cases; at the very same moment, one', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const visitor = await addVisitor(e2e);
      const whole = await visitorAsks(e2e, visitor.email, {});
      await calls.until(whole, ['awaiting_approval']);
      const part = await visitorAsks(e2e, visitor.email, { scope: { datasets: ['hosting_content'] } });
      expect((await calls.until(part, ['awaiting_approval'])).related).toEqual([]);

      const other = await addVisitor(e2e);
      const both = await Promise.all([visitorAsks(e2e, other.email, {}), visitorAsks(e2e, other.email, {})]);
      const views: RequestView[] = await Promise.all(
        both.map((id) => calls.until(id, ['awaiting_approval', 'closed'])),
      );
      expect(views.map((v) => v.outcome ?? v.state).sort()).toEqual(['awaiting_approval', 'superseded']);
    });

    it('after she was answered has a case of its own that says that she asked before', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const ida = await addResident(e2e);
      const first = await calls.request('defigo', 'erasure', [email(ida.email)]);
      await seen(e2e, first, (v) => v.answeredAt !== null);
      expect((await calls.view(first)).attention).toEqual([]);
      await calls.advance(first, 'P100D');
      const again = await calls.request('defigo', 'erasure', [email(ida.email)]);
      const view = await seen(e2e, again, (v) => v.answeredAt !== null);
      expect(view.attention).toEqual(['repeated']);
      expect((await calls.ledgerOf(again)).some((l) => l.action === 'request.repeated')).toBe(true);
    });
  });

  describe('copy first, then delete', () => {
    it('waits for the copy that she asked for, also where the erasure was approved before', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const eva = await addMember(e2e, { organisation: 'fjellklubben', without: ['mail', 'invoices'] });
      const copy = await calls.request('infentre', 'access', [email(eva.email)]);
      const copyView = await calls.until(copy, ['awaiting_approval']);
      const id = await calls.request('infentre', 'erasure', [email(eva.email)], { after: copy });
      await calls.approve(await calls.pending(await calls.until(id, ['awaiting_approval']), 'fjellklubben'));
      await standsOn(e2e, id, 'open_access_request');
      expect(await has(e2e, 'infentre', 'users', eva.userId)).toBe(true);
      await calls.approve(await calls.pending(copyView, 'fjellklubben'));
      const answered = await seen(e2e, copy, (v) => v.package !== null && v.package !== undefined);
      if (answered.package?.released !== true) await calls.act(copy, 'release', {});
      await seen(e2e, id, (v) => outcomeOf(v, 'users') === 'done');
      const copied = await seen(e2e, copy, (v) => v.answeredAt !== null);
      const gone = (await calls.view(id)).steps.find((s) => s.dataset === 'users');
      expect((gone?.verifiedAt ?? '') > (copied.answeredAt ?? '~')).toBe(true);
    });

    it('waits for a request that it names, and not for that of somebody else', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const eva = await addMember(e2e, { organisation: 'fjellklubben', without: ['mail', 'invoices'] });
      const other = await addMember(e2e, { organisation: 'kulturhuset', without: ['mail', 'invoices'] });
      const mend = await calls.request('infentre', 'rectification', [email(eva.email)], {
        changes: [{ dataset: 'users', field: 'name', value: 'Eva Rettet' }],
      });
      const mending = await seen(e2e, mend, (v) => v.approvals.some((a) => a.state === 'pending'));
      const approved = async (after: string, of: typeof eva): Promise<string> => {
        const id = await calls.request('infentre', 'erasure', [email(of.email)], { after });
        await calls.approve(await calls.pending(await calls.until(id, ['awaiting_approval']), of.organisation));
        return id;
      };
      const hers = await approved(mend, eva);
      await standsOn(e2e, hers, 'other_request_first');
      await seen(e2e, await approved(mend, other), (v) => outcomeOf(v, 'users') === 'done');
      expect(await has(e2e, 'infentre', 'users', eva.userId)).toBe(true);
      const no = await calls.decide(await calls.pending(mending, 'fjellklubben'), {
        decision: 'reject',
        ground: '17-3-e',
        reason: 'The name is right as it stands.',
      });
      expect(no.status).toBe(200);
      await seen(e2e, hers, (v) => outcomeOf(v, 'users') === 'done');
    });
  });
}
