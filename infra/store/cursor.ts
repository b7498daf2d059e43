/** Opaque, signed list cursors: a caller cannot make one up, nor carry one to another list. */
import { timingSafeEqual } from 'node:crypto';

/** Keyed hash with a purpose, base64url; injected, so that no key lives here. */
export type Mac = (purpose: string, ...parts: readonly string[]) => string;

export class CursorError extends Error {
  readonly code = 'cursor_invalid';
  constructor() {
    super('cursor_invalid');
    this.name = 'CursorError';
  }
}

/** `list` names the list and its order, so that a cursor fits only where it came from. */
export function encodeCursor(mac: Mac, list: string, position: readonly (string | number)[]): string {
  const body = Buffer.from(JSON.stringify(position)).toString('base64url');
  return `${body}.${mac('cursor', list, body).slice(0, 22)}`;
}

/** Throws CursorError when it was not made by encodeCursor for the same list. */
export function decodeCursor(mac: Mac, list: string, cursor: string): readonly (string | number)[] {
  const [body, seal, more] = cursor.split('.');
  if (body === undefined || seal === undefined || more !== undefined) throw new CursorError();
  const expected = Buffer.from(mac('cursor', list, body).slice(0, 22));
  const given = Buffer.from(seal);
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) throw new CursorError();
  return JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as readonly (string | number)[];
}
