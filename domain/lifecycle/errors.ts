/**
 * A command that the request does not accept. `code` is a problem code of the API and the only thing that stands in a
 * Temporal failure type; nothing of the command's content is in the message.
 */
export class CommandError extends Error {
  readonly code: string;
  /** Facts for the caller: allowed actions, the current plan hash; never personal data. */
  readonly facts: Readonly<Record<string, unknown>>;
  constructor(code: string, message: string, facts: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = 'CommandError';
    this.code = code;
    this.facts = facts;
  }
}
