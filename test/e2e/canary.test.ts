/**
 * Two marked people go through the whole product, with their mark in every text that anybody can write about them. Then
 * everything that is not the vault is searched for it: logs of every process, the server's own files, histories, both
 * stores, certificates, exports, figures. The operator's own systems, the mailbox and the backups hold people by design.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { expect, it, vi } from 'vitest';
import { openLedger } from '../../cli/ledger-export.js';
import { makeCanary, scanForCanaries, type CanaryPlaces } from '../support/canary.js';
import { addMember, addResident } from '../support/e2e-people.js';
import { useStack } from '../support/e2e-stack.js';

vi.setConfig({ testTimeout: 120_000 });

const stack = useStack();

it('leaves no mark of a person outside the vault', async () => {
  const e2e = stack();
  const { calls } = e2e;
  const officer = calls.info.tokens.privacyOfficer;
  const [one, two] = [makeCanary(), makeCanary()];
  const needles = [...one.needles, ...two.needles];

  // Internal ids are opaque in these systems: they are the one thing about her that the deletion ledger keeps.
  // An erasure with everything that can be said about it.
  const eva = await addMember(e2e, {
    organisation: 'acme',
    email: one.email,
    name: one.name,
    phone: one.phone,
    messageText: one.text,
  });
  const erasure = await calls.start({
    operator: 'infentre',
    right: 'erasure',
    subject: {
      identifiers: [
        { type: 'email', value: one.email },
        { type: 'phone', value: one.phone },
        { type: 'userId', value: eva.userId },
      ],
      contact: { email: one.email, postal: `${one.name}, Storgata 1` },
      language: 'nb',
      country: 'NO',
    },
    channel: 'email',
    scope: { text: one.text },
    situation: one.text,
    agent: { name: one.name, capacity: 'lawyer', contact: { email: one.email, phone: one.phone } },
  });
  await calls.until(erasure, ['identifying']);
  await calls.act(erasure, 'ask', { kind: 'identity', text: `Who is ${one.name}? ${one.phone}` });
  await calls.until(erasure, ['waiting_for_subject']);
  const wrong = await calls.problem('POST', `/v1/requests/${erasure}/actions/answer`, {
    token: officer,
    headers: { 'if-match': '*' },
    body: { kind: 'identity', messageId: one.mark },
  });
  expect(wrong.status).toBe(422);
  await calls.act(erasure, 'answer', { kind: 'identity', messageId: await calls.message(erasure, one.text) });
  await calls.must('POST', `/v1/requests/${erasure}/attachments`, {
    token: officer,
    body: {
      kind: 'mandate',
      name: `${one.name}.txt`,
      mediaType: 'text/plain',
      content: Buffer.from(one.text).toString('base64'),
    },
  });
  await calls.identify(erasure, {
    method: 'officer_check',
    level: 'substantial',
    result: 'verified',
    identifiers: [0, 2],
    reason: one.text,
    mandate: 'checked',
  });
  let view = await calls.until(erasure, ['awaiting_approval']);
  await calls.act(erasure, 'extend', { reason: one.text });
  const approval = await calls.pending(view, 'acme');
  await calls.must('GET', `/v1/approvals/${approval.id}/subject`, { token: calls.approver('infentre', 'acme') });
  await calls.must('GET', `/v1/requests/${erasure}?reveal=subject&purpose=handling_request`, { token: officer });
  await calls.must('POST', '/v1/requests/search', {
    token: officer,
    body: { identifier: { type: 'email', value: one.email }, purpose: 'handling_request' },
  });
  const decided = await calls.decide(approval, {
    decision: 'partial',
    scope: { datasets: approval.scope.datasets.filter((d) => d !== 'orders') },
    ground: '17-3-e',
    reason: one.text,
    instructionRef: one.mark,
  });
  expect(decided.status).toBe(200);
  view = await calls.until(erasure, ['awaiting_backup_expiry', 'executing'], (v) =>
    v.steps.some((s) => s.dataset === 'users' && s.outcome === 'done'),
  );

  // A copy of another one's data, and a refusal and a withdrawal with a text.
  const ida = await addResident(e2e, { email: two.email, name: two.name });
  const access = await calls.request('defigo', 'access', [{ type: 'email', value: two.email }]);
  await calls.until(access, ['closed'], (v) => v.package !== null);
  await calls.must('POST', `/v1/requests/${access}/package/code`, { token: officer });
  const mail = await calls.mailTo(ida.email, (m) => /\b\d{6}\b/.test(m.text) && !m.text.includes(access));
  const code = /\b(\d{6})\b/.exec(mail.text)?.[1] ?? '';
  const download = await fetch(`${calls.info.api}/v1/requests/${access}/package`, { headers: { 'habeas-code': code } });
  expect((await download.text()).length).toBeGreaterThan(100);
  const others: string[] = [];
  for (const [action, body] of [
    ['refuse', { ground: 'rights_of_others', reason: two.text }],
    ['withdraw', { reason: two.text }],
  ] as const) {
    const id = await calls.request('defigo', 'erasure', [{ type: 'email', value: two.email }], { identity: null });
    await calls.until(id, ['identifying']);
    const more = action === 'withdraw' ? { messageId: await calls.message(id, two.mark) } : {};
    await calls.act(id, action, { ...body, ...more });
    await calls.until(id, ['closed'], (v) => v.certificate?.final === true);
    others.push(id);
  }
  // A correction, an objection with a situation, a complaint: everything that people may write.
  const correction = await calls.request('defigo', 'rectification', [{ type: 'email', value: two.email }], {
    changes: [{ dataset: 'users', field: 'name', value: `${two.mark} ${two.name}` }],
  });
  await calls.until(correction, ['awaiting_backup_expiry', 'closed']);
  const objection = await calls.start({
    operator: 'infentre',
    right: 'objection',
    subject: { identifiers: [{ type: 'email', value: one.email }], language: 'nb' },
    channel: 'email',
    situation: one.text,
  });
  await calls.until(objection, ['closed', 'awaiting_approval', 'executing', 'awaiting_backup_expiry']);
  await calls.must('POST', `/v1/requests/${others[0] ?? ''}/complaints`, {
    token: officer,
    body: { to: 'operator', caseRef: two.mark, text: two.text },
  });
  others.push(correction, objection);

  // What is refused must not be written down either.
  for (const [path, body] of [
    [
      '/v1/requests',
      {
        operator: 'infentre',
        right: 'erasure',
        subject: { identifiers: [{ type: 'email', value: one.email }] },
        [one.mark]: one.text,
      },
    ],
    [
      '/v1/requests',
      { operator: one.mark, right: 'erasure', subject: { identifiers: [{ type: one.mark, value: one.email }] } },
    ],
    ['/v1/events', { type: one.text, operator: 'infentre', data: { text: one.text } }],
    [`/v1/requests/${one.mark}/identity`, { text: one.text }],
  ] as const)
    expect((await calls.problem('POST', path, { token: officer, body })).status).toBeGreaterThanOrEqual(400);
  await calls.problem('POST', '/v1/requests', { token: calls.info.tokens.machine, raw: `{"${one.mark}": ${one.text}` });
  await calls.problem('GET', `/v1/requests?q=${encodeURIComponent(one.email)}`, { token: officer });

  const requests = [erasure, access, ...others];
  const certificates: Record<string, Buffer> = {};
  for (const id of requests) {
    const answer = await calls.call('GET', `/v1/requests/${id}/certificate`, { token: calls.info.tokens.auditor });
    if (answer.status === 200) certificates[id] = answer.body as Buffer;
  }
  expect(Object.keys(certificates).length).toBeGreaterThanOrEqual(3);
  let exported = '';
  // Entries are exported once they are sealed, a moment after they were made.
  for (let look = 0; look < 40 && requests.some((id) => !exported.includes(id)); look += 1) {
    exported = '';
    await new Promise((resolve) => setTimeout(resolve, 250));
    for (const operator of ['infentre', 'defigo'])
      await openLedger(
        {
          mongodbUrl: e2e.stack.environment['HABEAS_MONGODB_URL'] ?? '',
          ledgerUrl: e2e.stack.environment['HABEAS_LEDGER_MONGODB_URL'],
        },
        { operator },
        (text) => (exported += text),
      );
  }
  for (const id of requests) expect(exported).toContain(id);

  // A client without our codec: what anybody with access to the server sees.
  const connection = await Connection.connect({ address: calls.info.temporal });
  const plain = new Client({ connection });
  const folder = (name: string): string[] =>
    readdirSync(join(e2e.dataDir, name)).map((f) => join(e2e.dataDir, name, f));
  const serverFiles = folder('temporal');
  expect(serverFiles.some((file) => readFileSync(file).length > 50_000)).toBe(true);
  const places = async (): Promise<CanaryPlaces> => ({
    files: [...folder('logs').filter((file) => !/(localstripe|mongo)\.log$/.test(file)), ...folder('temporal')],
    databases: [{ db: e2e.store }, { db: e2e.ledgerStore }],
    histories: { client: plain, workflowIds: requests },
    buffers: {
      ...Object.fromEntries(Object.entries(certificates).map(([id, bytes]) => [`certificate ${id}`, bytes])),
      ledger: exported,
      metrics: await (await fetch(`${calls.info.api}/metrics`)).text(),
      openapi: await (await fetch(`${calls.info.api}/v1/openapi.json`)).text(),
      views: JSON.stringify(await Promise.all(requests.map((id) => calls.view(id)))),
    },
  });
  expect(await scanForCanaries(needles, await places())).toEqual([]);

  // The search can see: the same person where she must not be, in the same kinds of places.
  await e2e.store.collection('requests').insertOne({ _id: 'planted' as never, name: one.name });
  await e2e.ledgerStore.collection('planted').insertOne({ _id: 'planted' as never, deep: [{ mail: two.email }] });
  await plain.workflow.start('never', { workflowId: 'planted', taskQueue: 'nobody', args: [one.text] });
  const { files, databases, buffers } = await places();
  const hits = await scanForCanaries(needles, {
    ...(files === undefined ? {} : { files }),
    ...(databases === undefined ? {} : { databases }),
    buffers: { ...buffers, export: `${exported}${one.phone}` },
    histories: { client: plain, workflowIds: [...requests, 'planted'] },
  });
  const where = hits.map((hit) => hit.place.replace(/\/.*\//, '/…/')).join('\n');
  for (const place of [
    'mongo:habeas.requests/planted',
    'mongo:habeas_ledger.planted/planted',
    'history:planted/1',
    'buffer:export',
    'file:',
  ])
    expect(where).toContain(place);
  expect(hits.filter((hit) => hit.place.startsWith('history:') && !hit.place.startsWith('history:planted'))).toEqual(
    [],
  );
  await connection.close();
});
