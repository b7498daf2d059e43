/** Outgoing mail. */
export {
  createMailer,
  MailError,
  MAIL_ERROR_CODES,
  type MailErrorCode,
  type SmtpMailer,
  type SmtpOptions,
} from './smtp.js';
