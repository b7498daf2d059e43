/**
 * Opens what API and workers share: store, keys, vault, ledgers, hashes, fence. One place, so that the two processes
 * cannot drift apart. Nothing here knows Temporal or HTTP.
 */
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { DeletionLedger, DueRows, Journal } from '../domain/ports/ledgers.js';
import type { Closures } from '../domain/ports/closures.js';
import type { Restrictions, Suppressions } from '../domain/ports/restrictions.js';
import type { Sha256 } from '../domain/ledger/merkle.js';
import { createFence, createHasher, type Fence, type Hasher } from './identity/index.js';
import { createKeyRing, fileKeyProvider, type KeyRing } from './keys/index.js';
import { signingKeys, type SigningKeys } from './keys/signing.js';
import {
  ensureDeletionIndexes,
  ensureDueIndexes,
  ensureJournalIndexes,
  ensureLedgerIndexes,
  LedgerReader,
  MongoDeletionLedger,
  MongoDueRows,
  MongoJournal,
  MongoLedger,
} from './ledger/index.js';
import { ensureBreachIndexes } from './store/breaches.js';
import { createClosures, ensureClosureIndexes } from './ledger/closures.js';
import { createRestrictions, createSuppressions, ensureRestrictionIndexes } from './ledger/restrictions.js';
import { connectStore, StoreError, type OnCommand, type Store } from './store/connect.js';
import { ensureFactIndexes } from './store/facts.js';
import { ensureIndexes } from './store/indexes.js';
import { fault, safe, type Log } from './telemetry/index.js';
import { createVault, type VaultStore } from './vault/index.js';

export interface PlatformSettings {
  readonly mongodbUrl: string;
  readonly ledgerUrl?: string;
  /** Folder of the file key provider. */
  readonly keys: string;
  readonly namespace: string;
  readonly log: Log;
  readonly appName: string;
  readonly onCommand?: OnCommand;
}

export interface Platform {
  readonly store: Store;
  readonly keys: KeyRing;
  readonly signing: SigningKeys;
  readonly vault: VaultStore;
  readonly ledger: MongoLedger;
  readonly reader: LedgerReader;
  readonly deletions: DeletionLedger;
  readonly dueRows: DueRows;
  readonly restrictions: Restrictions;
  readonly suppressions: Suppressions;
  readonly closures: Closures;
  readonly journal: Journal;
  readonly hasher: Hasher;
  readonly fence: Fence;
  close(): Promise<void>;
}

export const sha256: Sha256 = (data) => new Uint8Array(createHash('sha256').update(data).digest());

/** SHA-256 over a stream of chunks. */
export function sha256Stream(): { update(chunk: Uint8Array): void; hex(): string } {
  const hash = createHash('sha256');
  return {
    update: (chunk) => void hash.update(chunk),
    hex: () => hash.digest('hex'),
  };
}

/** Connects and makes indexes. Errors: StoreError, KeyError with their codes. */
export async function openPlatform(settings: PlatformSettings): Promise<Platform> {
  const store = await connectStore({
    url: settings.mongodbUrl,
    ledgerUrl: settings.ledgerUrl,
    appName: settings.appName,
    onCommand: settings.onCommand,
  });
  try {
    const keys = createKeyRing({
      db: store.db,
      provider: await fileKeyProvider(settings.keys),
      namespace: settings.namespace,
    });
    const signing = signingKeys(settings.keys);
    const vault = createVault({ db: store.db, keys });
    const fence = createFence({ db: store.db });
    const ledger = new MongoLedger(store.ledgerDb, signing, {
      now: () => new Date(),
      onError: (operator, error) =>
        settings.log.warn('ledger.seal_failed', { operator: safe(operator), ...fault(error) }),
    });
    await Promise.all([
      ensureIndexes(store.db),
      ensureBreachIndexes(store.db),
      keys.ensureIndexes(),
      vault.ensureIndexes(),
      fence.ensureIndexes(),
      ensureJournalIndexes(store.db),
      ensureLedgerIndexes(store.ledgerDb),
      ensureDeletionIndexes(store.ledgerDb),
      ensureDueIndexes(store.ledgerDb),
      ensureFactIndexes(store.db),
      ensureRestrictionIndexes(store.ledgerDb),
      ensureClosureIndexes(store.ledgerDb),
    ]);
    return {
      store,
      keys,
      signing,
      vault,
      ledger,
      reader: new LedgerReader(store.ledgerDb),
      deletions: new MongoDeletionLedger(store.ledgerDb),
      dueRows: new MongoDueRows(store.ledgerDb),
      restrictions: createRestrictions(store.ledgerDb),
      suppressions: createSuppressions(store.ledgerDb),
      closures: createClosures(store.ledgerDb),
      journal: new MongoJournal(store.db),
      hasher: createHasher(keys),
      fence,
      async close() {
        await ledger.stop();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/**
 * As openPlatform, but waits while the store is away (0.25 s doubling to 5 s), until `signal` is raised. Settings that
 * cannot be right fail at once.
 */
export async function awaitPlatform(settings: PlatformSettings, signal: AbortSignal): Promise<Platform> {
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      return await openPlatform(settings);
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'unavailable') throw error;
      settings.log.warn('store.connect_failed', { attempt, ...fault(error) });
      await delay(Math.min(250 * 2 ** (attempt - 1), 5_000), undefined, { signal });
    }
  }
}
