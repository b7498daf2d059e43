/** What the five operators promise (docs/requirements-rows.md), as far as a pack can say it: one test per row. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packSchema } from '../../contracts/policy.js';
import { requestClock } from '../../domain/clock/index.js';
import { expiryOf, holdUntil } from '../../domain/holds/index.js';
import { portableFields } from '../../domain/packages/portable.js';
import { fieldsToChange, isRectifiable } from '../../domain/plan/corrections.js';
import { stopsOf } from '../../domain/plan/stops.js';
import type { DatasetPolicy, Pack } from '../../domain/policy/types.js';
import type { Right } from '../../domain/words.js';
import { loadPolicies, policiesFolder } from './index.js';

const { packs } = await loadPolicies(policiesFolder(undefined));
const packOf = (operator: string): Pack => {
  const frozen = packs.get(operator);
  if (frozen === undefined) throw new Error(`no pack of ${operator}`);
  return frozen.pack;
};
const [itefy, infentre, faktry, itpays, defigo] = ['itefy', 'infentre', 'faktry', 'itpays', 'defigo'].map(packOf) as [
  Pack,
  Pack,
  Pack,
  Pack,
  Pack,
];
const every = [itefy, infentre, faktry, itpays, defigo];
const of = (pack: Pack, id: string, system?: string): DatasetPolicy => {
  const found = pack.systems
    .filter((one) => system === undefined || one.id === system)
    .flatMap(({ datasets }) => datasets)
    .find((dataset) => dataset.id === id);
  if (found === undefined) throw new Error(`no dataset ${id} of ${pack.operator}`);
  return found;
};
const all = (pack: Pack): readonly DatasetPolicy[] => pack.systems.flatMap(({ datasets }) => datasets);
const recipient = (pack: Pack, name: string) => pack.recipients.find((one) => one.name === name);

describe('Itefy', () => {
  test('I1 the owner of an active account: the guard covers the account and what pays for it, nothing by consent', () => {
    expect(itefy.guards.map(({ id, rights, datasets }) => [id, rights, datasets])).toEqual([
      ['owner_of_active_account', ['erasure'], ['users', 'accounts', 'customers']],
    ]);
    const held = new Set(itefy.guards.flatMap(({ datasets }) => datasets));
    expect(
      all(itefy)
        .filter(({ id }) => !held.has(id))
        .map(({ id }) => id),
    ).toEqual(
      expect.arrayContaining([
        'newsletter',
        'preferences',
        'signin_telemetry',
        'analytics',
        'trials',
        'invoice_copies',
      ]),
    );
  });
  test('I2 I3 two ways out, and an end to the block', () => {
    expect(itefy.guards[0]).toMatchObject({
      unblock: ['ownership_transferred', 'account_cancelled'],
      blockedFor: 'P90D',
    });
  });
  test('I4 backups live 90 days', () => {
    expect(itefy.backups.map(({ retention, covers }) => [retention, covers])).toEqual([['P90D', ['app']]]);
  });
  test('I5 a cancelled account takes all its content along, after an export was offered', () => {
    expect(itefy.closure).toEqual({ event: 'account.cancelled', exportWithin: 'P14D' });
    for (const id of ['users', 'accounts', 'documents', 'account_people', 'logs', 'invoice_copies'])
      expect(of(itefy, id).account, id).not.toBeNull();
  });
  test('I6 log entries cannot be corrected, and an erasure takes the person out of them', () => {
    const logs = of(itefy, 'logs');
    expect(Object.keys(logs.fields).filter((field) => isRectifiable(logs, field))).toEqual([]);
    expect(logs.erase).toEqual({ kind: 'mask', paths: ['userId', 'userEmail', 'ip'] });
  });
  test('I7 F15 P8 cards are at the payment services; here are references only', () => {
    for (const pack of [itefy, infentre, itpays]) {
      const paths = all(pack).flatMap(({ fields }) => Object.keys(fields));
      expect(paths.filter((path) => /card|cvc|iban/i.test(path))).toEqual([]);
      expect(paths).toContain('stripeCustomerId');
    }
  });
  test('I8 sign-in telemetry has a TTL', () => {
    expect(of(itefy, 'signin_telemetry').retention).toEqual({ kind: 'ttl', for: 'P30D', after: 'at' });
  });
  test('I10 the address is a key: every copy of it changes together', () => {
    const reached = fieldsToChange(itefy, [{ dataset: 'users', field: 'email' }]).map(
      ({ system, dataset, field }) => `${system}/${dataset}.${field}`,
    );
    expect(reached).toEqual([
      'app/invoice_copies.email',
      // Issued: named in the answer, never changed.
      'app/invoices.contactEmail',
      'app/newsletter.email',
      'app/trials.email',
      'app/users.email',
      'payments/customers.email',
      'payments/invoices.customer_email',
    ]);
    expect(isRectifiable(of(itefy, 'invoices', 'app'), 'contactEmail')).toBe(false);
  });
  test('I11 what customers add is theirs to decide', () => {
    expect(
      all(itefy)
        .filter(({ role }) => role === 'processor')
        .map(({ id, organisation }) => [id, organisation]),
    ).toEqual([
      ['documents', 'accountId'],
      ['account_people', 'accountId'],
    ]);
  });
  test('I12 sign-ups, trials, invoice copies and analytics are datasets of their own, each with an end', () => {
    for (const id of ['newsletter', 'trials', 'invoice_copies', 'analytics'])
      expect(of(itefy, id).role, id).toBe('controller');
    expect(itefy.guards[0]?.query).toEqual({ ownerId: '$userId', status: ['active', 'trial'] });
  });
});

describe('Infentre', () => {
  test('F1 F2 the organisation decides about its members, nobody about administrators and invoices', () => {
    for (const dataset of all(infentre))
      expect(dataset.role, dataset.id).toBe(
        ['admins', 'invoices', 'customers'].includes(dataset.id) ? 'controller' : 'processor',
      );
  });
  test('F3 reminders after 7, 14 and 21 days, told in turn', () => {
    expect(infentre.approvals[0]).toMatchObject({
      remindAfter: ['P7D', 'P14D', 'P21D'],
      escalateTo: ['admin', 'dpo', 'operator_dpo'],
    });
  });
  test('F4 a cancelled account is erased at once', () => {
    expect(infentre.closure?.exportWithin).toBeNull();
  });
  test('F5 usage of 29 February 2024 goes on 28 February 2027', () => {
    const { retention } = of(infentre, 'usage');
    const on = (today: string) =>
      expiryOf(retention, { after: ['2024-02-29'], settledOn: null }, infentre.timeZone, today).kind;
    expect([on('2027-02-27'), on('2027-02-28')]).toEqual(['alive', 'expired']);
  });
  test('F6 books are held by their act, and not portable', () => {
    for (const system of ['app', 'payments']) {
      const invoices = of(infentre, 'invoices', system);
      expect(invoices.hold).toMatchObject({ law: 'se-bokforingslagen-7-2', exemption: '17-3-b' });
      expect(portableFields(invoices)).toEqual([]);
    }
  });
  test('F7 portability: what members gave on consent or contract, in every system that holds it', () => {
    expect(infentre.identify.portability).toBe('low');
    const portable = infentre.systems.filter(({ datasets }) => datasets.some((one) => portableFields(one).length > 0));
    expect(portable.map(({ id }) => id)).toEqual(['app', 'payments', 'mail']);
  });
  test('F8 consent to usage data and marketing ends everywhere, never by a global unsubscribe', () => {
    const stops = (right: Right, purposes: readonly string[]) =>
      all(infentre)
        .filter((dataset) => stopsOf(right, purposes, dataset).length > 0)
        .map(({ id }) => id);
    expect(stops('consent_withdrawal', [])).toEqual(['users', 'audiences', 'contacts']);
    expect(stops('consent_withdrawal', ['statistics'])).toEqual(['users']);
    expect(of(infentre, 'contacts').stop.every(({ group, lists }) => group !== null && lists.length > 0)).toBe(true);
    expect(infentre.identify.consent_withdrawal).toBe('none');
  });
  test('F9 the mail provider: contacts, its records, and what must stay', () => {
    expect(infentre.systems.find(({ id }) => id === 'mail')?.datasets.map(({ id, erase }) => [id, erase.kind])).toEqual(
      [
        ['contacts', 'delete'],
        ['activity', 'delete'],
        ['suppressions', 'keep'],
      ],
    );
  });
  test('F10 the address from which a mail was opened must not be stored', () => {
    expect(of(infentre, 'mail_interactions').forbidden).toContain('ip');
  });
  test('F11 data stay in the EEA; no transfer rests on the Privacy Shield', () => {
    expect(infentre.region).toBe('EEA');
    for (const pack of every)
      for (const { region, transfer } of pack.recipients) if (/US/.test(region)) expect(transfer).toBe('scc');
  });
  test('F12 P10 complaints go to the authority of the operator, answered within a month', () => {
    expect(every.map(({ legal }) => legal.authority)).toEqual([
      'no-datatilsynet',
      'se-imy',
      'no-datatilsynet',
      'no-datatilsynet',
      'no-datatilsynet',
    ]);
    expect(every.every(({ complaints }) => complaints.answerWithin === 'P30D')).toBe(true);
  });
  test('F13 disputed values are restricted; every account can be', () => {
    for (const pack of every) expect(pack.identify.restriction).toBe('low');
    for (const id of ['users', 'admins', 'profiles']) expect(of(infentre, id).restrict).toEqual({ flag: 'restricted' });
  });
  test('F14 Google and Facebook are told of people in synced audiences', () => {
    for (const name of ['Google', 'Facebook'])
      expect(recipient(infentre, name)?.notify).toMatchObject({ by: 'manual', datasets: ['audiences'] });
  });
});

describe('Faktry', () => {
  test('K1 three years after the last contact, at once when settled', () => {
    const { retention } = of(faktry, 'contacts');
    expect(retention).toEqual({ kind: 'max', for: 'P3Y', after: ['lastContactAt'], settledOn: 'settledOn' });
    const on = (last: string, settledOn: string | null) =>
      expiryOf(retention, { after: [last], settledOn }, faktry.timeZone, '2026-11-20');
    // A contact after 2 years and 11 months moves the end.
    expect(on('2023-11-20', null).kind).toBe('expired');
    expect(on('2026-10-20', null)).toEqual({ kind: 'alive', eraseBy: '2029-10-20' });
    expect(on('2026-10-20', '2026-11-20').kind).toBe('expired');
  });
  test('K2 nothing blocks, nobody else decides, and only the books are held', () => {
    expect([faktry.guards, faktry.approvals]).toEqual([[], []]);
    expect(
      all(faktry)
        .filter(({ hold }) => hold !== null)
        .map(({ id }) => id),
    ).toEqual(['invoices']);
  });
  test('K3 every right is offered, profiling is explained, marketing stops on a word', () => {
    expect(Object.keys(faktry.identify).sort()).toEqual(
      ['access', 'erasure', 'rectification', 'portability', 'restriction', 'objection', 'consent_withdrawal'].sort(),
    );
    expect(faktry.profiling[0]?.logic).toMatch(/pages and mails/);
    expect(faktry.identify.objection).toBe('none');
    expect(stopsOf('objection', ['direct_marketing'], of(faktry, 'contacts'))[0]?.set).toEqual({
      newsletter: false,
      marketing: false,
    });
  });
  test('K4 inspection and rectification need a proof, and no more than is proportionate', () => {
    expect([faktry.identify.access, faktry.identify.rectification]).toEqual(['low', 'low']);
  });
  test('K5 K7 recipients stand in one register, each with what it holds and how it is told', () => {
    expect(faktry.recipients.map(({ name, notify }) => [name, notify?.by ?? null, notify?.datasets ?? []])).toEqual([
      ['Hosting supplier', null, []],
      ['Subcontractor for customer contact', 'mail', ['contacts', 'enquiries']],
      ['Adviser', 'manual', ['contacts', 'interests']],
      ['Accountant', 'mail', ['invoices']],
    ]);
  });
  test('K6 what came from elsewhere says so', () => {
    const { fields } = of(faktry, 'contacts');
    expect(
      Object.entries(fields)
        .filter(([, { source }]) => source === 'third_party')
        .map(([path]) => path),
    ).toEqual(['company', 'title']);
  });
});

describe('IT PAYS', () => {
  const held = (id: string, documentOn: string | null, flagged: boolean, today: string) =>
    holdUntil(of(itpays, id).hold, { documentOn, flagged, timeZone: itpays.timeZone, today });
  test('P1 an invoice of March 2024 is held through 2029, an order slip through June 2028', () => {
    expect(held('invoices', '2024-03-15', false, '2026-11-20')?.until).toBe('2029-12-31');
    expect(held('invoices', '2024-03-15', false, '2030-01-01')).toBeNull();
    expect(held('order_slips', '2024-03-15', false, '2026-11-20')?.until).toBe('2028-06-30');
  });
  test('P2 at least three years after all services, with a maximum; no exemption against a request', () => {
    const { retention, hold } = of(itpays, 'customers');
    expect(retention).toMatchObject({
      kind: 'min',
      for: 'P3Y',
      limit: 'P5Y',
      after: ['hostingEndedOn', 'domainsEndedOn'],
    });
    const on = (after: readonly (string | null)[], today: string) =>
      expiryOf(retention, { after, settledOn: null }, itpays.timeZone, today);
    expect(on(['2026-03-15', null], '2040-01-01').kind).toBe('alive');
    expect(on(['2026-03-15', '2028-02-29'], '2031-02-28').kind).toBe('alive');
    expect(on(['2026-03-15', '2028-02-29'], '2033-02-28').kind).toBe('expired');
    expect(hold?.exemption).toBeNull();
  });
  test('P3 a registered domain is a running contract; its end ends the hold', () => {
    expect(held('domains', null, true, '2026-11-20')).toMatchObject({
      id: 'domain_registered',
      noGround: 'contract_running',
      until: null,
    });
    expect(held('domains', null, false, '2026-11-20')).toBeNull();
    expect(of(itpays, 'domains').hold?.endsOn).toBe('domain.expired');
  });
  test.each([
    ['2025-01-31T10:00:00Z', '2025-02-28'],
    ['2026-07-15T10:00:00Z', '2026-08-14'],
    ['2027-02-15T10:00:00Z', '2027-03-15'],
  ])('P4 the earlier of 30 days and a month: received %s, due %s', (receivedAt, safeDue) => {
    const { regime, country, timeZone, promises } = itpays;
    const due = (right: Right) =>
      requestClock({
        regime,
        country,
        timeZone,
        receivedAt,
        right,
        now: receivedAt,
        promises,
        pauses: [],
        extension: null,
      }).safeDue;
    for (const right of ['access', 'rectification', 'erasure'] as const) expect(due(right), right).toBe(safeDue);
  });
  test('P6 what rests on a legitimate interest is not portable', () => {
    for (const id of ['web_logs', 'mail_logs', 'database_logs']) expect(portableFields(of(itpays, id)), id).toEqual([]);
    expect(portableFields(of(itpays, 'customers'))).toEqual(
      expect.arrayContaining(['email', 'name', 'phone', 'address']),
    );
  });
  test('P7 the role is the dataset’s: hosting content has a gate, account data has none', () => {
    expect(
      all(itpays)
        .filter(({ role }) => role === 'processor')
        .map(({ id }) => id),
    ).toEqual(['hosting_content']);
  });
  test('P9 logs of web, mail and databases have a purpose and a TTL', () => {
    for (const id of ['web_logs', 'mail_logs', 'database_logs']) {
      expect(of(itpays, id).retention, id).toEqual({ kind: 'ttl', for: 'P90D', after: 'at' });
      expect(new Set(Object.values(of(itpays, id).fields).map(({ purpose }) => purpose))).toEqual(
        new Set(['security']),
      );
    }
  });
  test('P11 contact handles find a person, and the registry is told of domains', () => {
    expect(of(itpays, 'domains').identifiers['registrarHandle']).toEqual(['contactHandle']);
    expect(recipient(itpays, 'Domain registries')?.notify).toMatchObject({ by: 'manual', datasets: ['domains'] });
  });
});

describe('Defigo', () => {
  test('D1 D2 whoever uses the app sees and deletes her own without anybody’s word', () => {
    expect([defigo.approvals, defigo.guards, defigo.identify.access, defigo.identify.erasure]).toEqual([
      [],
      [],
      'low',
      'low',
    ]);
  });
  test('D3 backups live 90 days', () => {
    expect(defigo.backups.map(({ retention }) => retention)).toEqual(['P90D']);
  });
  test('D4 a pack has no place for a price', () => {
    const source = readFileSync(join(import.meta.dirname, '../../contracts/policy.ts'), 'utf8');
    expect(source).not.toMatch(/\b(?:fee|price|cost|charge)\b/i);
    const parsed = packSchema.safeParse({ ...defigo, fee: 100 });
    expect(parsed.success).toBe(false);
  });
  test('D5 every field of every pack says what it is for', () => {
    for (const pack of every)
      for (const { id, fields } of all(pack))
        for (const [path, { purpose }] of Object.entries(fields))
          expect(purpose, `${pack.operator}/${id}.${path}`).not.toBe('');
  });
  test('D6 everybody affected by a breach is told at once, the authority within 72 hours', () => {
    expect(defigo.breach).toEqual({ authorityWithin: 'PT72H', peopleImmediately: true });
    expect(every.filter((pack) => pack.breach.peopleImmediately)).toEqual([defigo]);
  });
  test('D8 nobody may stand in the logs of the operation', () => {
    expect(of(defigo, 'operation_logs').forbidden).toEqual(['phone', 'email', 'name', 'userId']);
  });
  test('D9 an objection to marketing leaves a mark that every sender reads', () => {
    expect(stopsOf('objection', [], of(defigo, 'users'))).toMatchObject([
      { purpose: 'direct_marketing', set: { marketingOptOut: true } },
    ]);
  });
  test('D10 somebody without an account is found by her device', () => {
    expect(of(defigo, 'devices').identifiers).toEqual({ userId: ['userId'], deviceId: ['deviceId'] });
  });
  test('D11 one resident leaves a flat, the others stay in it', () => {
    expect(of(defigo, 'apartments').erase).toEqual({ kind: 'pull', path: 'residents' });
  });
});
