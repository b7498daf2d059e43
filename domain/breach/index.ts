/**
 * Personal data breaches (GDPR Art. 33 and 34), as the workflow knows them (start.ts, for the API, makes its input). run: the state · commands: what officers
 * may say · tasks: what is under way, what results and time change · view: what is shown · letters: draft and notices.
 */
export * from './commands.js';
export * from './letters.js';
export * from './run.js';
export * from './tasks.js';
export * from './view.js';
