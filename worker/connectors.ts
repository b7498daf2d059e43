/** The connectors that a worker serves: made once per (pack, system), with `${NAME}` in settings taken from the environment. */
import { createBackupInventory } from '../connectors/backups/index.js';
import { manualConnector } from '../connectors/manual/index.js';
import { mongoConnector } from '../connectors/mongodb/index.js';
import { sendgridConnector } from '../connectors/sendgrid/index.js';
import { stripeConnector } from '../connectors/stripe/index.js';
import { holdUntil } from '../domain/holds/index.js';
import {
  ConnectorError,
  type BackupInventory,
  type Connector,
  type ConnectorFactory,
} from '../domain/ports/connector.js';
import type { Connectors } from '../domain/ports/services.js';
import type { FrozenPack, SystemPolicy } from '../domain/policy/types.js';

const FACTORIES: Readonly<Partial<Record<SystemPolicy['connector'], ConnectorFactory>>> = {
  mongodb: mongoConnector,
  stripe: stripeConnector,
  sendgrid: sendgridConnector,
  manual: manualConnector,
};

export interface ConnectorRegistry extends Connectors {
  close(): Promise<void>;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Replaces `${NAME}`; throws ConnectorError `config` (naming the variable, never a value) when one is not set. */
export function resolveSetting(value: string, environment: Environment): string {
  return value.replace(/\$\{([A-Z0-9_]+)\}/g, (_, name: string) => {
    const found = environment[name];
    if (found === undefined || found === '') throw new ConnectorError('config', `the environment lacks ${name}`);
    return found;
  });
}

export function createConnectors(environment: Environment): ConnectorRegistry {
  const connectors = new Map<string, Connector>();
  const inventories = new Map<string, BackupInventory>();
  return {
    connector(pack, systemId) {
      const key = `${pack.hash}/${systemId}`;
      const known = connectors.get(key);
      if (known !== undefined) return known;
      const system = pack.pack.systems.find((s) => s.id === systemId);
      const factory = system === undefined ? undefined : FACTORIES[system.connector];
      if (system === undefined || factory === undefined)
        throw new ConnectorError('config', 'the pack names no such system, or a connector that is not available');
      const made = factory(system, {
        settings: settingsOf(system, environment),
        worldNow: () => new Date(),
        holdUntil: holdOf(pack),
      });
      connectors.set(key, made);
      return made;
    },
    inventory(pack, backupId) {
      const key = `${pack.hash}/${backupId}`;
      const known = inventories.get(key);
      if (known !== undefined) return known;
      const policy = pack.pack.backups.find((b) => b.id === backupId);
      if (policy === undefined) throw new ConnectorError('config', 'the pack names no such backup system');
      const made = createBackupInventory(policy, {
        location: resolveSetting(policy.location, environment),
        worldNow: () => new Date(),
      });
      inventories.set(key, made);
      return made;
    },
    async close() {
      await Promise.all([...connectors.values()].map((c) => c.close()));
    },
  };
}

function settingsOf(system: SystemPolicy, environment: Environment): SystemPolicy['settings'] {
  return Object.fromEntries(
    Object.entries(system.settings).map(([name, value]) => [
      name,
      typeof value === 'string' ? resolveSetting(value, environment) : value,
    ]),
  );
}

function holdOf(pack: FrozenPack): Parameters<ConnectorFactory>[1]['holdUntil'] {
  return (dataset, documentOn, flagged, asOf) => {
    const today = asOf ?? localDay(pack.pack.timeZone, new Date());
    return holdUntil(dataset.hold, { documentOn, flagged, timeZone: pack.pack.timeZone, today });
  };
}

/** Civil day of an instant in a zone, `YYYY-MM-DD`. */
function localDay(timeZone: string, at: Date): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(at);
}
