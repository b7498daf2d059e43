/** What a handler is given and what it gives back: everything already signed in, checked and parsed by the table's row. */
import type { Readable } from 'node:stream';
import type { Principal } from '../../contracts/index.js';

export interface Call {
  /** Endpoint id of the table. */
  readonly endpoint: string;
  /** null = not signed in (only where the row says so). */
  readonly principal: Principal | null;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  /** The bytes as they came, for signatures. */
  readonly raw: Buffer;
  readonly header: (name: string) => string | undefined;
  readonly address: string;
  readonly traceId: string;
  /** Host time at which the call came in. */
  readonly now: Date;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Instead of a body: bytes as they are. */
  readonly bytes?: { readonly type: string; readonly data: Uint8Array };
  /** Instead of a body: a stream, and what to do when it went out whole. */
  readonly stream?: { readonly type: string; readonly data: Readable; readonly done: () => Promise<void> };
}

export type Handler = (call: Call) => Promise<Reply>;

/** The signed-in principal; rows that need one never reach a handler without. */
export function principalOf(call: Call): Principal {
  if (call.principal === null) throw new Error('no principal');
  return call.principal;
}
