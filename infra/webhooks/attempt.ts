/** One attempt of one delivery: sign, send, write down what came of it. Port DeliveryAttempts. */
import type { Attempted, DeliveryAttempts } from '../../domain/ports/webhooks.js';
import type { Sealer } from '../keys/index.js';
import type { DeliveryStore } from '../store/deliveries.js';
import type { DeliveryDoc, WebhookEndpointDoc } from '../store/documents.js';
import type { OrganisationStore } from '../store/organisations.js';
import { postOnce, PostError, type PostOptions } from './post.js';
import { signatures } from './sign.js';

export interface AttemptOptions {
  readonly organisations: Pick<OrganisationStore, 'get' | 'changeEndpoints'>;
  readonly deliveries: Pick<DeliveryStore, 'get' | 'note'>;
  readonly sealer: Pick<Sealer, 'open'>;
  readonly post: PostOptions;
  /** World time. */
  readonly now: () => Date;
}

/** The address itself is not allowed: waiting cannot mend that. */
const FINAL: ReadonlySet<string> = new Set(['not_a_url', 'not_https', 'credentials', 'address_refused']);

export function createAttempts(options: AttemptOptions): DeliveryAttempts {
  return {
    async attempt(deliveryId, last) {
      const delivery = await options.deliveries.get(deliveryId);
      if (delivery === null) return { result: 'over', code: 'not_found' };
      // A repeat of an attempt whose answer was lost: it got there.
      if (delivery.state === 'delivered') return { result: 'delivered', code: 'ok' };
      const began = options.now();
      const attempted = await send(options, delivery, began, last);
      await options.deliveries.note(
        deliveryId,
        { at: began.toISOString(), code: attempted.code, ms: options.now().getTime() - began.getTime() },
        attempted.result === 'delivered' ? 'delivered' : attempted.result === 'over' ? 'failed' : 'pending',
      );
      return attempted;
    },
  };
}

async function send(options: AttemptOptions, delivery: DeliveryDoc, now: Date, last: boolean): Promise<Attempted> {
  const { operator, organisation, endpointId } = delivery;
  const doc = await options.organisations.get(operator, organisation);
  const endpoint = doc?.endpoints?.find((e) => e.id === endpointId);
  if (endpoint === undefined) return { result: 'over', code: 'endpoint_removed' };
  if (endpoint.disabledAt !== null) return { result: 'over', code: 'endpoint_disabled' };
  const timestamp = Math.floor(now.getTime() / 1000);
  const secrets = await secretsOf(options, delivery, endpoint, now);
  let code: string;
  try {
    const status = await postOnce(
      endpoint.url,
      {
        'content-type': 'application/json',
        'user-agent': 'habeas',
        'webhook-id': delivery.webhookId,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': signatures(secrets, delivery.webhookId, timestamp, delivery.body),
      },
      delivery.body,
      options.post,
    );
    if (status >= 200 && status < 300) return { result: 'delivered', code: 'ok' };
    if (status === 410) {
      await disable(options, delivery, now);
      return { result: 'over', code: 'gone' };
    }
    code = status >= 300 && status < 400 ? 'redirect_refused' : `http_${status}`;
  } catch (error) {
    if (!(error instanceof PostError)) throw error;
    code = error.code;
    if (FINAL.has(code)) return { result: 'over', code };
  }
  return { result: last ? 'over' : 'retry', code };
}

/** Newest first; one that was replaced signs too until its time is over. */
async function secretsOf(
  options: AttemptOptions,
  delivery: DeliveryDoc,
  endpoint: WebhookEndpointDoc,
  now: Date,
): Promise<string[]> {
  const counting = endpoint.secrets.filter((s) => s.notAfter === null || Date.parse(s.notAfter) > now.getTime());
  const opened = await Promise.all(
    counting.map((s) =>
      options.sealer.open(endpointScope(delivery.operator, delivery.organisation, endpoint.id), s.sealed),
    ),
  );
  return opened.reverse();
}

/** What binds a sealed secret to its endpoint. */
export function endpointScope(operator: string, organisation: string, endpointId: string): string {
  return `endpoint/${operator}/${organisation}/${endpointId}`;
}

/** 410 Gone: the receiver wants no more of this, ever (Standard Webhooks). */
async function disable(options: AttemptOptions, delivery: DeliveryDoc, now: Date): Promise<void> {
  await options.organisations.changeEndpoints(delivery.operator, delivery.organisation, async (endpoints) =>
    endpoints.map((e) =>
      e.id === delivery.endpointId && e.disabledAt === null
        ? { ...e, disabledAt: now.toISOString(), disabledWhy: 'gone' }
        : e,
    ),
  );
}
