/**
 * The second wall: everything Temporal stores is encrypted under the key of the request it belongs to, so that
 * histories become unreadable together with the vault. (The first wall: payloads hold references only.)
 *
 * Key: the workflow id, when it begins with `req_` (a request) or `brc_` (a breach), names it; anything else (other workflows, no context at
 * all) uses the namespace key. Additional data binds namespace, request and key, so a payload of one request does not
 * open in another.
 */
import { ApplicationFailure, type Payload, type PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import { KeyError, aadOf, open, seal, type DataKey, type KeyRing } from '../keys/index.js';

type Context = Parameters<PayloadCodec['encode']>[1];

export const ENCODING = 'binary/habeas';
const KID = 'habeas-kid';
const SCOPE = 'habeas-scope';
/** Set by failure-converter.mjs on payloads of failures. */
const FAILURE_MARK = 'habeas-failure';

/** What a payload of a forgotten request decodes to. As the attributes of a failure it reads as the message `shredded`. */
export interface Tombstone {
  readonly habeas: 'shredded';
  readonly message: 'shredded';
  readonly stack_trace: '';
}
const TOMBSTONE: Tombstone = { habeas: 'shredded', message: 'shredded', stack_trace: '' };

export function isTombstone(value: unknown): value is Tombstone {
  return typeof value === 'object' && value !== null && 'habeas' in value && value.habeas === 'shredded';
}

export function createPayloadCodec(options: { readonly keys: KeyRing; readonly namespace: string }): PayloadCodec {
  return new RequestCodec(options.keys, options.namespace);
}

class RequestCodec implements PayloadCodec {
  constructor(
    private readonly keys: KeyRing,
    private readonly namespace: string,
  ) {}

  async encode(payloads: Payload[], context?: Context): Promise<Payload[]> {
    if (payloads.length === 0) return [];
    const requestId = requestOf(context?.workflowId);
    let scope = requestId ?? '';
    let key: DataKey | null = null;
    let away: ApplicationFailure | null = null;
    if (requestId !== null) {
      try {
        key = await this.keys.requestKey(requestId);
      } catch (error) {
        // A worker must be able to encode something for a forgotten request, if only to report that it is forgotten.
        if (!isDestroyed(error)) away = coded(error);
        scope = '';
      }
    }
    let active = key;
    if (active === null) {
      try {
        active = await this.namespaceKey();
      } catch (error) {
        away ??= coded(error);
      }
    }
    return payloads.map((payload) => {
      if (away === null && active !== null) return this.sealed(payload, active, scope);
      // The key is out of reach for now: nothing may rest under another key or none, and callers try again. Only a
      // failure is always encoded, as a constant: a worker that cannot report a failure stops for good.
      if (!isFailurePart(payload)) throw away ?? coded(null);
      const report = constant({ message: away?.type ?? 'codec_bug', stack_trace: '' });
      return active === null ? report : this.sealed(report, active, '');
    });
  }

  async decode(payloads: Payload[], context?: Context): Promise<Payload[]> {
    return Promise.all(payloads.map((payload) => this.opened(payload, context?.workflowId)));
  }

  private sealed(payload: Payload, key: DataKey, scope: string): Payload {
    const plain = proto.temporal.api.common.v1.Payload.encode(payload).finish();
    return {
      metadata: { encoding: bytes(ENCODING), [KID]: bytes(key.kid), [SCOPE]: bytes(scope) },
      data: seal(key.bytes, plain, this.aad(key, scope)),
    };
  }

  private async opened(payload: Payload, workflowId: string | undefined): Promise<Payload> {
    if (text(payload, 'encoding') !== ENCODING) return payload;
    const scope = text(payload, SCOPE);
    if (scope !== '' && workflowId !== undefined && workflowId !== scope) {
      throw ApplicationFailure.nonRetryable('codec_scope', 'codec_scope');
    }
    let key: DataKey;
    try {
      key = scope === '' ? await this.keys.namespaceKey() : await this.keys.requestKey(scope);
    } catch (error) {
      if (isDestroyed(error)) return constant(TOMBSTONE);
      throw coded(error);
    }
    const plain =
      text(payload, KID) === key.kid ? open(key.bytes, payload.data ?? new Uint8Array(), this.aad(key, scope)) : null;
    if (plain === null) throw ApplicationFailure.nonRetryable('codec_damaged', 'codec_damaged');
    return proto.temporal.api.common.v1.Payload.decode(plain);
  }

  private async namespaceKey(): Promise<DataKey> {
    try {
      return await this.keys.namespaceKey();
    } catch (error) {
      throw coded(error);
    }
  }

  private aad(key: DataKey, scope: string): Buffer {
    return aadOf({ v: 1, what: 'payload', namespace: this.namespace, scope, kid: key.kid });
  }
}

function requestOf(workflowId: string | undefined): string | null {
  return workflowId !== undefined && /^(?:req|brc)_/.test(workflowId) ? workflowId : null;
}

function isDestroyed(error: unknown): boolean {
  return error instanceof KeyError && error.code === 'key_destroyed';
}

/** A failure that says only what kind of trouble it was; retryable unless waiting cannot help. */
function coded(error: unknown): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  const name = error instanceof Error ? error.name : '';
  const type = name === 'StoreError' ? `store_${String(code)}` : typeof code === 'string' ? code : 'codec_bug';
  return ApplicationFailure.create({ message: type, type, nonRetryable: false });
}

function isFailurePart(payload: Payload): boolean {
  return payload.metadata?.[FAILURE_MARK] !== undefined;
}

function constant(value: unknown): Payload {
  return { metadata: { encoding: bytes('json/plain') }, data: bytes(JSON.stringify(value)) };
}

function bytes(value: string): Uint8Array {
  return Buffer.from(value, 'utf8');
}

function text(payload: Payload, name: string): string {
  const value = payload.metadata?.[name];
  return value == null ? '' : Buffer.from(value).toString('utf8');
}
