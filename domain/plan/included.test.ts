import { describe, expect, it } from 'vitest';
import type { Pack } from '../policy/types.js';
import { adopt, idsOfIncluded } from './included.js';
import type { Found, Ref } from './types.js';

const ref = (id: string): Ref => ({
  dataset: 'users',
  id,
  kind: 'users',
  organisation: 'acme',
  matchedBy: [],
  trust: 'proven',
  review: 'shared_address',
  createdAt: null,
  hold: null,
});
const found: Found = { system: 'app', refs: [ref('"u1"'), ref('"u2"')], identifiers: [], manual: [], caveats: [] };
const pack = {
  systems: [{ id: 'app', datasets: [{ id: 'users', identifiers: { email: ['email'], userId: ['_id'] } }] }],
} as unknown as Pack;

describe('records that an officer called hers', () => {
  it('lose their review, the others keep it', () => {
    const adopted = adopt(found, [{ system: 'app', dataset: 'users', id: '"u1"' }]);
    expect(adopted.refs.map((r) => [r.id, r.review, r.trust])).toEqual([
      ['"u1"', null, 'system'],
      ['"u2"', 'shared_address', 'proven'],
    ]);
    expect(adopt(found, [{ system: 'mail', dataset: 'users', id: '"u1"' }])).toBe(found);
  });

  it('stand for the identifiers that their dataset reads from the id, whatever its BSON type', () => {
    const ids = ['"u1"', '{"$oid":"65f0a1b2c3d4e5f601234567"}', '{"$numberInt":"7"}', '{"a":1}', 'cus_1'];
    expect(
      idsOfIncluded(
        pack,
        ids.map((id) => ({ system: 'app', dataset: 'users', id })),
      ).map((i) => [i.type, i.value, i.trust]),
    ).toEqual([
      ['userId', 'u1', 'proven'],
      ['userId', '65f0a1b2c3d4e5f601234567', 'proven'],
      ['userId', '7', 'proven'],
      ['userId', 'cus_1', 'proven'],
    ]);
    expect(idsOfIncluded(pack, [{ system: 'app', dataset: 'nothing', id: '"u1"' }])).toEqual([]);
  });
});
