/**
 * Key provider over a folder, for one machine: `<folder>/<epoch>.key` (32 bytes as hex, mode 0600) in a folder of mode
 * 0700. `<epoch>.destroyed` records a destruction and outlives the key. The folder must not be part of any backup
 * that also holds the store.
 */
import { randomBytes } from 'node:crypto';
import { link, lstat, mkdir, open as openFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KEY_BYTES, open, seal } from './aead.js';
import { KeyError } from './errors.js';
import { EPOCH_NAME, type KeyProvider } from './provider.js';

/**
 * Opens (and makes, where absent) the folder.
 * Errors: KeyError `key_permissions` when folder or a key can be read by anybody but its owner, `key_config` when it is no folder.
 */
export async function fileKeyProvider(folder: string): Promise<KeyProvider> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await checkFolder(folder);
  return new FileKeyProvider(folder);
}

class FileKeyProvider implements KeyProvider {
  constructor(private readonly folder: string) {}

  async createEpoch(epoch: string): Promise<void> {
    const path = this.path(epoch, 'key');
    if (await exists(this.path(epoch, 'destroyed'))) throw new KeyError('key_destroyed', epoch);
    if (await exists(path)) return;
    // Written whole beside it, then linked: a reader never sees half a key, and of two makers exactly one wins.
    const draft = join(this.folder, `.${epoch}.${randomBytes(8).toString('hex')}`);
    try {
      const file = await openFile(draft, 'wx', 0o600);
      try {
        await file.writeFile(randomBytes(KEY_BYTES).toString('hex'));
        await file.sync();
      } finally {
        await file.close();
      }
      await link(draft, path).catch((error: unknown) => {
        if (errno(error) !== 'EEXIST') throw error;
      });
      await syncFolder(this.folder);
    } finally {
      await rm(draft, { force: true });
    }
  }

  async destroyEpoch(epoch: string): Promise<void> {
    const path = this.path(epoch, 'key');
    // The record comes first: a crash in between leaves a key that no longer answers.
    await writeFile(this.path(epoch, 'destroyed'), '', { mode: 0o600 });
    await syncFolder(this.folder);
    if (!(await exists(path))) return;
    const file = await openFile(path, 'r+');
    try {
      await file.write(Buffer.alloc(KEY_BYTES * 2, '0'), 0, KEY_BYTES * 2, 0);
      await file.sync();
    } finally {
      await file.close();
    }
    await rm(path, { force: true });
    await syncFolder(this.folder);
  }

  async wrap(epoch: string, plain: Uint8Array, aad: Uint8Array): Promise<Uint8Array> {
    return seal(await this.read(epoch), plain, aad);
  }

  async unwrap(epoch: string, wrapped: Uint8Array, aad: Uint8Array): Promise<Uint8Array> {
    const plain = open(await this.read(epoch), wrapped, aad);
    if (plain === null) throw new KeyError('key_damaged', epoch);
    return plain;
  }

  /** Reads the file every time: a destruction by another process takes effect at once. */
  private async read(epoch: string): Promise<Buffer> {
    const path = this.path(epoch, 'key');
    if (await exists(this.path(epoch, 'destroyed'))) throw new KeyError('key_destroyed', epoch);
    const info = await lstat(path).catch((error: unknown) => {
      if (errno(error) === 'ENOENT') throw new KeyError('key_absent', epoch);
      throw new KeyError('key_provider_unavailable', epoch);
    });
    if (!info.isFile()) throw new KeyError('key_config', `${epoch} is no plain file`);
    if ((info.mode & 0o077) !== 0) throw new KeyError('key_permissions', `${epoch}.key must have mode 0600`);
    const key = Buffer.from(await readFile(path, 'utf8'), 'hex');
    if (key.byteLength !== KEY_BYTES) throw new KeyError('key_damaged', epoch);
    return key;
  }

  private path(epoch: string, kind: 'key' | 'destroyed'): string {
    if (!EPOCH_NAME.test(epoch)) throw new KeyError('key_config', 'epoch name');
    return join(this.folder, `${epoch}.${kind}`);
  }
}

async function checkFolder(folder: string): Promise<void> {
  const info = await lstat(folder);
  if (!info.isDirectory()) throw new KeyError('key_config', 'the key folder is no folder');
  if ((info.mode & 0o077) !== 0) throw new KeyError('key_permissions', 'the key folder must have mode 0700');
  const uid = process.getuid?.();
  if (uid !== undefined && info.uid !== uid)
    throw new KeyError('key_permissions', 'the key folder belongs to another user');
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errno(error) === 'ENOENT') return false;
    throw new KeyError('key_provider_unavailable', 'key folder');
  }
}

/** Makes names durable, not only contents. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await openFile(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function errno(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
