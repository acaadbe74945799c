/** Learning-rate schedules: a factor on the optimizer's rate, from the step alone (plateau: from the losses too). */
import { cos, powi } from "../numerics/f64.ts";

/** A linear rise to the optimizer's rate at the beginning of a run: all that `schedules.constant` takes. */
export interface Warmup {
  /** The part of the run that the rise takes, at least 0 and below 1. Default: 0. */
  readonly warmup?: number;
}

/** The options of `schedules.step`. */
export interface StepOptions extends Warmup {
  /** Epochs from one change to the next, at least 1. Default: 30. */
  readonly every?: number;
  /** What the rate is multiplied by, above 0. Default: 0.1. */
  readonly factor?: number;
}

/** The options of `schedules.exponential`. */
export interface ExponentialOptions extends Warmup {
  /** What the rate is multiplied by, above 0. Default: 0.95. */
  readonly factor?: number;
}

/** The options of `schedules.cosine`. */
export interface CosineOptions extends Warmup {
  /** The last factor, at least 0 and below 1. Default: 0. */
  readonly floor?: number;
}

/** The options of `schedules.oneCycle`. */
export interface OneCycleOptions {
  /** The part of the run that goes up, above 0 and below 1. Default: 0.3. */
  readonly rise?: number;
  /** The highest rate over the first one, above 0. Default: 25. */
  readonly div?: number;
  /** The first rate over the last one, above 0. Default: 10,000. */
  readonly finalDiv?: number;
}

/** The options of `schedules.plateau`. */
export interface PlateauOptions {
  /** What the rate is multiplied by, above 0. Default: 0.5. */
  readonly factor?: number;
  /** Epochs without a better loss that are waited for, at least 0. Default: 10. */
  readonly patience?: number;
  /** The lowest learning rate. Default: 0. */
  readonly minimum?: number;
  /** The part of the best loss by which a loss has to be lower to count, at least 0 and below 1. Default: 1e-4. */
  readonly threshold?: number;
  /**
   * Whose loss: the training rows' (mean over the epoch's rows, each before its step), or the validation rows' where there are any. Default:
   * "validation".
   */
  readonly watch?: "training" | "validation";
}

/** A learning-rate schedule as plain data (`schedules` makes it): a factor on the optimizer's rate. */
export type Schedule =
  | ({
      /** The optimizer's rate throughout. */
      readonly kind: "constant";
    } & Warmup)
  | ({
      /** The rate times `factor` every `every` epochs. */
      readonly kind: "step";
    } & Required<Omit<StepOptions, "warmup">> &
      Warmup)
  | ({
      /** The rate times `factor` every epoch. */
      readonly kind: "exponential";
    } & Required<Omit<ExponentialOptions, "warmup">> &
      Warmup)
  | ({
      /** Half a cosine from 1 to `floor` over the run (Loshchilov and Hutter 2017), after a linear rise. */
      readonly kind: "cosine";
    } & Required<Warmup> &
      Omit<CosineOptions, "warmup">)
  | ({
      /** From 1 / div up to 1 over `rise` of the run, then down to 1 / (div finalDiv) (Smith and Topin 2018). */
      readonly kind: "oneCycle";
    } & Required<OneCycleOptions>)
  | Plateau;

/** The rate times `factor` after more than `patience` epochs without a loss below (1 - threshold) of the best. */
export interface Plateau extends Required<PlateauOptions> {
  /** Which schedule it is. */
  readonly kind: "plateau";
}

/** Learning-rate schedules by name, each with its options. `fit` throws InputError for options out of range. */
export const schedules = {
  /** The optimizer's rate, after a linear rise over `warmup` of the run. */
  constant: (o: Warmup = {}): Schedule => ({ kind: "constant", ...o }),
  /** factor^floor(epoch / every), epochs from 0 (PyTorch's StepLR). */
  step: (o: StepOptions = {}): Schedule => ({
    kind: "step",
    every: 30,
    factor: 0.1,
    ...o,
  }),
  /** factor^epoch, epochs from 0 (PyTorch's ExponentialLR). */
  exponential: (o: ExponentialOptions = {}): Schedule => ({
    kind: "exponential",
    factor: 0.95,
    ...o,
  }),
  /** floor + (1 - floor) (1 + cos(pi t)) / 2, t from 0 to 1 over the steps after the warm-up. */
  cosine: (o: CosineOptions = {}): Schedule => ({ kind: "cosine", warmup: 0, ...o }),
  /** PyTorch's OneCycleLR with cosine annealing in two phases; the optimizer's rate is the highest. Momentum stays. */
  oneCycle: (o: OneCycleOptions = {}): Schedule => ({
    kind: "oneCycle",
    rise: 0.3,
    div: 25,
    finalDiv: 1e4,
    ...o,
  }),
  /** PyTorch's ReduceLROnPlateau; `fit` keeps its state. */
  plateau: (o: PlateauOptions = {}): Schedule => ({
    kind: "plateau",
    factor: 0.5,
    patience: 10,
    minimum: 0,
    threshold: 1e-4,
    watch: "validation",
    ...o,
  }),
} as const;

/** What goes with each: a warm-up, and a run that goes on for longer, where no rate follows from the whole length. */
const goesWith = {
  constant: { warmup: true, longer: true },
  step: { warmup: true, longer: true },
  exponential: { warmup: true, longer: true },
  cosine: { warmup: true, longer: false },
  oneCycle: { warmup: false, longer: false },
  plateau: { warmup: false, longer: true },
} as const satisfies {
  readonly [K in Schedule["kind"]]: { readonly warmup: boolean; readonly longer: boolean };
};
type Warm = {
  [K in Schedule["kind"]]: (typeof goesWith)[K]["warmup"] extends true ? K : never;
}[Schedule["kind"]];
const isWarm = (kind: Schedule["kind"]): kind is Warm => goesWith[kind].warmup;
/** Schedules that a warm-up goes with. */
export const warmSchedules = (Object.keys(goesWith) as readonly Schedule["kind"][]).filter(isWarm);
export const takesWarmup = (s: Schedule): s is Extract<Schedule, { readonly kind: Warm }> => isWarm(s.kind);

/** Whether the rate of a step follows from how many there are in all. */
export const dependsOnLength = (s: Schedule): boolean =>
  !goesWith[s.kind].longer || ("warmup" in s && (s.warmup ?? 0) > 0);

/** The factor at `step` (from 0) of `steps`, of which an epoch has `perEpoch`; of a plateau, 1. */
export function scheduleFactor(schedule: Schedule, step: number, steps: number, perEpoch = steps): number {
  const warmup = "warmup" in schedule ? (schedule.warmup ?? 0) : 0;
  const rise = Math.round(warmup * steps);
  if (step < rise) return (step + 1) / rise;
  const epoch = Math.floor(step / perEpoch);
  switch (schedule.kind) {
    case "constant":
    case "plateau":
      return 1;
    case "step":
      return powi(schedule.factor, Math.floor(epoch / schedule.every));
    case "exponential":
      return powi(schedule.factor, epoch);
    case "cosine":
      return anneal(1, schedule.floor ?? 0, (step - rise) / Math.max(1, steps - rise));
    case "oneCycle":
      return oneCycle(schedule, step, steps);
  }
}

/** Half a cosine from `from` at 0 to `to` at 1. */
const anneal = (from: number, to: number, t: number): number =>
  to + (from - to) * (0.5 * (1 + cos(Math.PI * t)));

function oneCycle(s: Extract<Schedule, { kind: "oneCycle" }>, step: number, steps: number): number {
  const top = s.rise * steps - 1;
  const last = steps - 1;
  const lowest = 1 / s.div;
  if (step <= Math.max(0, top)) return top > 0 ? anneal(lowest, 1, step / top) : 1;
  return anneal(1, lowest / s.finalDiv, last > top ? (step - top) / (last - top) : 1);
}

/** Where a plateau stands; starts as `plateauStart`. */
export interface PlateauState {
  /** On the optimizer's rate. */
  readonly factor: number;
  /** The best loss so far. */
  readonly best: number;
  /** Epochs since then. */
  readonly waited: number;
}
export const plateauStart: PlateauState = { factor: 1, best: Infinity, waited: 0 };

/** The state after an epoch with this loss; `rate` is the optimizer's. */
export function plateauStep(s: Plateau, state: PlateauState, loss: number, rate: number): PlateauState {
  if (loss < state.best * (1 - s.threshold)) return { ...state, best: loss, waited: 0 };
  if (state.waited < s.patience) return { ...state, waited: state.waited + 1 };
  return { ...state, factor: Math.max(state.factor * s.factor, Math.min(1, s.minimum / rate)), waited: 0 };
}
