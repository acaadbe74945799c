/**
 * The linear map of the Rocket family for any number of rows, whose features are made a batch at a time: softmax regression (of
 * values, least squares) by Adam on batches of 256 rows, as the MiniRocket paper has it for more than 10,000 rows (Dempster,
 * Schmidt, Webb 2021, section 4.2): weights begin at 0; every 10 steps the loss of rows that are held back is looked at; the
 * rate is halved where it stalls for 6 looks, and 20 such looks end it, after one epoch at least. The weights of the best look
 * are kept. The paper begins at a tenth of the rate and ends after 10 looks: for 12,000 rows of MNIST-1D that takes some
 * times the steps to the same accuracy (docs/architecture.md). All sums are f64 in a fixed order.
 */
import type { AnswersOf } from "../data/answers.ts";
import { epochOrder, type Dataset } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { splitRows } from "../data/split.ts";
import { fitTargets, standardized } from "../models/targets.ts";
import { exp, log, powi } from "../numerics/f64.ts";
import { featureMoments } from "../numerics/ridge.ts";
import { inUnits, type Head } from "./ridgeHead.ts";

const BATCH = 256;
/** Rows that are held back, and rows that features are standardised by, where they are not `MOST_VALUES`. */
const HELD = 2048;
const FIRST = 4096;
/** Features that are in memory at a time: 256 MiB. */
const MOST_VALUES = 2 ** 26;
const MOST_EPOCHS = 50;
/** Steps between two looks; looks without gain that the rate bears, and how many end it. */
const LOOK = 10;
const PATIENCE = 5;
const STALLED = 20;
/** The rate is 10 over the number of features, or over this where they are fewer: 0.001 of MiniRocket's. */
const USUAL_SIZE = 9996;
/** Adam's (Kingma and Ba 2015), as everywhere. */
const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;
/** Features whose weights are worked on at a time, so that a batch's part of them stays in a cache. */
const PANEL = 256;

/** How it goes, at a look. */
export interface StreamedLook {
  /** The pass over the rows, from 1. */
  readonly epoch: number;
  /** Steps so far. */
  readonly step: number;
  /** Of the rows held back. */
  readonly loss: number;
  /** The rate from here on. */
  readonly learningRate: number;
}

/** Rows whose features are asked for by number. */
export interface FeatureSource {
  readonly data: Dataset;
  readonly answers: AnswersOf<"classes" | "values">;
  /** Features of a row. */
  readonly size: number;
  /** How many of the first of them are standardised. */
  readonly standardised: number;
  /** Features `[rows, size]`. */
  readonly features: (rows: ArrayLike<number>) => Float32Array;
  /** Is given the features of some rows once, before all others are asked for, and may change them. */
  readonly settle: (features: Float32Array, rows: number) => void;
}

/** Fits it. Throws InputError where no rows can be held back. */
export function streamedHead(
  source: FeatureSource,
  seed: number,
  onLook: (look: StreamedLook) => void = () => {},
): Head {
  const { data, size } = source;
  const { train, test: held } = heldBack(data, size, seed);
  const most = (rows: number): number => Math.max(1, Math.min(rows, Math.floor(MOST_VALUES / size)));
  const order = [...epochOrder(train.length, BATCH, seed, 0)].flatMap((batch) => Array.from(batch));
  const firstRows = order.slice(0, most(FIRST)).map((i) => train[i]);
  const first = source.features(firstRows);
  source.settle(first, firstRows.length);
  const scaling = featureMoments(first, firstRows.length, source.standardised);
  const regression = new Regression(scaling, aimsOf(source.answers));
  const look = { rows: held, x: regression.standardise(source.features(held)) };
  let best = { loss: Infinity, weights: regression.weights(), step: 0 };
  let rate = 10 / Math.max(USUAL_SIZE, size);
  let lowest = Infinity;
  let slow = 0;
  let stalled = 0;
  let step = 0;
  let epoch = 0;
  for (; epoch < MOST_EPOCHS && (epoch < 1 || stalled < STALLED); epoch++) {
    for (const batch of epochOrder(train.length, BATCH, seed, epoch)) {
      const rows = Array.from(batch, (i) => train[i]);
      regression.step(regression.standardise(source.features(rows)), rows, rate);
      if (++step % LOOK !== 0) continue;
      const loss = regression.loss(look.x, look.rows);
      onLook({ epoch: epoch + 1, step, loss, learningRate: rate });
      // a gain that counts for the rate is one of 1e-4 of the loss
      if (loss < lowest * (1 - 1e-4)) {
        lowest = loss;
        slow = 0;
      } else if (++slow > PATIENCE) {
        rate /= 2;
        slow = 0;
      }
      if (loss < best.loss) {
        best = { loss, weights: regression.weights(), step };
        stalled = 0;
      } else if (++stalled >= STALLED && epoch > 0) break;
    }
  }
  return {
    ...regression.head(best.weights),
    told: { solver: "adam", steps: String(step), epochs: String(epoch), bestStep: String(best.step) },
  };
}

/** Rows to learn from and rows to stop by, by class, group or time as the data are split. */
function heldBack(data: Dataset, size: number, seed: number): { train: number[]; test: number[] } {
  const held = Math.max(1, Math.min(HELD, Math.floor(MOST_VALUES / size), Math.floor(data.rows / 4)));
  try {
    const { train, test } = splitRows(data, held / data.rows, seed);
    return { train: Array.from(train), test: Array.from(test) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`${error.message} (so many rows are fitted until those that are held back say so)`);
  }
}

/** What outputs are to be: classes, or standardised values. */
interface Aims {
  readonly width: number;
  /** Writes the loss' derivative by a row's outputs over them, and returns its loss. */
  readonly loss: (outputs: Float64Array, at: number, row: number) => number;
  /** The map in the units of the answers. */
  readonly units: (
    coefficients: Float64Array,
    intercepts: Float64Array,
  ) => Pick<Head, "coefficients" | "intercepts">;
}

const aimsOf = (answers: AnswersOf<"classes" | "values">): Aims =>
  answers.kind === "values" ? valueAims(answers) : classAims(answers);

function classAims({ labels, classes }: AnswersOf<"classes">): Aims {
  const width = classes.length;
  return {
    width,
    loss(outputs, at, row) {
      let max = -Infinity;
      for (let k = 0; k < width; k++) if (outputs[at + k] > max) max = outputs[at + k];
      let sum = 0;
      for (let k = 0; k < width; k++) sum += exp(outputs[at + k] - max);
      const loss = log(sum) + max - outputs[at + labels[row]];
      for (let k = 0; k < width; k++)
        outputs[at + k] = exp(outputs[at + k] - max) / sum - +(k === labels[row]);
      return loss;
    },
    units: (coefficients, intercepts) => ({
      coefficients: Float32Array.from(coefficients),
      intercepts: Float32Array.from(intercepts),
    }),
  };
}

function valueAims(answers: AnswersOf<"values">): Aims {
  const { targets, outputs: width } = answers;
  const scales = fitTargets(answers);
  const aims = standardized(targets, scales);
  return {
    width,
    loss(outputs, at, row) {
      let loss = 0;
      for (let k = 0; k < width; k++) {
        const error = outputs[at + k] - aims[row * width + k];
        loss += (error * error) / width;
        outputs[at + k] = (2 * error) / width;
      }
      return loss;
    },
    units: (coefficients, intercepts) => inUnits(coefficients, intercepts, scales),
  };
}

/** Weights, and Adam's moments of their gradients: `[outputs, features]` and an intercept an output behind them. */
class Regression {
  readonly #mean: Float64Array;
  readonly #scale: Float64Array;
  readonly #size: number;
  readonly #aims: Aims;
  readonly #weights: Float64Array;
  readonly #first: Float64Array;
  readonly #second: Float64Array;
  readonly #gradient: Float64Array;
  #steps = 0;

  constructor({ mean, scale }: { readonly mean: Float64Array; readonly scale: Float64Array }, aims: Aims) {
    this.#mean = mean;
    this.#scale = scale;
    this.#size = mean.length;
    this.#aims = aims;
    const [weights, first, second] = [0, 1, 2].map(() => new Float64Array(aims.width * (mean.length + 1)));
    this.#weights = weights;
    this.#first = first;
    this.#second = second;
    this.#gradient = new Float64Array(PANEL);
  }

  weights(): Float64Array {
    return this.#weights.slice();
  }

  /** Features `[rows, size]` less their means, times their scales, where they are. */
  standardise(x: Float32Array): Float32Array {
    const size = this.#size;
    for (let at = 0; at < x.length; at += size)
      for (let j = 0; j < size; j++) x[at + j] = (x[at + j] - this.#mean[j]) * this.#scale[j];
    return x;
  }

  /** The mean loss of rows. */
  loss(x: Float32Array, rows: readonly number[]): number {
    const outputs = this.#outputs(x, rows.length);
    let loss = 0;
    rows.forEach((row, i) => (loss += this.#aims.loss(outputs, i * this.#aims.width, row)));
    return loss / rows.length;
  }

  /** One step of Adam on a batch. */
  step(x: Float32Array, rows: readonly number[], rate: number): void {
    const { width } = this.#aims;
    const size = this.#size;
    const outputs = this.#outputs(x, rows.length);
    rows.forEach((row, i) => this.#aims.loss(outputs, i * width, row));
    for (let i = 0; i < outputs.length; i++) outputs[i] /= rows.length;
    this.#steps++;
    const gradient = this.#gradient;
    for (let from = 0; from < size; from += PANEL) {
      const count = Math.min(PANEL, size - from);
      for (let k = 0; k < width; k++) {
        gradient.fill(0);
        addRows(x, rows.length, size, from, count, outputs, k, width, gradient);
        this.#adam(k * size + from, count, rate);
      }
    }
    for (let k = 0; k < width; k++) {
      gradient[0] = 0;
      for (let i = 0; i < rows.length; i++) gradient[0] += outputs[i * width + k];
      this.#adam(width * size + k, 1, rate);
    }
  }

  /** The map from features as they are. */
  head(weights: Float64Array): Pick<Head, "coefficients" | "intercepts"> {
    const { width, units } = this.#aims;
    const size = this.#size;
    const coefficients = new Float64Array(width * size);
    const intercepts = weights.slice(width * size);
    for (let k = 0; k < width; k++)
      for (let j = 0; j < size; j++) {
        const w = weights[k * size + j] * this.#scale[j];
        coefficients[k * size + j] = w;
        intercepts[k] -= w * this.#mean[j];
      }
    return units(coefficients, intercepts);
  }

  #outputs(x: Float32Array, rows: number): Float64Array {
    const { width } = this.#aims;
    const size = this.#size;
    const weights = this.#weights;
    const outputs = new Float64Array(rows * width);
    for (let i = 0; i < outputs.length; i++) outputs[i] = weights[width * size + (i % width)];
    for (let from = 0; from < size; from += PANEL) {
      const count = Math.min(PANEL, size - from);
      for (let k = 0; k < width; k++)
        addDots(x, rows, size, from, count, weights, k * size + from, outputs, k, width);
    }
    return outputs;
  }

  /** Moves `count` weights from `at` on by the gradient's first ones. */
  #adam(at: number, count: number, rate: number): void {
    const first = this.#first;
    const second = this.#second;
    const weights = this.#weights;
    const gradient = this.#gradient;
    const unbiased1 = 1 - powi(BETA1, this.#steps);
    const unbiased2 = 1 - powi(BETA2, this.#steps);
    for (let j = 0; j < count; j++) {
      const g = gradient[j];
      const m = (first[at + j] = BETA1 * first[at + j] + (1 - BETA1) * g);
      const v = (second[at + j] = BETA2 * second[at + j] + (1 - BETA2) * g * g);
      weights[at + j] -= (rate * (m / unbiased1)) / (Math.sqrt(v / unbiased2) + EPSILON);
    }
  }
}

/** Adds to outputs[i, k] the products of features from..from+count of each row with weights at..at+count, four rows a pass. */
function addDots(
  x: Float32Array,
  rows: number,
  size: number,
  from: number,
  count: number,
  weights: Float64Array,
  at: number,
  outputs: Float64Array,
  k: number,
  width: number,
): void {
  let i = 0;
  for (; i + 3 < rows; i += 4) {
    const a = i * size + from;
    const b = a + size;
    const c = b + size;
    const d = c + size;
    let sa = 0;
    let sb = 0;
    let sc = 0;
    let sd = 0;
    for (let j = 0; j < count; j++) {
      const w = weights[at + j];
      sa += x[a + j] * w;
      sb += x[b + j] * w;
      sc += x[c + j] * w;
      sd += x[d + j] * w;
    }
    outputs[i * width + k] += sa;
    outputs[(i + 1) * width + k] += sb;
    outputs[(i + 2) * width + k] += sc;
    outputs[(i + 3) * width + k] += sd;
  }
  for (; i < rows; i++) {
    const a = i * size + from;
    let sum = 0;
    for (let j = 0; j < count; j++) sum += x[a + j] * weights[at + j];
    outputs[i * width + k] += sum;
  }
}

/** Adds each row's features from..from+count times its output k to the gradient, four rows a pass. */
function addRows(
  x: Float32Array,
  rows: number,
  size: number,
  from: number,
  count: number,
  outputs: Float64Array,
  k: number,
  width: number,
  gradient: Float64Array,
): void {
  let i = 0;
  for (; i + 3 < rows; i += 4) {
    const a = i * size + from;
    const b = a + size;
    const c = b + size;
    const d = c + size;
    const oa = outputs[i * width + k];
    const ob = outputs[(i + 1) * width + k];
    const oc = outputs[(i + 2) * width + k];
    const od = outputs[(i + 3) * width + k];
    for (let j = 0; j < count; j++)
      gradient[j] += x[a + j] * oa + x[b + j] * ob + (x[c + j] * oc + x[d + j] * od);
  }
  for (; i < rows; i++) {
    const a = i * size + from;
    const o = outputs[i * width + k];
    for (let j = 0; j < count; j++) gradient[j] += x[a + j] * o;
  }
}
