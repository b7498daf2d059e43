/**
 * HTTP with a receiver of packages: only to addresses that were checked when connecting, no redirect is followed, an answer
 * is read up to 64 KiB, nothing lasts longer than a minute.
 */
import { lookup as resolve } from 'node:dns';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { isLoopbackAddress, isPublicAddress, urlFault } from '../webhooks/address.js';
import { checkedLookup, PostError } from '../webhooks/post.js';
import { TransferError } from './transfer-error.js';

const TIMEOUT_MS = 60_000;
const ANSWER_LIMIT = 64 * 1024;

export interface Answer {
  readonly status: number;
  /** Parsed JSON; null when it was none. */
  readonly body: unknown;
}

export interface Line {
  call(
    method: 'POST' | 'PUT',
    path: string,
    body: Uint8Array,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  close(): void;
}

export interface LineOptions {
  /** The embedded stack only: this machine, plain http allowed. */
  readonly allowLoopback: boolean;
  readonly timeoutMs?: number;
  /** For tests: another resolver. */
  readonly resolve?: typeof resolve;
}

/**
 * One connection, kept for the calls of one transfer.
 * Throws TransferError `receiver_address_refused`, and from `call` also `receiver_unavailable`.
 */
export function openLine(base: string, options: LineOptions): Line {
  if (urlFault(base, options.allowLoopback) !== null) throw new TransferError('receiver_address_refused');
  const url = new URL(base);
  const allowed = (ip: string): boolean => isPublicAddress(ip) || (options.allowLoopback && isLoopbackAddress(ip));
  const host = url.hostname.replace(/^\[|\]$/g, '');
  // A literal address is never looked up, so `lookup` would not see it.
  if (isIP(host) !== 0 && !allowed(host)) throw new TransferError('receiver_address_refused');
  const secure = url.protocol === 'https:';
  const send = secure ? httpsRequest : httpRequest;
  const agent = secure
    ? new HttpsAgent({ keepAlive: true, maxSockets: 1 })
    : new HttpAgent({ keepAlive: true, maxSockets: 1 });
  const lookup = checkedLookup(allowed, options.resolve ?? resolve);
  return {
    close: () => agent.destroy(),
    call(method, path, body, headers = {}) {
      return new Promise<Answer>((done, failed) => {
        const request = send(`${base.replace(/\/+$/, '')}${path}`, {
          method,
          agent,
          lookup,
          headers: { 'content-type': 'application/json', ...headers, 'content-length': String(body.length) },
        });
        const timer = setTimeout(() => request.destroy(new Error('timeout')), options.timeoutMs ?? TIMEOUT_MS);
        const fail = (error: Error): void => {
          clearTimeout(timer);
          const refused = error instanceof PostError && error.code === 'address_refused';
          failed(new TransferError(refused ? 'receiver_address_refused' : 'receiver_unavailable'));
        };
        request.on('error', fail);
        request.on('response', (response) => {
          const parts: Buffer[] = [];
          let size = 0;
          response.on('data', (part: Buffer) => {
            size += part.length;
            if (size > ANSWER_LIMIT) request.destroy(new Error('too much'));
            else parts.push(part);
          });
          response.on('error', fail);
          response.on('end', () => {
            clearTimeout(timer);
            done({ status: response.statusCode ?? 0, body: parsed(Buffer.concat(parts)) });
          });
        });
        request.end(body);
      });
    },
  };
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return null;
  }
}
