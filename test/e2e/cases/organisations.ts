/** Organisations that decide: told by signed events, by mail, in time or not at all; what they start themselves. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterAll, describe, expect, it } from 'vitest';
import type { ApprovalView, RequestView } from '../../../contracts/index.js';
import { addContact, addMember, changes, mailSeen, snapshot, tag } from '../../support/e2e-people.js';
import type { E2e } from '../../support/e2e-stack.js';

const email = (value: string) => ({ type: 'email', value });
const userId = (value: string) => ({ type: 'userId', value });

interface Got {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A receiver of one organisation, as its system would be: it checks every signature with the reference library. */
export class Receiver {
  secret = '';
  readonly got: Got[] = [];
  readonly raw: string[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      void this.#take(request).then(
        () => response.writeHead(204).end(),
        () => response.writeHead(400).end(),
      );
    });
  }

  async #take(request: IncomingMessage): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const event = new Webhook(this.secret).verify(body, request.headers as Record<string, string>) as Got;
    this.raw.push(body);
    this.got.push(event);
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`;
  }

  /** Waits for an event. */
  async event(accept: (event: Got) => boolean): Promise<Got> {
    await expect.poll(() => this.got.some(accept), { timeout: 20_000 }).toBe(true);
    const found = this.got.find(accept);
    if (found === undefined) throw new Error('gone again');
    return found;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

const receivers: Receiver[] = [];

/** Gives an organisation an endpoint of its own, through its own approver. */
async function receiverOf(e2e: E2e, organisation: string): Promise<Receiver> {
  const receiver = new Receiver();
  receivers.push(receiver);
  const url = await receiver.listen();
  const made = await e2e.calls.must<{ data: { secret: string }[] }>(
    'PUT',
    `/v1/organisations/${organisation}/webhook-endpoints`,
    { token: e2e.calls.approver('infentre', organisation), body: { endpoints: [{ url }] } },
  );
  receiver.secret = made.data[0]?.secret ?? '';
  return receiver;
}

/** Replaces the directory's entry of an organisation, as an officer. */
async function enter(e2e: E2e, id: string, change: Readonly<Record<string, unknown>>): Promise<void> {
  const path = `/v1/organisations/${id}?operator=infentre`;
  const token = e2e.calls.info.tokens.privacyOfficer;
  const before = await e2e.calls.call('GET', path, { token });
  const known = before.status === 200 ? (before.body as Record<string, unknown>) : {};
  const entry = {
    ...{ name: `Organisation ${id}`, language: 'nb', country: 'NO', channel: 'console', agreement: null },
    ...{ answer: 'operator_answers', deliverTo: 'subject', mailDomains: [] },
    contacts: { admin: null, dpo: null, escalation: null },
  };
  const kept = Object.fromEntries(Object.keys(entry).map((name) => [name, known[name] ?? Reflect.get(entry, name)]));
  await e2e.calls.must('PUT', path, { token, body: { ...kept, ...change } });
}

async function tokenFor(e2e: E2e, body: Readonly<Record<string, unknown>>): Promise<string> {
  const made = await e2e.calls.must<{ token: string }>('POST', '/v1/tokens', {
    token: e2e.calls.info.tokens.admin,
    body: { operator: 'infentre', expiresAt: new Date(Date.now() + 86_400_000).toISOString(), ...body },
  });
  return made.token;
}

async function sealedActions(e2e: E2e, id: string): Promise<string[]> {
  return (await e2e.calls.ledgerOf(id)).map((line) => line.action);
}

export function organisations(stack: () => E2e): void {
  afterAll(() => {
    for (const receiver of receivers.splice(0)) receiver.close();
  });

  describe('signed events to an organisation', () => {
    it('ask it, remind it, tell it of its own parts; every one verifies, none names a person or another party', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const mark = tag();
      const first = await addMember(e2e, {
        organisation: 'acme',
        tag: mark,
        without: ['invoices', 'mail', 'profiles'],
      });
      const second = await addMember(e2e, {
        organisation: 'skargard',
        tag: mark,
        without: ['invoices', 'mail', 'profiles'],
      });
      const acme = await receiverOf(e2e, 'acme');
      const tested = await calls.must<{ data: unknown[] }>('POST', '/v1/organisations/acme/test', {
        token: calls.approver('infentre', 'acme'),
      });
      expect(tested.data).toHaveLength(1);
      await acme.event((e) => e.type === 'webhook.test');

      const id = await calls.request('infentre', 'erasure', [
        email(first.email),
        userId(first.userId),
        userId(second.userId),
      ]);
      await calls.until(id, ['awaiting_approval'], (v) => v.approvals.length === 2);
      const asked = await acme.event((e) => e.type === 'approval.requested' && e.data['requestId'] === id);
      const view = await calls.advance(id, 'P8D');
      const reminded = await acme.event((e) => e.type === 'approval.reminder' && e.data['requestId'] === id);
      expect(reminded.data).toMatchObject({ approvalId: asked.data['approvalId'], reminder: 1 });
      const own = await calls.pending(view, 'acme');
      expect(own).toMatchObject({ id: asked.data['approvalId'], planHash: asked.data['planHash'], error: null });
      expect(Date.parse(own.forwardedAt ?? '')).toBeLessThanOrEqual(Date.parse(own.forwardBy ?? ''));

      const data = {
        approvalId: asked.data['approvalId'],
        decision: 'approve',
        planHash: asked.data['planHash'],
        decidedBy: { kind: 'rule', ref: 'dsr-policy-7' },
      };
      expect((await calls.event({ operator: 'infentre', organisation: 'acme', data })).status).toBe(202);
      await acme.event((e) => e.type === 'request.state_changed' && e.data['state'] === 'executing');
      // The other organisation is still undecided, and acme hears nothing of that.
      await calls.approve(await calls.pending(await calls.view(id), 'skargard'));
      await acme.event((e) => e.type === 'request.state_changed' && e.data['state'] === 'responding');
      expect(acme.raw.join('\n')).not.toContain('skargard');
      expect(acme.raw.join('\n')).not.toContain(first.email);
      expect(acme.raw.join('\n')).not.toContain(mark);
      const states = acme.got.filter((e) => e.type === 'request.state_changed').map((e) => e.data['state']);
      expect(states.at(0)).toBe('awaiting_approval');
      expect(states.at(-1)).toBe('responding');

      const log = await calls.must<{ data: { id: string; type: string; state: string; attempts: unknown[] }[] }>(
        'GET',
        '/v1/organisations/acme/deliveries',
        { token: calls.approver('infentre', 'acme') },
      );
      const row = log.data.find((d) => d.type === 'approval.requested');
      expect(row).toMatchObject({ state: 'delivered', attempts: [{ code: 'ok' }] });
      const before = acme.got.filter((e) => e.type === 'approval.requested').length;
      await calls.must('POST', `/v1/organisations/acme/deliveries/${row?.id}/resend`, {
        token: calls.approver('infentre', 'acme'),
      });
      await expect
        .poll(() => acme.got.filter((e) => e.type === 'approval.requested').length, { timeout: 20_000 })
        .toBe(before + 1);
    });
  });

  describe('a silent organisation', () => {
    it('leaves evidence of when it was asked and reminded; a late approval starts one linked request', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const eva = await addMember(e2e, { organisation: 'fjellklubben', without: ['mail', 'invoices', 'profiles'] });
      const receiver = await receiverOf(e2e, 'fjellklubben');
      const before = await snapshot(e2e.db('infentre'));
      const id = await calls.request('infentre', 'erasure', [email(eva.email)]);
      const approval = await calls.pending(await calls.until(id, ['awaiting_approval']), 'fjellklubben');
      const live = await calls.must<{ kept: boolean }>('GET', `/v1/approvals/${approval.id}/evidence`, {
        token: calls.approver('infentre', 'fjellklubben'),
      });
      expect(live.kept).toBe(false);
      let view = await calls.advance(id, 'P40D');
      view = await calls.until(id, ['closed'], (v) => v.certificate?.final === true);
      expect(view.outcome).toBe('controller_silent');
      expect(changes(before, await snapshot(e2e.db('infentre')))).toEqual([]);
      expect(receiver.got.filter((e) => e.type === 'approval.reminder')).toHaveLength(3);

      const evidence = await calls.must<{
        kept: boolean;
        sha256: string;
        answered: boolean;
        statement: string;
        asked: { hash: string; entry: string }[];
        reminded: unknown[];
        letters: unknown[];
        answers: unknown[];
        events: { type: string; acceptedAt: string | null }[];
      }>('GET', `/v1/approvals/${approval.id}/evidence`, { token: calls.info.tokens.auditor });
      expect(evidence).toMatchObject({ kept: true, answered: false, answers: [] });
      expect(evidence.statement).toContain('Nothing was received');
      expect(evidence.asked).toHaveLength(1);
      expect(evidence.asked[0]?.hash).toMatch(/^sha256:/);
      expect(evidence.reminded).toHaveLength(3);
      expect(evidence.letters.length).toBeGreaterThanOrEqual(3);
      expect(evidence.events.filter((e) => e.type === 'approval.requested' && e.acceptedAt !== null)).toHaveLength(1);
      expect(JSON.stringify(evidence)).not.toContain(eva.email);
      expect(await sealedActions(e2e, id)).toContain('approval.evidence_kept');

      const say = (decision: Readonly<Record<string, unknown>>, webhookId?: string) =>
        calls.event(
          // The same bytes for the same id: a repeat, not another message.
          {
            ...{ operator: 'infentre', organisation: 'fjellklubben', timestamp: '2027-01-01T00:00:00Z' },
            data: { approvalId: approval.id, planHash: approval.planHash, ...decision },
          },
          webhookId === undefined ? {} : { id: webhookId },
        );
      const no = await say({
        decision: 'reject',
        decidedBy: { kind: 'person', ref: 'legal-2' },
        ground: '17-3-e',
        reason: 'Too late.',
      });
      expect([no.status, no.code]).toEqual([410, 'approval_expired']);
      expect(no.text).not.toContain('linkedRequest');
      const yes = { decision: 'approve', decidedBy: { kind: 'rule', ref: 'dsr-policy-7' } };
      const first = await say(yes, 'msg_late_1');
      expect([first.status, first.code]).toEqual([410, 'approval_expired']);
      const { linkedRequest } = JSON.parse(first.text) as { linkedRequest: string };
      for (const again of [await say(yes, 'msg_late_1'), await say(yes, 'msg_late_2')])
        expect(JSON.parse(again.text)).toMatchObject({ code: 'approval_expired', linkedRequest });

      // What a provider may hold for others too waits for a person; everything of its own goes.
      const linked = await calls.until(linkedRequest, ['executing'], (v) =>
        v.steps.some((s) => s.dataset === 'users' && s.outcome === 'done'),
      );
      expect(linked).toMatchObject({ receivedAt: view.receivedAt, channel: 'organisation' });
      expect(linked.related).toEqual([{ id, relation: 'late_decision_of' }]);
      expect(linked.approvals.map((a) => [a.organisation, a.state])).toEqual([['fjellklubben', 'approved']]);
      const gone = changes(before, await snapshot(e2e.db('infentre')));
      expect(gone).toContain(`-users/${eva.userId}`);
      expect(gone.every((line) => line.includes(eva.records['users']?.[0]?.split('_')[1] ?? '~'))).toBe(true);
    });
  });

  describe('an organisation that nobody can reach', () => {
    it('is an officer’s task on the first day; mending its entry and retrying forwards at once', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const organisation = `lost-${tag()}`;
      await enter(e2e, organisation, {});
      const eva = await addMember(e2e, { organisation, without: ['mail', 'invoices', 'profiles'] });
      const id = await calls.request('infentre', 'erasure', [email(eva.email)]);
      let view = await calls.until(id, ['awaiting_approval'], (v) => v.steps.some((s) => s.error === 'unreachable'));
      expect(view.allowedActions).toContain('retry');
      expect(view.approvals[0]).toMatchObject({ error: 'unreachable', forwardedAt: null });
      const lines = await calls.ledgerOf(id);
      const noted = lines.find((line) => line.action === 'approval.unreachable');
      expect(noted?.at.slice(0, 10)).toBe(view.receivedAt.slice(0, 10));

      await enter(e2e, organisation, {
        contacts: { admin: `admin@${organisation}.example.no`, dpo: null, escalation: null },
      });
      const step = view.steps.find((s) => s.error === 'unreachable')?.id;
      await calls.act(id, 'retry', { step });
      view = await calls.until(id, ['awaiting_approval'], (v) => v.approvals[0]?.error === null);
      expect(view.approvals[0]?.forwardedAt).not.toBe(null);
      await calls.mailTo(`admin@${organisation}.example.no`, (mail) => mail.text.includes(id));
    });
  });

  describe('deciding by mail', () => {
    it('a code to its own contact opens the approval and the person, and decides once', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const organisation = `mail-${tag()}`;
      const admin = `styret@${organisation}.example.no`;
      await enter(e2e, organisation, {
        channel: 'mail_link',
        contacts: { admin, dpo: null, escalation: null },
      });
      const eva = await addMember(e2e, { organisation, without: ['mail', 'invoices', 'profiles'] });
      const id = await calls.request('infentre', 'erasure', [email(eva.email)]);
      const view = await calls.until(id, ['awaiting_approval']);
      const approvalId = view.approvals[0]?.id ?? '';
      const asking = await calls.mailTo(admin, (mail) => mail.text.includes(approvalId));
      expect(asking.text).toContain(`/v1/approvals/${approvalId}`);
      expect(asking.text).not.toContain(eva.email);

      const path = `/v1/approvals/${approvalId}`;
      const bare = (method: string, at: string, code: string, body?: unknown) =>
        calls.problem(method, at, { headers: { 'habeas-code': code }, ...(body === undefined ? {} : { body }) });
      expect((await calls.problem('POST', `${path}/code`, {})).status).toBe(202);
      const mail = await calls.mailTo(admin, (m) => m.text.startsWith('Koden din er') && m.text.includes(approvalId));
      const code = /\b(\d{6})\b/.exec(mail.text)?.[1] ?? '';
      const shown = await bare('GET', `${path}/subject`, code);
      expect(shown.status, shown.text).toBe(200);
      expect(shown.text).toContain(eva.userId);
      const { planHash } = JSON.parse(shown.text) as ApprovalView;
      const decision = { decision: 'approve', planHash, decidedBy: { kind: 'person', ref: 'styret' } };
      expect((await bare('POST', `${path}/decision`, code === '000000' ? '000001' : '000000', decision)).code).toBe(
        'code_invalid',
      );
      const decided = await bare('POST', `${path}/decision`, code, decision);
      expect(decided.status, decided.text).toBe(200);
      expect((await bare('POST', `${path}/decision`, code, decision)).code).toBe('code_invalid');
      await calls.until(id, ['awaiting_backup_expiry'], (v) => v.certificate !== null);
      const line = (await calls.ledgerOf(id)).find((l) => l.action === 'approval.decided');
      expect(line?.after?.['by']).toBe(`org/infentre/${organisation}`);
    });
  });

  describe('what a decision keeps', () => {
    it('holds named by the controller stand in view and certificate, and end when they say', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const eva = await addMember(e2e, { organisation: 'kulturhuset', without: ['mail', 'invoices', 'profiles'] });
      const before = await snapshot(e2e.db('infentre'));
      const id = await calls.request('infentre', 'erasure', [email(eva.email)]);
      const approval = await calls.pending(await calls.until(id, ['awaiting_approval']), 'kulturhuset');
      const until = new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10);
      const retain = [{ dataset: 'orders', law: 'no-bokforingsloven-13', exemption: '17-3-b', until }];
      const byRule = await calls.decide(approval, {
        decision: 'approve',
        retain,
        decidedBy: { kind: 'rule', ref: 'r' },
      });
      expect(byRule.status).toBe(422);
      const strange = await calls.decide(approval, {
        decision: 'approve',
        retain: [{ ...retain[0], dataset: 'admins' }],
      });
      expect(strange).toMatchObject({ status: 422, body: { code: 'dataset_unknown' } });
      expect((await calls.decide(approval, { decision: 'approve', retain })).status).toBe(200);
      const view = await calls.until(id, ['awaiting_backup_expiry'], (v) => v.certificate !== null);
      const orders = view.steps.find((s) => s.dataset === 'orders' && s.records > 0);
      expect(orders).toMatchObject({ outcome: 'retained', basis: 'art-17-3-b:no-bokforingsloven-13', until });
      const touched = changes(before, await snapshot(e2e.db('infentre')));
      expect(touched).toContain(`-users/${eva.userId}`);
      expect(touched.some((line) => line.includes(`orders/${eva.records['orders']?.[0]}`))).toBe(false);
      const certificate = JSON.parse(
        String(
          (await calls.call('GET', `/v1/requests/${id}/certificate`, { token: calls.info.tokens.privacyOfficer })).body,
        ),
      ) as { systems: { dataset: string; outcome: string; hold: unknown }[] };
      expect(certificate.systems.find((s) => s.dataset === 'orders' && s.outcome === 'retained')?.hold).toEqual({
        basis: 'art-17-3-b:no-bokforingsloven-13',
        until,
      });
      const letter = await calls.mailTo(eva.email, (mail) => mail.text.includes('no-bokforingsloven-13'));
      expect(letter.text).toContain(`${Number(until.slice(8))}. `);
      // The day after its last day everywhere on earth, the hold is over and the erasure finishes by itself.
      await calls.advance(id, 'P23D');
      await calls.until(id, ['awaiting_backup_expiry', 'responding', 'closed'], (v) =>
        v.steps.some((s) => s.dataset === 'orders' && s.outcome === 'done'),
      );
      expect(changes(before, await snapshot(e2e.db('infentre'))).join()).toContain(
        `orders/${eva.records['orders']?.[0]}`,
      );
    });
  });

  describe('admin and member in one', () => {
    it('one request, two branches: her admin account goes at once, her membership elsewhere waits', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const mark = tag();
      const eva = await addMember(e2e, {
        organisation: 'skargard',
        tag: mark,
        without: ['mail', 'invoices', 'profiles'],
      });
      const admin = `adm_${mark}`;
      await e2e
        .db('infentre')
        .collection('admins')
        .insertOne({
          _id: admin as never,
          email: `boss.${mark}@example.se`,
          emailNorm: `boss.${mark}@example.se`,
          name: `Eva ${mark}`,
          createdAt: new Date(Date.now() - 1e10),
        });
      const before = await snapshot(e2e.db('infentre'));
      const identifiers = [userId(eva.userId), userId(admin)];
      const id = await calls.request('infentre', 'erasure', identifiers, {
        subject: { identifiers, language: 'nb', contact: { email: eva.email } },
      });
      let view = await calls.until(id, ['awaiting_approval'], (v) =>
        v.steps.some((s) => s.dataset === 'admins' && s.outcome === 'done'),
      );
      expect(changes(before, await snapshot(e2e.db('infentre')))).toEqual([`-admins/${admin}`]);
      expect(view.steps.filter((s) => s.organisation === 'skargard').map((s) => s.outcome)).not.toContain('done');
      await calls.approve(await calls.pending(view, 'skargard'));
      view = await calls.until(id, ['awaiting_backup_expiry'], (v) => v.certificate !== null);
      expect(changes(before, await snapshot(e2e.db('infentre')))).toContain(`-users/${eva.userId}`);
    });
  });

  describe("an organisation's own instruction", () => {
    it('is the decision for its own records, and touches nothing of anybody else', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const mark = tag();
      const own = await addMember(e2e, { organisation: 'acme', tag: mark, without: ['mail', 'invoices', 'profiles'] });
      const other = await addMember(e2e, {
        organisation: 'skargard',
        tag: mark,
        without: ['mail', 'invoices', 'profiles'],
      });
      await addContact(e2e, own.email, own.name);
      const before = await snapshot(e2e.db('infentre'));
      const token = await tokenFor(e2e, {
        name: 'acme instructs',
        scopes: ['requests:instruct', 'requests:read'],
        organisation: 'acme',
      });
      const id = await calls.start(
        {
          operator: 'infentre',
          right: 'erasure',
          subject: { identifiers: [email(own.email)], language: 'nb' },
          channel: 'organisation',
          instructionRef: `acme/${mark}`,
        },
        token,
      );
      const view = await calls.until(id, ['executing', 'awaiting_approval', 'responding'], (v) =>
        v.steps.some((s) => s.dataset === 'users' && s.outcome === 'done'),
      );
      expect(view.approvals.map((a) => [a.organisation, a.state])).toEqual([['acme', 'approved']]);
      const touched = changes(before, await snapshot(e2e.db('infentre')));
      expect(touched).toContain(`-users/${own.userId}`);
      expect(touched.filter((line) => line.includes(other.userId) || line.includes('skargard'))).toEqual([]);
      // A contact at the mail provider may be the other organisation's too: a person looks first.
      expect(view.steps.find((s) => s.system === 'mail' && s.dataset === 'contacts' && s.records > 0)).toMatchObject({
        outcome: 'review',
        basis: 'may_be_shared',
      });
      expect(await mailSeen(e2e, own.email)).toMatchObject({ contact: true });
      const seen = await calls.must<RequestView>('GET', `/v1/requests/${id}`, { token });
      expect(JSON.stringify(seen)).not.toContain('skargard');
      expect(view.plan?.datasets.some((d) => d.role === 'controller')).toBe(false);
    });

    it('given by an attested administrator it counts the same; her own wish about herself is another branch', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const member = await addMember(e2e, {
        organisation: 'kulturhuset',
        without: ['mail', 'invoices', 'profiles'],
      });
      const body = {
        operator: 'infentre',
        right: 'erasure',
        subject: { identifiers: [email(member.email)], language: 'nb' },
        identity: { method: 'admin_session', level: 'substantial', identifiers: [0] },
      };
      const asOrganisation = await calls.start({
        ...body,
        channel: 'organisation',
        organisation: 'kulturhuset',
        instructionRef: 'mail-4711',
        agent: { name: 'Nora Admin', capacity: 'organisation' },
      });
      const done = await calls.until(asOrganisation, ['executing'], (v) =>
        v.steps.some((s) => s.dataset === 'users' && s.outcome === 'done'),
      );
      expect(done.approvals.map((a) => a.state)).toEqual(['approved']);
      // The same mail read as the member's own request: the organisation is asked.
      const again = await addMember(e2e, { organisation: 'kulturhuset', without: ['mail', 'invoices', 'profiles'] });
      const asMember = await calls.request('infentre', 'erasure', [email(again.email)]);
      const waits = await calls.until(asMember, ['awaiting_approval']);
      expect(waits.approvals.map((a) => a.state)).toEqual(['pending']);
    });
  });
}

/** Needs a pack with a `privacy_officer` and a `second_person` rule for profiles, both with the deputy `standby`. */
export function fourEyes(stack: () => E2e): void {
  describe('four eyes', () => {
    const opened = async (e2e: E2e) => {
      const { calls } = e2e;
      const eva = await addMember(e2e, { organisation: 'acme', without: ['mail', 'invoices'] });
      const id = await calls.request('infentre', 'erasure', [email(eva.email)]);
      const view = await calls.until(id, ['awaiting_approval'], (v) => v.approvals.length === 3);
      const token = calls.info.tokens.privacyOfficer;
      const all = await Promise.all(
        view.approvals.map((a) => calls.must<ApprovalView>('GET', `/v1/approvals/${a.id}`, { token })),
      );
      const of = (kind: string): ApprovalView => {
        const found = all.find((a) => a.kind === kind);
        if (found === undefined) throw new Error(`no approval of kind ${kind}`);
        return found;
      };
      const decide = (approval: ApprovalView, as: string) =>
        calls.call('POST', `/v1/approvals/${approval.id}/decision`, {
          token: as,
          body: { decision: 'approve', planHash: approval.planHash, decidedBy: { kind: 'person', ref: 'p' } },
        });
      return { eva, id, first: of('privacy_officer'), second: of('second_person'), own: of('organisation'), decide };
    };

    it('takes two different people, in whichever order, and the organisation besides', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const { privacyOfficer, secondOfficer } = calls.info.tokens;
      for (const [one, other] of [
        ['first', 'second'],
        ['second', 'first'],
      ] as const) {
        const opening = await opened(e2e);
        expect((await opening.decide(opening[one], privacyOfficer)).status).toBe(200);
        expect(await opening.decide(opening[other], privacyOfficer)).toMatchObject({
          status: 403,
          body: { code: 'four_eyes' },
        });
        expect((await opening.decide(opening[other], secondOfficer)).status).toBe(200);
        const view = await calls.view(opening.id);
        expect(view.steps.find((s) => s.dataset === 'profiles' && s.records > 0)?.outcome).toBe('undecided');
        expect((await opening.decide(opening.own, secondOfficer)).status).toBe(403);
        await calls.approve(opening.own);
        await calls.until(opening.id, ['awaiting_backup_expiry'], (v) =>
          v.steps.some((s) => s.dataset === 'profiles' && s.outcome === 'done'),
        );
      }
    });

    it('never takes the one who asked for it', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const eva = await addMember(e2e, { organisation: 'acme', without: ['mail', 'invoices'] });
      const token = calls.info.tokens.privacyOfficer;
      const id = await calls.start(
        { operator: 'infentre', right: 'erasure', subject: { identifiers: [email(eva.email)] }, channel: 'phone' },
        token,
      );
      await calls.identify(id, { method: 'officer_check', level: 'substantial', result: 'verified', identifiers: [0] });
      const view = await calls.until(id, ['awaiting_approval'], (v) => v.approvals.length === 3);
      for (const kind of ['privacy_officer', 'second_person']) {
        const row = view.approvals.find((a) => a.kind === kind);
        const approval = await calls.must<ApprovalView>('GET', `/v1/approvals/${row?.id}`, { token });
        const answer = await calls.call('POST', `/v1/approvals/${row?.id}/decision`, {
          token,
          body: { decision: 'approve', planHash: approval.planHash, decidedBy: { kind: 'person', ref: 'p' } },
        });
        expect(answer).toMatchObject({ status: 403, body: { code: 'four_eyes' } });
      }
    });

    it('a deputy named in the pack decides without the role, once; others with that role do not', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const deputy = await tokenFor(e2e, { name: 'standby', role: 'auditor' });
      const stranger = await tokenFor(e2e, { name: 'somebody', role: 'auditor' });
      const { first, second, own, decide } = await opened(e2e);
      expect((await decide(first, stranger)).status).toBe(404);
      const list = await calls.must<{ data: ApprovalView[] }>('GET', '/v1/approvals?operator=infentre&state=pending', {
        token: deputy,
      });
      expect(list.data.map((a) => a.id)).toContain(first.id);
      expect(list.data.some((a) => a.kind === 'organisation')).toBe(false);
      expect((await decide(first, deputy)).status).toBe(200);
      expect(await decide(second, deputy)).toMatchObject({ status: 403, body: { code: 'four_eyes' } });
      expect((await decide(own, deputy)).status).toBe(404);
      expect((await decide(second, calls.info.tokens.secondOfficer)).status).toBe(200);
    });
  });
}
