import { expect } from 'vitest';
import { sendgridConnector } from '../../../connectors/sendgrid/index.js';
import type { Found, Identifier, Ref } from '../../../domain/plan/types.js';
import { ConnectorError, type Connector, type PartTargets } from '../../../domain/ports/connector.js';
import { startSendgrid, type SendgridCounterpart } from '../../../dev/counterparts/sendgrid/index.js';
import { heartbeat, Memory, target, tools } from '../connector-kit.js';
import { SENDGRID } from './sendgrid-system.js';

type Settings = Record<string, string | number | readonly string[]>;

/** One counterpart, one clock that tests move (jobs and connector alike), and the steps of a request against it. */
export class Harness {
  vendor!: SendgridCounterpart;
  memory = new Memory();
  /** World time of the connector. */
  now = Date.parse('2026-11-20T10:00:00Z');

  async start(host: 'global' | 'eu' = 'global'): Promise<void> {
    this.vendor = await startSendgrid({ host });
  }

  stop(): Promise<void> {
    return this.vendor.close();
  }

  connector(settings: Settings = {}, url = this.vendor.url): Connector {
    return sendgridConnector(
      SENDGRID,
      tools({ url, key: 'SG.test', ...settings }, () => new Date(this.now)),
    );
  }

  discover(
    identifiers: readonly Identifier[],
    settings: Settings = {},
    right: 'erasure' | 'access' = 'erasure',
  ): Promise<Found> {
    return this.connector(settings).discover({ right, identifiers, onlyOrganisation: null, datasets: null, heartbeat });
  }

  /** The three parts of an erasure, for the refs of a discovery. */
  erasure(refs: readonly Ref[]): readonly PartTargets[] {
    return [
      target(SENDGRID, 'contacts', 'delete', refs),
      target(SENDGRID, 'activity', 'delete', refs),
      target(SENDGRID, 'suppressions', 'keep', refs),
    ];
  }

  step(targets: readonly PartTargets[], settings: Settings = {}) {
    const input = { requestId: 'req_1', targets, identifiers: [], generation: 0, memory: this.memory, heartbeat };
    return { apply: () => this.connector(settings).apply(input), verify: () => this.connector(settings).verify(input) };
  }

  /** Applies until nothing is pending, with both clocks moved by what was asked for. */
  async applyAll(targets: readonly PartTargets[], settings: Settings = {}) {
    for (let tries = 0; tries < 50; tries++) {
      try {
        return await this.step(targets, settings).apply();
      } catch (error) {
        if (!(error instanceof ConnectorError) || error.code !== 'pending') throw error;
        this.pass(error.afterMs ?? 1000);
      }
    }
    throw new Error('still pending after 50 tries');
  }

  pass(ms: number): void {
    this.now += ms;
    this.vendor.clock({ advanceMs: ms });
  }

  /** Ids in the facts table or paths of the calls that were made. */
  paths(method: string): readonly string[] {
    return this.vendor
      .calls()
      .filter((call) => call.method === method)
      .map((call) => call.target);
  }
}

export function idsOf(found: Found, dataset: string): readonly string[] {
  return found.refs.filter((ref) => ref.dataset === dataset).map((ref) => ref.id);
}

export async function errorOf(work: Promise<unknown>): Promise<ConnectorError> {
  const thrown: unknown = await work.then(
    () => new Error('nothing was thrown'),
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(ConnectorError);
  return thrown as ConnectorError;
}
