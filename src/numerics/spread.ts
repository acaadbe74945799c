/** The mean and the deviation of a figure over several runs. */
export interface Spread {
  readonly mean: number;
  /** With n - 1 in the denominator; NaN of a single value. */
  readonly deviation: number;
}

export function spread(values: readonly number[]): Spread {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const squares = values.reduce((sum, x) => sum + (x - mean) * (x - mean), 0);
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)) };
}
