import fc from 'fast-check';
import { Binary, Double, Int32, Long, ObjectId, UUID } from 'mongodb';
import { expect, test } from 'vitest';
import { normaliseIdentifier } from '../../domain/plan/normalise.js';
import { idOfRef, refIdOf, textOf, variantsOf } from './ids.js';
import { fieldsAt, isFieldPath, leavesOf, projectionOf } from './paths.js';
import { normalOf, spellingFilter } from './spelling.js';

/** The pattern as the server reads it (PCRE and ECMAScript agree on what is used here). */
function patternOf(type: string, value: string): RegExp {
  const operand = (spellingFilter('p', type, [value]) as { p: { $regex: string; $options: string } }).p;
  return new RegExp(operand.$regex, operand.$options);
}

test('a pattern finds the value itself in every case, whatever characters it holds', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, unit: 'grapheme-ascii' }).filter((s) => s.trim() !== ''),
      fc.boolean(),
      (value, upper) => {
        const stored = upper ? value.toUpperCase() : value;
        expect(patternOf('email', value).test(` ${stored}\n`)).toBe(true);
      },
    ),
  );
});

test('what a pattern finds and the comparison in code accepts is the same address', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme-ascii', maxLength: 6 }),
      fc.string({ unit: 'grapheme-ascii', maxLength: 6 }),
      (a, b) => {
        const wanted = normaliseIdentifier('email', `${a}@example.no`);
        const accepted =
          patternOf('email', `${a}@example.no`).test(`${b}@example.no`) &&
          normalOf('email', `${b}@example.no`) === wanted;
        expect(accepted).toBe(normaliseIdentifier('email', `${b}@example.no`) === wanted);
      },
    ),
  );
});

test('international domains are found in both forms', () => {
  for (const stored of [
    'Ana@bücher.example',
    'ana@xn--bcher-kva.example',
    'ANA@XN--BCHER-KVA.EXAMPLE',
    'ana@bu\u0308cher.example',
  ]) {
    expect(patternOf('email', 'ana@bücher.example').test(stored)).toBe(true);
    expect(patternOf('email', 'ana@xn--bcher-kva.example').test(stored)).toBe(true);
  }
});

test('ids survive the way through text with their BSON type', () => {
  for (const id of [
    new ObjectId(),
    new UUID(),
    new Int32(1),
    new Double(1),
    Long.fromString('9007199254740993'),
    'x',
    '$where',
    '{"$oid":"y"}',
  ]) {
    expect(refIdOf(idOfRef(refIdOf(id)))).toBe(refIdOf(id));
  }
  expect(new Set([new Int32(1), new Double(1), Long.fromNumber(1), '1'].map(refIdOf)).size).toBe(4);
});

test('every type that an id can have is among the variants of its text', () => {
  const uuid = new UUID();
  for (const id of [new ObjectId(), Long.fromString('-12'), uuid]) {
    const text = textOf(id);
    expect(variantsOf(text ?? '').map(refIdOf)).toContain(refIdOf(id));
  }
  expect(variantsOf('007')).toEqual(['007']);
  expect(variantsOf('9999999999999999999')).toEqual(['9999999999999999999']);
  for (const none of [null, undefined, true, new Date(), { $ne: 1 }, new Binary(Buffer.from('x'))])
    expect(textOf(none)).toBeNull();
});

test('paths walk arrays and embedded documents, and name where they were', () => {
  const document = { a: [{ b: [1, 2] }, { b: 3 }, 4, [{ b: 5 }]], c: { d: null } };
  expect(leavesOf(document, 'a.b').map((l) => [l.at, l.value, l.element])).toEqual([
    ['a.0.b.0', 1, 'a.0.b.0'],
    ['a.0.b.1', 2, 'a.0.b.1'],
    ['a.1.b', 3, 'a.1'],
  ]);
  expect(fieldsAt(document, 'a.b').map((l) => l.at)).toEqual(['a.0.b', 'a.1.b']);
  expect(leavesOf(document, 'c.d').map((l) => l.value)).toEqual([null]);
  expect(leavesOf(document, 'c.toString')).toEqual([]);
  expect(projectionOf(['a.b', 'a', 'ab', 'a.b.c'])).toEqual({ a: 1, ab: 1, _id: 1 });
  expect(['a', 'a.b', '', 'a.', '$a', 'a.$b', 'a\0'].map(isFieldPath)).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
    false,
  ]);
});
