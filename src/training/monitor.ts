/** Which epoch is the best, and when training has stopped getting better. */
import type { Answers } from "../data/answers.ts";
import type { Dataset } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";

export const monitors = ["loss", "accuracy", "balancedAccuracy", "f1", "auroc", "mae", "rmse", "r2"] as const;
/**
 * What `keep` and `patience` watch: the loss, or a metric that the data have (`accuracy`, `balancedAccuracy`, `f1`,
 * `auroc` of classes; `mae`, `rmse`, `r2` of values).
 *
 * @useDeclaredType
 */
export type Monitor = (typeof monitors)[number];

const ofValues: readonly Monitor[] = ["loss", "mae", "rmse", "r2"];
const ofSeveral: readonly Monitor[] = ["loss", "accuracy", "f1", "auroc"];
const ofClasses: readonly Monitor[] = ["loss", "accuracy", "balancedAccuracy", "f1", "auroc"];
const fitting: Readonly<Record<Answers["kind"], readonly Monitor[]>> = {
  classes: ofClasses,
  positions: ofClasses,
  multiLabel: ofSeveral,
  values: ofValues,
  none: ofValues,
};
const lowIsGood: readonly Monitor[] = ["loss", "mae", "rmse"];

/** Throws InputError for a metric that the data do not have, or that wants validation rows where there are none. */
export function checkMonitor(monitor: Monitor, data: Dataset, validated: boolean): void {
  const can = fitting[data.answers.kind];
  if (!can.includes(monitor))
    throw new InputError(
      `monitor is ${JSON.stringify(monitor)}; for ${data.name} it is one of ${can.join(", ")}`,
    );
  if (!validated && monitor !== "loss" && monitor !== "accuracy")
    throw new InputError(
      `monitor ${monitor} wants validation rows; hold some back, or watch loss or accuracy`,
    );
}

/** Whether a value is better than the best so far, by more than `minDelta`. */
export const isBetter = (monitor: Monitor, value: number, best: number, minDelta = 0): boolean =>
  lowIsGood.includes(monitor) ? value < best - minDelta : value > best + minDelta;

/** Worse than anything. */
export const worst = (monitor: Monitor): number => (lowIsGood.includes(monitor) ? Infinity : -Infinity);

/** How far `patience` is. */
export interface PatienceState {
  /** The best value so far. */
  readonly best: number;
  /** Epochs since then. */
  readonly waited: number;
}

/** Where nothing has been seen yet. */
export const patienceStart = (monitor: Monitor): PatienceState => ({ best: worst(monitor), waited: 0 });

/** The state after an epoch with this value: epochs since it last got better by more than `minDelta`. */
export const patienceStep = (
  monitor: Monitor,
  state: PatienceState,
  value: number,
  minDelta: number,
): PatienceState =>
  isBetter(monitor, value, state.best, minDelta)
    ? { best: value, waited: 0 }
    : { ...state, waited: state.waited + 1 };

/** A value as a cost: the less, the better. */
export const costOf = (monitor: Monitor, value: number): number =>
  lowIsGood.includes(monitor) ? value : -value;
