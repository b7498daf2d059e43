/** Restriction, objection and withdrawn consent (GDPR Art. 7(3), 18, 21) on the real stack, for two operators. */
import { describe, expect, it } from 'vitest';
import { addContact, addMember, addResident, changes, snapshot, tag } from '../../support/e2e-people.js';
import type { E2e } from '../../support/e2e-stack.js';

const email = (value: string) => ({ type: 'email', value });
const LIST = '3b1f6f0e-5d0c-4b7a-9a64-2f6f1f0c7a11';
const GROUP = 24_601;

interface MailState {
  readonly contacts: readonly { readonly email: string; readonly list_ids: readonly string[] }[];
  readonly accounts: Readonly<
    Record<
      string,
      { readonly global: readonly string[]; readonly groups: readonly { id: number; suppressed: string[] }[] }
    >
  >;
}

async function mailState(e2e: E2e, address: string) {
  const state = (await (await fetch(`${e2e.stack.environment['INFENTRE_SENDGRID_URL']}/_state`)).json()) as MailState;
  const account = state.accounts[''];
  return {
    lists: state.contacts.find((contact) => contact.email === address)?.list_ids ?? null,
    global: account?.global.includes(address) === true,
    groups: (account?.groups ?? []).filter((group) => group.suppressed.includes(address)).map((group) => group.id),
  };
}

/** A contact on the marketing list and on another one, in an account with the group of the pack and one for service mails. */
async function addSubscriber(e2e: E2e, address: string): Promise<void> {
  const url = e2e.stack.environment['INFENTRE_SENDGRID_URL'];
  const before = (await (await fetch(`${url}/_state`)).json()) as MailState;
  const known = new Set((before.accounts['']?.groups ?? []).map((group) => group.id));
  const groups = [
    { id: GROUP, name: 'Marketing', suppressed: [] },
    { id: 77, name: 'Service', suppressed: [] },
  ].filter((group) => !known.has(group.id));
  const answer = await fetch(`${url}/_seed`, {
    method: 'POST',
    body: JSON.stringify({
      lists: [{ id: LIST, name: 'News' }],
      contacts: [{ email: address, first_name: 'Eva', list_ids: [LIST, 'tickets'] }],
      accounts: { '': { groups } },
    }),
  });
  if (!answer.ok) throw new Error(`seeding: ${answer.status}`);
}

/** As somebody who writes a mail: nobody has checked who she is. */
function unproven(e2e: E2e, operator: string, right: string, address: string, more: Record<string, unknown> = {}) {
  return e2e.calls.start({
    operator,
    right,
    subject: { identifiers: [email(address)], language: 'nb' },
    channel: 'email',
    ...more,
  });
}

const check = (e2e: E2e, operator: string, dataset: string, ref: string) =>
  e2e.calls.must<{ restricted: boolean; since?: string; reason?: string }>(
    'GET',
    `/v1/restrictions/check?operator=${operator}&dataset=${dataset}&ref=${encodeURIComponent(ref)}`,
    { token: e2e.calls.info.tokens.machine },
  );

export function stopping(stack: () => E2e): void {
  describe('Infentre: consent withdrawn by a mail', () => {
    it('leaves lists, joins the group, turns the consents off; nobody is asked, service mails still reach her', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const eva = await addMember(e2e, { organisation: 'fjellklubben', without: ['mail'] });
      await e2e
        .db('infentre')
        .collection('users')
        .updateOne({ _id: eva.userId as never }, { $set: { usageConsent: true, marketingConsent: true } });
      await addSubscriber(e2e, eva.email);
      const before = await snapshot(e2e.db('infentre'));
      const id = await unproven(e2e, 'infentre', 'consent_withdrawal', eva.email, {
        purposes: ['statistics', 'direct_marketing'],
      });
      const view = await calls.until(id, ['closed'], (v) => v.certificate?.final === true);
      expect(view).toMatchObject({ outcome: 'fulfilled', answer: 'full', approvals: [] });
      expect(changes(before, await snapshot(e2e.db('infentre')))).toEqual([
        `~users/${eva.userId} marketingConsent,usageConsent`,
      ]);
      const user = await e2e
        .db('infentre')
        .collection('users')
        .findOne({ _id: eva.userId as never });
      expect(user).toMatchObject({ usageConsent: false, marketingConsent: false });
      expect(await mailState(e2e, eva.email)).toEqual({ lists: ['tickets'], global: false, groups: [GROUP] });
      const steps = view.steps.filter((s) => s.outcome === 'done').map((s) => `${s.dataset}/${s.operation}`);
      expect(steps.sort()).toEqual(['contacts/stop', 'users/stop']);
      const mail = (await calls.mailsTo(eva.email)).map((m) => m.text).join('\n');
      expect(mail).toContain('artikkel 17 nr. 1 bokstav b');
      // The memory that a later sender asks holds no address.
      const remembered = await e2e.ledgerStore.collection('suppressions').find({ requestId: id }).toArray();
      expect(remembered.map((row) => row['purpose']).sort()).toEqual(['direct_marketing', 'statistics']);
      expect(JSON.stringify(remembered)).not.toContain(eva.email);
    });

    it('does not delete for somebody whom nobody has proven: an audience waits for a person', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const eva = await addMember(e2e, { organisation: 'fjellklubben', without: ['mail'] });
      await addSubscriber(e2e, eva.email);
      const audience = `aud_${tag()}`;
      await e2e
        .db('infentre')
        .collection('audiences')
        .insertOne({ _id: audience as never, organisationId: 'fjellklubben', email: eva.email, platform: 'facebook' });
      const id = await unproven(e2e, 'infentre', 'objection', eva.email, { purposes: ['direct_marketing'] });
      const view = await calls.until(id, ['executing'], (v) =>
        v.steps.some((s) => s.dataset === 'contacts' && s.outcome === 'done'),
      );
      expect(view.steps.find((s) => s.dataset === 'audiences')).toMatchObject({
        outcome: 'review',
        basis: 'unproven_identifier',
      });
      expect(
        await e2e
          .db('infentre')
          .collection('audiences')
          .countDocuments({ _id: audience as never }),
      ).toBe(1);
      expect(await mailState(e2e, eva.email)).toMatchObject({ groups: [GROUP], global: false });
      const step = view.steps.find((s) => s.dataset === 'audiences');
      await calls.act(id, 'resolve', { step: step?.id, outcome: 'include', reason: 'She called us back.' });
      await calls.until(id, ['closed']);
      expect(
        await e2e
          .db('infentre')
          .collection('audiences')
          .countDocuments({ _id: audience as never }),
      ).toBe(0);
    });

    it('goes ahead where the mail provider is away, and suppresses an address that nobody knows', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const eva = await addMember(e2e, { organisation: 'fjellklubben', without: ['mail'] });
      await addContact(e2e, `other.${tag()}@example.no`, 'Other Other');
      await addSubscriber(e2e, eva.email);
      await e2e.mailFaults({ fail: { times: 1_000, status: 503 } });
      const id = await unproven(e2e, 'infentre', 'consent_withdrawal', eva.email);
      try {
        await calls.until(id, ['executing'], (v) => v.steps.some((s) => s.dataset === 'users' && s.outcome === 'done'));
      } finally {
        await e2e.mailFaults({});
      }
      const stranger = `stranger.${tag()}@example.no`;
      const other = await unproven(e2e, 'infentre', 'objection', stranger, { purposes: ['direct_marketing'] });
      await calls.until(other, ['closed']);
      expect(await mailState(e2e, stranger)).toEqual({ lists: null, global: false, groups: [GROUP] });
    });

    it('refuses a purpose that the pack does not stop, and a right that the regime does not know', async () => {
      const e2e = stack();
      const body = (more: Record<string, unknown>) => ({
        operator: 'infentre',
        right: 'objection',
        subject: { identifiers: [email('a@example.no')], language: 'nb' },
        channel: 'email',
        ...more,
      });
      const token = e2e.calls.info.tokens.machine;
      expect(
        await e2e.calls.problem('POST', '/v1/requests', { token, body: body({ purposes: ['astrology'] }) }),
      ).toMatchObject({ status: 422, code: 'purpose_unknown' });
      expect(
        await e2e.calls.problem('POST', '/v1/requests', { token, body: body({ right: 'opt_out' }) }),
      ).toMatchObject({ status: 422, code: 'right_unknown' });
    });
  });

  describe('Defigo: restriction', () => {
    it('is set, readers see it, and it is lifted only after she was told', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const ida = await addResident(e2e);
      const ref = ida.userId.toHexString();
      expect(await check(e2e, 'defigo', 'users', ref)).toEqual({ restricted: false });
      const before = await snapshot(e2e.db('defigo'));
      const id = await calls.request('defigo', 'restriction', [email(ida.email)], { situation: 'The name is wrong.' });
      let view = await calls.until(id, ['executing'], (v) => v.steps.some((s) => s.outcome === 'manual'));
      const device = await e2e.db('defigo').collection('devices').findOne({ userId: ida.userId });
      expect(changes(before, await snapshot(e2e.db('defigo')))).toEqual([
        `~devices/${String(device?._id)} restricted`,
        `~users/${ref} restricted`,
      ]);
      expect(await check(e2e, 'defigo', 'users', ref)).toMatchObject({ restricted: true, reason: 'art-18' });
      expect(await check(e2e, 'defigo', 'users', JSON.stringify({ $oid: ref }))).toMatchObject({ restricted: true });
      expect(await check(e2e, 'defigo', 'devices', ref)).toEqual({ restricted: false });
      // Where the system knows no flag, a person restricts.
      for (const step of view.steps.filter((s) => s.outcome === 'manual')) {
        expect(step.basis).toBe('no_restriction_flag');
        await calls.act(id, 'resolve', { step: step.id, outcome: 'done_by_hand', reason: 'Locked in the log viewer.' });
      }
      view = await calls.until(id, ['awaiting_backup_expiry']);
      expect(view).toMatchObject({ answer: 'full', outcome: null });
      expect(view.allowedActions).toContain('lift');

      view = await calls.advance(id, 'P180D');
      expect(view.state).toBe('awaiting_backup_expiry');
      expect(await check(e2e, 'defigo', 'users', ref)).toMatchObject({ restricted: true });

      await calls.act(id, 'lift', { reason: 'The name was corrected.' });
      view = await calls.until(id, ['awaiting_backup_expiry'], (v) => v.steps.some((s) => s.error === 'lift_by_hand'));
      for (const step of view.steps.filter((s) => s.error === 'lift_by_hand'))
        await calls.act(id, 'resolve', { step: step.id, outcome: 'done_by_hand', reason: 'Unlocked again.' });
      view = await calls.until(id, ['closed'], (v) => v.certificate?.final === true);
      expect(view.outcome).toBe('fulfilled');
      expect(changes(before, await snapshot(e2e.db('defigo')))).toEqual([]);
      expect(await check(e2e, 'defigo', 'users', ref)).toEqual({ restricted: false });
      const told = (await calls.mailsTo(ida.email)).find((m) => m.text.includes('The name was corrected.'));
      expect(told).toBeDefined();
      const ledger = await calls.ledgerOf(id);
      const at = (action: string, code?: string): number =>
        ledger.findIndex((line) => line.action === action && (code === undefined || line.code === code));
      expect(at('restriction.set')).toBeGreaterThan(-1);
      expect(at('letter.handed_over', 'restriction_lifted')).toBeGreaterThan(at('restriction.set'));
      const lifted = view.steps.find((s) => s.dataset === 'users');
      expect(lifted).toMatchObject({ outcome: 'done', basis: 'restriction_lifted' });
      expect(at('restriction.lifted')).toBeGreaterThan(at('letter.handed_over', 'restriction_lifted'));
    });

    it('of a record that two requests restrict ends with the last of them', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const ida = await addResident(e2e);
      const ref = ida.userId.toHexString();
      const restrict = async (...datasets: string[]): Promise<string> => {
        const id = await calls.request('defigo', 'restriction', [email(ida.email)], {
          situation: 'I need it for a claim.',
          scope: { datasets },
        });
        await calls.until(id, ['awaiting_backup_expiry']);
        return id;
      };
      const lift = async (id: string): Promise<void> => {
        await calls.act(id, 'lift', { reason: 'The claim is settled.' });
        await calls.until(id, ['closed']);
      };
      const first = await restrict('users');
      const second = await restrict('users', 'devices');
      const user = () => e2e.db('defigo').collection('users').findOne({ _id: ida.userId });
      await lift(first);
      expect(await user()).toMatchObject({ restricted: true });
      expect(await check(e2e, 'defigo', 'users', ref)).toMatchObject({ restricted: true });
      await lift(second);
      expect(await user()).not.toHaveProperty('restricted');
      expect(await check(e2e, 'defigo', 'users', ref)).toEqual({ restricted: false });
    });

    it('tells nobody without the scope, and knows the datasets of the pack only', async () => {
      const e2e = stack();
      const path = (dataset: string) => `/v1/restrictions/check?operator=defigo&dataset=${dataset}&ref=u1`;
      const { tokens } = e2e.calls.info;
      expect((await e2e.calls.problem('GET', path('users'), { token: tokens.auditor })).status).toBe(403);
      expect((await e2e.calls.problem('GET', path('users'), {})).status).toBe(401);
      expect(await e2e.calls.problem('GET', path('moon'), { token: tokens.machine })).toMatchObject({
        status: 422,
        code: 'dataset_unknown',
      });
    });
  });
}
