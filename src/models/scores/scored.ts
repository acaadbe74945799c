/** The figures of a score that people are shown, as result.json and --json have them. */
export interface Scored {
  readonly loss: number;
  /** NaN, in JSON null, of values, which have the others. */
  readonly accuracy: number;
  readonly rmse?: number;
  readonly mae?: number;
  readonly r2?: number;
}
