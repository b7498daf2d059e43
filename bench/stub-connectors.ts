/**
 * Connectors without a vendor behind them: they answer at once and remember what they erased, so that what is measured
 * is the engine. Engine and hand-written workflow use the same ones.
 */
import type { Identifier, Ref } from '../domain/plan/types.js';
import type { BackupInventory, Connector, DiscoverInput } from '../domain/ports/connector.js';
import type { Connectors } from '../domain/ports/services.js';
import type { FrozenPack, SystemPolicy } from '../domain/policy/types.js';

/** Dataset → records of each person there; datasets that are not named hold nothing. */
const HOLDS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  app: { users: 1, usage: 3, messages: 1 },
  payments: { customers: 1 },
  mail: { contacts: 1 },
};

const DAY_MS = 86_400_000;

export function stubConnectors(): Connectors {
  const connectors = new Map<string, Connector>();
  return {
    connector(pack, systemId) {
      const key = `${pack.hash}/${systemId}`;
      const known = connectors.get(key);
      if (known !== undefined) return known;
      const system = pack.pack.systems.find((s) => s.id === systemId);
      if (system === undefined) throw new Error('no such system');
      const made = stubConnector(system);
      connectors.set(key, made);
      return made;
    },
    inventory: (pack: FrozenPack, id: string): BackupInventory => stubInventory(pack, id),
  };
}

function stubInventory(_pack: FrozenPack, id: string): BackupInventory {
  return {
    healthcheck: async () => ({ ok: true, checks: [] }),
    list: async () =>
      [1, 2, 3].map((days) => ({
        backupId: `${id}-${days}`,
        takenAt: new Date(Date.now() - days * DAY_MS).toISOString(),
        expiresAt: new Date(Date.now() + (90 - days) * DAY_MS).toISOString(),
      })),
  };
}

function stubConnector(system: SystemPolicy): Connector {
  const gone = new Set<string>();
  const held = HOLDS[system.id] ?? {};
  const refsOf = (input: DiscoverInput): Ref[] => {
    const email = input.identifiers.find((i) => i.type === 'email');
    if (email === undefined) return [];
    return system.datasets.flatMap((dataset) =>
      Array.from({ length: held[dataset.id] ?? 0 }, (_, n) => ref(dataset.id, email, n)),
    );
  };
  return {
    describe: () => ({
      connector: system.connector,
      version: 'stub',
      vendorApiVersion: null,
      takes: ['email'],
      yields: [],
      completeness: 'exhaustive',
      caveats: [],
      irreversible: true,
      asynchronous: false,
    }),
    healthcheck: async () => ({ ok: true, checks: [] }),
    async discover(input) {
      const refs = refsOf(input).filter((r) => !gone.has(r.id));
      return { system: system.id, refs, identifiers: yielded(system.id, refs), manual: [], caveats: [] };
    },
    collect: async () => ({}),
    async apply(input) {
      return input.targets.map(({ part, refs }) => {
        if (part.action === 'keep') return { key: part.key, kind: 'retained', basis: part.basis ?? 'keep' };
        for (const { id } of refs) gone.add(id);
        return { key: part.key, kind: 'applied', touched: refs.length };
      });
    },
    async verify(input) {
      return input.targets.map(({ part, refs }) => {
        const remaining = refs.filter(({ id }) => !gone.has(id)).length;
        return { key: part.key, verdict: remaining === 0 ? 'gone' : 'stillPresent', remaining, method: 'stub' };
      });
    },
    close: async () => undefined,
  };
}

function ref(dataset: string, email: Identifier, n: number): Ref {
  return {
    dataset,
    id: `${dataset}:${email.value}:${n}`,
    kind: dataset,
    organisation: null,
    matchedBy: [{ type: email.type, value: email.value, path: 'email' }],
    trust: email.trust === 'proven' ? 'proven' : 'unproven',
    review: null,
    createdAt: '2025-01-01T00:00:00Z',
    hold: null,
  };
}

/** The live store knows the internal ids that the other systems are asked with. */
function yielded(system: string, refs: readonly Ref[]): Identifier[] {
  const account = refs.find((r) => r.dataset === 'users');
  if (system !== 'app' || account === undefined) return [];
  return [
    { type: 'userId', value: `u:${account.id}`, trust: 'system' },
    { type: 'customerId', value: `cus:${account.id}`, trust: 'system' },
  ];
}
