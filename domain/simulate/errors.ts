/** A what-if that cannot be computed: `away_invalid`, `per_day_invalid`, `policy_unknown`, `as_of_invalid`. */
export class SimulationError extends Error {
  readonly code: 'away_invalid' | 'per_day_invalid' | 'policy_unknown' | 'as_of_invalid';
  constructor(code: SimulationError['code'], message: string) {
    super(message);
    this.name = 'SimulationError';
    this.code = code;
  }
}
