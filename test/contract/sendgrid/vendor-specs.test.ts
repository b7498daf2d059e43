import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendgridConnector } from '../../../connectors/sendgrid/index.js';
import type { Connector } from '../../../domain/ports/connector.js';
import { startSendgrid, type SendgridCounterpart } from '../../../dev/counterparts/sendgrid/index.js';
import { heartbeat, identifier, Memory, Sink, target, tools } from '../connector-kit.js';
import { CALLS } from './facts.js';
import { startPrism, type Guarded } from './prism.js';
import { SENDGRID } from './sendgrid-system.js';
import { deref, readSpec, specFolder } from './vendor-specs.js';

const specs = specFolder();
const skipped = specs === null;
const why = skipped ? ' (skipped: the vendor files are not at hand, set HABEAS_VENDOR_SPECS to their folder)' : '';

describe.skipIf(skipped)(`the table of facts against the vendor${why}`, () => {
  it.each(CALLS.map((fact) => [fact.id, fact] as const))('%s', (_id, fact) => {
    const spec = readSpec(specs ?? '', fact.spec.file);
    const shape = (path: string) => path.replaceAll(/\{[^}]+\}/g, '{}');
    const path = Object.keys(spec['paths'] ?? {}).find((one) => shape(one) === shape(fact.path));
    expect(path).toBeDefined();
    const operation = spec['paths']?.[path ?? '']?.[fact.method.toLowerCase()];
    expect(operation).toBeDefined();
    expect(Object.keys(operation?.['responses'] ?? {})).toContain(String(fact.success));

    const servers = (spec['servers'] as unknown as { url: string }[]).map(({ url }) => url);
    expect(servers.includes('https://api.eu.sendgrid.com')).toBe(fact.hosts === 'both');

    const parameters = ((operation?.['parameters'] ?? []) as unknown as Parameters<typeof deref>[0][]).map((one) =>
      deref(spec, one),
    );
    const named = (where: string) =>
      parameters.filter((one) => (one?.['in'] as unknown) === where).map((one) => String(one?.['name']).toLowerCase());
    expect(named('header').includes('on-behalf-of')).toBe(fact.onBehalfOf);
    expect(named('query')).toEqual(expect.arrayContaining(Object.keys(fact.query)));

    const schema = deref(spec, deref(spec, operation?.['requestBody'])?.['content']?.['application/json']?.['schema']);
    if (fact.body === null) return expect(schema).toBeUndefined();
    const properties = schema?.['properties'] ?? {};
    for (const [name, rule] of Object.entries(fact.body)) {
      const property = deref(spec, properties[name] as never);
      expect(property?.['type']).toBe(rule.type === 'string' ? 'string' : 'array');
      expect((schema?.['required'] as unknown as string[] | undefined)?.includes(name) ?? false).toBe(rule.required);
      if (property?.['maxItems'] !== undefined) expect(property['maxItems']).toBe(rule.maxItems);
      if (property?.['items']?.['maxLength'] !== undefined)
        expect(property['items']['maxLength']).toBe(rule.itemMaxLength);
      const items = deref(spec, property?.['items'])?.['properties'] ?? {};
      for (const [inner, field] of Object.entries(rule.fields ?? {})) {
        expect(items[inner]?.['type']).toBe(field.type === 'string' ? 'string' : 'array');
        expect(items[inner]?.['maxLength']).toBe(field.maxLength);
      }
    }
  });
});

describe.skipIf(skipped)(`connector and counterpart through the vendor's description${why}`, () => {
  let vendor: SendgridCounterpart;
  let guarded: Guarded;
  let connector: Connector;
  beforeAll(async () => {
    vendor = await startSendgrid();
    guarded = await startPrism(specs ?? '', vendor.url);
    connector = sendgridConnector(SENDGRID, tools({ url: guarded.url, key: 'SG.test', subusers: ['north'] }));
  }, 60_000);
  afterAll(async () => {
    await guarded?.stop();
    await vendor?.close();
  });

  it('a whole erasure and a collection pass without objection, in both directions', async () => {
    vendor.seed({
      contacts: [
        {
          id: '5aee8b8e-1a6b-4a6f-8b1e-000000000001',
          email: 'a+b@example.com',
          first_name: 'Ana',
          custom_fields: { shoe: 38 },
        },
      ],
      accounts: {
        '': {
          global: ['a+b@example.com'],
          groups: [{ id: 7, name: 'News', suppressed: ['a+b@example.com'] }],
          spamReports: [{ email: 'a+b@example.com', created: 1, ip: '192.0.2.1' }],
          bounces: [{ email: 'a+b@example.com', created: 1, reason: 'full', status: '5.2.2' }],
          blocks: [{ email: 'a+b@example.com', created: 1, reason: 'x', status: '4.0.0' }],
          invalidEmails: [{ email: 'a+b@example.com', created: 1, reason: 'x' }],
        },
        north: {},
      },
    });
    const identifiers = [identifier('email', 'A+b@example.com'), identifier('email', 'nobody@example.com')];
    const found = await connector.discover({
      right: 'erasure',
      identifiers,
      onlyOrganisation: null,
      datasets: null,
      heartbeat,
    });
    expect(found.refs.filter((ref) => ref.dataset === 'contacts')).toHaveLength(1);
    const sink = new Sink();
    await connector.collect({
      requestId: 'req_1',
      identifiers,
      targets: [
        target(SENDGRID, 'contacts', 'collect', found.refs),
        target(SENDGRID, 'suppressions', 'collect', found.refs),
      ],
      sink,
      heartbeat,
    });
    expect(sink.records).toHaveLength(7);

    const targets = [
      target(SENDGRID, 'contacts', 'delete', found.refs),
      target(SENDGRID, 'activity', 'delete', found.refs),
      target(SENDGRID, 'suppressions', 'keep', found.refs),
    ];
    const input = { requestId: 'req_1', targets, identifiers, generation: 0, memory: new Memory(), heartbeat };
    vendor.faults({ jobMs: 1000, dropsSuppressions: true });
    await expect(connector.apply(input)).rejects.toMatchObject({ code: 'pending' });
    vendor.clock({ advanceMs: 1000 });
    expect(await connector.apply(input)).toMatchObject([
      { kind: 'applied' },
      { kind: 'applied' },
      { kind: 'retained' },
    ]);
    expect((await connector.verify(input)).map((result) => result.verdict)).toEqual(['gone', 'gone', 'kept']);
    expect(await connector.healthcheck()).toMatchObject({
      checks: [{ ok: true }, { ok: true }, {}, { ok: true }, { ok: true }],
    });
    expect(guarded.objections).toEqual([]);
    expect(vendor.state().violations).toEqual([]);
  });

  it('a correction and a change of the address pass without objection, in both directions', async () => {
    const objections = guarded.objections.length;
    const lists = ['5aee8b8e-1a6b-4a6f-8b1e-0000000000aa'];
    vendor.seed({
      contacts: [
        { id: '5aee8b8e-1a6b-4a6f-8b1e-000000000002', email: 'eva@example.com', first_name: 'Evo', list_ids: lists },
      ],
      accounts: { '': { global: ['eva@example.com'] } },
    });
    const identifiers = [identifier('email', 'eva@example.com')];
    const { refs } = await connector.discover({
      right: 'rectification',
      identifiers,
      onlyOrganisation: null,
      datasets: null,
      heartbeat,
    });
    const targets = [target(SENDGRID, 'contacts', 'change', refs), target(SENDGRID, 'suppressions', 'change', refs)];
    const email = { field: 'email', value: 'eva.ny@example.com' };
    const orders = {
      changes: {
        'mail/contacts/-': [email, { field: 'first_name', value: 'Eva' }],
        'mail/suppressions/-': [email],
      },
      stops: {},
      restrict: 'set' as const,
    };
    const input = { requestId: 'req_2', targets, orders, identifiers, generation: 0, memory: new Memory(), heartbeat };
    vendor.faults({ jobMs: 1000 });
    for (let jobs = 0; jobs < 2; jobs++) {
      await expect(connector.apply(input)).rejects.toMatchObject({ code: 'pending' });
      vendor.clock({ advanceMs: 1000 });
    }
    expect(await connector.apply(input)).toMatchObject([{ kind: 'applied' }, { kind: 'applied' }]);
    expect((await connector.verify(input)).map((result) => result.verdict)).toEqual(['applied', 'applied']);
    expect(vendor.state().contacts.find((contact) => contact.email === 'eva.ny@example.com')).toMatchObject({
      first_name: 'Eva',
      list_ids: lists,
    });
    expect(guarded.objections.slice(objections)).toEqual([]);
  });

  it.each([
    ['PUT', '/v3/marketing/contacts', { contacts: [] }],
    ['PUT', '/v3/marketing/contacts', { contacts: [{ email: 'a@example.com', first_name: 'x'.repeat(51) }] }],
    ['PUT', '/v3/marketing/contacts', { contacts: [{ email: 'a@example.com' }], extra: true }],
    ['DELETE', '/v3/marketing/contacts', undefined],
    ['DELETE', '/v3/suppression/bounces', { delete_all: true }],
    ['DELETE', '/v3/recipients/erasejob', { emails: ['a@example.com'] }],
    ['POST', '/v3/recipients/erasejob', { emails: ['a@example.com'] }],
    ['POST', '/v3/recipients/erasejob', { email_addresses: [] }],
    ['POST', '/v3/marketing/contacts/search/emails', { emails: ['a@example.com'], extra: true }],
  ])('the description refuses %s %s %j, as the counterpart does', async (method, path, body) => {
    const before = vendor.state().violations.length;
    const send = (url: string) =>
      fetch(`${url}${path}`, {
        method,
        headers: { authorization: 'Bearer SG.test', 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    const objections = guarded.objections.length;
    expect((await send(guarded.url)).status).toBeGreaterThanOrEqual(400);
    expect(guarded.objections.length).toBe(objections + 1);
    expect((await send(vendor.url)).status).toBeGreaterThanOrEqual(400);
    expect(vendor.state().violations.length).toBeGreaterThan(before);
  });
});
