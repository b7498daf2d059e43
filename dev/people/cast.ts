import type { Person } from './people.js';

/** People with a story, at the head of each operator's list, so that a demo, a test and a reader can name them. */
export interface CastMember {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  /** Organisations she belongs to; empty where the operator knows none. */
  readonly organisations: readonly string[];
  /** What makes her case worth showing. */
  readonly story: string;
}

/** Customers of Infentre: each the controller of its own members' records. `acme` is the one that decides in the demo. */
export const ORGANISATIONS = {
  infentre: [
    { id: 'acme', name: 'Acme Konferanser AS', emailDomain: 'acme.example.com', language: 'nb', country: 'NO' },
    { id: 'fjellklubben', name: 'Fjellklubben', emailDomain: 'fjellklubben.example.no', language: 'nb', country: 'NO' },
    { id: 'skargard', name: 'Skärgårdsloppet', emailDomain: 'skargard.example.se', language: 'sv', country: 'SE' },
    {
      id: 'kulturhuset',
      name: 'Kulturhuset Nord',
      emailDomain: 'kulturhuset.example.org',
      language: 'nb',
      country: 'NO',
    },
  ],
  defigo: [],
  faktry: [],
  // Itefy's customers are their accounts, IT PAYS' the owners of sites: controllers of what they keep there.
  itefy: [
    { id: 'acc_00000', name: 'Nordverk 1', emailDomain: 'nordverk.example.no', language: 'nb', country: 'NO' },
    { id: 'acc_00001', name: 'Fjordbygg 2', emailDomain: 'fjordbygg.example.no', language: 'nb', country: 'NO' },
  ],
  itpays: [{ id: 'cust_00000', name: 'Anne Krog', emailDomain: 'anne-krog.example.no', language: 'nb', country: 'NO' }],
} as const;

export const CAST = {
  infentre: [
    {
      id: 'kari',
      name: 'Kari Nordmann',
      email: 'kari.nordmann@example.no',
      organisations: ['acme'],
      story:
        'erasure: in every system, under an old and a mixed-case address, among the contacts of other orders, on an invoice under hold',
    },
    {
      id: 'erik',
      name: 'Erik Lindqvist',
      email: 'erik.lindqvist@example.se',
      organisations: ['skargard', 'acme'],
      story: 'member of two organisations under one address: two controllers, two decisions',
    },
    {
      id: 'ingrid',
      name: 'Ingrid Solberg',
      email: 'ingrid.solberg@example.no',
      organisations: ['fjellklubben'],
      story: 'access: asks for a copy; her messages name other people',
    },
    {
      id: 'bjorn',
      name: 'Bjørn Haugen',
      email: 'bjorn.haugen@example.no',
      organisations: ['acme'],
      story: 'declares the address of kari as his alternate one: must never be erased for her',
    },
    {
      id: 'asa',
      name: 'Åsa Öberg',
      email: 'asa.oberg@acme.example.com',
      organisations: ['acme'],
      story: 'work address in the domain of her organisation: a code proves less than it seems',
    },
    {
      id: 'nils',
      name: 'Nils Håkansson',
      email: 'nils.hakansson@example.se',
      organisations: ['skargard'],
      story: 'administrator: his own account is controlled by the operator, without a gate',
    },
  ],
  defigo: [
    {
      id: 'ola',
      name: 'Ola Berg',
      email: 'ola.berg@example.no',
      organisations: [],
      story: 'erasure without a gate: shares an apartment, has years of door events and an invoice under hold',
    },
    {
      id: 'sara',
      name: 'Sara Lindgren',
      email: 'sara.lindgren@example.se',
      organisations: [],
      story: 'access: lives in the same apartment as ola, and must stay in it',
    },
    {
      id: 'per',
      name: 'Per Ødegård',
      email: 'per.odegard@example.com',
      organisations: [],
      story: 'address stored in mixed case',
    },
  ],
  itefy: [
    {
      id: 'lars',
      name: 'Lars Eide',
      email: 'lars.eide@example.no',
      organisations: ['acc_00000'],
      story: 'owner of three active accounts: blocked until each is transferred or cancelled, everything else goes',
    },
    {
      id: 'mona',
      name: 'Mona Lie',
      email: 'mona.lie@example.no',
      organisations: ['acc_00000'],
      story: 'works in an account of lars: her own sign-in has no gate, what she wrote there does',
    },
    {
      id: 'tuva',
      name: 'Tuva Strand',
      email: 'tuva.strand@example.no',
      organisations: [],
      story: 'reads the newsletter and is nothing else',
    },
    {
      id: 'jon',
      name: 'Jon Vik',
      email: 'jon.vik@example.no',
      organisations: [],
      story: 'owner of an account whose trial is over: blocks nothing',
    },
    {
      id: 'siri',
      name: 'Siri Moe',
      email: 'siri.moe@example.no',
      organisations: ['acc_00000'],
      story: 'registered by a customer, without a sign-in: the account decides',
    },
  ],
  faktry: [
    {
      id: 'ida',
      name: 'Ida Holm',
      email: 'ida.holm@example.no',
      organisations: [],
      story: 'erasure with an open enquiry; an invoice under hold',
    },
    {
      id: 'leif',
      name: 'Leif Dahl',
      email: 'leif.dahl@example.no',
      organisations: [],
      story: 'settled: the schedule takes his record without a request',
    },
    {
      id: 'eva',
      name: 'Eva Myhre',
      email: 'eva.myhre@example.no',
      organisations: [],
      story: 'came from a public register: a copy names the source',
    },
  ],
  itpays: [
    {
      id: 'anne',
      name: 'Anne Krog',
      email: 'anne.krog@example.no',
      organisations: [],
      story: 'a domain and hosting run: kept while they do; pays with PayPal',
    },
    {
      id: 'geir',
      name: 'Geir Foss',
      email: 'geir.foss@example.no',
      organisations: [],
      story: 'all services are over: erased but for the books',
    },
    {
      id: 'liv',
      name: 'Liv Haga',
      email: 'liv.haga@example.no',
      organisations: ['cust_00000'],
      story: 'left her address on the site of anne, who decides',
    },
  ],
} as const satisfies Readonly<Record<string, readonly CastMember[]>>;

/** The cast first, then the crowd. */
export function withCast(cast: readonly CastMember[], crowd: readonly Person[]): readonly Person[] {
  const head = cast.map((member, n): Person => {
    const [firstName = '', lastName = ''] = member.name.split(' ');
    const country = member.email.endsWith('.se') ? 'se' : 'no';
    const phone = country === 'no' ? `+47 4000000${n}` : `+46 70 000000${n}`;
    return {
      n,
      firstName,
      lastName,
      name: member.name,
      email: member.email,
      emailAsTyped: member.email,
      oldEmails: [],
      phone,
      country,
      ageDays: 900 + n,
    };
  });
  return [...head, ...crowd.map((person) => ({ ...person, n: person.n + head.length }))];
}
