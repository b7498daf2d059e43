import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { CALENDARS } from '../calendar/index.js';
import { REGIMES, rightClockOf } from './regimes.js';

const folder = new URL('../../policies/regimes/', import.meta.url);

test('the files say what the clock computes with', () => {
  const files = readdirSync(folder).map((name) => parse(readFileSync(new URL(name, folder), 'utf8')));
  const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
  expect(files.sort(byId)).toEqual([...REGIMES].sort(byId));
});

test('every regime that rolls has a calendar for each of its countries', () => {
  for (const regime of REGIMES.filter(({ roll }) => roll)) {
    for (const country of regime.countries) expect(CALENDARS.has(country), country).toBe(true);
  }
});

test('every right of every regime names its sources', () => {
  for (const regime of REGIMES) {
    for (const right of regime.rights) {
      const clock = rightClockOf(regime, right);
      expect(clock.sources.first).not.toBe('');
      expect(clock.sources.extended === null).toBe(clock.extended === null);
      expect(clock.sources.acknowledge === null).toBe(clock.acknowledge === null);
    }
  }
});
