import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CanonicalJsonError, canonicalBytes, canonicalJson } from './canonical-json.js';

describe('canonicalJson', () => {
  it('gives the sample of RFC 8785 section 3.2.2', () => {
    const sample = {
      numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"\u002f',
      literals: [null, true, false],
    };
    expect(canonicalJson(sample)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it('sorts keys by UTF-16 code units as RFC 8785 section 3.2.3 shows', () => {
    const keys = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, '\u00f6': 7 };
    expect(Object.values(JSON.parse(canonicalJson(keys).replace('"1"', '"one"')) as object)).toEqual([
      2, 4, 6, 7, 1, 5, 3,
    ]);
  });

  it('equals the reference library on any JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        expect(canonicalJson(value)).toBe(canonicalize(value));
      }),
      { numRuns: Number(process.env['FUZZ_RUNS'] ?? 500) < 500 ? 60 : 500 },
    );
  });

  it('survives a round trip and is a fixed point', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });

  it('writes minus zero as zero and takes objects of no prototype', () => {
    expect(canonicalJson([-0, Object.assign(Object.create(null), { b: 1, a: 2 })])).toBe('[0,{"a":2,"b":1}]');
    expect([...canonicalBytes('å')]).toEqual([0x22, 0xc3, 0xa5, 0x22]);
  });

  it.each([
    ['undefined_value', undefined],
    ['undefined_value', { a: undefined }],
    ['undefined_value', [1, , 2]],
    ['not_finite', Number.NaN],
    ['not_finite', { a: [Number.POSITIVE_INFINITY] }],
    ['not_plain', new Date(0)],
    ['not_plain', { at: new Date(0) }],
    ['not_plain', new Map()],
    ['not_plain', new Uint8Array(2)],
    ['not_plain', Object(1)],
    ['not_plain', new (class Thing {})()],
    ['not_plain', { [Symbol('s')]: 1 }],
    ['unsupported_type', () => 1],
    ['unsupported_type', { toJSON: () => 'hidden' }],
    ['unsupported_type', 10n],
    ['unsupported_type', Symbol('s')],
    ['lone_surrogate', '\ud800'],
    ['lone_surrogate', { '\udc00x': 1 }],
  ])('refuses with %s', (code, value) => {
    try {
      canonicalJson(value);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(CanonicalJsonError);
      expect((error as CanonicalJsonError).code).toBe(code);
    }
  });

  it('refuses a cycle instead of overflowing the stack', () => {
    const loop: unknown[] = [];
    loop.push(loop);
    expect(() => canonicalJson(loop)).toThrow(expect.objectContaining({ code: 'too_deep' }));
  });
});
