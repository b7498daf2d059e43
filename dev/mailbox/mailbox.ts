/**
 * The mailbox of the embedded stack: an SMTP server that delivers nothing and keeps everything as files, and a small page
 * to read it. Loopback only. A mail is acknowledged after it is on disk, so that none is lost over a crash.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';

export interface KeptMail {
  readonly id: string;
  readonly at: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
}

export interface Mailbox {
  readonly smtpUrl: string;
  readonly url: string;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

export async function startMailbox(options: {
  readonly folder: string;
  readonly smtpPort: number;
  readonly httpPort: number;
}): Promise<Mailbox> {
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  let counter = 0;
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const mail = parseMail(Buffer.concat(chunks).toString('utf8'));
        counter += 1;
        const at = new Date().toISOString();
        const id = `${at.replaceAll(/[:.]/g, '-')}-${String(counter).padStart(5, '0')}`;
        const kept: KeptMail = { id, at, to: session.envelope.rcptTo.map((r) => r.address), ...mail };
        const file = join(options.folder, `${id}.json`);
        writeFileSync(`${file}.part`, JSON.stringify(kept), { mode: 0o600 });
        renameSync(`${file}.part`, file);
        done();
      });
    },
  });
  await new Promise<void>((resolve, reject) => {
    smtp.once('error', reject);
    smtp.listen(options.smtpPort, HOST, () => resolve());
  });
  smtp.on('error', () => undefined);
  const http = createServer((request, response) => answer(options.folder, request, response));
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(options.httpPort, HOST, () => resolve());
  });
  return {
    smtpUrl: `smtp://${HOST}:${options.smtpPort}`,
    url: `http://${HOST}:${options.httpPort}`,
    async close() {
      await new Promise<void>((resolve) => smtp.close(() => resolve()));
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

/** Everything kept so far, oldest first. */
export function keptMails(folder: string): KeptMail[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as KeptMail);
}

function answer(folder: string, request: IncomingMessage, response: ServerResponse): void {
  const path = new URL(request.url ?? '/', 'http://mailbox').pathname;
  if (request.method === 'DELETE' && path === '/messages') {
    for (const mail of keptMails(folder)) rmSync(join(folder, `${mail.id}.json`), { force: true });
    response.writeHead(204).end();
    return;
  }
  const mails = keptMails(folder);
  if (path === '/messages') {
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(mails));
    return;
  }
  if (path === '/') {
    response
      .writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': "default-src 'none'" })
      .end(page(mails));
    return;
  }
  response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n');
}

function page(mails: readonly KeptMail[]): string {
  const items = [...mails]
    .reverse()
    .map(
      (m) =>
        `<article><h2>${escape(m.subject)}</h2><p>To ${escape(m.to.join(', '))}, ${escape(m.at)}</p><pre>${escape(m.text)}</pre></article>`,
    )
    .join('');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Mailbox of the embedded stack</title></head><body><h1>Mailbox: ${mails.length} mails, newest first</h1>${items === '' ? '<p>No mail yet.</p>' : items}</body></html>\n`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Subject and text of the single-part mails that Habeas sends (quoted-printable, base64 or plain). */
export function parseMail(raw: string): { readonly subject: string; readonly text: string } {
  const split = raw.indexOf('\r\n\r\n');
  const head = raw.slice(0, split).replaceAll(/\r\n[ \t]+/g, ' ');
  const body = raw.slice(split + 4);
  const header = (name: string): string => new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1]?.trim() ?? '';
  const encoding = header('content-transfer-encoding').toLowerCase();
  const text =
    encoding === 'quoted-printable'
      ? fromQuotedPrintable(body)
      : encoding === 'base64'
        ? Buffer.from(body, 'base64').toString('utf8')
        : body;
  return { subject: decodeWords(header('subject')), text: text.replaceAll('\r\n', '\n') };
}

function fromQuotedPrintable(body: string): string {
  const bytes: number[] = [];
  const joined = body.replaceAll(/=\r?\n/g, '');
  for (let i = 0; i < joined.length; i += 1) {
    const hex = joined[i] === '=' ? /^[0-9A-F]{2}/i.exec(joined.slice(i + 1, i + 3))?.[0] : undefined;
    if (hex === undefined) {
      for (const byte of Buffer.from(joined[i] ?? '', 'utf8')) bytes.push(byte);
    } else {
      bytes.push(Number.parseInt(hex, 16));
      i += 2;
    }
  }
  return Buffer.from(bytes).toString('utf8');
}

/** RFC 2047 words in a header. */
function decodeWords(value: string): string {
  return value.replaceAll(/=\?utf-8\?([bq])\?([^?]*)\?=\s*/gi, (_, kind: string, word: string) =>
    kind.toLowerCase() === 'b'
      ? Buffer.from(word, 'base64').toString('utf8')
      : fromQuotedPrintable(word.replaceAll('_', ' ')),
  );
}
