/** What reaches a person, and what becomes of it: letters, post, bounces, complaints, a refusal that two people make. */
import { describe, expect, it } from 'vitest';
import type { ApprovalView, RequestView } from '../../../contracts/index.js';
import { addResident, changes, snapshot, tag } from '../../support/e2e-people.js';
import type { E2e } from '../../support/e2e-stack.js';

const email = (value: string) => ({ type: 'email', value });

export function correspondence(stack: () => E2e): void {
  const post = (
    id: string,
    path: string,
    body: unknown,
    who: 'privacyOfficer' | 'secondOfficer' = 'privacyOfficer',
  ) => {
    const { calls } = stack();
    return calls.must<RequestView>('POST', `/v1/requests/${id}/${path}`, { token: calls.info.tokens[who], body });
  };
  const letters = (view: RequestView, kind: string) => (view.letters ?? []).filter((l) => l.kind === kind);

  /** A request of a resident that nobody has identified yet. */
  async function open(more: Record<string, unknown> = {}): Promise<{ id: string; address: string }> {
    const e2e = stack();
    const ida = await addResident(e2e);
    const id = await e2e.calls.request('defigo', 'erasure', [email(ida.email)], { identity: null, ...more });
    await e2e.calls.until(id, ['identifying']);
    return { id, address: ida.email };
  }
  async function refused(more: Record<string, unknown> = {}): Promise<{ id: string; address: string }> {
    const one = await open(more);
    await stack().calls.act(one.id, 'refuse', { ground: 'no_ground', reason: 'Avtalen løper.' });
    return one;
  }

  describe('letters', () => {
    it('confirm the receipt at once, and answer in words with every block', async () => {
      const { calls } = stack();
      const { id, address } = await refused();
      const view = await calls.until(id, ['closed'], (v) => v.certificate?.final === true);
      const receipt = await calls.mailTo(
        address,
        (m) => m.subject === 'Vi har mottatt kravet ditt' && m.text.includes(id),
      );
      expect(receipt.text).toContain('Vi svarer senest');
      const answer = await calls.mailTo(address, (m) => m.subject === 'Svar på kravet ditt' && m.text.includes(id));
      for (const block of [
        'Avtalen løper.',
        'personvernforordningen art. 17 nr. 1',
        'Datatilsynet, Postboks 458 Sentrum, 0105 Oslo',
        'domstolen',
        'organisasjonsnummer',
        'Dette beholder vi av selve saken',
      ])
        expect(answer.text).toContain(block);
      expect(letters(view, 'receipt')).toHaveLength(1);
    });

    it('in a language that we do not write come in the operator’s and in English', async () => {
      const { calls } = stack();
      const address = `jan.${tag()}@example.com`;
      const id = await calls.start({
        operator: 'defigo',
        right: 'erasure',
        subject: { identifiers: [email(address)], language: 'pl', country: 'PL' },
        channel: 'panel',
        identity: { method: 'trusted_channel', level: 'substantial', identifiers: [0] },
      });
      const view = await calls.until(id, ['closed'], (v) => v.certificate?.final === true);
      expect(view.outcome).toBe('nothing_found');
      const mail = await calls.mailTo(address, (m) => m.subject.includes('Answer to your request'));
      expect(mail.text).toContain('fant ingenting om deg');
      expect(mail.text).toContain('found nothing about you');
      expect(mail.text).toContain('Urząd Ochrony Danych Osobowych');
    });

    it('say when the data is another one’s responsibility', async () => {
      const { calls } = stack();
      const { id, address } = await open();
      await calls.act(id, 'refuse', { ground: 'not_controller', reason: 'Kameraet er naboens.' });
      const view = await calls.until(id, ['closed'], (v) => v.certificate?.final === true);
      expect(view).toMatchObject({ outcome: 'not_controller', answer: 'refused' });
      const mail = await calls.mailTo(address, (m) => m.text.includes('Kameraet er naboens.'));
      expect(mail.text).toContain('Vi er ikke behandlingsansvarlige for disse opplysningene.');
      expect(mail.text).toContain('domstolen');
    });
  });

  describe('post and bounces', () => {
    it('a letter for the post waits for an officer and counts on the day it was posted', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const ida = await addResident(e2e);
      const id = await calls.start({
        operator: 'defigo',
        right: 'erasure',
        subject: { identifiers: [email(ida.email)], contact: { postal: 'Storgata 1, 0155 Oslo' }, language: 'nb' },
        channel: 'post',
      });
      await calls.until(id, ['identifying']);
      await calls.act(id, 'refuse', { ground: 'no_ground', reason: 'Avtalen løper.' });
      let view = await calls.until(id, ['responding'], (v) => letters(v, 'final')[0]?.error === 'post_pending');
      expect(view.answeredAt).toBeNull();
      expect(await calls.mailsTo(ida.email)).toEqual([]);
      const printed = await calls.must<{ data: { id: string; body: string | null }[] }>(
        'GET',
        `/v1/requests/${id}/letters`,
        {
          token: calls.info.tokens.privacyOfficer,
        },
      );
      expect(printed.data.find((l) => l.id === 'final-0')?.body).toContain('Avtalen løper.');
      await post(id, 'letters/final-0/dispatched', { at: new Date().toISOString(), by: 'post' });
      view = await calls.until(id, ['closed'], (v) => v.certificate?.final === true);
      expect(view.answeredAt).not.toBeNull();
      expect(letters(view, 'final')[0]).toMatchObject({ way: 'post', error: null });
    });

    it('a mail that came back opens the answer again', async () => {
      const { calls } = stack();
      const { id } = await refused();
      await calls.until(id, ['closed'], (v) => v.answeredAt !== null);
      await post(id, 'letters/final-0/bounce', {});
      let view = await calls.until(id, ['closed'], (v) => v.answeredAt === null);
      expect(letters(view, 'final')[0]).toMatchObject({ error: 'bounced', waits: true, sentAt: null });
      await post(id, 'letters/final-0/dispatched', { at: new Date().toISOString(), by: 'post' });
      view = await calls.until(id, ['closed'], (v) => v.answeredAt !== null);
      const actions = (await calls.ledgerOf(id)).map((line) => line.action);
      expect(actions).toEqual(expect.arrayContaining(['letter.bounced', 'answer.open_again', 'letter.dispatched']));
    });
  });

  describe('a complaint', () => {
    it('is decided by another officer; upheld, the request is taken up again and done', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const { id, address } = await refused();
      await calls.until(id, ['closed'], (v) => v.certificate?.final === true);
      const before = await snapshot(e2e.db('defigo'));
      await post(id, 'complaints', { to: 'operator', text: 'Avtalen ble sagt opp i fjor.' });
      const decision = { result: 'upheld', reasonText: 'Oppsigelsen var kommet bort.' };
      const same = await calls.problem('POST', `/v1/requests/${id}/complaints/1/decision`, {
        token: calls.info.tokens.privacyOfficer,
        body: decision,
      });
      expect(same).toMatchObject({ status: 403, code: 'four_eyes' });
      expect(changes(before, await snapshot(e2e.db('defigo')))).toEqual([]);
      await post(id, 'complaints/1/decision', decision, 'secondOfficer');
      await calls.until(id, ['identifying'], (v) => v.answeredAt === null);
      const letter = await calls.mailTo(address, (m) => m.subject === 'Svar på klagen din');
      expect(letter.text).toContain('Oppsigelsen var kommet bort.');
      await calls.identify(id, { method: 'officer_check', level: 'substantial', result: 'verified', identifiers: [0] });
      // What was refused is done now; what a person has to look at waits, as in every other request.
      const view = await calls.until(id, ['executing', 'awaiting_backup_expiry'], (v) =>
        v.steps.every((s) => ['done', 'not_found', 'review', 'manual', 'retained'].includes(s.outcome)),
      );
      expect(view.steps.some((s) => s.outcome === 'done')).toBe(true);
      expect(view.complaints).toMatchObject([{ n: 1, to: 'operator', result: 'upheld', overdue: false }]);
      expect(changes(before, await snapshot(e2e.db('defigo'))).length).toBeGreaterThan(0);
    });
  });

  describe('a refusal as excessive', () => {
    it('needs evidence and takes effect when another officer approves it', async () => {
      const { calls } = stack();
      const { id, address } = await open();
      const token = calls.info.tokens.secondOfficer;
      const proof = await calls.must<{ id: string }>('POST', `/v1/requests/${id}/attachments`, {
        token: calls.info.tokens.privacyOfficer,
        body: {
          kind: 'evidence',
          name: 'list.txt',
          mediaType: 'text/plain',
          content: Buffer.from('40 x').toString('base64'),
        },
      });
      await calls.act(id, 'refuse', { ground: 'excessive', reason: 'Førti like krav.', attachmentId: proof.id });
      const view = await calls.until(id, ['identifying'], (v) => v.approvals.some((a) => a.kind === 'second_person'));
      const row = view.approvals.find((a) => a.kind === 'second_person');
      const approval = await calls.must<ApprovalView>('GET', `/v1/approvals/${row?.id}`, { token });
      expect(approval).toMatchObject({ policyRule: 'refusal', state: 'pending' });
      const body = { decision: 'approve', planHash: approval.planHash, decidedBy: { kind: 'person', ref: 'second' } };
      const own = await calls.problem('POST', `/v1/approvals/${approval.id}/decision`, {
        token: calls.info.tokens.privacyOfficer,
        body,
      });
      expect(own).toMatchObject({ status: 403, code: 'four_eyes' });
      await calls.must('POST', `/v1/approvals/${approval.id}/decision`, { token, body });
      const closed = await calls.until(id, ['closed'], (v) => v.certificate?.final === true);
      expect(closed).toMatchObject({ outcome: 'refused', answer: 'refused' });
      const letter = await calls.mailTo(address, (m) => m.text.includes('Førti like krav.'));
      expect(letter.text).toContain('overdrevent');
    });
  });
}
