import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normaliseIdentifier } from './normalise.js';

describe('normaliseIdentifier', () => {
  it.each([
    ['email', '  Kari.Nordmann@Example.NO ', 'kari.nordmann@example.no'],
    ['email', 'A\u030Asa@example.se', '\u00E5sa@example.se'],
    ['email', '\u00C5sa@example.se', '\u00E5sa@example.se'],
    ['email', 'per@bl\u00E5b\u00E6r.example.no', 'per@xn--blbr-roah.example.no'],
    ['email', 'per@XN--BLBR-ROAH.example.no', 'per@xn--blbr-roah.example.no'],
    ['email', 'per@bla\u030Ab\u00E6r.example.no', 'per@xn--blbr-roah.example.no'],
    ['email', 'per@example.com.', 'per@example.com'],
    ['email', 'per@0x7f.1', 'per@0x7f.1'],
    ['email', 'per@1.2', 'per@1.2'],
    ['email', 'no address', 'no address'],
    ['email', '"a@b"@example.com', '"a@b"@example.com'],
    ['email', 'per@exa%6dple.com', 'per@exa%6dple.com'],
    ['phone', '+47 22 22 22 22', '4722222222'],
    ['phone', '0047 (22) 22-22-22', '4722222222'],
    ['phone', '\uFF12\uFF12 22 22 22', '22222222'],
    ['phone', 'none', ''],
    ['userId', ' AbC ', ' AbC '],
    ['customerId', 'cus_A', 'cus_A'],
  ])('%s %j becomes %j', (type, value, expected) => {
    expect(normaliseIdentifier(type, value)).toBe(expected);
  });

  it('is stable: the normal form of a normal form is itself, for every type', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('email', 'phone', 'userId'),
        fc.oneof(fc.emailAddress(), fc.string(), fc.string({ unit: 'binary' })),
        (type, value) => {
          const once = normaliseIdentifier(type, value);
          // A phone may begin with several international prefixes in garbage input; real numbers have one.
          fc.pre(type !== 'phone' || !once.startsWith('00'));
          expect(normaliseIdentifier(type, once)).toBe(once);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
