import { chmod, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileKeyProvider } from './file-provider.js';
import { epochAt, epochDays } from './provider.js';

const EPOCH = 'e2026-11-19';
const aad = Buffer.from('aad');
let root: string;
let folder: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'habeas-keys-'));
  folder = join(root, 'keys');
});
afterEach(() => rm(root, { recursive: true, force: true }));

describe('file key provider', () => {
  it('makes folder and keys that only their owner can read, and nothing else', async () => {
    const provider = await fileKeyProvider(folder);
    await provider.createEpoch(EPOCH);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect(await readdir(folder)).toEqual([`${EPOCH}.key`]);
    expect((await stat(join(folder, `${EPOCH}.key`))).mode & 0o777).toBe(0o600);
  });

  it('wraps and unwraps, bound to the additional data', async () => {
    const provider = await fileKeyProvider(folder);
    await provider.createEpoch(EPOCH);
    const wrapped = await provider.wrap(EPOCH, Buffer.from('secret'), aad);
    expect(Buffer.from(await provider.unwrap(EPOCH, wrapped, aad)).toString()).toBe('secret');
    await expect(provider.unwrap(EPOCH, wrapped, Buffer.from('other'))).rejects.toMatchObject({ code: 'key_damaged' });
    await expect(provider.unwrap(EPOCH, wrapped.subarray(0, 5), aad)).rejects.toMatchObject({ code: 'key_damaged' });
  });

  it('refuses a folder that others can read', async () => {
    await fileKeyProvider(folder);
    await chmod(folder, 0o750);
    await expect(fileKeyProvider(folder)).rejects.toMatchObject({ code: 'key_permissions' });
  });

  it('refuses a key that others can read', async () => {
    const provider = await fileKeyProvider(folder);
    await provider.createEpoch(EPOCH);
    await chmod(join(folder, `${EPOCH}.key`), 0o640);
    await expect(provider.wrap(EPOCH, aad, aad)).rejects.toMatchObject({ code: 'key_permissions' });
  });

  it('refuses a file in place of the folder', async () => {
    await writeFile(join(root, 'file'), '');
    await expect(fileKeyProvider(join(root, 'file'))).rejects.toThrow();
  });

  it('keeps one key when many create the epoch at once', async () => {
    const providers = await Promise.all(Array.from({ length: 12 }, () => fileKeyProvider(folder)));
    // Each uses the key as soon as it believes that it exists: a key that another maker replaced would not open these.
    const wrapped = await Promise.all(
      providers.map(async (provider) => {
        await provider.createEpoch(EPOCH);
        return provider.wrap(EPOCH, Buffer.from('secret'), aad);
      }),
    );
    await providers[0]?.createEpoch(EPOCH);
    const fresh = await fileKeyProvider(folder);
    for (const each of wrapped) expect(Buffer.from(await fresh.unwrap(EPOCH, each, aad)).toString()).toBe('secret');
    expect(await readdir(folder)).toEqual([`${EPOCH}.key`]);
  });

  it('tells an unknown epoch from a destroyed one, and never brings one back', async () => {
    const provider = await fileKeyProvider(folder);
    await expect(provider.wrap(EPOCH, aad, aad)).rejects.toMatchObject({ code: 'key_absent', retryable: true });
    await provider.createEpoch(EPOCH);
    const before = await readFile(join(folder, `${EPOCH}.key`), 'utf8');
    const wrapped = await provider.wrap(EPOCH, aad, aad);
    await provider.destroyEpoch(EPOCH);
    await provider.destroyEpoch(EPOCH);
    await expect(provider.unwrap(EPOCH, wrapped, aad)).rejects.toMatchObject({
      code: 'key_destroyed',
      retryable: false,
    });
    await expect(provider.createEpoch(EPOCH)).rejects.toMatchObject({ code: 'key_destroyed' });
    // Even a key file put back from somewhere does not answer.
    await writeFile(join(folder, `${EPOCH}.key`), before, { mode: 0o600 });
    await expect(provider.unwrap(EPOCH, wrapped, aad)).rejects.toMatchObject({ code: 'key_destroyed' });
  });

  it('takes no path for an epoch name', async () => {
    const provider = await fileKeyProvider(folder);
    await expect(provider.createEpoch('../x')).rejects.toMatchObject({ code: 'key_config' });
  });
});

describe('epochs', () => {
  it('change at midnight UTC every so many days, counted from 1970', () => {
    const at = (text: string): string => epochAt(Date.parse(text), 7);
    expect(at('2026-11-19T00:00:00.000Z')).toBe('e2026-11-19');
    expect(at('2026-11-25T23:59:59.999Z')).toBe('e2026-11-19');
    expect(at('2026-11-26T00:00:00.000Z')).toBe('e2026-11-26');
  });

  it('have whole days only', () => {
    expect([epochDays('P7D'), epochDays('P2W')]).toEqual([7, 14]);
    for (const bad of ['P0D', 'PT12H', 'P1M', '', 'P7']) expect(() => epochDays(bad)).toThrow(RangeError);
  });
});
