import { createServer, type AddressInfo, type Server } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createMailer, type SmtpMailer } from './smtp.js';

/** A real SMTP server: refuses one recipient, one sender of content, and needs no sign-in. */
let server: SMTPServer;
let mailer: SmtpMailer;
const received: string[] = [];
let port = 0;

beforeAll(async () => {
  server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onAuth: (_auth, _session, callback) => callback(new Error('kari@example.no unknown')),
    onRcptTo(address, _session, callback) {
      const refusal = Object.assign(new Error(`${address.address} unknown`), {
        responseCode: address.address.startsWith('busy') ? 450 : 550,
      });
      callback(/^(nobody|busy)/.test(address.address) ? refusal : null);
    },
    onData(stream, _session, callback) {
      let text = '';
      stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
      stream.on('end', () => {
        if (text.includes('Subject: spam'))
          return callback(Object.assign(new Error('no kari@example.no'), { responseCode: 554 }));
        received.push(text);
        callback();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.server.address() as AddressInfo).port;
  mailer = createMailer({ url: `smtp://127.0.0.1:${port}`, from: 'privacy@example.com', timeoutMs: 2_000 });
});
beforeEach(() => {
  received.length = 0;
});
afterAll(async () => {
  mailer.close();
  await new Promise<void>((resolve) => server.close(resolve));
});

const mail = {
  id: 'req_1.letter.1',
  to: 'kari@example.no',
  subject: 'Svar på førespurnaden',
  text: 'Hei.\n',
  language: 'nb',
};

async function errorOf(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => {
      throw new Error('expected an error');
    },
    (error: unknown) => error as Error,
  );
}

describe('mailer', () => {
  it('hands a mail over, with an id that stays the same for every attempt', async () => {
    await mailer.verify();
    expect(await mailer.send(mail)).toEqual({ accepted: true });
    await mailer.send(mail);
    expect(received).toHaveLength(2);
    for (const text of received) {
      expect(text).toContain('Message-ID: <req_1.letter.1@example.com>');
      expect(text).toContain('Content-Language: nb');
      expect(text).toContain('To: kari@example.no');
    }
  });

  it.each([
    ['a recipient the server does not know', { to: 'nobody.kari@example.no' }, 'rejected'],
    ['a busy mailbox', { to: 'busy.kari@example.no' }, 'unavailable'],
    ['content the server does not take', { subject: 'spam' }, 'refused'],
    ['two recipients in one', { to: 'kari@example.no, per@example.no' }, 'config'],
    ['a name before the address', { to: 'Kari <kari@example.no>' }, 'config'],
    ['a header in the subject', { subject: 'x\r\nBcc: per@example.no' }, 'config'],
    ['an id with an address in it', { id: 'kari@example.no' }, 'config'],
  ])('answers %s with a code and no address', async (_what, change, code) => {
    const error = await errorOf(mailer.send({ ...mail, ...change }));
    expect(error).toMatchObject({ name: 'MailError', code });
    expect(String(error) + String(error.stack) + JSON.stringify(error) + String(error.cause)).not.toMatch(
      /kari|example\.no/,
    );
    expect(received).toEqual([]);
  });

  it('tells wrong credentials from an unreachable or silent server', async () => {
    const locked = createMailer({ url: `smtp://u:p@127.0.0.1:${port}`, from: 'privacy@example.com' });
    expect(await errorOf(locked.send(mail))).toMatchObject({ code: 'auth', retryable: false });
    const silent: Server = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const waiting = createMailer({
      url: `smtp://127.0.0.1:${(silent.address() as AddressInfo).port}`,
      from: 'privacy@example.com',
      timeoutMs: 200,
    });
    expect(await errorOf(waiting.send(mail))).toMatchObject({ code: 'unavailable', retryable: true });
    await new Promise((resolve) => silent.close(resolve));
    const nobody = createMailer({ url: 'smtp://127.0.0.1:1', from: 'privacy@example.com', timeoutMs: 500 });
    expect(await errorOf(nobody.verify())).toMatchObject({ code: 'unavailable' });
  });

  it('refuses settings that make no sense', () => {
    for (const url of ['', 'http://example.com', 'nonsense'])
      expect(() => createMailer({ url, from: 'privacy@example.com' })).toThrow('config');
    expect(() => createMailer({ url: 'smtp://127.0.0.1', from: 'nobody' })).toThrow('config');
  });
});
