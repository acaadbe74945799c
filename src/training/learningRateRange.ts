/**
 * The learning-rate range test (Smith, "Cyclical learning rates for training neural networks", 2017): steps at rates that rise from
 * one to the next, and what the loss makes of them. Nothing of it is kept: a run begins at its seed.
 */
import { epochOrder, gather, type Dataset } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import type { Model } from "../layers/model.ts";
import { exp, log } from "../numerics/f64.ts";
import { trainerOf } from "./begin.ts";
import { planRows, planRun, type Plan } from "./plan.ts";
import type { FitOptions } from "./run.ts";

/** The rates that are tried. */
export interface RateRange {
  /** The first rate, above 0. Default: 1e-6. */
  readonly from?: number;
  /** The last one, above the first. Default: 1. */
  readonly to?: number;
  /** How many steps, from 10 to 10,000, each at a rate of its own, by equal factors. Default: 100. */
  readonly count?: number;
}

/** The options of `learningRateRange`: the range, and what decides a step of `fit`. */
export interface RateRangeOptions
  extends
    RateRange,
    Omit<
      FitOptions,
      | "epochs"
      | "steps"
      | "schedule"
      | "augment"
      | "keep"
      | "patience"
      | "checkpoint"
      | "resume"
      | "onEpoch"
      | "measure"
    > {}

/** What the steps said. */
export interface RateCurve {
  /** The rates of the steps that were taken, rising. */
  readonly rates: readonly number[];
  /** The loss of each step's batch, before it. */
  readonly losses: readonly number[];
  /** The same smoothed: an average with decay 0.9, its beginning corrected. */
  readonly smoothed: readonly number[];
  /** A tenth of the rate at which the smoothed loss is least, of two digits; null where no rate made it fall by 1 %. */
  readonly suggestion: number | null;
  /** Whether the loss went beyond four times its least, or stopped being a number, before the last rate. */
  readonly ended: boolean;
}

const DECAY = 0.9;
/** A smoothed loss of so many times the least ends the test. */
const BEYOND = 4;
/** Less of a fall than that says nothing. */
const FALL = 0.99;
const YIELD_MS = 50;

/**
 * Takes steps at rising rates from the seed's weights (or those of `init`), on the training rows in the order of `fit`, and suggests a
 * rate. The model, the data and the options are those of `fit`; augmentation is left out. It is the same for one seed everywhere.
 *
 * @throws InputError for a range out of range, and as `fit`
 */
export async function learningRateRange(
  model: Model,
  data: Dataset,
  options: RateRangeOptions = {},
): Promise<RateCurve> {
  const { from, to, count, ...rest } = options;
  const plan = planRun(model, planRows(data, rest), { ...rest, steps: 1 });
  return rateCurve(plan, { from, to, count }, rest);
}

/** The same by a plan. */
export async function rateCurve(
  plan: Plan,
  { from = 1e-6, to = 1, count = 100 }: RateRange,
  place: Pick<FitOptions, "backend" | "threads" | "signal"> = {},
): Promise<RateCurve> {
  if (!(from > 0 && to > from && to < Infinity))
    throw new InputError(
      `the rates go from ${from} to ${to}; give a first one above 0 and a last one above it`,
    );
  if (!(Number.isSafeInteger(count) && count >= 10 && count <= 10_000))
    throw new InputError(`count is ${count}; it is a whole number of steps from 10 to 10000`);
  const t = await trainerOf(plan, place);
  const [least, span] = [log(from), log(to) - log(from)];
  const rates: number[] = [];
  const losses: number[] = [];
  const smoothed: number[] = [];
  let [sum, weight, best, yielded] = [0, 0, Infinity, performance.now()];
  let ended = false;
  const { train, options } = plan;
  for (let epoch = 0; rates.length < count && !ended && !place.signal?.aborted; epoch++)
    for (const order of epochOrder(train.rows, options.batch, options.seed, epoch)) {
      if (rates.length === count || place.signal?.aborted) break;
      t.learningRate = exp(least + (span * rates.length) / (count - 1));
      const rate = t.learningRate;
      const { loss } = t.step(gather(train, order));
      if (!Number.isFinite(loss)) ended = true;
      if (ended) break;
      sum = DECAY * sum + (1 - DECAY) * loss;
      weight = DECAY * weight + (1 - DECAY);
      rates.push(rate);
      losses.push(loss);
      smoothed.push(sum / weight);
      best = Math.min(best, sum / weight);
      ended = sum / weight > BEYOND * best;
      if (performance.now() - yielded >= YIELD_MS) {
        await new Promise((resume) => setTimeout(resume, 0));
        yielded = performance.now();
      }
    }
  t.dispose();
  return { rates, losses, smoothed, suggestion: suggestionOf(rates, smoothed), ended };
}

/** A tenth of the rate of the least smoothed loss; null where it fell by less than 1 %. */
export function suggestionOf(rates: readonly number[], smoothed: readonly number[]): number | null {
  let at = 0;
  smoothed.forEach((loss, i) => {
    if (loss < smoothed[at]) at = i;
  });
  const fell = smoothed.length > 0 && smoothed[at] < FALL * smoothed[0];
  return fell ? Number((rates[at] / 10).toPrecision(2)) : null;
}
