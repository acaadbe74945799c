/** Learning-rate schedules: a factor on the optimizer's rate, from the step alone. */
import { cos } from "../numerics/f64.ts";

export type Schedule =
  | { readonly kind: "constant" }
  /** Half a cosine from 1 to 0 over the run (Loshchilov and Hutter 2017), after a linear rise over `warmup` of it. */
  | { readonly kind: "cosine"; readonly warmup: number };

export const schedules = {
  constant: (): Schedule => ({ kind: "constant" }),
  cosine: (o: { warmup?: number } = {}): Schedule => ({ kind: "cosine", warmup: 0, ...o }),
} as const;

/** The factor at `step` (from 0) of `steps`. */
export function scheduleFactor(schedule: Schedule, step: number, steps: number): number {
  if (schedule.kind === "constant") return 1;
  const rise = Math.round(schedule.warmup * steps);
  if (step < rise) return (step + 1) / rise;
  return 0.5 * (1 + cos((Math.PI * (step - rise)) / Math.max(1, steps - rise)));
}
