/**
 * What-if over open requests (docs/simulation.md). simulate: the answer · work: what people still have to do · roster:
 * who works when · away: reading a change of staffing · types: facts in, forecasts out.
 */
export { checkAway, parseAway, parsePerDay } from './away.js';
export { SimulationError } from './errors.js';
export { simulate } from './simulate.js';
export {
  type Away,
  type Forecast,
  type OpenRequest,
  type RequestForecast,
  rulesOf,
  SIMULATED_ROLES,
  type SimulatedRole,
  type SimulatedRules,
  type Simulation,
  type SimulationResult,
} from './types.js';
