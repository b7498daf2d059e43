/** Outgoing mail over SMTP: port Mailer. */
import { createTransport } from 'nodemailer';
import type { Mailer } from '../../domain/ports/services.js';

export const MAIL_ERROR_CODES = ['unavailable', 'auth', 'refused', 'rejected', 'config'] as const;
export type MailErrorCode = (typeof MAIL_ERROR_CODES)[number];

/**
 * `unavailable` (no answer, or a 4xx: try again), `auth`, `refused` (the server takes no such mail: 5xx),
 * `rejected` (the server takes no mail for this recipient), `config`. The server's text, which quotes addresses, stays out.
 */
export class MailError extends Error {
  static readonly NAME = 'MailError';
  readonly retryable: boolean;
  constructor(
    readonly code: MailErrorCode,
    /** SMTP status, when there was one. */
    readonly status?: number,
  ) {
    super(status === undefined ? `mail: ${code}` : `mail: ${code} (${status})`);
    this.name = MailError.NAME;
    this.retryable = code === 'unavailable';
  }
}

export interface SmtpOptions {
  /** `smtp://user:password@host:port` or `smtps://…` */
  readonly url: string;
  /** Sender, for example `privacy@example.com`; its domain also stands in message ids. */
  readonly from: string;
  /** Limit for connecting, greeting and each silence of the server; default 10 s. */
  readonly timeoutMs?: number;
}

export interface SmtpMailer extends Mailer {
  /** For readiness: connects and signs in, sends nothing. Throws MailError. */
  verify(): Promise<void>;
  close(): void;
}

const MAIL_ID = /^[A-Za-z0-9_.-]{1,120}$/;
const ADDRESS = /^[^\s<>,;:"()[\]\\]+@[^\s<>,;:"()[\]\\@]+$/;

/** Errors: MailError `config` for an address or sender that cannot be read. */
export function createMailer(options: SmtpOptions): SmtpMailer {
  const protocol = URL.canParse(options.url) ? new URL(options.url).protocol : '';
  if ((protocol !== 'smtp:' && protocol !== 'smtps:') || !ADDRESS.test(options.from)) throw new MailError('config');
  const timeout = options.timeoutMs ?? 10_000;
  const transport = createTransport({
    url: options.url,
    pool: false,
    connectionTimeout: timeout,
    greetingTimeout: timeout,
    socketTimeout: timeout,
    // Content comes from templates; nothing may be read from disk or network on its behalf.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = options.from.slice(options.from.lastIndexOf('@') + 1);
  return {
    async send(mail) {
      // One recipient, never a list: a comma in an address must not write to somebody else.
      if (!MAIL_ID.test(mail.id) || !ADDRESS.test(mail.to) || /[\r\n]/.test(mail.subject))
        throw new MailError('config');
      try {
        const answer = await transport.sendMail({
          from: options.from,
          to: { name: '', address: mail.to },
          subject: mail.subject,
          text: mail.text,
          // The same id for every attempt: a mail that was accepted twice is one mail to whoever reads it.
          messageId: `<${mail.id}@${domain}>`,
          headers: { 'Content-Language': mail.language, 'Auto-Submitted': 'auto-generated' },
        });
        return { accepted: answer.accepted.length === 1 };
      } catch (error) {
        throw mailError(error);
      }
    },
    async verify() {
      try {
        await transport.verify();
      } catch (error) {
        throw mailError(error);
      }
    },
    close: () => transport.close(),
  };
}

function mailError(error: unknown): MailError {
  if (error instanceof MailError) return error;
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  const response: unknown = error instanceof Error ? Reflect.get(error, 'responseCode') : undefined;
  const status = typeof response === 'number' ? response : undefined;
  if (status !== undefined && status >= 400 && status < 500) return new MailError('unavailable', status);
  if (code === 'EAUTH') return new MailError('auth', status);
  if (code === 'EENVELOPE') return new MailError('rejected', status);
  if (status !== undefined) return new MailError('refused', status);
  return new MailError('unavailable');
}
