/** Regime files say for people what the clock computes with; one that says something else is refused. */
import * as z from 'zod';
import { regimeOf } from '../../domain/clock/regimes.js';
import type { FaultPlaces, FileFault } from './fault-lines.js';
import { readYaml } from './read-yaml.js';

/** Every difference between a regime file and the table of the clock, with its line. */
export function checkRegime(file: string, text: string): readonly FileFault[] {
  const read = readYaml<Record<string, unknown>>(file, text, z.looseObject({ id: z.string() }));
  if (read.value === null) return read.faults;
  const regime = regimeOf(String(read.value['id']));
  if (regime === undefined)
    return [read.places.at(['id'], 'unknown_regime', `the clock has no regime "${String(read.value['id'])}"`)];
  return differences(read.value, regime, [], read.places);
}

function differences(
  written: unknown,
  known: unknown,
  path: readonly (string | number)[],
  places: FaultPlaces,
): FileFault[] {
  if (isRecord(written) && isRecord(known)) {
    const keys = new Set([...Object.keys(known), ...Object.keys(written)]);
    return [...keys].flatMap((key) => {
      if (!(key in known)) return [places.atKey(path, key, 'unknown_key', 'is not a known key')];
      return differences(written[key], known[key], [...path, key], places);
    });
  }
  if (JSON.stringify(written) === JSON.stringify(known)) return [];
  return [places.at(path, 'differs_from_clock', `the clock computes with ${JSON.stringify(known)}`)];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
