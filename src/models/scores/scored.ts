/** The figures of a score that people are shown, as result.json and --json have them. */
export interface Scored {
  readonly loss: number;
  /** NaN, in JSON null, of values, which have the others. */
  readonly accuracy: number;
  readonly rmse?: number;
  readonly mae?: number;
  readonly r2?: number;
  /** Of classes, beside the accuracy; an interval of 95 %. */
  readonly balancedAccuracy?: number;
  readonly f1?: number;
  readonly auroc?: number;
  readonly ece?: number;
  readonly accuracyInterval?: readonly [low: number, high: number];
}

/** A score as it comes out of JSON, where a figure that is no number (NaN, infinite) is null. */
export const scoredFrom = (told: Scored): Scored =>
  Object.fromEntries(
    Object.entries(told).map(([name, figure]) => [name, figure ?? NaN]),
  ) as unknown as Scored;
