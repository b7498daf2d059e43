/** Datasets in the shapes of the shipped packs, and the little that a test needs to go from discovery to targets. */
import { DATASET_DEFAULTS } from '../../domain/policy/defaults.js';
import { partKey } from '../../domain/plan/build-plan.js';
import type { Found, Identifier, Part, Ref } from '../../domain/plan/types.js';
import type { CollectSink, Connector, PartTargets, StepMemory } from '../../domain/ports/connector.js';
import type { DatasetPolicy, SystemPolicy } from '../../domain/policy/types.js';
import { mongoConnector } from './index.js';

export function dataset(id: string, given: Partial<DatasetPolicy> = {}): DatasetPolicy {
  return {
    id,
    role: 'processor',
    organisation: 'organisationId',
    collection: id,
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

export function system(datasets: readonly DatasetPolicy[]): SystemPolicy {
  return { id: 'app', connector: 'mongodb', settings: {}, order: 30, rate: null, datasets };
}

const field = { category: 'contact', purpose: 'account', basis: 'contract', source: 'subject' } as const;

/** Events and ticketing: processor data of organisations, embedded contacts, invoices on hold, a declared address. */
export const INFENTRE: readonly DatasetPolicy[] = [
  dataset('users', {
    identifiers: { email: ['email', 'oldEmails'], userId: ['_id'] },
    links: [
      { from: 'stripeCustomerId', to: 'identifier:customerId', trust: 'system' },
      { from: '_id', to: 'usage.userId', trust: 'system' },
      { from: '_id', to: 'messages.userId', trust: 'system' },
      { from: '_id', to: 'orders.userId', trust: 'system' },
    ],
    createdAt: 'createdAt',
    signIn: true,
    fields: { email: field, name: field },
  }),
  dataset('admins', {
    role: 'controller',
    organisation: null,
    identifiers: { email: ['email'], userId: ['_id'] },
    createdAt: 'createdAt',
    signIn: true,
  }),
  dataset('orders', {
    identifiers: { userId: ['userId'] },
    createdAt: 'createdAt',
    erase: { kind: 'mask', paths: ['userId', 'buyerName', 'buyerEmail'] },
  }),
  dataset('order_contacts', {
    collection: 'orders',
    identifiers: { email: ['contacts.email'], userId: ['contacts.userId'] },
    createdAt: 'createdAt',
    fields: { 'contacts.userId': field, 'contacts.name': field, 'contacts.email': field },
    erase: { kind: 'mask', paths: ['contacts.userId', 'contacts.name', 'contacts.email'] },
  }),
  dataset('usage', { identifiers: { userId: ['userId'] }, createdAt: 'at', derived: true }),
  dataset('messages', {
    identifiers: { userId: ['userId'] },
    createdAt: 'sentAt',
    fields: { text: { ...field, others: true } },
  }),
  dataset('invoices', {
    role: 'controller',
    organisation: null,
    identifiers: { email: ['contactEmail'] },
    createdAt: 'issuedAt',
    erase: { kind: 'mask', paths: ['contactName', 'contactEmail'] },
    hold: {
      id: 'books',
      law: 'se-bokforingslagen-7-2',
      exemption: '17-3-b',
      noGround: null,
      documentOn: 'issuedAt',
      financialYearEndMonth: 12,
      whileField: null,
      endsOn: null,
    },
  }),
  dataset('profiles', {
    identifiers: { userId: ['userId'], email: ['alternateEmail'] },
    declared: ['email'],
    createdAt: 'createdAt',
  }),
];

/** Door access: controller throughout, residents of shared apartments. */
export const DEFIGO: readonly DatasetPolicy[] = [
  dataset('users', {
    role: 'controller',
    organisation: null,
    identifiers: { email: ['email'], phone: ['phone'], userId: ['_id'] },
    links: [
      { from: '_id', to: 'access_events.userId', trust: 'system' },
      { from: '_id', to: 'devices.userId', trust: 'system' },
    ],
    createdAt: 'createdAt',
    signIn: true,
  }),
  dataset('access_events', {
    role: 'controller',
    organisation: null,
    identifiers: { userId: ['userId'] },
    createdAt: 'at',
    derived: true,
  }),
  dataset('apartments', {
    role: 'controller',
    organisation: null,
    identifiers: { userId: ['residents.userId'], email: ['residents.email'] },
    createdAt: 'createdAt',
    erase: { kind: 'pull', path: 'residents' },
  }),
  dataset('devices', {
    role: 'controller',
    organisation: null,
    identifiers: { userId: ['userId'] },
    createdAt: 'createdAt',
  }),
];

export interface Bench {
  readonly connector: Connector;
  find(identifiers: readonly Identifier[], onlyOrganisation?: string | null): Promise<Found>;
}

/** Documents issued in 2020 or later are held; a set flag always is. The real rule lives in domain/holds. */
export function bench(
  url: string,
  database: string,
  datasets: readonly DatasetPolicy[],
  settings: Readonly<Record<string, string | number>> = {},
): Bench {
  const connector = mongoConnector(system(datasets), {
    settings: { url, database, ...settings },
    worldNow: () => new Date('2026-11-20T09:00:00.000Z'),
    holdUntil: (policy, documentOn, flagged) =>
      policy.hold !== null && (flagged || (documentOn !== null && documentOn >= '2020'))
        ? {
            id: policy.hold.id,
            law: policy.hold.law,
            exemption: policy.hold.exemption,
            noGround: policy.hold.noGround,
            until: null,
          }
        : null,
  });
  return {
    connector,
    find: (identifiers, onlyOrganisation = null) =>
      connector.discover({
        right: 'erasure',
        identifiers,
        onlyOrganisation,
        datasets: null,
        heartbeat: () => undefined,
      }),
  };
}

/** Targets as a plan would give them: one part per (dataset, organisation), review apart, every dataset present. */
export function targetsFrom(
  found: Found,
  datasets: readonly DatasetPolicy[],
  action: 'erase' | 'collect' = 'erase',
): PartTargets[] {
  const groups = new Map<
    string,
    { policy: DatasetPolicy; organisation: string | null; review: string | null; refs: Ref[] }
  >();
  for (const ref of found.refs) {
    const policy = datasets.find((d) => d.id === ref.dataset);
    if (policy === undefined) throw new Error('unknown dataset');
    const organisation = policy.role === 'controller' ? null : ref.organisation;
    const key = partKey('app', policy.id, organisation, ref.review !== null);
    const group = groups.get(key) ?? { policy, organisation, review: ref.review, refs: [] };
    group.refs.push(ref);
    groups.set(key, group);
  }
  return [...groups.entries()].map(([key, { policy, organisation, review, refs }]) => {
    const held = refs.filter((r) => r.hold !== null).length;
    const part: Part = {
      key,
      system: 'app',
      dataset: policy.id,
      organisation,
      role: policy.role,
      action: action === 'collect' ? 'collect' : held === refs.length && held > 0 ? 'retain' : policy.erase.kind,
      fields: [],
      hold: null,
      identifiers: {},
      records: refs.length,
      held,
      heldUntil: null,
      basis: null,
      review,
      together: null,
      unsearched: false,
      hash: '',
    };
    return { part, refs };
  });
}

export function memory(): StepMemory {
  const notes = new Map<string, unknown>();
  return {
    get: (name) => Promise.resolve(notes.get(name) ?? null),
    save: (name, value) => {
      notes.set(name, JSON.parse(JSON.stringify(value)));
      return Promise.resolve();
    },
  };
}

/** What every later call is given: the identifiers of the request and those that discovery found. */
export function allIdentifiers(given: readonly Identifier[], found: Found): Identifier[] {
  return [...given, ...found.identifiers];
}

export function step(
  targets: readonly PartTargets[],
  identifiers: readonly Identifier[],
  notes: StepMemory = memory(),
  generation = 0,
) {
  return { requestId: 'req_test', targets, identifiers, generation, memory: notes, heartbeat: () => undefined };
}

export function listSink(): CollectSink & { readonly entries: Parameters<CollectSink['record']>[0][] } {
  const entries: Parameters<CollectSink['record']>[0][] = [];
  return {
    entries,
    record: (entry) => {
      entries.push(entry);
      return Promise.resolve();
    },
  };
}

export const proven = (type: string, value: string): Identifier => ({ type, value, trust: 'proven' });
