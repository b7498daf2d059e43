/** Reading fields of an unknown case: each helper names the top-level field that is wrong. */
import { DateRangeError, parseDate, type Day } from '../calendar/civil.js';
import { InvalidCaseError } from './errors.js';
import { parseInstant, type PointInTime } from './instant.js';
import { isTimeZone } from './zone.js';

export type Json = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An instant as given, and as a point in time. */
export interface GivenInstant extends PointInTime {
  readonly text: string;
}

export function instantField(value: unknown, field: string): GivenInstant {
  const point = parseInstant(value);
  if (point === null || typeof value !== 'string') throw new InvalidCaseError(field);
  return { ...point, text: value };
}

export function timeZoneField(value: unknown): string {
  if (!isTimeZone(value)) throw new InvalidCaseError('timeZone');
  return value;
}

export function dateField(value: unknown, field: string): Day {
  const day = parseDate(value);
  if (day === null) throw new InvalidCaseError(field);
  return day;
}

export function listField(value: unknown, field: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new InvalidCaseError(field);
  return value;
}

export function objectField(value: unknown, field: string): Json {
  if (!isObject(value)) throw new InvalidCaseError(field);
  return value;
}

/** A parsed value, or the error of its field when the parser said null. */
export function parsed<T>(value: T | null, field: string): T {
  if (value === null) throw new InvalidCaseError(field);
  return value;
}

/** Runs a computation whose dates can leave the calendar; such a case is invalid in the field that led there. */
export function within<T>(field: string, compute: () => T): T {
  try {
    return compute();
  } catch (error) {
    if (error instanceof DateRangeError) throw new InvalidCaseError(field);
    throw error;
  }
}

const LAST_SECOND = 253_402_214_400; // a day before the year 10000, so that every zone can write it

/** Seconds + seconds, kept within the years that can be written. @throws DateRangeError */
export function addSeconds(seconds: number, n: number): number {
  const sum = seconds + n;
  if (!(sum <= LAST_SECOND)) throw new DateRangeError();
  return sum;
}
