import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { merkleRootOfParts, partHash, type PartFacts } from './hash.js';

const sha256 = (data: Uint8Array): Uint8Array => createHash('sha256').update(data).digest();
const hex = (...chunks: (string | Uint8Array)[]): string => {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
};

const part: PartFacts = {
  action: 'delete',
  dataset: 'users',
  fields: ['name', 'email'],
  hold: null,
  identifiers: { email: 1 },
  organisation: 'acme',
  role: 'processor',
  system: 'app',
};

describe('partHash', () => {
  it('is the hash that a party can compute from the page alone', () => {
    const text =
      '{"action":"delete","dataset":"users","fields":["email","name"],"hold":null,"identifiers":{"email":1},"organisation":"acme","role":"processor","system":"app"}';
    expect(partHash(part, sha256)).toBe(`sha256:${hex(text)}`);
  });

  it('ignores order of fields, records and everything else that may grow', () => {
    const grown = { ...part, fields: ['email', 'name'], records: 7, held: 1, key: 'x', hold: null };
    expect(partHash(grown, sha256)).toBe(partHash(part, sha256));
  });

  it.each<Partial<PartFacts>>([
    { action: 'mask' },
    { dataset: 'orders' },
    { fields: ['email'] },
    { hold: { id: 'books', law: 'se-bokforingslagen-7-2' } },
    { identifiers: { email: 2 } },
    { identifiers: { email: 1, phone: 1 } },
    { organisation: null },
    { role: 'controller' },
    { system: 'mail' },
    { changes: 'sha256:00' },
  ])('changes with %o', (change) => {
    expect(partHash({ ...part, ...change }, sha256)).not.toBe(partHash(part, sha256));
  });
});

describe('merkleRootOfParts', () => {
  const rows = [
    { system: 'mail', dataset: 'contacts', organisation: 'acme' },
    { system: 'app', dataset: 'users', organisation: 'acme' },
    { system: 'app', dataset: 'users', organisation: null },
  ].map((row) => ({ ...row, hash: partHash({ ...part, ...row }, sha256) }));
  const digest = (i: number): Uint8Array => Buffer.from(rows[i]?.hash.slice(7) ?? '', 'hex');
  const leaf = (i: number): Uint8Array => Buffer.from(hex(Uint8Array.of(0), digest(i)), 'hex');

  it('is the RFC 6962 root over the part hashes sorted by system, dataset, organisation', () => {
    const left = Buffer.from(hex(Uint8Array.of(1), leaf(2), leaf(1)), 'hex');
    expect(merkleRootOfParts(rows, sha256)).toBe(`sha256:${hex(Uint8Array.of(1), left, leaf(0))}`);
  });

  it('does not depend on the order given, also where two parts share a place', () => {
    const twins = [
      ...rows,
      { ...rows[0], system: 'app', dataset: 'users', organisation: 'acme', hash: rows[0]?.hash ?? '' },
    ];
    expect(merkleRootOfParts([...twins].reverse(), sha256)).toBe(merkleRootOfParts(twins, sha256));
  });

  it('of no part is the hash of nothing; a malformed hash is refused', () => {
    expect(merkleRootOfParts([], sha256)).toBe(`sha256:${hex('')}`);
    expect(() =>
      merkleRootOfParts([{ system: 'a', dataset: 'b', organisation: null, hash: 'SHA256:00' }], sha256),
    ).toThrow(expect.objectContaining({ code: 'bad_hash' }));
  });
});
