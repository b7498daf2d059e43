import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { addRetention } from '../../domain/plan/backup-question.js';
import { ConnectorError, type BackupCopy, type BackupInventory, type Health } from '../../domain/ports/connector.js';
import type { BackupPolicy } from '../../domain/policy/types.js';
import { DumpError, type DumpFault } from './faults.js';
import { PARTIAL_SUFFIX } from './layout.js';
import { readManifest } from './read-dump.js';

/** A single file of these endings is a backup as well, of a kind that tells nobody when it was taken. */
const BACKUP_FILES = /\.(archive|bson|gz|tgz|tar|zip)$/;

/** A copy with what is wrong with it. */
export interface ListedCopy extends BackupCopy {
  readonly fault: DumpFault | null;
}

export interface BackupsTools {
  /** The folder, with `${NAME}` resolved. */
  readonly location: string;
  readonly worldNow: () => Date;
}

/**
 * Inventory of a folder of dumps in mongodump's directory format: one sub-folder per dump.
 *
 * - It lists what is there, never what should be: a dump is gone when its folder is.
 * - `takenAt` comes from the dump's own manifest. File times are never used, because copying resets them. Without a
 *   manifest, with a broken one, or with one from the future (which would make the copy look clean), it is null, and the
 *   copy counts as holding everybody.
 * - A half-written dump is listed too, since it holds people as well.
 * - A folder that cannot be read is ConnectorError `unavailable`, never an empty listing.
 */
export function createBackupInventory(
  policy: Pick<BackupPolicy, 'id' | 'retention'>,
  tools: BackupsTools,
): BackupInventory & { listWithFaults(): Promise<readonly ListedCopy[]> } {
  const listWithFaults = async (): Promise<readonly ListedCopy[]> => {
    const copies: ListedCopy[] = [];
    for (const entry of await entries(tools.location)) {
      if (entry.isDirectory()) copies.push(await copyOf(tools, entry.name, policy.retention));
      else if (BACKUP_FILES.test(entry.name))
        copies.push({ backupId: entry.name, takenAt: null, expiresAt: null, fault: 'missing_manifest' });
    }
    return copies.sort((a, b) => (a.backupId < b.backupId ? -1 : 1));
  };
  return {
    listWithFaults,
    list: async () =>
      (await listWithFaults()).map(({ backupId, takenAt, expiresAt }) => ({ backupId, takenAt, expiresAt })),
    healthcheck: () => healthcheck(listWithFaults),
  };
}

async function entries(location: string) {
  try {
    return await readdir(location, { withFileTypes: true });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EACCES' || code === 'EPERM') throw new ConnectorError('auth', 'the backup folder may not be read');
    if (code === 'ENOTDIR') throw new ConnectorError('config', 'the backup location is not a folder');
    // Also when it does not exist: a disk that is not mounted must not look like a folder without backups.
    throw new ConnectorError('unavailable', 'the backup folder cannot be listed');
  }
}

async function copyOf(tools: BackupsTools, name: string, retention: string): Promise<ListedCopy> {
  const unknown = (fault: DumpFault): ListedCopy => ({ backupId: name, takenAt: null, expiresAt: null, fault });
  try {
    const manifest = await readManifest(join(tools.location, name));
    if (manifest === null || name.endsWith(PARTIAL_SUFFIX)) return unknown('missing_manifest');
    const taken = Date.parse(manifest.takenAt);
    if (taken > tools.worldNow().getTime()) return unknown('corrupt_manifest');
    const takenAt = new Date(taken).toISOString();
    return { backupId: name, takenAt, expiresAt: addRetention(takenAt, retention), fault: null };
  } catch (error) {
    return unknown(error instanceof DumpError ? error.code : 'unreadable');
  }
}

async function healthcheck(list: () => Promise<readonly ListedCopy[]>): Promise<Health> {
  try {
    const copies = await list();
    const faulty = copies.filter((copy) => copy.fault !== null);
    const kinds = [...new Set(faulty.map((copy) => copy.fault))].join(', ');
    const checks = [
      { name: 'folder', ok: true, detail: `${copies.length} copies listed` },
      {
        name: 'age',
        ok: faulty.length === 0,
        detail:
          faulty.length === 0
            ? 'the age of every copy is known'
            : `${faulty.length} copies of unknown age (${kinds}) count as holding everybody`,
      },
    ];
    return { ok: checks.every((check) => check.ok), checks };
  } catch (error) {
    return {
      ok: false,
      checks: [{ name: 'folder', ok: false, detail: error instanceof ConnectorError ? error.message : 'unreadable' }],
    };
  }
}
