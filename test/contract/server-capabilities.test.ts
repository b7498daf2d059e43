import { describe, expect, it } from 'vitest';
import { mongoCapabilities } from '../../dev/servers/index.js';

const url = process.env['HABEAS_TEST_MONGODB_URL'] ?? '';
const capabilities = await mongoCapabilities(url);

describe(`the MongoDB of this run (${capabilities.server} ${capabilities.version})`, () => {
  it('does what our own store needs', () => {
    expect(capabilities).toMatchObject({
      transactions: true,
      uniqueIndexes: true,
      majorityReads: true,
      ttlIndexes: true,
    });
  });

  it.skipIf(capabilities.server !== 'mongodb')(
    'has capped collections and time series, when it is a real mongod',
    () => {
      expect(capabilities).toMatchObject({ collation: true, capped: true, timeSeries: true });
    },
  );

  it.skipIf(capabilities.server !== 'secantus')('lacks what the rules for SecantusDB say it lacks', () => {
    // When one of these begins to hold, the rule (and the skip of the connector's tests) can go.
    expect(capabilities).toMatchObject({ capped: false, timeSeries: false });
  });
});
