/** How a request ends without the plain yes: nobody found, too many found, silence, more time, refusal, withdrawal. */
import { describe, expect, it } from 'vitest';
import { addMember, addResident, changes, snapshot, tag } from '../../support/e2e-people.js';
import type { E2e } from '../../support/e2e-stack.js';

const email = (value: string) => ({ type: 'email', value });

export function endings(stack: () => E2e): void {
  describe('nobody and too many', () => {
    it('says that nothing was found only after every system answered', async () => {
      const e2e = stack();
      const { calls } = e2e;
      await e2e.mailFaults({ fail: { times: 1_000, status: 503 } });
      const address = `nobody.${tag()}@example.no`;
      const id = await calls.request('infentre', 'erasure', [email(address)]);
      try {
        const view = await calls.until(id, ['executing'], (v) => e2e.steps(v, 'mail').some((s) => s.error !== null));
        expect(view.outcome).toBe(null);
        expect(e2e.steps(view, 'app').every((s) => s.outcome === 'not_found')).toBe(true);
        expect(e2e.steps(view, 'mail').every((s) => s.outcome === 'pending')).toBe(true);
      } finally {
        await e2e.mailFaults({});
      }
      const step = e2e.steps(await calls.view(id), 'mail')[0];
      await calls.act(id, 'retry', { step: step?.id });
      const view = await calls.until(id, ['closed'], (v) => v.certificate?.final === true);
      expect(view).toMatchObject({ outcome: 'nothing_found', answer: 'full', backups: [] });
      expect(view.steps.every((s) => s.outcome === 'not_found')).toBe(true);
    });

    it('takes an address of 500 people for nobody in particular', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const mark = tag();
      const address = `felles.${mark}@example.no`;
      await e2e
        .db('infentre')
        .collection('users')
        .insertMany(
          Array.from({ length: 500 }, (_, n) => ({
            _id: `usr_${mark}_${n}` as never,
            email: address,
            emailNorm: address,
            oldEmails: [],
            name: `Person ${n} ${mark}`,
            organisationId: ['acme', 'skargard'][n % 2],
            createdAt: new Date(Date.now() - 1e10),
          })),
        );
      const before = await snapshot(e2e.db('infentre'));
      const id = await calls.request('infentre', 'erasure', [email(address)]);
      const view = await calls.until(id, ['executing', 'awaiting_approval'], (v) =>
        v.steps.some((s) => s.outcome === 'review'),
      );
      const users = view.steps.filter((s) => s.dataset === 'users' && s.records > 0);
      expect(users.map((s) => [s.organisation, s.outcome, s.records, s.basis])).toEqual([
        ['acme', 'review', 250, 'too_many_people'],
        ['skargard', 'review', 250, 'too_many_people'],
      ]);
      // Not even a yes of both organisations erases them before a person has looked.
      for (const organisation of ['acme', 'skargard'])
        if (view.approvals.some((a) => a.organisation === organisation && a.state === 'pending'))
          await calls.approve(await calls.pending(view, organisation));
      const later = await calls.advance(id, 'P2D');
      expect(
        later.steps.filter((s) => s.dataset === 'users' && s.records > 0).every((s) => s.outcome === 'review'),
      ).toBe(true);
      expect(changes(before, await snapshot(e2e.db('infentre')))).toEqual([]);
    });
  });

  describe('time', () => {
    it('keeps the records of a silent organisation, and shows when it was asked', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const eva = await addMember(e2e, { organisation: 'skargard', without: ['mail', 'invoices'] });
      const before = await snapshot(e2e.db('infentre'));
      const id = await calls.request('infentre', 'erasure', [email(eva.email)]);
      let view = await calls.until(id, ['awaiting_approval']);
      const approval = await calls.pending(view, 'skargard');
      view = await calls.advance(id, 'P22D');
      expect(view).toMatchObject({ state: 'awaiting_approval', answeredAt: null, simulatedTime: true });
      for (const address of ['admin@skargard.example.se', 'dpo@skargard.example.se', 'hello@infentre.com'])
        expect((await calls.mailsTo(address)).filter((m) => m.text.includes(id)).length).toBeGreaterThan(0);

      // On the day itself she gets a truthful interim answer, whatever the state.
      await calls.must('POST', `/v1/dev/requests/${id}/advance`, {
        token: calls.info.tokens.admin,
        body: { to: new Date(Date.parse(approval.expiresAt) - 3_600_000).toISOString() },
      });
      view = await calls.view(id);
      expect(view).toMatchObject({ state: 'awaiting_approval', answer: 'none', outcome: null });
      expect(view.answeredAt?.slice(0, 10)).toBe(view.clock.due);
      const interim = await calls.mailTo(eva.email, (mail) => mail.text.includes(id));
      expect(interim.text).toContain('Integritetsskyddsmyndigheten');

      view = await calls.advance(id, 'P1D');
      view = await calls.until(id, ['closed'], (v) => v.certificate?.final === true);
      expect(view.outcome).toBe('controller_silent');
      expect(view.approvals.map((a) => a.state)).toEqual(['expired']);
      expect(changes(before, await snapshot(e2e.db('infentre')))).toEqual([]);
      const late = await calls.decide(approval, { decision: 'approve' });
      expect(late).toMatchObject({ status: 410, body: { code: 'approval_expired' } });
      const event = await calls.event({
        operator: 'infentre',
        organisation: 'skargard',
        data: {
          approvalId: approval.id,
          decision: 'approve',
          planHash: approval.planHash,
          decidedBy: { kind: 'rule', ref: 'r' },
        },
      });
      expect(event).toMatchObject({ status: 410, code: 'approval_expired' });
      const actions = (await calls.ledgerOf(id)).map((line) => line.action);
      expect(actions.filter((a) => a === 'approval.requested')).toHaveLength(1);
      expect(actions.filter((a) => a === 'approval.reminded')).toHaveLength(3);
      expect(actions.filter((a) => a === 'approval.expired')).toHaveLength(1);
      expect(actions.filter((a) => a === 'approval.decision_refused')).toHaveLength(2);
    });

    it('gets longer by an extension that the person was told of, once', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const eva = await addMember(e2e, { organisation: 'kulturhuset', without: ['mail', 'invoices'] });
      const id = await calls.request('infentre', 'erasure', [email(eva.email)]);
      let view = await calls.until(id, ['awaiting_approval']);
      const due = view.clock.due;
      await calls.act(id, 'extend', { reason: 'Svært mange systemer.' });
      view = await calls.until(id, ['awaiting_approval'], (v) => v.clock.extended);
      expect(view.clock.due > due).toBe(true);
      expect(Date.parse(view.clock.due) - Date.parse(due)).toBeGreaterThan(50 * 86_400_000);
      const letter = await calls.mailTo(eva.email, (mail) => mail.text.includes('Svært mange systemer.'));
      expect(letter.text).toContain(id);
      expect(view.allowedActions).not.toContain('extend');
      // The old due day passes without an expiry; the decision in the new time still counts.
      view = await calls.advance(id, 'P40D');
      expect(view).toMatchObject({ state: 'awaiting_approval', answeredAt: null });
      await calls.approve(await calls.pending(view, 'kulturhuset'));
      view = await calls.until(id, ['awaiting_backup_expiry'], (v) => v.certificate !== null);
      expect(view).toMatchObject({ answer: 'full', clock: { status: 'met' } });
    });
  });

  describe('refusal and withdrawal', () => {
    it('answers a refusal with its ground, complaint and court, and touches nothing', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const ida = await addResident(e2e);
      const before = await snapshot(e2e.db('defigo'));
      const id = await calls.request('defigo', 'erasure', [email(ida.email)], { identity: null });
      let view = await calls.until(id, ['identifying']);
      await calls.act(id, 'refuse', { ground: 'rights_of_others', reason: 'En annen beboer trenger loggen.' });
      view = await calls.until(id, ['closed'], (v) => v.certificate?.final === true);
      expect(view).toMatchObject({ outcome: 'refused', answer: 'refused' });
      const letter = await calls.mailTo(ida.email, (mail) => mail.text.includes(id));
      expect(letter.text).toContain('En annen beboer trenger loggen.');
      expect(letter.text).toContain('Datatilsynet');
      expect(changes(before, await snapshot(e2e.db('defigo')))).toEqual([]);
      const late = await calls.problem('POST', `/v1/requests/${id}/actions/withdraw`, {
        token: calls.info.tokens.privacyOfficer,
        body: { reason: 'too late', messageId: await calls.message(id, 'Leave it.') },
        headers: { 'if-match': '*' },
      });
      expect(late).toMatchObject({ status: 409, code: 'action_not_allowed' });
    });

    it('comes back within 14 days of a withdrawal, and asks the organisation anew', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const eva = await addMember(e2e, { organisation: 'kulturhuset', without: ['mail', 'invoices'] });
      const before = await snapshot(e2e.db('infentre'));
      const id = await calls.request('infentre', 'erasure', [email(eva.email)]);
      const old = await calls.pending(await calls.until(id, ['awaiting_approval']), 'kulturhuset');
      await calls.act(id, 'withdraw', {
        reason: 'She changed her mind.',
        messageId: await calls.message(id, 'Please leave it as it is.'),
      });
      let view = await calls.until(id, ['closed'], (v) => v.certificate?.final === true);
      expect(view).toMatchObject({ outcome: 'withdrawn', answer: 'none' });
      const dead = await calls.decide(old, { decision: 'approve' });
      expect(dead.status).toBeGreaterThanOrEqual(409);
      expect(changes(before, await snapshot(e2e.db('infentre')))).toEqual([]);

      await calls.advance(id, 'P13D');
      await calls.identify(id, {
        method: 'officer_check',
        level: 'substantial',
        result: 'verified',
        identifiers: [0],
      });
      view = await calls.until(id, ['awaiting_approval']);
      expect(view).toMatchObject({ outcome: null, answeredAt: null });
      const fresh = await calls.pending(view, 'kulturhuset');
      expect(fresh.id).not.toBe(old.id);
      await calls.approve(fresh);
      view = await calls.until(id, ['awaiting_backup_expiry'], (v) => v.certificate !== null);
      expect(view.steps.filter((s) => s.records > 0).every((s) => s.outcome === 'done')).toBe(true);
      expect(changes(before, await snapshot(e2e.db('infentre'))).length).toBeGreaterThan(4);
    });

    it('does not come back later than that', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const ida = await addResident(e2e);
      const id = await calls.request('defigo', 'erasure', [email(ida.email)], { identity: null });
      await calls.until(id, ['identifying']);
      await calls.act(id, 'withdraw', {
        reason: 'She changed her mind.',
        messageId: await calls.message(id, 'Please leave it as it is.'),
      });
      await calls.until(id, ['closed'], (v) => v.certificate?.final === true);
      await calls.advance(id, 'P15D');
      const answer = await calls.problem('POST', `/v1/requests/${id}/identity`, {
        token: calls.info.tokens.privacyOfficer,
        headers: { 'if-match': '*' },
        body: { method: 'officer_check', level: 'substantial', result: 'verified', identifiers: [0] },
      });
      expect(answer).toMatchObject({ status: 409, code: 'identity_closed' });
      expect(await e2e.db('defigo').collection('users').countDocuments({ _id: ida.userId })).toBe(1);
    });
  });
}
