import { chmod, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keyIdOf, publicJwkOf, publicKeyOfJwk, sha256, verifyEd25519 } from './signing-crypto.js';
import { signingKeys } from './signing.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'habeas-keys-'));
});
afterEach(() => rm(folder, { recursive: true }));
const file = (): string => join(folder, 'signing', 'infentre.jwk');

describe('signingKeys', () => {
  it('makes one key per operator on first use, readable by the owner alone, and finds it again', async () => {
    const first = await signingKeys(folder).signer('infentre');
    const again = await signingKeys(folder).signer('infentre');
    const other = await signingKeys(folder).signer('itefy');
    expect(again.keyId).toBe(first.keyId);
    expect(other.keyId).not.toBe(first.keyId);
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'signing'))).mode & 0o777).toBe(0o700);
    const message = new TextEncoder().encode('note');
    expect(verifyEd25519(again.publicKey, message, first.sign(message))).toBe(true);
    expect(verifyEd25519(other.publicKey, message, first.sign(message))).toBe(false);
    expect(first.publicJwk).toMatchObject({ kty: 'OKP', crv: 'Ed25519', kid: first.keyId });
    expect(first.publicJwk).not.toHaveProperty('d');
  });

  it('gives racing processes the same key and leaves no other file behind', async () => {
    const signers = await Promise.all(Array.from({ length: 20 }, () => signingKeys(folder).signer('infentre')));
    expect(new Set(signers.map((signer) => signer.keyId)).size).toBe(1);
    expect(await readdir(join(folder, 'signing'))).toEqual(['infentre.jwk']);
  });

  it('refuses a key file that others may read', async () => {
    await signingKeys(folder).signer('infentre');
    await chmod(file(), 0o640);
    const keys = signingKeys(folder);
    await expect(keys.signer('infentre')).rejects.toThrow(expect.objectContaining({ code: 'key_permissions' }));
    await chmod(file(), 0o600);
    await expect(keys.signer('infentre')).resolves.toBeDefined();
  });

  it.each(['', '{}', '{"kty":"OKP","crv":"Ed25519","x":"AAAA"}'])(
    'never replaces a file that is not a key: %s',
    async (content) => {
      await signingKeys(folder).signer('infentre');
      await writeFile(file(), content);
      await expect(signingKeys(folder).signer('infentre')).rejects.toThrow(
        expect.objectContaining({ code: 'key_unreadable' }),
      );
      expect(await readFile(file(), 'utf8')).toBe(content);
    },
  );

  it.each(['', '../x', 'A', 'a/b'])('refuses the operator id "%s"', async (operator) => {
    await expect(signingKeys(folder).signer(operator)).rejects.toThrow(
      expect.objectContaining({ code: 'bad_operator' }),
    );
  });
});

describe('public keys', () => {
  it('have the thumbprint of RFC 8037 appendix A.3 as their id', () => {
    const key = publicKeyOfJwk({ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' });
    expect(keyIdOf(key)).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
  });

  it('verify the signature of RFC 8032 section 7.1 test 2', () => {
    const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
    const key = hex('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c');
    const signature = hex(
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    );
    expect(verifyEd25519(key, hex('72'), signature)).toBe(true);
    expect(verifyEd25519(key, hex('73'), signature)).toBe(false);
    expect(verifyEd25519(new Uint8Array(31), hex('72'), signature)).toBe(false);
  });

  it('are refused with a foreign id, a private half or another spelling', () => {
    const jwk = publicJwkOf(sha256(new Uint8Array(0)));
    expect(publicKeyOfJwk(jwk)).toEqual(sha256(new Uint8Array(0)));
    for (const bad of [
      { ...jwk, kid: 'other' },
      { ...jwk, d: 'AAAA' },
      { ...jwk, x: `${jwk.x}=` },
      { ...jwk, crv: 'X25519' },
      null,
      'x',
    ]) {
      expect(() => publicKeyOfJwk(bad)).toThrow(expect.objectContaining({ code: 'bad_key' }));
    }
  });
});
