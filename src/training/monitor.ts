/** Which epoch is the best, and when training has stopped getting better. */
import type { Answers } from "../data/answers.ts";
import type { Dataset } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";

export const monitors = ["loss", "accuracy", "balancedAccuracy", "f1", "auroc", "mae", "rmse", "r2"] as const;
/** What is watched. */
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

export interface PatienceState {
  readonly best: number;
  readonly waited: number;
}

/** Counts the epochs since the watched value last got better by more than `minDelta`. */
export class Patience {
  readonly #monitor: Monitor;
  readonly #patience: number;
  readonly #minDelta: number;
  #best: number;
  #waited: number;

  /** `from`: where an earlier one stood. */
  constructor(monitor: Monitor, patience: number, minDelta: number, from?: PatienceState | null) {
    this.#monitor = monitor;
    this.#patience = patience;
    this.#minDelta = minDelta;
    this.#best = from?.best ?? worst(monitor);
    this.#waited = from?.waited ?? 0;
  }

  get state(): PatienceState {
    return { best: this.#best, waited: this.#waited };
  }

  /** Takes an epoch's value; true when there have been `patience` epochs without a better one. */
  ends(value: number): boolean {
    if (isBetter(this.#monitor, value, this.#best, this.#minDelta)) {
      this.#best = value;
      this.#waited = 0;
      return false;
    }
    return ++this.#waited >= this.#patience;
  }
}
