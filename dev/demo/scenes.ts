/**
 * The scenes of the demo: real requests of invented people, each carried to its certificate over the API, each checked
 * in the systems themselves. Time is seen to pass by moving a request's own time on the real server.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { verifyFiles } from '../../cli/verify.js';
import { answers, blocked, corrected } from './scenes-rights.js';
import { bodyOf, check, keep, member, systemsOf, type DemoContext, type Scene } from './tools.js';
import { countAll, documentsNaming, mailList, operatorUrl, stripeCustomers } from './looks.js';

const gated: Scene = {
  title: 'Infentre: an erasure that waits for the organisation, is approved by a signed event, and completes',
  async run(demo) {
    const { caller, stack } = demo;
    const kari = member('infentre', 'kari');
    const url = operatorUrl(stack, 'infentre');
    const before = await countAll(url);
    const id = await caller.start(bodyOf('infentre', 'erasure', kari, 'nb'));
    let view = await caller.until(id, ['awaiting_approval']);
    demo.tell(`${id} waits for the organisation; safe due date ${view.clock.safeDue}, legal ${view.clock.legalDue}`);
    check(
      demo,
      'gate',
      ((await documentsNaming(url, [kari.email]))['users'] ?? 0) > 0,
      'nothing of the organisation was touched before its decision',
    );
    view = await caller.advance(id, 'P8D');
    demo.tell(`eight days later (simulated time: ${view.simulatedTime}): the organisation was reminded`);
    const reminder = await caller.mailTo('admin@acme.example.com', (m) => /minn|remind|påmin/i.test(m.subject));
    check(demo, 'reminder', reminder.text.includes(id), 'after seven days, to the organisation, in case time');
    const approval = view.approvals.find((a) => a.state === 'pending');
    const shown = await caller.must<{ planHash: string }>('GET', `/v1/approvals/${approval?.id}`, {
      token: caller.info.organisations['infentre']?.['acme']?.approverToken ?? '',
    });
    const wrong = await caller.signedEvent('infentre', 'fjellklubben', {
      approvalId: approval?.id,
      decision: 'approve',
      planHash: shown.planHash,
      decidedBy: { kind: 'rule', ref: 'dsr-policy-7' },
    });
    check(demo, 'foreign decision', wrong.status >= 400, `another organisation's signature answered ${wrong.status}`);
    const event = await caller.signedEvent('infentre', 'acme', {
      approvalId: approval?.id,
      decision: 'approve',
      planHash: shown.planHash,
      decidedBy: { kind: 'rule', ref: 'dsr-policy-7' },
    });
    check(demo, 'signed approval', event.status === 202, `answered ${event.status}`);
    // Somebody else wrote her address into his own profile: such a record only ever waits for a person to look at it.
    view = await caller.until(id, ['executing', 'awaiting_backup_expiry'], (v) =>
      v.steps.every((s) => s.outcome !== 'pending' && s.outcome !== 'undecided'),
    );
    const strange = view.steps.find((s) => s.outcome === 'review');
    check(
      demo,
      'a stranger names her address',
      strange?.basis === 'declared_link',
      `step ${strange?.id ?? '-'} waits for review and is not erased`,
    );
    await caller.act(id, 'resolve', {
      step: strange?.id,
      outcome: 'exclude',
      reason: "Another member's own profile: not hers.",
    });
    demo.tell('an officer looked at a profile of somebody else that names her address, and took it out of the plan');
    view = await caller.until(id, ['awaiting_backup_expiry']);
    const systems = systemsOf(view);
    demo.tell(
      `done: ${Object.entries(systems)
        .map(([s, o]) => `${s} ${o}`)
        .join(', ')}; ${view.backups[0]?.copies ?? 0} backup copies until ${view.backups[0]?.lastExpiresAt ?? '-'}`,
    );
    const left = await documentsNaming(url, [kari.email, 'kari.hansen@example.com']);
    const allowed = new Set(['invoices', 'profiles', 'habeas_seed']);
    check(
      demo,
      'live store clean',
      Object.keys(left).every((c) => allowed.has(c)),
      `what still names her: ${JSON.stringify(left)} (invoices are held; profiles is another person's own field)`,
    );
    const after = await countAll(url);
    check(
      demo,
      'others untouched',
      after['orders'] === before['orders'] && (before['users'] ?? 0) - (after['users'] ?? 0) === 1,
      'one user less, every order still there',
    );
    check(demo, 'Stripe', (await stripeCustomers(stack, 'infentre', kari.email)) === 0, 'no customer with her address');
    const list = await mailList(stack, 'infentre', kari.email);
    check(
      demo,
      'SendGrid',
      !list.contact && list.unsubscribed,
      `contact ${list.contact ? 'still there' : 'gone'}, unsubscribe ${list.unsubscribed ? 'kept' : 'lost'}`,
    );
    view = await caller.advance(id, 'P100D');
    view = await caller.until(id, ['closed'], (v) => v.certificate?.final === true);
    check(
      demo,
      'backups expired',
      view.backups.every((b) => b.state === 'gone'),
      `closed in simulated time with outcome ${view.outcome}`,
    );
    await keep(demo, id, 'infentre-erasure-approved', true);
  },
};

const rejected: Scene = {
  title: 'Infentre: an erasure that the organisation rejects',
  async run(demo) {
    const { caller, stack } = demo;
    const asa = member('infentre', 'asa');
    const before = await documentsNaming(operatorUrl(stack, 'infentre'), [asa.email]);
    const id = await caller.start(bodyOf('infentre', 'erasure', asa, 'sv'));
    const view = await caller.until(id, ['awaiting_approval']);
    const approval = view.approvals.find((a) => a.state === 'pending');
    const token = caller.info.organisations['infentre']?.['acme']?.approverToken ?? '';
    const shown = await caller.must<{ planHash: string }>('GET', `/v1/approvals/${approval?.id}`, { token });
    await caller.must('POST', `/v1/approvals/${approval?.id}/decision`, {
      token,
      body: {
        decision: 'reject',
        planHash: shown.planHash,
        ground: '17-3-e',
        reason: 'Open claim about an unpaid booking.',
        decidedBy: { kind: 'person', ref: 'acme-legal-2' },
      },
    });
    const done = await keep(demo, id, 'infentre-erasure-rejected', false);
    const after = await documentsNaming(operatorUrl(stack, 'infentre'), [asa.email]);
    check(
      demo,
      'rejection kept',
      (after['users'] ?? 0) === (before['users'] ?? 0) && (after['users'] ?? 0) > 0,
      'the organisation said no, so its records stay',
    );
    check(
      demo,
      'rejection answered',
      done.answeredAt !== null,
      `outcome ${done.outcome ?? '-'}, answer ${done.answer ?? '-'}`,
    );
    demo.tell(`${id}: ${done.outcome ?? done.state}; the letter names the organisation and the way to complain`);
  },
};

const admin: Scene = {
  title: 'Infentre: an administrator erases his own account, without that gate',
  async run(demo) {
    const { caller, stack } = demo;
    const nils = member('infentre', 'nils');
    const id = await caller.start(bodyOf('infentre', 'erasure', nils, 'sv'));
    const view = await keep(demo, id, 'infentre-admin-erasure', false);
    const left = await documentsNaming(operatorUrl(stack, 'infentre'), [nils.email]);
    check(
      demo,
      'no gate for own data',
      view.approvals.length === 0,
      'the operator is the controller of its administrators',
    );
    check(demo, 'administrator gone', (left['admins'] ?? 0) === 0, `what still names him: ${JSON.stringify(left)}`);
    demo.tell(
      `${id}: ${Object.entries(systemsOf(view))
        .map(([s, o]) => `${s} ${o}`)
        .join(', ')}`,
    );
  },
};

const immediate: Scene = {
  title: 'Defigo: an erasure that is live-clean within seconds and then waits for backups',
  async run(demo) {
    const { caller, stack } = demo;
    const ola = member('defigo', 'ola');
    const url = operatorUrl(stack, 'defigo');
    const started = Date.now();
    const id = await caller.start(bodyOf('defigo', 'erasure', ola, 'nb'));
    const view = await keep(demo, id, 'defigo-erasure', false);
    const seconds = (Date.now() - started) / 1000;
    const left = await documentsNaming(url, [ola.email]);
    check(demo, 'live within a minute', seconds < 60, `${seconds.toFixed(1)} s from request to interim certificate`);
    check(
      demo,
      'live store clean (Defigo)',
      Object.keys(left).every((c) => c === 'invoices'),
      `what still names him: ${JSON.stringify(left)} (invoices are held)`,
    );
    check(
      demo,
      'waits for backups',
      view.state === 'awaiting_backup_expiry' && view.backups.some((b) => b.state === 'waiting'),
      `${view.backups[0]?.copies ?? 0} copies, the last expires ${view.backups[0]?.lastExpiresAt ?? '-'}`,
    );
    demo.tell(
      `${id}: live in ${seconds.toFixed(1)} s, fully erased when the last copy expires (${view.backups[0]?.lastExpiresAt ?? '-'})`,
    );
  },
};

const access: Scene = {
  title: 'Defigo: an access request with its package',
  async run(demo) {
    const { caller } = demo;
    const sara = member('defigo', 'sara');
    const id = await caller.start(bodyOf('defigo', 'access', sara, 'sv'));
    await caller.until(
      id,
      ['responding', 'closed', 'awaiting_backup_expiry'],
      (v) => v.state !== 'responding' || v.allowedActions.includes('release'),
    );
    const view = await caller.view(id);
    if (view.allowedActions.includes('release')) {
      demo.tell('the package names other people: an officer looks at it and releases it');
      await caller.act(id, 'release', {});
    }
    const done = await keep(demo, id, 'defigo-access', false);
    await caller.must('POST', `/v1/requests/${id}/package/code`, { token: caller.info.tokens.privacyOfficer });
    const mail = await caller.mailTo(sara.email, (m) => /\b\d{6}\b/.test(m.text) && !m.text.includes(id));
    const code = /\b(\d{6})\b/.exec(mail.text)?.[1] ?? '';
    const download = async (): Promise<Response> =>
      fetch(`${caller.info.api}/v1/requests/${id}/package`, { headers: { 'habeas-code': code } });
    const first = await download();
    const bytes = Buffer.from(await first.arrayBuffer());
    check(
      demo,
      'package',
      first.status === 200 && bytes.subarray(0, 2).toString() === 'PK',
      `${bytes.length} bytes, SHA-256 ${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}…`,
    );
    check(demo, 'one download per code', (await download()).status >= 400, 'the same code a second time is refused');
    writeFileSync(join(demo.folder, 'defigo-access.zip'), bytes, { mode: 0o600 });
    demo.tell(
      `${id}: ${done.steps.reduce((sum, s) => sum + s.records, 0)} records in a package of ${bytes.length} bytes`,
    );
  },
};

const proof: Scene = {
  title: 'Proof: every certificate and a ledger export are checked offline, and fail with one byte changed',
  async run(demo) {
    const files = demo.requests.map((r) => r.certificate);
    for (const operator of new Set(demo.requests.map((r) => r.operator))) {
      const file = join(demo.folder, `${operator}.ledger.ndjson`);
      writeFileSync(file, await exportOf(demo, operator));
      files.push(file);
    }
    const good = await verifyFiles(files);
    check(
      demo,
      'certificates verify',
      good.ok,
      good.ok ? `${files.length} files` : good.lines.filter((l) => l.includes('FAILED')).join('; '),
    );
    let caught = 0;
    for (const file of files) {
      const bytes = readFileSync(file);
      const at = Math.floor(bytes.length / 3);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      const bad = join(demo.folder, 'altered.tmp');
      writeFileSync(bad, bytes);
      if (!(await verifyFiles([bad])).ok) caught += 1;
    }
    check(
      demo,
      'one changed byte is caught',
      caught === files.length,
      `${caught} of ${files.length} altered files refused`,
    );
  },
};

async function exportOf(demo: DemoContext, operator: string): Promise<string> {
  const { openLedger } = await import('../../cli/ledger-export.js');
  const lines: string[] = [];
  await openLedger(
    {
      mongodbUrl: demo.stack.environment['HABEAS_MONGODB_URL'] ?? '',
      ledgerUrl: demo.stack.environment['HABEAS_LEDGER_MONGODB_URL'],
    },
    { operator },
    (text) => void lines.push(text),
  );
  return lines.join('');
}

export const SCENES: readonly Scene[] = [gated, rejected, admin, immediate, access, corrected, answers, blocked, proof];
