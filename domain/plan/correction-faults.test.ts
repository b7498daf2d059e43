import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DATASET_DEFAULTS } from '../policy/defaults.js';
import type { DatasetPolicy, Pack } from '../policy/types.js';
import { correctionFaults, fits } from './correction-faults.js';
import { fieldsToChange, newKeys, unprovenChanges, valueOf, type ProposedChange } from './corrections.js';

const field = { category: 'contact', purpose: 'account', basis: 'contract', source: 'subject' } as const;

function dataset(id: string, over: Partial<DatasetPolicy>): DatasetPolicy {
  return {
    id,
    role: 'controller',
    organisation: null,
    collection: id,
    database: null,
    identifiers: {},
    declared: [],
    links: [],
    createdAt: null,
    signIn: false,
    derived: false,
    ...DATASET_DEFAULTS,
    fields: {},
    erase: { kind: 'delete' },
    hold: null,
    ...over,
  };
}

const PACK: Pick<Pack, 'systems'> = {
  systems: [
    {
      id: 'app',
      connector: 'mongodb',
      settings: {},
      order: 30,
      rate: null,
      datasets: [
        dataset('users', {
          identifiers: { email: ['email', 'oldEmails'], phone: ['phone'], userId: ['_id'], customerId: ['customer'] },
          signIn: true,
          organisation: 'organisationId',
          createdAt: 'createdAt',
          fields: {
            email: { ...field, datum: 'email' },
            oldEmails: field,
            phone: field,
            name: { ...field, datum: 'name' },
            size: { ...field, type: 'number' },
            member: { ...field, type: 'boolean' },
            born: { ...field, type: 'date' },
            lastSeen: { ...field, source: 'observed' },
            company: { ...field, source: 'third_party', rectify: true },
            frozen: { ...field, rectify: false },
            customer: field,
            organisationId: field,
            createdAt: field,
          },
        }),
        dataset('orders', { fields: { buyer: { ...field, datum: 'name' }, mail: { ...field, datum: 'email' } } }),
        dataset('invoices', { fields: { contact: { ...field, datum: 'name', rectify: false } } }),
      ],
    },
    {
      id: 'mail',
      connector: 'sendgrid',
      settings: {},
      order: 20,
      rate: null,
      datasets: [
        dataset('contacts', {
          identifiers: { email: ['email'] },
          fields: {
            email: { ...field, datum: 'email' },
            first_name: { ...field, datum: 'name.first' },
            last_name: { ...field, datum: 'name.last' },
          },
        }),
      ],
    },
  ],
};

const change = (name: string, value: ProposedChange['value'], id = 'users'): ProposedChange => ({
  dataset: id,
  field: name,
  value,
});
const codes = (...changes: ProposedChange[]): string[] =>
  correctionFaults(PACK, changes).map((f) => `${f.change}/${f.at} ${f.code}`);

describe('what may not be changed', () => {
  it.each([
    [change('name', 'Ana', 'nothing'), '0/dataset dataset_unknown'],
    [change('shoe', 'x'), '0/field field_unknown'],
    [change('_id', 'x'), '0/field field_fixed'],
    [change('customer', 'cus_2'), '0/field field_fixed'],
    [change('organisationId', 'other'), '0/field field_fixed'],
    [change('createdAt', '2026-01-01'), '0/field field_fixed'],
    [change('lastSeen', 'x'), '0/field field_not_rectifiable'],
    [change('frozen', 'x'), '0/field field_not_rectifiable'],
    [change('email', 'not an address'), '0/value value_wrong_type'],
    [change('email', 5), '0/value value_wrong_type'],
    [change('phone', 'call me'), '0/value value_wrong_type'],
    [change('size', '5'), '0/value value_wrong_type'],
    [change('size', Number.POSITIVE_INFINITY), '0/value value_wrong_type'],
    [change('member', 'yes'), '0/value value_wrong_type'],
    [change('born', '2026-02-30'), '0/value value_wrong_type'],
    [change('name', '   '), '0/value value_wrong_type'],
    [change('name', 'a\u0000b'), '0/value value_wrong_type'],
    [change('email', null), '0/value key_not_removable'],
    [change('phone', null), '0/value key_not_removable'],
    // The same address is what she signs in with.
    [change('mail', null, 'orders'), '0/value key_not_removable'],
  ])('%j', (given, fault) => {
    expect(codes(given)).toEqual([fault]);
  });

  it.each([
    change('email', 'ana@example.se'),
    change('name', null),
    change('company', 'Acme'),
    change('size', 0),
    change('born', '2024-02-29'),
    change('oldEmails', null),
  ])('%j is fine', (given) => {
    expect(codes(given)).toEqual([]);
  });

  it('names each fault at its change, repeated and contradicting ones too', () => {
    expect(codes(change('name', 'A'), change('name', 'A'), change('buyer', 'B', 'orders'), change('shoe', 1))).toEqual([
      '1/field change_repeated',
      '2/value changes_contradict',
      '3/field field_unknown',
    ]);
    expect(codes(change('name', 'A'), change('buyer', 'A', 'orders'))).toEqual([]);
  });

  it('a value of one type is never one of another by accident', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.double(), fc.boolean()), (value) => {
        if (fits('number', value)) expect(typeof value).toBe('number');
        if (fits('boolean', value)) expect(typeof value).toBe('boolean');
        for (const type of ['text', 'email', 'phone', 'date'] as const)
          if (fits(type, value)) expect(value).toBe(String(value).trim());
      }),
    );
  });
});

describe('what a change reaches', () => {
  const reached = (...changes: ProposedChange[]) =>
    fieldsToChange(PACK, changes).map(
      (f) => `${f.system}/${f.dataset}/${f.field}=${String(f.asIssued ? 'as issued' : valueOf(f, changes))}`,
    );

  it('is the named field and every copy; parts of a name get their part, issued documents nothing', () => {
    expect(reached(change('name', 'Ana Maria Holm'))).toEqual([
      'app/invoices/contact=as issued',
      'app/orders/buyer=Ana Maria Holm',
      'app/users/name=Ana Maria Holm',
      'mail/contacts/first_name=Ana Maria',
      'mail/contacts/last_name=Holm',
    ]);
    expect(reached(change('name', 'Ana'))).toContain('mail/contacts/last_name=null');
    expect(reached(change('name', null))).toContain('mail/contacts/first_name=null');
  });

  it('a field that is named itself wins over being a copy', () => {
    const both = [change('name', 'Ana van der Holm'), change('last_name', 'van der Holm', 'contacts')];
    expect(reached(...both)).toContain('mail/contacts/last_name=van der Holm');
    expect(reached(...[...both].reverse())).toContain('mail/contacts/last_name=van der Holm');
  });

  it('a new address is a key, until somebody has proven it', () => {
    const changes = [change('name', 'Ana'), change('email', 'Ana.Ny@example.se')];
    const keys = newKeys(PACK, changes);
    expect(keys).toEqual([{ change: 1, type: 'email', value: 'Ana.Ny@example.se' }]);
    expect(unprovenChanges(keys, [{ type: 'email', value: 'ana@example.se' }])).toEqual([1]);
    expect(unprovenChanges(keys, [{ type: 'email', value: 'ana.ny@EXAMPLE.se' }])).toEqual([]);
    expect(newKeys(PACK, [change('oldEmails', null)])).toEqual([]);
  });
});
