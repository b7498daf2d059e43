import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DatasetPolicy, FieldPolicy } from '../policy/types.js';
import {
  columnsOf,
  csvRow,
  csvText,
  csvwOf,
  isPortableField,
  jsonSchemaOf,
  namesRow,
  portableData,
  portableFields,
  redact,
  rowId,
  structuralPaths,
  undescribedPaths,
} from './index.js';

const field = (more: Partial<FieldPolicy> = {}): FieldPolicy => ({
  category: 'contact',
  purpose: 'account',
  basis: 'contract',
  source: 'subject',
  ...more,
});

function dataset(fields: Record<string, FieldPolicy>, more: Partial<DatasetPolicy> = {}): DatasetPolicy {
  return {
    id: 'users',
    role: 'controller',
    organisation: null,
    collection: 'users',
    database: null,
    identifiers: { email: ['email'], userId: ['_id'] },
    declared: [],
    links: [],
    createdAt: null,
    signIn: false,
    derived: false,
    fields,
    erase: { kind: 'delete' },
    hold: null,
    account: null,
    retention: { kind: 'while', until: 'account_closed' },
    restrict: null,
    stop: [],
    forbidden: [],
    ...more,
  };
}

describe('portable fields', () => {
  const bases = [
    'consent',
    'contract',
    'legal_obligation',
    'legitimate_interest',
    'vital_interest',
    'public_task',
  ] as const;
  const sources = ['subject', 'observed', 'organisation', 'third_party'] as const;

  it('are those on consent or a contract that the person gave or that were observed, and no other of the 24', () => {
    const portable = bases.flatMap((basis) =>
      sources.filter((source) => isPortableField({ basis, source })).map((source) => `${basis} ${source}`),
    );
    expect(portable).toEqual(['consent subject', 'consent observed', 'contract subject', 'contract observed']);
  });

  it('leave nothing else in the record, neither beside nor inside them', () => {
    const set = dataset({
      email: field(),
      score: field({ basis: 'legitimate_interest', source: 'observed' }),
      note: field({ source: 'organisation' }),
      profile: field({ basis: 'consent' }),
      'profile.rating': field({ basis: 'legitimate_interest' }),
      'orders.item': field(),
    });
    expect(portableFields(set)).toEqual(['email', 'orders.item', 'profile']);
    expect(
      portableData(set, {
        _id: 'usr_1',
        email: 'eva@example.no',
        score: 7,
        note: 'regular',
        profile: { colour: 'blue', rating: 4, tags: [] },
        orders: [{ item: 'boat', price: 5 }, { price: 6 }],
        unknown: 'x',
        at: { $date: '2026-01-01T00:00:00.000Z' },
      }),
    ).toEqual({
      email: 'eva@example.no',
      profile: { colour: 'blue', tags: [] },
      orders: [{ item: 'boat' }],
    });
  });
});

describe('redaction', () => {
  it('replaces declared values wherever they stand, keeps what is empty, and says what it removed', () => {
    const { record, removed } = redact(
      {
        text: 'Ask Tor',
        list: [
          { who: 'Tor', n: 1 },
          { who: '', n: 2 },
        ],
        deep: { text: 'mine' },
        none: null,
      },
      { paths: ['text', 'list.who', 'none'], placeholder: '[others]' },
    );
    expect(record).toEqual({
      text: '[others]',
      list: [
        { who: '[others]', n: 1 },
        { who: '', n: 2 },
      ],
      deep: { text: 'mine' },
      none: null,
    });
    expect(removed).toEqual([
      { path: 'text', value: 'Ask Tor' },
      { path: 'list.who', value: 'Tor' },
    ]);
  });

  it('lets no value of a named path through, whatever the record looks like', () => {
    fc.assert(
      fc.property(fc.object({ key: fc.constantFrom('a', 'b', 'c'), maxDepth: 4 }), (given) => {
        const marked = JSON.parse(
          JSON.stringify(given, (_, value: unknown) => (typeof value === 'string' ? 'SECRET' : value)),
        );
        const holder = { a: { b: marked as unknown } };
        const { record } = redact(holder, { paths: ['a.b'], placeholder: '-' });
        expect(JSON.stringify(record)).not.toContain('SECRET');
      }),
    );
  });

  it('rows are named one by one or for a whole part', () => {
    expect(rowId('app/messages/acme', 3, 'text')).toBe('app/messages/acme#3/text');
    expect(namesRow(new Set(['app/messages/acme#3/text']), 'app/messages/acme', 3, 'text')).toBe(true);
    expect(namesRow(new Set(['app/messages/acme#any/text']), 'app/messages/acme', 9, 'text')).toBe(true);
    expect(namesRow(new Set(['app/messages/acme#3/text']), 'app/messages/acme', 4, 'text')).toBe(false);
    expect(namesRow(new Set(['app/messages/acme#any/text']), 'app/messages/umbrella', 3, 'text')).toBe(false);
  });
});

describe('what the data map does not describe', () => {
  const set = dataset(
    { email: field(), 'contacts.name': field() },
    {
      organisation: 'organisationId',
      links: [{ from: 'stripeId', to: 'identifier:customerId', trust: 'system' }],
      createdAt: 'createdAt',
      retention: { kind: 'max', for: 'P3Y', after: ['lastSeenAt'], settledOn: null },
    },
  );

  it('is every value outside of fields and of what the record is found, attributed and dated by', () => {
    expect(structuralPaths(set)).toEqual(['_id', 'createdAt', 'email', 'lastSeenAt', 'organisationId', 'stripeId']);
    expect(
      undescribedPaths(set, {
        _id: 'usr_1',
        organisationId: 'acme',
        email: 'Eva@example.no',
        emailNorm: 'eva@example.no',
        stripeId: 'cus_1',
        createdAt: { $date: '2026-01-01T00:00:00.000Z' },
        lastSeenAt: null,
        contacts: [{ name: 'Tor', shoe: 43 }],
        secretScoreNorm: 1,
        preferences: { theme: 'dark', list: [] },
      }),
    ).toEqual(['contacts.shoe', 'preferences.list', 'preferences.theme', 'secretScoreNorm']);
  });
});

describe('CSV', () => {
  it('is RFC 4180, defuses formulas so that one apostrophe fewer gives the value back, and keeps numbers', () => {
    const columns = columnsOf(['name', 'amount', 'at', 'tags', 'empty', 'nothing', 'to.city']);
    expect(csvText(columns.map((c) => c.path))).toBe('amount,at,empty,name,nothing,tags,to.city\r\n');
    expect(
      csvRow(columns, {
        name: '=HYPERLINK("http://example.com","x")',
        amount: -5,
        at: { $date: '2026-01-01T00:00:00.000Z' },
        tags: ['a', 'b,c'],
        empty: '',
        to: [{ city: 'Oslo' }],
      }),
    ).toBe(
      '-5,2026-01-01T00:00:00.000Z,"","\'=HYPERLINK(""http://example.com"",""x"")",,"[""a"",""b,c""]","[""Oslo""]"\r\n',
    );
    for (const begin of ['=', '+', '-', '@', '\t', '\r', '\n', '＝'])
      expect(csvRow([{ path: 'v' }], { v: `${begin}1` }).replaceAll('"', '')).toBe(`'${begin}1\r\n`);
  });

  it('any text comes back, and no cell of any record begins a formula', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((s) => `=${s}`),
          fc.string().map((s) => `'${s}`),
          fc.constantFrom('+4', '\t=1', '"', '\r\n'),
        ),
        (text) => {
          const row = csvRow([{ path: 'v' }, { path: 'w' }], { v: text, w: 'end' });
          const cells = parse(row);
          expect(cells).toHaveLength(1);
          const [first = '', second] = cells[0] ?? [];
          expect(second).toBe('end');
          expect(first).not.toMatch(/^[=+\-@\t\r\n]/);
          expect(first.startsWith("'") ? first.slice(1) : first).toBe(text);
        },
      ),
    );
  });
});

/** A strict RFC 4180 reader, written apart from the writer. */
function parse(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let inside = false;
  for (let i = 0; i < text.length; i += 1) {
    const c = text[i] ?? '';
    if (inside) {
      if (c !== '"') cell += c;
      else if (text[i + 1] === '"') {
        cell += '"';
        i += 1;
      } else inside = false;
    } else if (c === '"') inside = true;
    else if (c === ',') {
      row.push(cell);
      cell = '';
    } else if (c === '\r' && text[i + 1] === '\n') {
      rows.push([...row, cell]);
      row = [];
      cell = '';
      i += 1;
    } else cell += c;
  }
  return rows;
}

describe('schemas', () => {
  const set = dataset({ email: field(), 'to.city': field({ purpose: 'tickets' }) });

  it('name each field with purpose, basis and source', () => {
    const schema = jsonSchemaOf({ id: 'urn:x', title: 'app/users', dataset: set, paths: portableFields(set) });
    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'array',
      items: {
        properties: {
          email: { 'x-purpose': 'account', 'x-basis': 'contract', 'x-source': 'subject' },
          to: { anyOf: [{ properties: { city: { 'x-purpose': 'tickets' } } }, { type: 'array' }, { type: 'null' }] },
        },
        additionalProperties: false,
      },
    });
    expect(csvwOf('users.csv', columnsOf(portableFields(set)))).toMatchObject({
      url: 'users.csv',
      tableSchema: { columns: [{ titles: 'email' }, { titles: 'to.city', name: 'to_city' }] },
    });
  });

  it('say nothing that this folder may not import', () => {
    for (const file of ['csv', 'described', 'portable', 'redact', 'review', 'schema', 'walk'])
      expect(readFileSync(new URL(`./${file}.ts`, import.meta.url), 'utf8')).not.toMatch(/from 'node:|from 'zod'/);
  });
});
