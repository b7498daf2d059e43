/** From an event to its deliveries: one per live endpoint that wants it. Port OutgoingEvents, plus resend and test. */
import { createHash, randomBytes } from 'node:crypto';
import type { OutgoingEvent, OutgoingEvents, Queued } from '../../domain/ports/webhooks.js';
import type { DeliveryStore } from '../store/deliveries.js';
import type { DeliveryDoc, WebhookEndpointDoc } from '../store/documents.js';
import type { OrganisationStore } from '../store/organisations.js';

/** How long the log of a delivery is kept: longer than any request of the same year. */
const KEEP_MS = 400 * 86_400_000;

export interface OutgoingOptions {
  readonly organisations: Pick<OrganisationStore, 'get'>;
  readonly deliveries: Pick<DeliveryStore, 'add' | 'reopen' | 'get'>;
  /** Starts the delivery's workflow; one that runs already is fine. `run` counts from 1. */
  readonly start: (delivery: { readonly id: string; readonly operator: string; readonly run: number }) => Promise<void>;
  /** World time. */
  readonly now: () => Date;
}

export interface Outgoing extends OutgoingEvents {
  /** Sends a delivery once more, whatever became of it: the same id, the same bytes. null = not there, or just resent. */
  resend(deliveryId: string): Promise<DeliveryDoc | null>;
  /** A test event to every live endpoint of the organisation; returns its deliveries. */
  test(operator: string, organisation: string): Promise<readonly DeliveryDoc[]>;
}

export function createOutgoing(options: OutgoingOptions): Outgoing {
  const queue = async (event: OutgoingEvent): Promise<DeliveryDoc[]> => {
    const doc = await options.organisations.get(event.operator, event.organisation);
    const takers = (doc?.endpoints ?? []).filter((endpoint) => takes(endpoint, event.type));
    const made = takers.map((endpoint) => deliveryOf(event, endpoint, options.now()));
    await options.deliveries.add(made);
    for (const delivery of made) await options.start({ id: delivery._id, operator: event.operator, run: 1 });
    return made;
  };
  return {
    async send(events) {
      const queued: Queued[] = [];
      for (const event of events) queued.push({ id: event.id, endpoints: (await queue(event)).length });
      return queued;
    },
    async resend(deliveryId) {
      const before = await options.deliveries.get(deliveryId);
      const again = before === null ? null : await options.deliveries.reopen(deliveryId, before.runs);
      if (again !== null) await options.start({ id: again._id, operator: again.operator, run: again.runs });
      return again;
    },
    test: (operator, organisation) =>
      queue({
        id: `evt_test_${randomBytes(12).toString('hex')}`,
        type: 'webhook.test',
        operator,
        organisation,
        at: options.now().toISOString(),
        requestId: null,
        approvalId: null,
        data: {},
      }),
  };
}

function takes(endpoint: WebhookEndpointDoc, type: string): boolean {
  if (endpoint.disabledAt !== null) return false;
  return type === 'webhook.test' || endpoint.events === null || endpoint.events.includes(type);
}

function deliveryOf(event: OutgoingEvent, endpoint: WebhookEndpointDoc, now: Date): DeliveryDoc {
  const digest = createHash('sha256')
    .update(JSON.stringify([event.operator, event.organisation, event.id, endpoint.id]))
    .digest('hex');
  return {
    _id: `dlv_${digest.slice(0, 32)}`,
    operator: event.operator,
    organisation: event.organisation,
    endpointId: endpoint.id,
    webhookId: event.id,
    type: event.type,
    body: JSON.stringify({
      type: event.type,
      timestamp: event.at,
      operator: event.operator,
      organisation: event.organisation,
      data: event.data,
    }),
    requestId: event.requestId,
    approvalId: event.approvalId,
    createdAt: now.toISOString(),
    createdMs: now.getTime(),
    state: 'pending',
    attempts: [],
    runs: 1,
    deliveredAt: null,
    expiresAt: new Date(now.getTime() + KEEP_MS),
  };
}
