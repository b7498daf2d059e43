import { describe, expect, test } from 'vitest';
import { weakAddress } from './weak.js';

const domains = new Set(['fjellklubben.example.no', 'example.com']);
const weak = (value: string, type = 'email') => weakAddress({ type, value }, domains);

describe('what an address says of the person behind it', () => {
  test.each([
    'info@example.org',
    'Post@Example.ORG',
    'kundeservice@example.no',
    'styret@example.se',
    'noreply@example.org',
  ])('%s is the mailbox of a role', (address) => expect(weak(address)).toBe('role_address'));

  test('a tag behind the mailbox changes nothing', () => expect(weak('info+kari@example.org')).toBe('role_address'));

  test.each([
    ['kari@fjellklubben.example.no', 'work_address'],
    ['kari@mail.fjellklubben.example.no', 'work_address'],
    ['kari@EXAMPLE.com', 'work_address'],
    ['kari@notexample.com', null],
    ['kari@example.org', null],
    ['information.kari@example.org', null],
  ])('%s: %s', (address, why) => expect(weak(address)).toBe(why));

  test('a role at work is a role first', () => expect(weak('hr@example.com')).toBe('role_address'));

  test('what is no address is not weak', () => expect(weak('info@example.org', 'userId')).toBe(null));
});
