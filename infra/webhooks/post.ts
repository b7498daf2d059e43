/**
 * One POST to somebody else's address, and only its status back: no redirect is followed, no answer is read, nothing lasts
 * longer than ten seconds, and the connection goes to an address that was checked.
 */
import { lookup as resolve } from 'node:dns';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { isLoopbackAddress, isPublicAddress, urlFault } from './address.js';

export const POST_TIMEOUT_MS = 10_000;

/** `code` says what happened in place of an answer: `timeout`, `address_refused`, `not_https`, `unreachable`, `tls`, … */
export class PostError extends Error {
  static readonly NAME = 'PostError';
  constructor(readonly code: string) {
    super(code);
    this.name = PostError.NAME;
  }
}

export interface PostOptions {
  /** The embedded stack only: plain http to this machine. */
  readonly allowLoopback: boolean;
  readonly timeoutMs?: number;
  /** For tests: another resolver. */
  readonly resolve?: typeof resolve;
}

/** Resolves with the HTTP status. Throws PostError; nothing of the other side's answer is in it. */
export async function postOnce(
  address: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  options: PostOptions,
): Promise<number> {
  const fault = urlFault(address, options.allowLoopback);
  if (fault !== null) throw new PostError(fault);
  const url = new URL(address);
  const allowed = (ip: string): boolean => isPublicAddress(ip) || (options.allowLoopback && isLoopbackAddress(ip));
  const host = url.hostname.replace(/^\[|\]$/g, '');
  // A literal address is never looked up, so `lookup` below would not see it.
  if (isIP(host) !== 0 && !allowed(host)) throw new PostError('address_refused');
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise<number>((done, failed) => {
    const request = send(url, {
      method: 'POST',
      // A connection of its own: a pooled one would have been checked for somebody else's name.
      agent: false,
      lookup: checkedLookup(allowed, options.resolve ?? resolve),
      headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
    });
    const timer = setTimeout(() => request.destroy(new PostError('timeout')), options.timeoutMs ?? POST_TIMEOUT_MS);
    request.on('response', (response) => {
      clearTimeout(timer);
      const status = response.statusCode ?? 0;
      // What it says is none of our business and may be anything: it is not read.
      response.destroy();
      request.destroy();
      done(status);
    });
    request.on('error', (error) => {
      clearTimeout(timer);
      failed(error instanceof PostError ? error : new PostError(codeOf(error)));
    });
    request.end(body);
  });
}

/** Every address of the name must be allowed: one that is not says that the name cannot be trusted. */
export function checkedLookup(allowed: (ip: string) => boolean, from: typeof resolve): LookupFunction {
  return (hostname, options, callback) => {
    from(hostname, { ...options, all: true }, (error, addresses) => {
      const first = addresses?.[0];
      if (error !== null || first === undefined) {
        callback(error ?? new PostError('unreachable'), '', 0);
        return;
      }
      if (addresses.some((a) => !allowed(a.address))) {
        callback(new PostError('address_refused'), '', 0);
        return;
      }
      if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

function codeOf(error: NodeJS.ErrnoException): string {
  const code = error.code ?? '';
  if (/^(ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_SSL)/.test(code)) return 'tls';
  return 'unreachable';
}
