import { expect, test } from 'vitest';
import * as domain from '../domain/words.js';
import * as wire from './words.js';

test('the words on the wire are the words of the domain', () => {
  for (const name of [
    'RIGHTS',
    'CHANNELS',
    'LANGUAGES',
    'REQUEST_STATES',
    'REQUEST_OUTCOMES',
    'ANSWERS',
    'STEP_OUTCOMES',
    'CLOCK_STATUSES',
    'REFUSAL_GROUNDS',
    'APPROVAL_KINDS',
    'APPROVAL_STATES',
    'FIELD_TYPES',
    'HOLD_ENDING_EVENTS',
    'RETENTION_EVENTS',
  ] as const) {
    expect(wire[name]).toEqual(domain[name]);
  }
  expect(wire.PROVEN_LEVELS).toEqual(domain.IDENTITY_LEVELS.filter((level) => level !== 'none'));
});
