/** Strong ETags and the two preconditions (RFC 9110 section 13). */
import { HttpProblem } from './problem.js';

export function etagOf(revision: string | number): string {
  return `"${revision}"`;
}

/** Entity tags of an If-Match or If-None-Match header; null when it is not a list of them. */
function tags(header: string): string[] | '*' | null {
  const text = header.trim();
  if (text === '*') return '*';
  const found = text.split(',').map((part) => part.trim());
  return found.every((tag) => /^(W\/)?"[\x21\x23-\x7e]*"$/.test(tag)) ? found : null;
}

/** True when the caller's copy is the present one: answer 304. Weak comparison, as If-None-Match asks. */
export function isFresh(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const given = tags(header);
  if (given === '*') return true;
  return given !== null && given.some((tag) => tag.replace(/^W\//, '') === etag);
}

/** Throws `precondition_required` without a header. */
export function requireIfMatch(header: string | undefined): string {
  if (header === undefined || header.trim() === '') throw new HttpProblem('precondition_required');
  return header;
}

/** Throws `precondition_failed` unless one of the present tags is named. Weak tags never match (strong comparison). */
export function checkIfMatch(header: string, present: readonly string[]): void {
  const given = tags(header);
  if (given === '*') return;
  if (given !== null && given.some((tag) => present.includes(tag))) return;
  const current = present.at(-1);
  throw new HttpProblem('precondition_failed', { ...(current === undefined ? {} : { headers: { ETag: current } }) });
}
