/** Small statistics of the bench. */

/** Nearest-rank percentile, `p` in 0..100. Zero for an empty list. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)] ?? 0;
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, v) => sum + v, 0) / values.length;
}

export function round(value: number, digits = 1): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * 95 % interval of mean(a) / mean(b) by resampling whole rounds, which are what varies together on a shared machine.
 * The resampling is seeded: the same rounds give the same interval.
 */
export function ratioInterval(a: readonly number[], b: readonly number[], samples = 2_000): Interval {
  let state = 1;
  const draw = (values: readonly number[]): number => {
    let sum = 0;
    for (let i = 0; i < values.length; i += 1) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      sum += values[Math.floor((state / 2 ** 32) * values.length)] ?? 0;
    }
    return sum / values.length;
  };
  const ratios = Array.from({ length: samples }, () => draw(a) / draw(b));
  return { low: round(percentile(ratios, 2.5), 2), high: round(percentile(ratios, 97.5), 2) };
}
