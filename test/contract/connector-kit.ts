/** What contract tests of connectors share: a pack's system, step memory, a sink, and targets made from refs. */
import { DATASET_DEFAULTS } from '../../domain/policy/defaults.js';
import type { Identifier, Part, PartAction, Ref, Trust } from '../../domain/plan/types.js';
import type { CollectSink, ConnectorTools, PartTargets, StepMemory } from '../../domain/ports/connector.js';
import type { DatasetPolicy, SystemPolicy } from '../../domain/policy/types.js';

export function dataset(given: Partial<DatasetPolicy> & { readonly id: string }): DatasetPolicy {
  return {
    role: 'controller',
    organisation: null,
    collection: given.id,
    database: null,
    identifiers: {},
    declared: [],
    links: [],
    createdAt: null,
    signIn: false,
    derived: false,
    ...DATASET_DEFAULTS,
    fields: {},
    erase: { kind: 'delete' },
    hold: null,
    ...given,
  };
}

export function system(connector: SystemPolicy['connector'], datasets: readonly DatasetPolicy[]): SystemPolicy {
  return { id: connector === 'stripe' ? 'payments' : 'mail', connector, settings: {}, order: 20, rate: null, datasets };
}

export function tools(settings: ConnectorTools['settings'], worldNow: () => Date = () => new Date()): ConnectorTools {
  return {
    settings,
    worldNow,
    holdUntil: ({ hold }, documentOn) =>
      hold === null || documentOn === null
        ? null
        : {
            id: hold.id,
            law: hold.law,
            exemption: hold.exemption,
            noGround: null,
            until: `${Number(documentOn.slice(0, 4)) + 7}-12-31`,
          },
  };
}

export function identifier(type: string, value: string, trust: Trust = 'proven'): Identifier {
  return { type, value, trust };
}

export function target(of: SystemPolicy, datasetId: string, action: PartAction, refs: readonly Ref[]): PartTargets {
  const part: Part = {
    key: `${of.id}/${datasetId}/-`,
    system: of.id,
    dataset: datasetId,
    organisation: null,
    role: 'controller',
    action,
    fields: [],
    hold: null,
    identifiers: {},
    records: refs.length,
    held: 0,
    heldUntil: null,
    basis: action === 'keep' ? 'art-21-3' : null,
    review: null,
    together: null,
    unsearched: false,
    hash: 'sha256:00',
  };
  return { part, refs: refs.filter((ref) => ref.dataset === datasetId) };
}

/** Step memory that outlives a connector object, as the vault does. */
export class Memory implements StepMemory {
  readonly values = new Map<string, string>();
  get(name: string): Promise<unknown> {
    const text = this.values.get(name);
    return Promise.resolve(text === undefined ? null : JSON.parse(text));
  }
  save(name: string, value: unknown): Promise<void> {
    this.values.set(name, JSON.stringify(value));
    return Promise.resolve();
  }
}

export class Sink implements CollectSink {
  readonly records: Parameters<CollectSink['record']>[0][] = [];
  record(entry: Parameters<CollectSink['record']>[0]): Promise<void> {
    this.records.push(entry);
    return Promise.resolve();
  }
}

export const heartbeat = (): void => undefined;
