import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SendgridApi } from '../../../connectors/sendgrid/endpoints.js';
import { readSettings } from '../../../connectors/sendgrid/settings.js';
import { startSendgrid, type SendgridCounterpart } from '../../../dev/counterparts/sendgrid/index.js';
import { identifier } from '../connector-kit.js';
import { errorOf, Harness } from './harness.js';

/** G13: whatever the connector is given, the calls that would empty an account never reach the wire. */
describe('what reaches the wire', () => {
  let vendor: SendgridCounterpart;
  let api: SendgridApi;
  beforeAll(async () => {
    vendor = await startSendgrid();
    api = new SendgridApi(readSettings({ url: vendor.url, key: 'SG.test' }), () => new Date());
  });
  afterAll(() => vendor.close());

  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '',
      ',',
      '*',
      '%',
      '.',
      '..',
      'a,b',
      'x&delete_all_contacts=true',
      '?delete_all_contacts=true',
      'delete_all',
      '../contacts',
      'a/../../x',
      '\u0000',
    ),
    fc.stringMatching(/^[\w-]{1,40}$/),
  );

  function dangerous(): readonly string[] {
    return vendor
      .calls()
      .filter(({ method, target, body }) => {
        const url = new URL(target, 'http://x.invalid');
        const all = [...url.searchParams.keys()].some((name) => name.startsWith('delete_all'));
        const wide = method === 'DELETE' && !/^\/v3\/marketing\/contacts\?ids=[\w-]+(,[\w-]+)*$/.test(target);
        return all || wide || /"delete_all/.test(body.toString());
      })
      .map(({ method, target }) => `${method} ${target}`);
  }

  it('deletes by a non-empty list of plain ids or not at all', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(text, { maxLength: 5 }), async (ids) => {
        vendor.reset();
        const plain = ids.length > 0 && ids.every((id) => /^[\w-]+$/.test(id));
        const outcome = await api.deleteContacts(ids).then(
          () => 'sent',
          (error: { code: string }) => error.code,
        );
        expect(outcome).toBe(plain ? 'sent' : 'bug');
        expect(vendor.calls()).toHaveLength(plain ? 1 : 0);
        expect(dangerous()).toEqual([]);
        expect(vendor.state().violations).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('any address or id stays inside its own path segment', async () => {
    await fc.assert(
      fc.asyncProperty(text, async (value) => {
        vendor.reset();
        await api.contact(value).catch(() => null);
        await api.suppressions('', value).catch(() => null);
        await api.job(value).catch(() => null);
        const routes = new Set(vendor.calls().map(({ target }) => target.split('/').length));
        for (const length of routes) expect([5, 6]).toContain(length);
        expect(vendor.state().violations.filter(({ code }) => code !== 'bad_field')).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it('a whole erasure with any contact ids and addresses sends nothing dangerous and hurts nobody else', async () => {
    const world = new Harness();
    world.vendor = vendor;
    const address = fc.stringMatching(/^[a-z+%]{1,8}$/).map((local) => `${local}@example.com`);
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(address, { minLength: 1, maxLength: 4 }),
        fc.array(text, { maxLength: 4 }),
        async (addresses, ids) => {
          vendor.reset();
          world.memory.values.clear();
          vendor.seed({
            contacts: [
              { id: 'stranger', email: 'stranger@example.org' },
              ...addresses.map((email, at) => ({ id: `c-${at}`, email })),
            ],
          });
          const { refs } = await world.discover(addresses.map((email) => identifier('email', email)));
          const first = refs[0];
          const forged = first === undefined ? [] : ids.map((id) => ({ ...first, id }));
          await world.applyAll(world.erasure([...refs, ...forged])).catch(() => null);
          expect(dangerous()).toEqual([]);
          expect(vendor.state().contacts.map(({ id }) => id)).toContain('stranger');
        },
      ),
      { numRuns: 40 },
    );
  });

  it('sends addresses in lower case, each once', async () => {
    vendor.reset();
    await api.searchContacts(['Ana@Example.COM', 'ana@example.com']);
    expect(JSON.parse(vendor.calls()[0]?.body.toString() ?? '')).toEqual({ emails: ['ana@example.com'] });
  });

  it('asks nothing when there is nobody to ask for', async () => {
    vendor.reset();
    for (const work of [
      () => api.searchContacts([]),
      () => api.eraseRecipients('', []),
      () => api.contact(''),
      () => api.contact('..'),
    ])
      expect(await errorOf(work())).toMatchObject({ code: 'bug' });
    expect(vendor.calls()).toEqual([]);
  });
});
