import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identifier, target } from '../connector-kit.js';
import { errorOf, Harness } from './harness.js';
import { SENDGRID } from './sendgrid-system.js';

const world = new Harness();
const ANA = [identifier('email', 'Ana@Example.com')];

beforeEach(async () => {
  await world.start();
  world.memory.values.clear();
  world.now = Date.parse('2026-11-20T10:00:00Z');
});
afterEach(async () => {
  // Nothing that the vendor does not know was ever sent.
  expect(world.vendor.state().violations).toEqual([]);
  await world.stop();
});

describe('the EU host', () => {
  it('G14: contacts are never asked for there; suppressions and mail records are', async () => {
    const eu = new Harness();
    await eu.start('eu');
    eu.vendor.seed({ accounts: { '': { global: ['ana@example.com'] } } });
    const settings = { region: 'eu' };
    const found = await eu.discover(ANA, settings);
    expect(found.manual).toEqual([{ dataset: 'contacts', reason: 'contacts_not_offered_in_eu' }]);
    const targets = [
      target(SENDGRID, 'activity', 'delete', found.refs),
      target(SENDGRID, 'suppressions', 'keep', found.refs),
    ];
    await eu.step(targets, settings).apply();
    expect(await eu.step(targets, settings).verify()).toMatchObject([
      { verdict: 'gone', method: 'accepted_202' },
      { verdict: 'kept' },
    ]);
    expect(eu.vendor.calls().filter((call) => call.target.includes('/marketing/'))).toEqual([]);
    expect(eu.vendor.state().violations).toEqual([]);
    await eu.stop();
  });

  it.each([
    [{ region: 'eu' }, 'https://api.sendgrid.com'],
    [{ region: 'global' }, 'https://api.eu.sendgrid.com'],
    [{ region: 'mars' }, 'http://127.0.0.1:1'],
    [{ key: '' }, 'http://127.0.0.1:1'],
    [{}, 'http://127.0.0.1:1/v3'],
    [{}, 'nonsense'],
  ])('refuses %j at %s', (settings, url) => {
    expect(() => world.connector(settings, url)).toThrowError(expect.objectContaining({ code: 'config' }) as Error);
  });
});

describe('errors', () => {
  it('G8: the wait is read as an instant or as seconds', async () => {
    world.now = Date.now();
    world.vendor.faults({ rateLimit: { times: 1, reset: 'seconds', seconds: 40 } });
    expect(await errorOf(world.discover(ANA))).toMatchObject({
      code: 'rate_limited',
      retryable: true,
      afterMs: 40_000,
      status: 429,
    });
    world.vendor.faults({ rateLimit: { times: 1, reset: 'epoch', seconds: 40 } });
    const { afterMs = 0 } = await errorOf(world.discover(ANA));
    expect(afterMs).toBeGreaterThan(30_000);
    expect(afterMs).toBeLessThanOrEqual(42_000);
    world.vendor.faults({ rateLimit: { times: 1, reset: 'none', seconds: 0 } });
    expect(await errorOf(world.discover(ANA))).toMatchObject({ code: 'rate_limited', afterMs: 60_000 });
    expect(world.vendor.calls()).toHaveLength(3);
  });

  it.each([
    [{ fail: { times: 1, status: 500 } }, { code: 'unavailable', retryable: true }],
    [{ fail: { times: 1, status: 503 } }, { code: 'unavailable', retryable: true }],
    [{ fail: { times: 1, status: 408 } }, { code: 'unavailable', retryable: true }],
    [{ fail: { times: 1, status: 401 } }, { code: 'auth', retryable: false }],
    [{ fail: { times: 1, status: 403 } }, { code: 'scope', retryable: false }],
    [{ fail: { times: 1, status: 413 } }, { code: 'bug', retryable: false }],
    [{ reset: { times: 1 } }, { code: 'unavailable', retryable: true }],
  ])('%j', async (script, expected) => {
    world.vendor.faults(script);
    const thrown = await errorOf(world.discover(ANA));
    expect(thrown).toMatchObject(expected);
    expect(`${thrown.message} ${JSON.stringify(thrown)}`).not.toMatch(/ana@|SG\.test/i);
    expect(world.vendor.calls()).toHaveLength(1);
  });

  it('health: key, erase scope, clock', async () => {
    world.now = Date.now();
    world.vendor.seed({ keys: ['SG.test'], accounts: { '': { scopes: [] } } });
    expect(await world.connector().healthcheck()).toEqual({
      ok: true,
      checks: [
        { name: 'key', ok: true, detail: 'accepted' },
        { name: 'key_erasejob', ok: false, detail: 'scope_missing' },
        { name: 'clock', ok: true, detail: 'near' },
      ],
    });
    expect(await world.connector({ key: 'SG.other' }).healthcheck()).toEqual({
      ok: false,
      checks: [{ name: 'key', ok: false, detail: 'auth' }],
    });
    world.now += 3_600_000;
    expect((await world.connector().healthcheck()).ok).toBe(false);
  });
});
