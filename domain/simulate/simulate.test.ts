import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAway } from './away.js';
import { simulate } from './simulate.js';
import { rulesOf, type OpenRequest, type RequestForecast, type SimulatedRules, type Simulation } from './types.js';

const RULES: SimulatedRules = {
  operator: 'infentre',
  version: '1',
  hash: 'sha256:now',
  regime: 'gdpr-eu',
  country: 'NO',
  timeZone: 'Europe/Oslo',
  promises: [],
  switches: {},
  decisions: [{ by: 'organisation', rights: null }],
  release: 'auto',
};
// A Monday; the month ends on Thursday 1 October.
const AS_OF = '2026-09-14T10:00:00Z';
const request = (change: Partial<OpenRequest> = {}): OpenRequest => ({
  id: 'req_1',
  operator: 'infentre',
  right: 'erasure',
  state: 'identifying',
  owner: null,
  policyHash: RULES.hash,
  receivedAt: '2026-09-01T08:00:00Z',
  pauses: [],
  extendedAt: null,
  waiting: [],
  byHand: 0,
  ...change,
});
const ask = (change: Partial<Simulation> & { readonly requests: readonly OpenRequest[] }) =>
  simulate({
    asOf: AS_OF,
    rules: new Map([[RULES.hash, RULES]]),
    changed: null,
    away: [],
    perDay: {},
    ...change,
  });
const only = (change: Partial<Simulation> & { readonly requests: readonly OpenRequest[] }): RequestForecast => {
  const [first] = ask(change).requests;
  if (first === undefined) throw new Error('nothing came out');
  return first;
};

describe('the service model', () => {
  test('an officer acts on the day, an organisation within five working days, then the answer goes out', () => {
    expect(only({ requests: [request()] }).present).toEqual({
      safeDue: '2026-10-01',
      legalDue: '2026-10-01',
      due: '2026-10-01',
      promisedDue: null,
      answeredOn: '2026-09-21',
      lateFrom: null,
      lateDays: null,
      promiseBroken: false,
      waitsFor: 'organisation',
    });
  });

  test('days off count for nobody: asked on a Saturday, the officer begins on Monday', () => {
    const found = only({ asOf: '2026-09-12T10:00:00Z', requests: [request()] }).present;
    expect(found.answeredOn).toBe('2026-09-21');
  });

  test('what is asked already counts from then, and never before today', () => {
    const waiting = (requestedAt: string) =>
      only({
        requests: [
          request({
            state: 'awaiting_approval',
            waiting: [{ kind: 'organisation', organisation: 'acme', requestedAt }],
          }),
        ],
      }).present.answeredOn;
    expect(waiting('2026-09-10T08:00:00Z')).toBe('2026-09-17');
    expect(waiting('2026-09-02T08:00:00Z')).toBe('2026-09-14');
  });

  test('approvals of one stage run side by side, a second person after nobody', () => {
    const waiting = [
      { kind: 'organisation', organisation: 'acme', requestedAt: '2026-09-10T08:00:00Z' },
      { kind: 'organisation', organisation: 'globex', requestedAt: '2026-09-14T08:00:00Z' },
      { kind: 'second_person', organisation: null, requestedAt: '2026-09-14T08:00:00Z' },
    ] as const;
    const asked = [request({ state: 'awaiting_approval', waiting })];
    const free = only({ requests: asked }).present;
    expect([free.answeredOn, free.waitsFor]).toEqual(['2026-09-21', 'organisation']);
    const away = [parseAway('second_person:2026-09-14..2026-09-25')];
    const held = only({ requests: asked, away }).changed;
    expect([held?.answeredOn, held?.waitsFor]).toEqual(['2026-09-28', 'second_person']);
  });

  test('an open question is answered by the person within five working days, and the dates move as the law lets them', () => {
    const pauses = [{ kind: 'identity', askedAt: '2026-09-08T08:00:00Z', answeredAt: null }] as const;
    const found = only({ requests: [request({ state: 'waiting_for_subject', pauses })] }).present;
    // Answered on the 15th: seven days do not count.
    expect([found.safeDue, found.legalDue]).toEqual(['2026-10-01', '2026-10-08']);
    expect(found.answeredOn).toBe('2026-09-22');
  });

  test('an answer that should have come is expected today', () => {
    const pauses = [{ kind: 'identity', askedAt: '2026-09-02T08:00:00Z', answeredAt: null }] as const;
    const found = only({ requests: [request({ state: 'waiting_for_subject', pauses })] }).present;
    expect([found.legalDue, found.answeredOn]).toEqual(['2026-10-13', '2026-09-21']);
  });

  test('the machine needs nobody, but a step by hand does', () => {
    const away = [parseAway('privacy_officer:2026-09-14..2026-09-18')];
    const plain = only({ requests: [request({ state: 'executing' })], away });
    expect([plain.changed?.answeredOn, plain.changed?.waitsFor, plain.change]).toEqual(['2026-09-14', null, 'same']);
    const byHand = only({ requests: [request({ state: 'executing', byHand: 1 })], away });
    expect([byHand.changed?.answeredOn, byHand.change]).toEqual(['2026-09-21', 'later']);
    const discovering = only({ requests: [request({ state: 'discovering' })], away });
    expect(discovering.changed?.answeredOn).toBe('2026-09-21');
  });

  test('a blocked request is answered as blocked on its due day', () => {
    const found = only({ requests: [request({ state: 'blocked' })], away: [] }).present;
    expect([found.answeredOn, found.lateFrom, found.waitsFor]).toEqual(['2026-10-01', null, 'guard']);
    const over = only({ asOf: '2026-10-05T08:00:00Z', requests: [request({ state: 'blocked' })] }).present;
    expect([over.answeredOn, over.lateDays]).toEqual(['2026-10-05', 4]);
  });

  test('a package waits for its release where the pack says so, and only a package', () => {
    const rules = new Map([[RULES.hash, { ...RULES, decisions: [], release: 'officer' as const }]]);
    const away = [parseAway('dpo:2026-09-14..2026-09-15')];
    const of = (right: OpenRequest['right']) =>
      only({ rules, away, requests: [request({ right, state: 'discovering' })] }).changed?.answeredOn;
    expect([of('access'), of('portability'), of('erasure')]).toEqual(['2026-09-16', '2026-09-16', '2026-09-14']);
    const responding = request({
      right: 'access',
      state: 'responding',
      waiting: [{ kind: 'release', organisation: null, requestedAt: '2026-09-14T07:00:00Z' }],
    });
    expect(only({ rules, away, requests: [responding] }).changed?.answeredOn).toBe('2026-09-16');
    expect(only({ rules, away, requests: [{ ...responding, waiting: [] }] }).changed?.answeredOn).toBe('2026-09-14');
  });

  test('a rule that is for other rights asks nobody', () => {
    const rules = new Map([
      [RULES.hash, { ...RULES, decisions: [{ by: 'organisation' as const, rights: ['access' as const] }] }],
    ]);
    expect(only({ rules, requests: [request()] }).present.answeredOn).toBe('2026-09-14');
    expect(only({ rules, requests: [request({ right: 'access' })] }).present.answeredOn).toBe('2026-09-21');
  });
});

describe('people away', () => {
  test('the officer is away for two weeks: what was in time becomes late, with the day', () => {
    const found = only({
      requests: [request()],
      away: [parseAway('dpo:2026-09-14..2026-09-27')],
    });
    expect(found.present.lateFrom).toBeNull();
    expect(found.changed).toMatchObject({
      due: '2026-10-01',
      answeredOn: '2026-10-05',
      lateFrom: '2026-10-02',
      lateDays: 4,
    });
    expect(found.change).toBe('becomes_late');
  });

  test('both ends of an absence are included', () => {
    const answered = (text: string) =>
      only({ requests: [request({ state: 'executing', byHand: 1 })], away: [parseAway(text)] }).changed?.answeredOn;
    expect(answered('dpo:2026-09-10..2026-09-14')).toBe('2026-09-15');
    expect(answered('dpo:2026-09-10..2026-09-13')).toBe('2026-09-14');
    expect(answered('dpo:2026-09-15..2026-09-30')).toBe('2026-09-14');
  });

  test('one officer away holds up her own requests only; one organisation its own', () => {
    const requests = [
      request({ id: 'a', owner: 'tok_anna', state: 'executing', byHand: 1 }),
      request({ id: 'b', owner: 'tok_bo', state: 'executing', byHand: 1 }),
      request({ id: 'c', state: 'executing', byHand: 1 }),
    ];
    const away = [parseAway('privacy_officer:tok_anna:2026-09-14..2026-09-18')];
    const changes = ask({ requests, away }).requests.map(({ id, change }) => [id, change]);
    expect(changes).toEqual([
      ['a', 'later'],
      ['b', 'same'],
      ['c', 'same'],
    ]);
    const asked = (organisation: string) =>
      request({
        id: organisation,
        state: 'awaiting_approval',
        waiting: [{ kind: 'organisation', organisation, requestedAt: AS_OF }],
      });
    const found = ask({
      requests: [asked('acme'), asked('globex')],
      away: [parseAway('organisation:acme:2026-09-20..2026-09-25')],
    });
    expect(found.requests.map(({ id, change }) => [id, change])).toEqual([
      ['acme', 'later'],
      ['globex', 'same'],
    ]);
  });

  test('an absence without an end in sight is said so', () => {
    const found = only({ requests: [request()], away: [parseAway('dpo:2026-09-14..2099-12-31')] });
    expect(found.changed).toMatchObject({
      answeredOn: null,
      lateFrom: '2026-10-02',
      lateDays: null,
      waitsFor: 'privacy_officer',
    });
  });
});

describe('what fits into a day', () => {
  const byHand = (id: string, receivedAt = '2026-09-01T08:00:00Z') =>
    request({ id, state: 'executing', byHand: 1, receivedAt });

  test('the earliest due is worked off first', () => {
    const requests = [byHand('young', '2026-09-08T08:00:00Z'), byHand('old'), byHand('b'), byHand('a')];
    const found = ask({ requests, perDay: { privacy_officer: 2 } }).requests;
    expect(found.map(({ id, present }) => [id, present.answeredOn])).toEqual([
      ['a', '2026-09-14'],
      ['b', '2026-09-14'],
      ['old', '2026-09-15'],
      ['young', '2026-09-15'],
    ]);
  });

  test('full days and days off are stepped over; every operator has its own people', () => {
    const requests = [
      ...['1', '2', '3', '4', '5', '6', '7'].map((id) => byHand(id)),
      { ...byHand('x'), operator: 'defigo', policyHash: 'sha256:other' },
    ];
    const rules = new Map([
      [RULES.hash, RULES],
      ['sha256:other', { ...RULES, operator: 'defigo', hash: 'sha256:other' }],
    ]);
    const found = ask({ requests, rules, perDay: { privacy_officer: 1 } }).requests;
    const days = Object.fromEntries(found.map(({ id, present }) => [id, present.answeredOn]));
    expect(days).toEqual({
      1: '2026-09-14',
      2: '2026-09-15',
      3: '2026-09-16',
      4: '2026-09-17',
      5: '2026-09-18',
      6: '2026-09-21',
      7: '2026-09-22',
      x: '2026-09-14',
    });
  });
});

describe('other rules', () => {
  test('another pack moves dates and adds people, for its own operator only', () => {
    const changed: SimulatedRules = {
      ...RULES,
      version: '2',
      hash: 'sha256:then',
      promises: [{ within: 'P14D', rights: ['erasure'] }],
      decisions: [{ by: 'second_person', rights: null }],
    };
    const found = only({ requests: [request()], changed });
    expect(found.changed).toMatchObject({
      safeDue: '2026-09-15',
      promisedDue: '2026-09-15',
      legalDue: '2026-10-01',
      answeredOn: '2026-09-14',
      promiseBroken: false,
    });
    expect(found.change).toBe('earlier');
    const other = only({ requests: [request()], changed: { ...changed, operator: 'defigo' } });
    expect(other.changed).toEqual(other.present);
  });

  test('a broken promise is counted beside the law', () => {
    const changed = { ...RULES, promises: [{ within: 'P14D' as const }] };
    const { totals, requests } = ask({ requests: [request()], changed });
    expect(requests[0]?.changed).toMatchObject({ promiseBroken: true, lateFrom: null });
    expect(totals.promisesBroken).toEqual({ present: 0, changed: 1 });
    expect(totals.late).toEqual({ present: 0, changed: 0 });
  });

  test('withdrawn consent is clocked as objection and takes promises for either word', () => {
    const changed = { ...RULES, promises: [{ within: 'P2D' as const, rights: ['consent_withdrawal' as const] }] };
    const found = only({ requests: [request({ right: 'consent_withdrawal' })], changed });
    expect(found.changed?.promisedDue).toBe('2026-09-03');
    expect(only({ requests: [request()], changed }).changed?.promisedDue).toBeNull();
  });

  test('a right that the changed rules do not know is named, not dropped', () => {
    const changed: SimulatedRules = { ...RULES, regime: 'br-lgpd', country: 'BR', timeZone: 'America/Sao_Paulo' };
    const { totals, requests } = ask({ requests: [request({ right: 'objection' }), request({ id: 'b' })], changed });
    expect(requests.map(({ id, change }) => [id, change])).toEqual([
      ['b', 'becomes_late'],
      ['req_1', 'right_unknown'],
    ]);
    expect(requests[1]?.changed).toBeNull();
    expect(totals.changes.right_unknown).toBe(1);
  });

  test('an extension that was told moves due, never the refusal; late before and in time after is no_longer_late', () => {
    const told = request({ extendedAt: '2026-09-10T08:00:00Z' });
    const away = [parseAway('dpo:2026-09-14..2026-09-27')];
    const found = only({ requests: [told], away });
    expect(found.changed).toMatchObject({ due: '2026-12-01', legalDue: '2026-10-01', lateFrom: null });
    const late = only({
      asOf: '2026-10-02T08:00:00Z',
      requests: [request({ state: 'executing' })],
      changed: { ...RULES, regime: 'us-ca-ccpa', country: 'US-CA', timeZone: 'America/Los_Angeles' },
    });
    expect([late.present.lateDays, late.changed?.due, late.change]).toEqual([1, '2026-10-16', 'no_longer_late']);
  });
});

describe('as of an instant', () => {
  test('what happened later has not happened', () => {
    const { totals, requests } = ask({
      requests: [
        request({ id: 'later', receivedAt: '2026-09-14T10:00:01Z' }),
        request({ id: 'now', receivedAt: AS_OF }),
        request({
          id: 'asked',
          extendedAt: '2026-09-20T08:00:00Z',
          pauses: [
            { kind: 'identity', askedAt: '2026-09-03T08:00:00Z', answeredAt: '2026-09-16T08:00:00Z' },
            { kind: 'identity', askedAt: '2026-09-15T08:00:00Z', answeredAt: null },
          ],
        }),
      ],
    });
    expect(totals.notYetReceived).toBe(1);
    expect(requests.map(({ id, present }) => [id, present.legalDue, present.due])).toEqual([
      // Asked on the 3rd, still open on the 14th: eleven days so far.
      ['asked', '2026-10-12', '2026-10-12'],
      ['now', '2026-10-14', '2026-10-14'],
    ]);
  });

  test('what is wrong is said', () => {
    expect(() => ask({ asOf: '2026-09-14', requests: [] })).toThrow(expect.objectContaining({ code: 'as_of_invalid' }));
    expect(() => ask({ requests: [request({ policyHash: 'sha256:gone' })] })).toThrow(
      expect.objectContaining({ code: 'policy_unknown' }),
    );
  });
});

test('totals say who, how many and since when', () => {
  const requests = [
    request({ id: 'late-anyway', state: 'executing', receivedAt: '2026-08-01T08:00:00Z' }),
    request({ id: 'becomes-late' }),
    request({ id: 'same', state: 'executing' }),
    request({ id: 'later', state: 'executing', byHand: 1 }),
  ];
  const { totals } = ask({ requests, away: [parseAway('dpo:2026-09-14..2026-09-27')] });
  expect(totals).toEqual({
    open: 4,
    notYetReceived: 0,
    late: { present: 1, changed: 2 },
    promisesBroken: { present: 0, changed: 0 },
    changes: { same: 1, earlier: 0, later: 1, becomes_late: 1, no_longer_late: 0, late_anyway: 1, right_unknown: 0 },
    lateByRole: { nobody: 1, privacy_officer: 1 },
    firstLateOn: '2026-09-02',
  });
});

describe('properties', () => {
  const DAY = 86_400_000;
  const first = Date.UTC(2026, 7, 1);
  const anyRequest = fc.record({
    receivedAt: fc.integer({ min: 0, max: 44 }).map((days) => new Date(first + days * DAY).toISOString()),
    state: fc.constantFrom('identifying', 'discovering', 'awaiting_approval', 'executing', 'blocked', 'responding'),
    byHand: fc.constantFrom(0, 1),
    right: fc.constantFrom('access', 'erasure', 'objection', 'consent_withdrawal'),
    waiting: fc.constantFrom(
      [],
      [{ kind: 'organisation' as const, organisation: 'acme', requestedAt: '2026-09-10T08:00:00Z' }],
      [{ kind: 'second_person' as const, organisation: null, requestedAt: '2026-09-10T08:00:00Z' }],
    ),
  });
  const backlog = fc
    .array(anyRequest, { maxLength: 30 })
    .map((list) => list.map((facts, n) => request({ ...facts, id: `req_${n}` } as Partial<OpenRequest>)));

  test('the same facts give the same bytes, in whatever order they come', () => {
    fc.assert(
      fc.property(backlog, fc.option(fc.integer({ min: 1, max: 3 })), (requests, limit) => {
        const perDay = limit === null ? {} : { privacy_officer: limit };
        const away = [parseAway('dpo:2026-09-16..2026-09-25')];
        const once = JSON.stringify(ask({ requests, away, perDay }));
        expect(JSON.stringify(ask({ requests: [...requests].reverse(), away, perDay }))).toBe(once);
      }),
      { numRuns: 100 },
    );
  });

  test('an absence never makes an answer earlier when days have no limit, and nobody is answered before today', () => {
    fc.assert(
      fc.property(
        backlog,
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 0, max: 30 }),
        (requests, from, length) => {
          const day = (n: number): string => new Date(Date.UTC(2026, 8, 10 + n)).toISOString().slice(0, 10);
          const result = ask({ requests, away: [parseAway(`dpo:${day(from)}..${day(from + length)}`)] });
          for (const { present, changed } of result.requests) {
            expect((present.answeredOn ?? '') >= '2026-09-14').toBe(true);
            expect((changed?.answeredOn ?? '9') >= (present.answeredOn ?? '9')).toBe(true);
            expect(changed?.due).toBe(present.due);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  test('no day ever holds more than its limit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 40 }), (limit, count) => {
        const requests = Array.from({ length: count }, (_, n) =>
          request({ id: `req_${n}`, state: 'executing', byHand: 1 }),
        );
        const perDay = new Map<string, number>();
        for (const { present } of ask({ requests, perDay: { privacy_officer: limit } }).requests)
          perDay.set(present.answeredOn ?? '', (perDay.get(present.answeredOn ?? '') ?? 0) + 1);
        expect(Math.max(...perDay.values())).toBeLessThanOrEqual(limit);
        // Nothing is left lying while there is room.
        expect(perDay.size).toBe(Math.ceil(count / limit));
      }),
      { numRuns: 100 },
    );
  });
});

describe('rules of a pack', () => {
  test('only what decides dates and who must act', () => {
    const pack = {
      operator: 'infentre',
      version: '3',
      regime: 'gdpr-eu',
      country: 'SE',
      timeZone: 'Europe/Stockholm',
      promises: [{ within: 'P30D' }, { within: 'P14D', rights: ['access'] }],
      clockSwitches: { roll: false },
      approvals: [
        { id: 'a', by: 'organisation', when: { role: 'processor' } },
        { id: 'b', by: 'second_person', when: { rights: ['erasure'] } },
      ],
      release: 'officer',
      systems: [],
    };
    expect(rulesOf({ hash: 'sha256:x', pack } as unknown as Parameters<typeof rulesOf>[0])).toEqual({
      operator: 'infentre',
      version: '3',
      hash: 'sha256:x',
      regime: 'gdpr-eu',
      country: 'SE',
      timeZone: 'Europe/Stockholm',
      promises: [{ within: 'P30D' }, { within: 'P14D', rights: ['access'] }],
      switches: { roll: false },
      decisions: [
        { by: 'organisation', rights: null },
        { by: 'second_person', rights: ['erasure'] },
      ],
      release: 'officer',
    });
  });
});

describe('corners of the model', () => {
  const asked = { kind: 'identity', askedAt: '2026-09-08T08:00:00Z', answeredAt: null } as const;

  test('a request that just came in is worked like one that is being identified', () => {
    expect(only({ requests: [request({ state: 'received' })] }).present).toEqual(
      only({ requests: [request()] }).present,
    );
  });

  test('after the subject come an officer, then what is pending, else what the pack will ask', () => {
    const state = 'waiting_for_subject';
    const away = [parseAway('dpo:2026-09-14..2026-09-16')];
    const bare = only({ requests: [request({ state, pauses: [asked] })], away });
    expect([bare.present.answeredOn, bare.changed?.answeredOn]).toEqual(['2026-09-22', '2026-09-24']);
    const waiting = [{ kind: 'second_person', organisation: null, requestedAt: '2026-09-07T08:00:00Z' }] as const;
    expect(only({ requests: [request({ state, pauses: [asked], waiting })] }).present.answeredOn).toBe('2026-09-15');
  });

  test('a question whose facts were not kept is taken as asked at receipt', () => {
    const found = only({ requests: [request({ state: 'waiting_for_subject' })] }).present;
    expect([found.legalDue, found.answeredOn]).toEqual(['2026-10-01', '2026-09-21']);
  });

  test('of several questions the open one counts', () => {
    const answered = { kind: 'identity', askedAt: '2026-09-02T08:00:00Z', answeredAt: '2026-09-03T08:00:00Z' } as const;
    const found = only({ requests: [request({ state: 'waiting_for_subject', pauses: [asked, answered] })] }).present;
    expect([found.legalDue, found.answeredOn]).toEqual(['2026-10-09', '2026-09-22']);
  });

  test('the officer of a rule is the owner of the request', () => {
    const rules = new Map([
      [
        RULES.hash,
        {
          ...RULES,
          decisions: [
            { by: 'privacy_officer' as const, rights: null },
            { by: 'second_person' as const, rights: null },
          ],
        },
      ],
    ]);
    const away = [parseAway('privacy_officer:tok_anna:2026-09-14..2026-09-15')];
    const of = (owner: string | null) =>
      only({ rules, away, requests: [request({ owner, state: 'discovering' })] }).changed;
    expect(of('tok_anna')).toMatchObject({ answeredOn: '2026-09-16', waitsFor: 'privacy_officer' });
    expect(of(null)).toMatchObject({ answeredOn: '2026-09-14', waitsFor: null });
    const pending = [{ kind: 'privacy_officer', organisation: null, requestedAt: AS_OF }] as const;
    const held = only({
      away,
      requests: [request({ owner: 'tok_anna', state: 'awaiting_approval', waiting: pending })],
    });
    expect(held.changed?.answeredOn).toBe('2026-09-16');
  });

  test('several absences of a role add up; what is left open is left open', () => {
    const away = [parseAway('dpo:2026-09-14..2026-09-14'), parseAway('dpo:2026-09-15..2026-09-16')];
    expect(only({ away, requests: [request({ state: 'executing', byHand: 1 })] }).changed?.answeredOn).toBe(
      '2026-09-17',
    );
    const never = only({
      away: [parseAway('organisation:2026-09-14..2099-01-01')],
      requests: [request({ state: 'discovering', byHand: 1 })],
    });
    expect(never.changed).toMatchObject({ answeredOn: null, promiseBroken: false, waitsFor: 'organisation' });
  });

  test('with equal waits the first one is named', () => {
    const waiting = [
      { kind: 'second_person', organisation: null, requestedAt: AS_OF },
      { kind: 'privacy_officer', organisation: null, requestedAt: AS_OF },
    ] as const;
    const away = [parseAway('dpo:2026-09-14..2026-09-15'), parseAway('second_person:2026-09-14..2026-09-15')];
    const found = only({ away, requests: [request({ state: 'awaiting_approval', waiting })] });
    expect(found.changed).toMatchObject({ answeredOn: '2026-09-16', waitsFor: 'second_person' });
  });

  test('an organisation with little room holds up its own requests only', () => {
    const of = (id: string, organisation: string) =>
      request({
        id,
        state: 'awaiting_approval',
        waiting: [{ kind: 'organisation', organisation, requestedAt: '2026-09-01T08:00:00Z' }],
      });
    const { requests } = ask({
      requests: [of('a', 'acme'), of('b', 'acme'), of('c', 'globex')],
      perDay: { organisation: 1 },
    });
    expect(requests.map(({ id, present }) => [id, present.answeredOn])).toEqual([
      ['a', '2026-09-14'],
      ['b', '2026-09-15'],
      ['c', '2026-09-14'],
    ]);
    // Not yet known which organisation it will be: they share one desk with nobody that is known.
    const early = ask({
      requests: [request({ id: 'x', state: 'discovering' }), of('y', 'acme')],
      perDay: { organisation: 1 },
    });
    expect(early.requests.map(({ id, present }) => [id, present.answeredOn])).toEqual([
      ['x', '2026-09-21'],
      ['y', '2026-09-14'],
    ]);
  });

  test('a promise is kept on its last day, and broken now as well as then', () => {
    const rules = new Map([[RULES.hash, { ...RULES, promises: [{ within: 'P20D' as const }] }]]);
    const kept = ask({ rules, requests: [request()] });
    expect(kept.requests[0]?.present).toMatchObject({
      promisedDue: '2026-09-21',
      answeredOn: '2026-09-21',
      promiseBroken: false,
    });
    const tight = new Map([[RULES.hash, { ...RULES, promises: [{ within: 'P19D' as const }] }]]);
    const broken = ask({ rules: tight, requests: [request()], changed: { ...RULES, promises: [] } });
    expect(broken.requests[0]?.present.promiseBroken).toBe(true);
    expect(broken.totals.promisesBroken).toEqual({ present: 1, changed: 0 });
  });

  test('the list is sorted by the changed due date, the roles by name, the first late day is the earliest', () => {
    const away = [parseAway('dpo:2026-09-14..2026-10-30'), parseAway('second_person:2026-09-14..2026-10-30')];
    const second = [{ kind: 'second_person', organisation: null, requestedAt: AS_OF }] as const;
    const { totals, requests } = ask({
      away,
      requests: [
        request({ id: 'a', receivedAt: '2026-09-08T08:00:00Z', state: 'awaiting_approval', waiting: second }),
        request({ id: 'b', receivedAt: '2026-09-02T08:00:00Z', state: 'executing', byHand: 1 }),
        request({ id: 'c', receivedAt: '2026-09-02T08:00:00Z', state: 'executing', byHand: 1 }),
        request({ id: 'd', receivedAt: '2026-09-01T08:00:00Z', state: 'awaiting_approval', waiting: second }),
      ],
    });
    expect(requests.map(({ id }) => id)).toEqual(['d', 'b', 'c', 'a']);
    expect(JSON.stringify(totals.lateByRole)).toBe('{"privacy_officer":2,"second_person":2}');
    expect(totals.firstLateOn).toBe('2026-10-02');
  });

  test('an extension told before the evaluation counts, one at the very instant too', () => {
    expect(only({ requests: [request({ extendedAt: AS_OF })] }).present.due).toBe('2026-12-01');
    expect(only({ requests: [request({ extendedAt: '2026-09-14T10:00:01Z' })] }).present.due).toBe('2026-10-01');
  });

  test('a request under rules that never knew its right cannot be simulated, other faults are not hidden', () => {
    const brazil = { ...RULES, regime: 'br-lgpd', country: 'BR', timeZone: 'America/Sao_Paulo' };
    expect(() => ask({ rules: new Map([[RULES.hash, brazil]]), requests: [request({ right: 'objection' })] })).toThrow(
      'a request exercises a right that its own rules do not know',
    );
    const broken = { ...RULES, country: 'XX' };
    expect(() => ask({ rules: new Map([[RULES.hash, broken]]), requests: [request()] })).toThrow(
      'invalid_case: country',
    );
    expect(() => ask({ requests: [request({ policyHash: 'sha256:gone' })] })).toThrow(
      'no rules are given for sha256:gone',
    );
    expect(() => ask({ asOf: 'soon', requests: [] })).toThrow('asOf is no instant with an offset');
  });
});
