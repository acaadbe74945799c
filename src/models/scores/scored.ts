/** The figures of a score that people are shown, as result.json and --json have them. */
export interface Scored {
  readonly loss: number;
  /** NaN, in JSON null, of values, which have the others. */
  readonly accuracy: number;
  readonly rmse?: number;
  readonly mae?: number;
  readonly r2?: number;
}

/** A score as it comes out of JSON, where a figure that is no number (NaN, infinite) is null. */
export const scoredFrom = (told: Scored): Scored =>
  Object.fromEntries(
    Object.entries(told).map(([name, figure]) => [name, figure ?? NaN]),
  ) as unknown as Scored;
