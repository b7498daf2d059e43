import { describe, expect, test } from 'vitest';
import type { HoldRule } from '../policy/types.js';
import { holdUntil } from './hold-until.js';

const rule: HoldRule = {
  id: 'books',
  law: 'no-bokforingsloven-13-primary',
  exemption: '17-3-b',
  noGround: null,
  documentOn: 'issuedAt',
  financialYearEndMonth: 12,
  whileField: null,
  endsOn: null,
};
const facts = { documentOn: '2024-03-15', flagged: false, timeZone: 'Europe/Oslo', today: '2026-11-24' };

test('no rule, no hold', () => {
  expect(holdUntil(null, facts)).toBeNull();
});

describe('a law with a period', () => {
  test('keeps through its last day and falls away after it', () => {
    expect(holdUntil(rule, facts)).toEqual({
      id: 'books',
      law: rule.law,
      exemption: '17-3-b',
      noGround: null,
      until: '2029-12-31',
    });
    expect(holdUntil(rule, { ...facts, today: '2029-12-31' })?.until).toBe('2029-12-31');
    expect(holdUntil(rule, { ...facts, today: '2030-01-01' })).toBeNull();
    expect(holdUntil(rule, { ...facts, today: null, documentOn: '2001-03-15' })?.until).toBe('2006-12-31');
  });
  test('the day of an instant is the local one', () => {
    expect(holdUntil(rule, { ...facts, documentOn: '2024-12-31T23:30:00Z' })?.until).toBe('2030-12-31');
    expect(holdUntil(rule, { ...facts, documentOn: '2024-12-31T22:30:00.000Z' })?.until).toBe('2029-12-31');
  });
  test('an unknown date holds without an end', () => {
    expect(holdUntil(rule, { ...facts, documentOn: null })).toMatchObject({ until: null });
    expect(holdUntil(rule, { ...facts, documentOn: 'soon' })).toMatchObject({ until: null });
  });
  test('a flag on top of a law holds without an end', () => {
    const both = { ...rule, whileField: 'legalHold', endsOn: null };
    expect(holdUntil(both, { ...facts, flagged: true })?.until).toBeNull();
    expect(holdUntil(both, facts)?.until).toBe('2029-12-31');
    expect(holdUntil(rule, { ...facts, flagged: true })?.until).toBe('2029-12-31');
  });
});

test('a free name holds for as long as its field is set', () => {
  const running = {
    ...rule,
    law: 'domain_registered',
    exemption: null,
    noGround: 'contract_running' as const,
    documentOn: null,
    whileField: 'active',
    endsOn: null,
  };
  expect(holdUntil(running, { ...facts, documentOn: null, flagged: true })).toMatchObject({
    noGround: 'contract_running',
    until: null,
  });
  expect(holdUntil(running, { ...facts, documentOn: null })).toBeNull();
});
