/** Reading a change of staffing: `ROLE:FROM..TO`, `ROLE:ID:FROM..TO`, and `ROLE:N` for what a role can do in a day. */
import { parseDate } from '../calendar/civil.js';
import { SimulationError } from './errors.js';
import { SIMULATED_ROLES, type Away, type SimulatedRole } from './types.js';

/** Other words for the same people. */
const ALSO: Readonly<Record<string, SimulatedRole>> = { dpo: 'privacy_officer', approver: 'organisation' };
const NAMES = [...SIMULATED_ROLES, ...Object.keys(ALSO)].join(', ');

/**
 * Reads `ROLE:FROM..TO` or `ROLE:ID:FROM..TO`, days as `YYYY-MM-DD`, both included.
 * @throws SimulationError `away_invalid`
 */
export function parseAway(text: string): Away {
  const match = /^([a-z_]+):(?:([^:]+):)?(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})$/.exec(text);
  if (match === null)
    throw new SimulationError('away_invalid', 'an absence is written ROLE:FROM..TO with days YYYY-MM-DD');
  const [, role = '', who, from = '', to = ''] = match;
  return checkAway({ role, who: who ?? null, from, to });
}

/** @throws SimulationError `away_invalid` for an unknown role, a day that does not exist, an end before its beginning */
export function checkAway(away: {
  readonly role: string;
  readonly who: string | null;
  readonly from: string;
  readonly to: string;
}): Away {
  const role = roleOf(away.role);
  if (role === null) throw new SimulationError('away_invalid', `an absence names a role: ${NAMES}`);
  const [from, to] = [parseDate(away.from), parseDate(away.to)];
  if (from === null || to === null)
    throw new SimulationError('away_invalid', 'an absence names a day that does not exist');
  if (to < from) throw new SimulationError('away_invalid', 'an absence ends before it begins');
  return { role, who: away.who, from: away.from, to: away.to };
}

/** Reads `ROLE:N`. @throws SimulationError `per_day_invalid` */
export function parsePerDay(text: string): readonly [SimulatedRole, number] {
  const match = /^([a-z_]+):([1-9]\d{0,5})$/.exec(text);
  const role = roleOf(match?.[1] ?? '');
  if (match === null || role === null)
    throw new SimulationError('per_day_invalid', `a throughput is written ROLE:N with N ≥ 1; roles: ${NAMES}`);
  return [role, Number(match[2])];
}

function roleOf(name: string): SimulatedRole | null {
  return SIMULATED_ROLES.find((role) => role === name) ?? (Object.hasOwn(ALSO, name) ? (ALSO[name] ?? null) : null);
}
