/** Messages, attachments, letters, complaints over HTTP: texts rest in the vault only, each has its ledger entry. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MAX_ATTACHMENT_BYTES } from '../../../contracts/index.js';
import { createRequestProjection } from '../../../infra/store/project-request.js';
import { factsFor, step } from '../../support/letters.js';
import { Refusal, requestBody, testApi, type Answer, type CallOptions, type TestApi } from '../../support/api.js';

let api: TestApi;
let officer = '';
let machine = '';
let auditor = '';
let id = '';
let serial = 0;
const nextKey = (): string => `corr-${(serial += 1)}`;

beforeAll(async () => {
  api = await testApi('correspondence');
  officer = await api.token({ role: 'privacy_officer' });
  auditor = await api.token({ role: 'auditor' });
  machine = await api.token({ scopes: ['requests:write'] });
});
beforeEach(async () => {
  api.gateway.down = false;
  api.gateway.answer = () => ({ revision: 2, state: 'identifying' });
  id = (await api.call('POST', '/v1/requests', { token: officer, key: nextKey(), body: requestBody() })).body.id;
});
afterAll(() => api.close());

const post = (path: string, body: unknown, over: CallOptions = {}): Promise<Answer> =>
  api.call('POST', `/v1/requests/${id}/${path}`, { token: officer, key: nextKey(), body, ...over });
const get = (path: string, token = officer): Promise<Answer> =>
  api.call('GET', `/v1/requests/${id}/${path}`, { token });
const act = (action: string, body: unknown): Promise<Answer> => post(`actions/${action}`, body, { ifMatch: '*' });
const mine = (): typeof api.gateway.updates => api.gateway.updates.filter((u) => u.requestId === id);
const actions = async (): Promise<string[]> => {
  await api.platform.ledger.seal('infentre');
  return (await api.platform.reader.page({ operator: 'infentre', requests: [id] })).entries.map((e) => e.action);
};
const file = (over: Record<string, unknown> = {}): Record<string, unknown> => ({
  kind: 'evidence',
  name: 'log.txt',
  mediaType: 'text/plain',
  content: Buffer.from('forty requests in a month').toString('base64'),
  ...over,
});
/** Everything that Habeas' own store and ledger hold, as bytes. */
async function stored(): Promise<string> {
  let text = '';
  for (const db of [api.database.db, api.database.client.db(`${api.database.name}_ledger`)])
    for (const { name } of await db.listCollections().toArray())
      for (const doc of await db.collection(name).find().toArray())
        text += JSON.stringify(doc, (_k, v: unknown) =>
          typeof v === 'object' && v !== null && '_bsontype' in v && v._bsontype === 'Binary'
            ? Buffer.from((v as unknown as { buffer: Uint8Array }).buffer).toString('latin1')
            : v,
        );
  return text;
}

describe('messages', () => {
  it('of the person are kept in the vault, listed oldest first, and noted without their text', async () => {
    const late = await post('messages', { direction: 'in', text: 'second canarytext', channel: 'phone' });
    expect(late.status).toBe(201);
    const early = await post('messages', { direction: 'in', text: 'first', at: '2026-03-02T08:00:00+01:00' });
    expect(early.body).toMatchObject({
      direction: 'in',
      at: '2026-03-02T07:00:00.000Z',
      channel: 'email',
      attachments: [],
    });
    const { body } = await get('messages');
    expect(body.data.map((m: { text: string }) => m.text)).toEqual(['first', 'second canarytext']);
    expect(await actions()).toEqual(expect.arrayContaining(['message.received', 'messages.read']));
    expect(mine()).toEqual([]);
    expect(await stored()).not.toContain('canarytext');
  });

  it('to the person become a letter; the request is told a reference only', async () => {
    const sent = await post('messages', { direction: 'out', text: 'We received your second mail.' });
    expect(sent.status).toBe(201);
    const [update] = mine();
    expect(update).toMatchObject({ name: 'correspond', payload: { action: 'message' } });
    expect(JSON.stringify(update?.payload)).not.toContain('second mail');
    expect(await api.deps.vault.get(id, String(update?.payload['textRef']))).toEqual({
      text: 'We received your second mail.',
    });
    expect(await actions()).toContain('message.sent');
  });

  it('are one message for one Idempotency-Key; another body under it is refused', async () => {
    const key = nextKey();
    const body = { direction: 'in', text: 'once' };
    const [one, again] = [await post('messages', body, { key }), await post('messages', body, { key })];
    expect(again.body.id).toBe(one.body.id);
    expect((await get('messages')).body.data).toHaveLength(1);
    expect((await post('messages', { direction: 'in', text: 'other' }, { key })).body.code).toBe(
      'idempotency_key_reused',
    );
    expect((await post('messages', body, { key: undefined as never })).body.code).toBe('idempotency_key_missing');
  });

  it('lie not in the future, name attachments that are there, and have no fields that are not theirs', async () => {
    const ahead = new Date(api.clock.now.getTime() + 60_000).toISOString();
    expect((await post('messages', { direction: 'in', text: 'x', at: ahead })).body.code).toBe('instant_outside');
    const unknown = await post('messages', { direction: 'in', text: 'x', attachments: ['att_aaaaaaaaaaaa'] });
    expect([unknown.status, unknown.body.code]).toEqual([422, 'attachment_unknown']);
    expect((await post('messages', { direction: 'out', text: 'x', at: '2026-03-02T08:00:00Z' })).status).toBe(422);
    expect((await post('messages', { direction: 'in', text: 'x', from: 'kari' })).status).toBe(422);
    expect((await post('messages', { direction: 'in', text: '  ' })).status).toBe(422);
  });
});

describe('attachments', () => {
  it('are kept byte for byte, listed without content, read for a purpose, each look an entry', async () => {
    const made = await post('attachments', file({ name: 'canary-log.txt' }));
    expect(made.status).toBe(201);
    const data = 'forty requests in a month';
    expect(made.body).toMatchObject({
      kind: 'evidence',
      bytes: data.length,
      sha256: createHash('sha256').update(data).digest('hex'),
    });
    expect(made.text).not.toContain('forty');
    expect(made.body).not.toHaveProperty('name');
    expect((await get('attachments')).body.data).toEqual([{ ...made.body, name: 'canary-log.txt' }]);
    const without = await get(`attachments/${made.body.id}`);
    expect(without.status).toBe(422);
    expect((await get(`attachments/${made.body.id}?purpose=curiosity`)).body.code).toBe('purpose_unknown');
    const read = await get(`attachments/${made.body.id}?purpose=handling_request`);
    expect([read.status, read.text]).toEqual([200, data]);
    expect(read.headers.get('content-type')).toBe('application/octet-stream');
    expect(read.headers.get('content-disposition')).toBe('attachment');
    expect((await get(`attachments/${made.body.id}?purpose=handling_request`, auditor)).status).toBe(403);
    expect(await actions()).toEqual(expect.arrayContaining(['attachment.kept', 'attachment.read', 'attachments.read']));
    expect(await stored()).not.toMatch(/forty requests|canary-log/);
  });

  it('have a limit, and refuse what is not base64 or not a file name', async () => {
    const large = await post(
      'attachments',
      file({ content: Buffer.alloc(MAX_ATTACHMENT_BYTES + 1).toString('base64') }),
    );
    expect([large.status, large.body.code]).toEqual([413, 'payload_too_large']);
    expect((await post('attachments', file({ content: 'not base64!' }))).status).toBe(422);
    expect((await post('attachments', file({ name: '../../etc/passwd' }))).status).toBe(422);
    expect((await post('attachments', file({ kind: 'photo' }))).status).toBe(422);
  });

  it('that prove identity are destroyed when identity is decided, the others stay', async () => {
    const proof = await post('attachments', file({ kind: 'identity', name: 'passport.png' }));
    const mandate = await post('attachments', file({ kind: 'mandate' }));
    const ask = { method: 'officer_check', level: 'substantial', result: 'more_needed' };
    expect((await post('identity', ask, { ifMatch: '*' })).status).toBe(200);
    expect((await get('attachments')).body.data).toHaveLength(2);
    expect((await post('identity', { ...ask, result: 'verified' }, { ifMatch: '*' })).status).toBe(200);
    expect((await get('attachments')).body.data.map((a: { id: string }) => a.id)).toEqual([mandate.body.id]);
    expect((await get(`attachments/${proof.body.id}?purpose=handling_request`)).status).toBe(404);
    expect(
      await api.database.db
        .collection('vault_chunks')
        .countDocuments({ requestId: id, name: { $gte: 'attachment-data/', $lt: 'attachment-datb' } }),
    ).toBe(1);
    expect(await actions()).toContain('attachment.destroyed');
  });
});

describe('commands that rest on correspondence', () => {
  it('a withdrawal is the person’s own word: it names a stored message of hers', async () => {
    const reason = 'She changed her mind.';
    expect((await act('withdraw', { reason })).body).toMatchObject({ status: 422, code: 'message_required' });
    expect((await act('withdraw', { reason, messageId: 'msg_aaaaaaaaaaaa' })).body.code).toBe('message_required');
    const out = await post('messages', { direction: 'out', text: 'Do you still want this?' });
    expect((await act('withdraw', { reason, messageId: out.body.id })).body.code).toBe('message_required');
    const hers = await post('messages', { direction: 'in', text: 'Please forget about it.' });
    expect((await act('withdraw', { reason, messageId: hers.body.id })).status).toBe(200);
    expect(mine().at(-1)?.payload).toMatchObject({ action: 'withdraw' });
  });

  it('an answer may name the message that gave it, and then it must be there', async () => {
    expect((await act('answer', { kind: 'identity', messageId: 'msg_aaaaaaaaaaaa' })).body.code).toBe(
      'message_required',
    );
    const hers = await post('messages', { direction: 'in', text: 'It is me.' });
    expect((await act('answer', { kind: 'identity', messageId: hers.body.id })).status).toBe(200);
  });

  it('a refusal as excessive or manifestly unfounded needs evidence', async () => {
    for (const ground of ['excessive', 'manifestly_unfounded']) {
      expect((await act('refuse', { ground, reason: 'x' })).body).toMatchObject({
        status: 422,
        code: 'attachment_required',
      });
      const mandate = await post('attachments', file({ kind: 'mandate' }));
      expect((await act('refuse', { ground, reason: 'x', attachmentId: mandate.body.id })).body.code).toBe(
        'attachment_unknown',
      );
      const proof = await post('attachments', file());
      expect((await act('refuse', { ground, reason: 'x', attachmentId: proof.body.id })).status).toBe(200);
      expect(mine().at(-1)?.payload).toMatchObject({
        action: 'refuse',
        ground,
        evidenceRef: `attachment/${proof.body.id}`,
      });
    }
    expect((await act('refuse', { ground: 'no_ground', reason: 'x' })).status).toBe(200);
  });
});

describe('letters', () => {
  const LETTER = {
    id: 'final-0',
    kind: 'final',
    to: 'subject',
    sentAt: '2026-11-25T10:00:00.000Z',
    error: null,
    nextAttemptAt: null,
    waits: false,
    way: 'email',
    bouncedAt: null,
  };
  beforeEach(async () => {
    const doc = await api.deps.requests.get(id);
    const view = { ...doc?.view, letters: [LETTER], revision: 3 };
    await createRequestProjection(api.platform.store.db).project(id, 3, { view, approvals: [] });
  });

  it('are shown with the text that went out; the look is an entry', async () => {
    await api.deps.vault.put(id, [
      {
        name: 'letter/final-0',
        value: { subject: 'Answer', body: 'Hello', kind: 'final', language: 'nb', to: 'subject' },
      },
    ]);
    const { body } = await get('letters');
    expect(body.data).toEqual([
      {
        id: 'final-0',
        kind: 'final',
        to: 'subject',
        sentAt: LETTER.sentAt,
        error: null,
        waits: false,
        way: 'email',
        bouncedAt: null,
        subject: 'Answer',
        body: 'Hello',
        language: 'nb',
      },
    ]);
    expect(await actions()).toContain('letters.read');
    expect((await get('letters', auditor)).status).toBe(403);
  });

  it('can be read before they go out, in her language or another; nothing is sent', async () => {
    api.gateway.factsOf.set(
      id,
      factsFor({ requestId: id, steps: [step({ outcome: 'not_found' })], outcome: 'nothing_found' }),
    );
    const preview = (body: unknown, letter = 'final') => post(`letters/${letter}/preview`, body);
    const nb = await preview({});
    expect(nb.status).toBe(200);
    expect(nb.body).toMatchObject({ id: 'final', kind: 'final', languages: ['nb'], missing: [] });
    expect(nb.body.body).toContain('Integritetsskyddsmyndigheten, Box 8114, 104 20 Stockholm');
    expect(nb.body.body).toContain(id);
    expect((await preview({ language: 'de' })).body.languages).toEqual(['sv', 'en']);
    const question = await preview({ text: 'Which address?', language: 'en' }, 'question');
    expect(question.body.body).toContain('Which address?');
    // An extension without its reason would not be complete.
    expect((await preview({}, 'extension')).body.missing).toEqual(['reasons']);
    expect((await preview({}, 'poem')).status).toBe(404);
    expect(mine()).toEqual([]);
    expect(api.mails.filter((m) => m.text.includes(id))).toEqual([]);
    api.gateway.down = true;
    expect((await preview({})).status).toBe(503);
  });

  it('come back, by an officer or a mail gateway', async () => {
    expect((await post('letters/final-0/bounce', {}, { token: machine })).status).toBe(200);
    expect(mine().at(-1)).toMatchObject({
      name: 'correspond',
      payload: { action: 'bounced', letter: 'final-0', at: null },
    });
    api.gateway.answer = () => {
      throw new Refusal('action_not_allowed', { allowedActions: [] });
    };
    expect((await post('letters/final-0/bounce', {})).status).toBe(409);
    expect((await post('letters/final-0/bounce', {}, { token: auditor })).status).toBe(403);
  });

  it('are recorded as posted by an officer', async () => {
    const at = '2026-11-24T10:00:00+01:00';
    expect((await post('letters/final-0/dispatched', { at, by: 'post' })).status).toBe(200);
    expect(mine().at(-1)?.payload).toMatchObject({ action: 'dispatched', way: 'post', at: '2026-11-24T09:00:00.000Z' });
    expect((await post('letters/final-0/dispatched', { at, by: 'pigeon' })).status).toBe(422);
    expect((await post('letters/final-0/dispatched', { at, by: 'post' }, { token: machine })).status).toBe(403);
  });
});

describe('complaints', () => {
  it('keep their text in the vault and say the request a reference only', async () => {
    const made = await post('complaints', { to: 'authority', caseRef: 'IMY-2026-77', text: 'canarycomplaint' });
    expect(made.status).toBe(200);
    const update = mine().at(-1);
    expect(update).toMatchObject({ name: 'correspond', payload: { action: 'complain', to: 'authority' } });
    expect(await api.deps.vault.get(id, String(update?.payload['textRef']))).toEqual({
      text: 'canarycomplaint',
      caseRef: 'IMY-2026-77',
    });
    expect(await stored()).not.toMatch(/canarycomplaint|IMY-2026-77/);
    expect((await post('complaints', { to: 'mother', text: 'x' })).status).toBe(422);
  });

  it('are decided by number, with a reason; who may is the request’s to say', async () => {
    const decided = await post('complaints/1/decision', { result: 'upheld', reasonText: 'You were right.' });
    expect(decided.status).toBe(200);
    expect(mine().at(-1)?.payload).toMatchObject({ action: 'decideComplaint', n: 1, result: 'upheld' });
    api.gateway.answer = () => {
      throw new Refusal('four_eyes');
    };
    const same = await post('complaints/1/decision', { result: 'answered', reasonText: 'x' });
    expect([same.status, same.body.code]).toEqual([403, 'four_eyes']);
    expect((await post('complaints/1/decision', { result: 'answered' })).status).toBe(422);
    expect((await post('complaints/0/decision', { result: 'answered', reasonText: 'x' })).status).toBe(404);
  });
});

it('a language that we do not write is kept beside the one in which we do', async () => {
  const body = requestBody({
    subject: { identifiers: [{ type: 'email', value: 'jan.kowal@example.com' }], language: 'pl' },
  });
  const made = await api.call('POST', '/v1/requests', { token: officer, key: nextKey(), body });
  expect([made.status, made.body.language]).toEqual([202, 'sv']);
  expect(await api.deps.vault.get(made.body.id, 'subject')).toMatchObject({ language: 'sv', languageAsked: 'pl' });
  const wrong = requestBody({ subject: { ...(body['subject'] as object), language: '<script>' } });
  expect((await api.call('POST', '/v1/requests', { token: officer, key: nextKey(), body: wrong })).status).toBe(422);
});
