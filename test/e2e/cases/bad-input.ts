/** What nobody should send, to the real stack: each gets its documented problem, quotes nothing back, and changes nothing. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { addMember, changes, snapshot, tag } from '../../support/e2e-people.js';
import type { E2e } from '../../support/e2e-stack.js';

const body = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  operator: 'infentre',
  right: 'erasure',
  subject: { identifiers: [{ type: 'email', value: 'strange@example.no' }] },
  channel: 'api',
  ...more,
});
const withIdentifier = (identifier: unknown): Record<string, unknown> =>
  body({ subject: { identifiers: [identifier] } });

/** Name, what is sent, status, code. */
const STARTS: readonly [string, Record<string, unknown>, number, string][] = [
  ['an unknown key', body({ nickname: 'x' }), 422, 'validation_failed'],
  [
    'an unknown key below',
    body({ subject: { identifiers: [{ type: 'email', value: 'a@example.no', note: 1 }] } }),
    422,
    'validation_failed',
  ],
  ['a number for a text', body({ right: 7 }), 422, 'validation_failed'],
  ['an operator object', withIdentifier({ type: 'email', value: { $gt: '' } }), 422, 'validation_failed'],
  ['an operator as type', withIdentifier({ type: '$where', value: 'sleep(1000)' }), 422, 'validation_failed'],
  ['an operator as key', body({ $where: '1' }), 422, 'validation_failed'],
  ['a list for a value', withIdentifier({ type: 'email', value: ['a@example.no'] }), 422, 'validation_failed'],
  ['a control character', withIdentifier({ type: 'userId', value: 'usr_1\u0000' }), 422, 'validation_failed'],
  ['no identifier', body({ subject: { identifiers: [] } }), 422, 'validation_failed'],
  [
    '21 identifiers',
    body({
      subject: { identifiers: Array.from({ length: 21 }, (_, n) => ({ type: 'email', value: `n${n}@example.no` })) },
    }),
    422,
    'validation_failed',
  ],
  [
    'a receipt in the future',
    body({ receivedAt: new Date(Date.now() + 86_400_000).toISOString() }),
    422,
    'received_in_future',
  ],
  ['a receipt of a thousand years ago', body({ receivedAt: '1026-11-20T09:12:00Z' }), 422, 'validation_failed'],
  ['a receipt without an offset', body({ receivedAt: '2026-11-20T09:12:00' }), 422, 'validation_failed'],
  ['an operator nobody knows', body({ operator: 'nobody' }), 422, 'operator_unknown'],
  ['an operator that is a path', body({ operator: '../infentre' }), 422, 'validation_failed'],
  ['a right of another law', body({ right: 'opt_out' }), 422, 'right_unknown'],
  ['a correction without changes', body({ right: 'rectification' }), 422, 'validation_failed'],
  ['a dataset that is not there', body({ scope: { datasets: ['payroll'] } }), 422, 'dataset_unknown'],
  [
    'a proof of an identifier that is not given',
    body({ identity: { method: 'm', level: 'low', identifiers: [3] } }),
    422,
    'validation_failed',
  ],
];

export function badInput(stack: () => E2e): void {
  describe('bad input', () => {
    const counts = async (): Promise<number> => stack().store.collection('requests').countDocuments({});

    it('to the start of a request', async () => {
      const { calls } = stack();
      const token = calls.info.tokens.machine;
      const before = await counts();
      for (const [name, sent, status, code] of STARTS) {
        const answer = await calls.problem('POST', '/v1/requests', { token, body: sent });
        expect([name, answer.status, answer.code]).toEqual([name, status, code]);
        expect(answer.text).not.toContain('strange@example.no');
      }
      const raw = (text: string, headers: Record<string, string> = {}) =>
        calls.problem('POST', '/v1/requests', { token, raw: text, headers });
      expect(await raw('{"operator": "infentre",')).toMatchObject({ status: 400, code: 'malformed_json' });
      expect(await raw('')).toMatchObject({ status: 400 });
      expect(await raw('null')).toMatchObject({ status: 422, code: 'validation_failed' });
      expect(await raw(JSON.stringify(body()), { 'content-type': 'text/plain' })).toMatchObject({ status: 415 });
      expect(await raw(JSON.stringify(body()), { 'idempotency-key': '' })).toMatchObject({ status: 400 });
      const proto = await raw(JSON.stringify(body()).replace('{', '{"__proto__":{"operator":"defigo"},'));
      expect(proto).toMatchObject({ status: 422, code: 'validation_failed' });
      const huge = await raw(
        JSON.stringify(withIdentifier({ type: 'email', value: `${'a'.repeat(1 << 20)}@example.no` })),
      );
      expect(huge).toMatchObject({ status: 413, code: 'payload_too_large' });
      const long = await raw(JSON.stringify(withIdentifier({ type: 'userId', value: 'a'.repeat(5_000) })));
      expect(long).toMatchObject({ status: 422, code: 'validation_failed' });
      expect(await calls.problem('POST', '/v1/requests', { body: body() })).toMatchObject({ status: 401 });
      expect(await calls.problem('POST', '/v1/requests', { token: 'dsk_wrong', body: body() })).toMatchObject({
        status: 401,
      });
      expect(await counts()).toBe(before);
    });

    it('with characters that are patterns somewhere: they find exactly themselves, which is nobody', async () => {
      const e2e = stack();
      const { calls } = e2e;
      await addMember(e2e, { organisation: 'acme', without: ['mail', 'invoices'] });
      const before = await snapshot(e2e.db('infentre'));
      const wild = [
        '.*@example.no',
        '.+@.+\\.no',
        '^k',
        '$ne',
        '{"$gt":""}',
        "' or '1'='1",
        'usr_0000?',
        '*',
        '(a+)+$',
      ];
      const ids: string[] = [];
      for (const value of wild) {
        const type = value.includes('@') ? 'email' : 'userId';
        ids.push(await calls.request('infentre', 'erasure', [{ type, value }]));
      }
      for (const [n, id] of ids.entries()) {
        // Without an address that takes mail nobody can be answered: the request says so instead of hiding behind it.
        const reachable = wild[n] === '.*@example.no';
        const view = await calls.until(id, [reachable ? 'closed' : 'responding']);
        expect(view.outcome).toBe(reachable ? 'nothing_found' : null);
        expect(view.steps.every((s) => s.outcome === 'not_found')).toBe(true);
      }
      expect(changes(before, await snapshot(e2e.db('infentre')))).toEqual([]);
    });

    it('to a request that runs', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const token = calls.info.tokens.privacyOfficer;
      const eva = await addMember(e2e, { organisation: 'acme', without: ['mail', 'invoices'] });
      const id = await calls.request('infentre', 'erasure', [{ type: 'email', value: eva.email }]);
      const view = await calls.until(id, ['awaiting_approval']);
      const act = (action: string, sent: unknown, headers: Record<string, string> = { 'if-match': '*' }) =>
        calls.problem('POST', `/v1/requests/${id}/actions/${action}`, { token, body: sent, headers });
      expect(await act('extend', { reason: 'x' }, {})).toMatchObject({ status: 428 });
      expect(await act('extend', { reason: 'x' }, { 'if-match': '"1"' })).toMatchObject({ status: 412 });
      expect(await act('extend', {})).toMatchObject({ status: 422 });
      expect(await act('extend', { reason: 'x', until: 'never' })).toMatchObject({ status: 422 });
      expect(await act('erase_now', {})).toMatchObject({ status: 404 });
      expect(await act('hold', {})).toMatchObject({ status: 422 });
      expect(await act('repin', { policyHash: `sha256:${'0'.repeat(64)}`, reason: 'x' })).toMatchObject({
        status: 422,
        code: 'policy_unknown',
      });
      expect(await act('release', {})).toMatchObject({ status: 409, code: 'action_not_allowed' });
      expect(await act('resolve', { step: 'app/users/acme/delete', outcome: 'skipped', reason: 'x' })).toMatchObject({
        status: 409,
      });
      expect(await act('retry', { step: 'no/such/step/x' })).toMatchObject({ status: 409 });
      // For the organisation's own data the operator cannot refuse.
      expect(await act('refuse', { ground: 'no_ground', reason: 'x' })).toMatchObject({ status: 409 });
      expect(
        await calls.problem('POST', `/v1/requests/${id}/identity`, {
          token,
          headers: { 'if-match': '*' },
          body: { method: 'm', level: 'high', result: 'failed' },
        }),
      ).toMatchObject({ status: 409, code: 'identity_closed' });
      for (const path of ['req_nothing', 'req_01JDB2C3D4E5F6G7H8J9K0M1N2', '%00', '..%2F..%2Fetc'])
        expect((await calls.problem('GET', `/v1/requests/${path}`, { token })).status).toBe(404);
      const after = await calls.view(id);
      expect([after.state, after.steps]).toEqual([view.state, view.steps]);
    });

    it('an exact repeat is the same request; the same key with another body is refused', async () => {
      const { calls } = stack();
      const token = calls.info.tokens.machine;
      const headers = { 'idempotency-key': randomUUID() };
      const value = `twice.${tag()}@example.no`;
      const sent = body({ subject: { identifiers: [{ type: 'email', value }] } });
      const answers = await Promise.all(
        Array.from({ length: 5 }, () => calls.problem('POST', '/v1/requests', { token, body: sent, headers })),
      );
      const made = answers.filter((a) => a.status === 202).map((a) => (JSON.parse(a.text) as { id: string }).id);
      expect(new Set(made).size).toBe(1);
      for (const other of answers.filter((a) => a.status !== 202)) expect(other.code).toBe('idempotency_running');
      const another = await calls.problem('POST', '/v1/requests', { token, body: body(), headers });
      expect(another).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
    });
  });

  describe('bad decisions', () => {
    it('unsigned, foreign, stale, reused and repeated events decide nothing but once', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const eva = await addMember(e2e, { organisation: 'acme', without: ['mail', 'invoices'] });
      const before = await snapshot(e2e.db('infentre'));
      const id = await calls.request('infentre', 'erasure', [{ type: 'email', value: eva.email }]);
      const approval = await calls.pending(await calls.until(id, ['awaiting_approval']), 'acme');
      const data = {
        approvalId: approval.id,
        decision: 'approve',
        planHash: approval.planHash,
        decidedBy: { kind: 'rule', ref: 'dsr-policy-7' },
      };
      const acme = { operator: 'infentre', organisation: 'acme', data };
      const foreign = calls.info.organisations['infentre']?.['skargard']?.webhookSecret ?? '';
      const system = calls.info.systems['defigo']?.['app']?.webhookSecret ?? '';
      const other = (await addMember(e2e, { organisation: 'skargard', without: ['mail', 'invoices'] })).email;
      const theirs = await calls.request('infentre', 'erasure', [{ type: 'email', value: other }]);
      const theirApproval = await calls.pending(await calls.until(theirs, ['awaiting_approval']), 'skargard');
      const refused: readonly [string, Promise<{ status: number; code: string | undefined }>, number, string?][] = [
        ['no signature', calls.event(acme, { signature: '' }), 401],
        ['nonsense', calls.event(acme, { signature: 'v1,AAAA' }), 401],
        ['an unknown scheme', calls.event(acme, { signature: 'v9,AAAA' }), 401],
        ['a key nobody has', calls.event(acme, { secret: `whsec_${Buffer.alloc(32).toString('base64')}` }), 401],
        ['a key of another operator', calls.event(acme, { secret: system }), 401],
        ['a key of another organisation', calls.event(acme, { secret: foreign }), 403, 'foreign_key'],
        ['ten minutes old', calls.event(acme, { skew: -600 }), 401],
        ['ten minutes ahead', calls.event(acme, { skew: 600 }), 401],
        ['not JSON', calls.event(acme, { body: '{"type":' }), 400],
        [
          'an approval of somebody else',
          calls.event({ ...acme, data: { ...data, approvalId: theirApproval.id } }),
          404,
        ],
        ['an approval that is not there', calls.event({ ...acme, data: { ...data, approvalId: 'apr_nothing' } }), 404],
        ['an unknown type', calls.event({ ...acme, type: 'approval.forced' }), 422],
        [
          'a rule that rejects',
          calls.event({ ...acme, data: { ...data, decision: 'reject', ground: 'x', reason: 'y' } }),
          422,
        ],
        ['an unknown key', calls.event({ ...acme, data: { ...data, force: true } }), 422],
        [
          'another plan',
          calls.event({ ...acme, data: { ...data, planHash: `sha256:${'0'.repeat(64)}` } }),
          409,
          'plan_changed',
        ],
        ['a hold without a reason', calls.event({ ...acme, type: 'hold.placed', data: { ref: 'x' } }), 422],
        ['an event of a later issue', calls.event({ ...acme, type: 'backup.restored', data: {} }), 501],
        ['64 KiB and more', calls.event({ ...acme, data: { ...data, pad: 'x'.repeat(70_000) } }), 413],
      ];
      for (const [name, sent, status, code] of refused) {
        const answer = await sent;
        expect([name, answer.status]).toEqual([name, status]);
        if (code !== undefined) expect([name, answer.code]).toEqual([name, code]);
      }
      expect(changes(before, await snapshot(e2e.db('infentre'))).filter((line) => !line.startsWith('+'))).toEqual([]);
      expect((await calls.view(id)).state).toBe('awaiting_approval');

      const msg = `msg_${randomUUID()}`;
      const sent = { ...acme, timestamp: new Date().toISOString() };
      expect((await calls.event(sent, { id: msg })).status).toBe(202);
      expect((await calls.event(sent, { id: msg })).status).toBe(202);
      expect(
        await calls.event({ ...sent, data: { ...data, decidedBy: { kind: 'rule', ref: 'other' } } }, { id: msg }),
      ).toMatchObject({
        status: 409,
        code: 'event_id_reused',
      });
      expect(await calls.event(acme)).toMatchObject({ status: 409, code: 'already_decided' });
      await calls.until(id, ['awaiting_backup_expiry']);
      const decided = (await calls.ledgerOf(id)).filter((line) => line.action === 'approval.decided');
      expect(decided).toHaveLength(1);
    });

    it('over the API: by another party, by the requester, twice', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const eva = await addMember(e2e, { organisation: 'acme', without: ['mail', 'invoices'] });
      const id = await calls.request('infentre', 'erasure', [{ type: 'email', value: eva.email }]);
      const approval = await calls.pending(await calls.until(id, ['awaiting_approval']), 'acme');
      const path = `/v1/approvals/${approval.id}/decision`;
      const sent = { decision: 'approve', planHash: approval.planHash, decidedBy: { kind: 'person', ref: 'p' } };
      const by = (token: string) => calls.problem('POST', path, { token, body: sent });
      expect((await by(calls.approver('infentre', 'skargard'))).status).toBe(404);
      for (const token of [
        calls.info.tokens.machine,
        calls.info.tokens.privacyOfficer,
        calls.info.tokens.secondOfficer,
      ])
        expect([403, 404]).toContain((await by(token)).status);
      expect([403, 404]).toContain((await by(calls.info.tokens.auditor)).status);
      const half = await calls.decide(approval, {
        decision: 'partial',
        scope: { datasets: ['payroll'] },
        ground: 'x',
        reason: 'y',
      });
      expect(half).toMatchObject({ status: 422, body: { code: 'dataset_unknown' } });
      expect((await calls.view(id)).state).toBe('awaiting_approval');
      // Two at the same moment: one counts.
      const both = await Promise.all([
        calls.decide(approval, { decision: 'approve' }),
        calls.decide(approval, { decision: 'reject', ground: 'x', reason: 'y' }),
      ]);
      expect(both.map((a) => a.status).sort()).toEqual([200, 409]);
      const attempts = (await calls.ledgerOf(id)).filter((line) => line.action === 'approval.decision_refused');
      expect(attempts.length).toBeGreaterThanOrEqual(2);
    });
  });
}
