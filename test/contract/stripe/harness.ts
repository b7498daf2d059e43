import { afterEach, beforeEach, expect } from 'vitest';
import { stripeConnector } from '../../../connectors/stripe/index.js';
import type { Found, Identifier } from '../../../domain/plan/types.js';
import { ConnectorError, type Connector, type PartTargets } from '../../../domain/ports/connector.js';
import { heartbeat, identifier, Memory, tools } from '../connector-kit.js';
import { ScriptedStripe } from './scripted-stripe.js';
import { STRIPE } from './stripe-system.js';

export let vendor: ScriptedStripe;
export let url: string;
export let memory: Memory;

/** A fresh scripted vendor and step memory for each test of the calling file. */
export function useScriptedStripe(): void {
  beforeEach(async () => {
    vendor = new ScriptedStripe();
    url = await vendor.start();
    memory = new Memory();
  });
  afterEach(() => vendor.stop());
}

export function connector(settings: Record<string, string | boolean> = {}): Connector {
  return stripeConnector(STRIPE, tools({ url, key: 'sk_test_abc', ...settings }));
}

export function discover(identifiers: readonly Identifier[], settings = {}): Promise<Found> {
  return connector(settings).discover({
    right: 'erasure',
    identifiers,
    onlyOrganisation: null,
    datasets: null,
    heartbeat,
  });
}

export function ids(found: Found, dataset: string): readonly string[] {
  return found.refs.filter((ref) => ref.dataset === dataset).map((ref) => ref.id);
}

export async function step(targets: readonly PartTargets[], settings = {}, generation = 0) {
  const input = { requestId: 'req_1', targets, identifiers: [], generation, memory, heartbeat };
  const one = connector(settings);
  return { apply: () => one.apply(input), verify: () => one.verify(input) };
}

export async function errorOf(work: Promise<unknown>): Promise<ConnectorError> {
  const thrown: unknown = await work.then(
    () => new Error('nothing was thrown'),
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(ConnectorError);
  return thrown as ConnectorError;
}

export const ANA = [identifier('email', 'Ana@Example.com')];
