/** Data to take along: what is in it and what is not, and its way to another controller that the subject confirmed. */
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { RequestView } from '../../../contracts/index.js';
import { startReceiver, type ReceiverOptions, type RunningReceiver } from '../../../dev/counterparts/receiver/index.js';
import { addMember, addResident, changes, snapshot, tag } from '../../support/e2e-people.js';
import type { E2e } from '../../support/e2e-stack.js';
import { unzip } from '../../support/e2e-zip.js';

export function portability(stack: () => E2e): void {
  const open: RunningReceiver[] = [];
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });

  async function receiver(options: Partial<ReceiverOptions> = {}): Promise<RunningReceiver> {
    const one = await startReceiver({ folder: join(stack().dataDir, `receiver-${tag()}`), ...options });
    open.push(one);
    return one;
  }

  /** The six digits of the newest mail that `fits`. */
  async function codeFrom(
    path: string,
    address: string,
    fits: (text: string) => boolean = () => true,
  ): Promise<string> {
    const { calls } = stack();
    await calls.must('POST', path, { token: calls.info.tokens.privacyOfficer });
    const mail = await calls.mailTo(
      address,
      (m) => /\b\d{6}\b/.test(m.text) && !m.text.includes('req_') && fits(m.text),
    );
    return /\b(\d{6})\b/.exec(mail.text)?.[1] ?? '';
  }

  async function download(id: string, address: string): Promise<ReadonlyMap<string, Buffer>> {
    const code = await codeFrom(`/v1/requests/${id}/package/code`, address, (text) => !text.includes('://'));
    const answer = await fetch(`${stack().calls.info.api}/v1/requests/${id}/package`, {
      headers: { 'habeas-code': code },
    });
    expect(answer.status).toBe(200);
    return unzip(Buffer.from(await answer.arrayBuffer()));
  }

  function confirm(id: string, code: string): Promise<number> {
    return fetch(`${stack().calls.info.api}/v1/requests/${id}/receiver/confirmation`, {
      method: 'POST',
      headers: { 'habeas-code': code },
    }).then((answer) => answer.status);
  }

  /** Released by the officer where somebody must look; then wherever it rests. */
  async function released(id: string): Promise<RequestView> {
    const { calls } = stack();
    const view = await calls.until(id, ['responding', 'closed'], (v) => v.package != null);
    if (view.allowedActions.includes('release')) await calls.act(id, 'release', {});
    return calls.until(id, ['responding', 'closed'], (v) => v.package?.released === true);
  }

  const collected = (id: string): Promise<number> =>
    stack()
      .store.collection('vault')
      .countDocuments({ requestId: id, name: { $gte: 'collected/', $lt: 'collected0' } });

  describe('portability', () => {
    it('copies nothing before the organisation decides; then what she provided on consent or contract, as JSON and CSV', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const eva = await addMember(e2e, { organisation: 'acme', name: '=Eva Formel' });
      const before = await snapshot(e2e.db('infentre'));
      const id = await calls.request('infentre', 'portability', [{ type: 'email', value: eva.email }]);
      const view = await calls.until(id, ['awaiting_approval']);
      // The gate: no copy of an organisation's data exists while it has not decided.
      const artefacts = await e2e.store.collection('vault').find({ requestId: id }).toArray();
      expect(artefacts.map((a) => String(a['name'])).filter((n) => n.startsWith('collected/app/users'))).toEqual([]);
      expect(
        artefacts.map((a) => String(a['name'])).filter((n) => n.startsWith('collected/') && n.includes('/acme')),
      ).toEqual([]);
      await calls.approve(await calls.pending(view, 'acme'));
      await released(id);
      const done = await calls.until(id, ['closed'], (v) => v.certificate?.final === true);
      expect(done).toMatchObject({ outcome: 'fulfilled', answer: 'full' });
      expect(changes(before, await snapshot(e2e.db('infentre')))).toEqual([]);

      const files = await download(id, eva.email);
      const users = JSON.parse(files.get('data/app.users.acme.json')?.toString() ?? '') as Record<string, unknown>[];
      expect(users).toHaveLength(1);
      expect(Object.keys(users[0] ?? {})).not.toContain('_id');
      expect(users[0]).toMatchObject({ name: '=Eva Formel' });
      const csv = files.get('data/app.users.acme.csv')?.toString() ?? '';
      expect(csv.split('\r\n')).toHaveLength(3);
      expect(csv).toContain("'=Eva Formel");
      expect(files.has('schema/app.users.acme.schema.json')).toBe(true);
      // Invoices rest on a legal obligation: not here, but in a copy of her data.
      expect([...files.keys()].some((name) => name.includes('invoices'))).toBe(false);
      const all = [...files.values()].map(String).join('\n');
      for (const foreign of ['anne.annen@example.org', 'tor.tredje@example.org', 'Tor Tredje'])
        expect(all).not.toContain(foreign);
    });

    it('goes to the receiver that she confirmed, and only then; the receipt is kept', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const ida = await addResident(e2e);
      const to = await receiver();
      const id = await calls.request('defigo', 'portability', [{ type: 'email', value: ida.email }], {
        receiver: { url: to.url, key: to.key },
      });
      let view = await released(id);
      expect(view).toMatchObject({ state: 'responding', transfer: { state: 'unconfirmed' } });
      expect(to.seen).toEqual([]);
      expect(await confirm(id, '000000')).toBe(403);
      const mail = (text: string): boolean => text.includes(to.url) && text.includes(to.keyId);
      const code = await codeFrom(`/v1/requests/${id}/receiver/code`, ida.email, mail);
      expect(await confirm(id, code)).toBe(204);
      expect(await confirm(id, code)).toBe(403);
      view = await calls.until(id, ['closed'], (v) => v.certificate?.final === true);
      expect(view.transfer).toMatchObject({ state: 'sent', confirmedBy: 'subject', error: null });
      const [transfer = ''] = to.store.transfers();
      const arrived = readFileSync(to.store.path(transfer));
      expect(createHash('sha256').update(arrived).digest('hex')).toBe(view.package?.sha256);
      const files = unzip(arrived);
      expect(files.get('data/app.users.json')?.toString()).toContain(ida.email);
      expect([...files.values()].map(String).join('\n')).not.toContain('Naboson');
      // She can fetch it as well.
      expect((await download(id, ida.email)).get('manifest.json')).toEqual(files.get('manifest.json'));
      const entries = (await calls.ledgerOf(id)).map((line) => line.action);
      for (const action of [
        'receiver.code_sent',
        'receiver.confirmed',
        'package.sent_to_receiver',
        'package.transferred',
      ])
        expect(entries).toContain(action);
      expect(await e2e.store.collection('vault').countDocuments({ requestId: id, name: 'receipt' })).toBe(1);
    });

    it('to a receiver with another key nothing leaves, and she still gets her data', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const ida = await addResident(e2e);
      const impostor = await receiver({ key: generateKeyPairSync('ed25519').privateKey });
      const rightful = await receiver();
      const id = await calls.request('defigo', 'portability', [{ type: 'email', value: ida.email }], {
        receiver: { url: impostor.url, key: rightful.key },
      });
      await released(id);
      await calls.act(id, 'confirmReceiver', { method: 'phone', reason: 'She named address and key on the phone.' });
      const view = await calls.until(id, ['closed'], (v) => v.certificate?.final === true);
      expect(view.transfer).toMatchObject({ state: 'failed', error: 'receiver_key_mismatch', sentAt: null });
      expect(impostor.seen.filter((line) => line !== 'challenge')).toEqual([]);
      expect(impostor.store.transfers()).toEqual([]);
      expect((await download(id, ida.email)).get('data/app.users.json')?.toString()).toContain(ida.email);
    });

    it('goes on after the worker was killed in the middle, without sending a byte twice', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const ida = await addResident(e2e);
      // Several chunks: records that do not compress.
      await e2e
        .db('defigo')
        .collection('access_events')
        .insertMany(
          Array.from({ length: 60 }, () => ({
            userId: ida.userId,
            door: randomBytes(60_000).toString('base64'),
            at: new Date(Date.now() - 86_400_000),
          })),
        );
      let killed = false;
      const to = await receiver({
        onChunk(plain, offset) {
          if (!killed && offset > 0) {
            killed = true;
            const worker = e2e.stack.supervisor.children.find((child) => child.name === 'worker');
            if (worker?.pid != null) process.kill(worker.pid, 'SIGKILL');
          }
          return plain;
        },
      });
      const id = await calls.request('defigo', 'portability', [{ type: 'email', value: ida.email }], {
        receiver: { url: to.url, key: to.key },
      });
      await released(id);
      await calls.act(id, 'confirmReceiver', { method: 'in_person', reason: 'She confirmed it at the desk.' });
      const view = await calls.until(id, ['closed'], (v) => v.certificate?.final === true);
      expect(killed).toBe(true);
      expect(view.transfer).toMatchObject({ state: 'sent' });
      const chunks = to.seen.filter((line) => line.startsWith('chunk'));
      expect(chunks.length).toBeGreaterThan(2);
      expect(new Set(chunks).size).toBe(chunks.length);
      expect(to.seen.filter((line) => line.startsWith('open')).length).toBeGreaterThan(1);
      const [transfer = ''] = to.store.transfers();
      expect(
        createHash('sha256')
          .update(readFileSync(to.store.path(transfer)))
          .digest('hex'),
      ).toBe(view.package?.sha256);
    });

    it('without her word nothing leaves: its time passes, she is answered, and the package goes after its own time', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const ida = await addResident(e2e);
      const to = await receiver();
      const id = await calls.request('defigo', 'portability', [{ type: 'email', value: ida.email }], {
        receiver: { url: to.url, key: to.key },
      });
      await released(id);
      let view = await calls.advance(id, 'P21D');
      view = await calls.until(id, ['closed'], (v) => v.certificate?.final === true);
      expect(view.transfer).toMatchObject({ state: 'given_up', confirmedAt: null });
      expect(to.seen).toEqual([]);
      expect(await collected(id)).toBeGreaterThan(0);
      const code = await codeFrom(`/v1/requests/${id}/package/code`, ida.email);
      view = await calls.advance(id, 'P10D');
      expect(view.package).toMatchObject({ released: true, expired: true });
      const answer = await fetch(`${calls.info.api}/v1/requests/${id}/package`, { headers: { 'habeas-code': code } });
      expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([410, 'package_expired']);
      expect(await collected(id)).toBe(0);
      expect(
        await e2e.store
          .collection('vault')
          .countDocuments({ requestId: id, name: { $in: ['package', 'package/review'] } }),
      ).toBe(0);
      expect(await e2e.store.collection('vault_chunks').countDocuments({ requestId: id })).toBe(0);
      expect((await calls.ledgerOf(id)).map((line) => line.action)).toContain('package.dropped');
    });

    it('refuses a receiver that could not be one', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const { key, url } = await receiver();
      const of = (right: string, to: unknown) =>
        calls.problem('POST', '/v1/requests', {
          token: calls.info.tokens.machine,
          body: {
            operator: 'defigo',
            right,
            channel: 'panel',
            subject: { identifiers: [{ type: 'email', value: 'nobody@example.no' }] },
            receiver: to,
          },
        });
      for (const to of [
        { url: 'http://example.com/inbox', key },
        { url: 'https://192.168.0.1/inbox', key },
        { url: `${url}?q=1`, key },
        { url, key: 'no key' },
        { url, key: '{"kty":"OKP","crv":"X25519","x":"AA"}' },
      ])
        expect(await of('portability', to)).toMatchObject({ status: 422, code: 'validation_failed' });
      expect(await of('access', { url, key })).toMatchObject({ status: 422, code: 'validation_failed' });
    });
  });
}
