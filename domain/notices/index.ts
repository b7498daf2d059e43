/** Notices to recipients (Art. 19). notices: when one is due, what becomes of it, what is shown · mail: its words. */
export * from './mail.js';
export * from './notices.js';
