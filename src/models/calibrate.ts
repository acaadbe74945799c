/**
 * Probabilities that mean what they say: a temperature fitted on rows that were not trained on (Guo et al. 2017), and the least
 * probability of an answer that is believed.
 */
import { NO_LABEL } from "../data/answers.ts";
import { alignClasses } from "../data/classes.ts";
import type { Dataset } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { largestOf } from "../numerics/extremes.ts";
import { exp, log } from "../numerics/f64.ts";
import { ensemble, type Ensemble } from "./ensemble.ts";
import type { Rocket } from "./rocket/rocket.ts";
import { network, type Network } from "./network.ts";
import { outputsOf } from "./predictions.ts";
import type { Runtime } from "./runtime.ts";
import { auroc, softmax } from "./scores/metrics.ts";
import { BINS } from "./scores/binned.ts";
import { reliability, type Reliability } from "./scores/reliability.ts";
import { classOf } from "./scores/score.ts";
import { tempered, TEMPERATURES } from "./temperature.ts";

/** Logits `[row, class]` of rows, or positions, that have a label. */
interface Labelled {
  readonly logits: Float64Array;
  readonly labels: Int32Array;
  readonly classes: number;
}

/** A model whose probabilities can be looked at. */
export type Classifier = Network | Ensemble | Rocket;

/** The logits of labelled rows in the order of the model's classes; throws InputError where either has none. */
function labelled(model: Classifier, data: Dataset, at: "temperature" | "one" = "temperature"): Labelled {
  const { answers } = model;
  if (answers !== "classes" && answers !== "positions")
    throw new InputError(
      `the model ${model.model.name} predicts ${answers === "values" ? "values" : "several labels a row"}; ` +
        "this is for models of one class a row or position",
    );
  if (data.answers.kind !== answers)
    throw new InputError(
      `${data.name} has no ${answers === "classes" ? "class a row" : "class a position"}, which the model ${model.model.name} predicts; give rows with labels`,
    );
  const { labels: given } = alignClasses({ name: model.model.name, classes: model.classes }, data);
  const outputs = tempered(outputsOf(data, model.outputs), at === "one" ? undefined : model.temperature);
  const classes = model.classes.length;
  const positions = outputs.length / (classes * data.rows);
  const places = Array.from(given, (_, i) => i).filter((i) => given[i] !== NO_LABEL);
  const logits = new Float64Array(places.length * classes);
  places.forEach((place, i) => {
    const from = Math.floor(place / positions) * classes * positions + (place % positions);
    for (let k = 0; k < classes; k++) logits[i * classes + k] = outputs[from + k * positions];
  });
  if (places.length === 0) throw new InputError(`${data.name} has no labels; give rows with labels`);
  return { logits, labels: Int32Array.from(places, (i) => given[i]), classes };
}

/**
 * The temperature T at which softmax(logits / T) of `[row, class]` has the least cross-entropy with the labels: convex in 1 / T, so
 * that Newton's method within bounds finds the one least value. Targets are 1 - 1 / (n + 2) for the class of the row, the rest
 * shared by the others (Platt 1999), so that it stays finite where all n rows are right. From 0.01 to 100; 1 / T is a float32.
 *
 * @throws InputError for logits that are not finite
 */
export function fitTemperature(
  logits: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number,
): number {
  const rows = labels.length;
  for (let i = 0; i < rows * classes; i++)
    if (!Number.isFinite(logits[i]))
      throw new InputError(
        `an output of row ${Math.floor(i / classes)} is ${logits[i]}, no finite number; a model that diverged is not calibrated`,
      );
  const doubt = 1 / (rows + 2);
  const p = new Float64Array(classes);
  /** First and second derivative by b = 1 / T of the sum of cross-entropies. */
  const slopes = (b: number): readonly [number, number] => {
    let [first, second] = [0, 0];
    for (let i = 0; i < rows; i++) {
      const at = i * classes;
      let max = logits[at];
      for (let k = 1; k < classes; k++) if (logits[at + k] > max) max = logits[at + k];
      let [sum, mean, square, all] = [0, 0, 0, 0];
      for (let k = 0; k < classes; k++) sum += p[k] = exp(b * (logits[at + k] - max));
      for (let k = 0; k < classes; k++) {
        const z = logits[at + k] - max;
        mean += (p[k] / sum) * z;
        square += (p[k] / sum) * z * z;
        all += z;
      }
      const own = logits[at + labels[i]] - max;
      first += mean - (1 - doubt) * own - (classes > 1 ? (doubt / (classes - 1)) * (all - own) : 0);
      second += square - mean * mean;
    }
    return [first, second];
  };
  let [low, high] = [1 / TEMPERATURES.most, 1 / TEMPERATURES.least];
  let b = 1;
  for (let step = 0; step < 100; step++) {
    const [first, second] = slopes(b);
    if (first > 0) high = b;
    else low = b;
    const newton = b - first / second;
    const next = newton > low && newton < high ? newton : Math.sqrt(low * high);
    if (Math.abs(next - b) <= 1e-12 * b) break;
    b = next;
  }
  // so that 1 / T rounds to that very float32, whichever way it is stored; and within bounds
  const temperature = 1 / Math.fround(b);
  return Math.min(TEMPERATURES.most, Math.max(TEMPERATURES.least, temperature));
}

/**
 * The same model with a temperature, fitted on rows that neither it nor its epochs were chosen by: probabilities and the loss of
 * `evaluate` follow it; outputs, labels of rows and positions, and `weightsSha256` stay to the bit (of a class a position, a row's
 * own `label`, that of the mean probability, may be another). A temperature that the model has is replaced.
 *
 * @throws InputError for a model or rows without one class a row or position, and for a MiniRocket, which is calibrated by its fit
 */
export async function calibrate(model: Network, data: Dataset, runtime?: Runtime): Promise<Network>;
export async function calibrate(model: Ensemble, data: Dataset, runtime?: Runtime): Promise<Ensemble>;
export async function calibrate(
  model: Classifier,
  data: Dataset,
  runtime?: Runtime,
): Promise<Network | Ensemble>;
export async function calibrate(
  model: Classifier,
  data: Dataset,
  runtime: Runtime = {},
): Promise<Network | Ensemble> {
  if (model.kind === "rocket")
    throw new InputError(
      `${model.model.name} has probabilities from left-out training rows already; it needs no temperature`,
    );
  const { logits, labels, classes } = labelled(model, data, "one");
  const temperature = fitTemperature(logits, labels, classes);
  return model.kind === "ensemble"
    ? ensemble(model.members, model.provenance, temperature)
    : network({ ...model, temperature }, runtime);
}

/** Confidences of rows with a label, and whether each is right. */
function confidencesOf({ logits, labels, classes }: Labelled): {
  readonly confidences: Float64Array;
  readonly right: (row: number) => boolean;
} {
  const rowOf = (i: number): Float64Array => logits.subarray(i * classes, (i + 1) * classes);
  const confidences = Float64Array.from(labels, (_, i) => confidenceOf(rowOf(i)));
  return { confidences, right: (i) => classOf(rowOf(i)) === labels[i] };
}

/** Of outputs that are no numbers 0: nothing is said then. */
const confidenceOf = (logits: ArrayLike<number>): number => largestOf(softmax(logits)) || 0;

/**
 * The reliability diagram of a model on rows with labels, at its temperature.
 *
 * @throws InputError for a model or rows without one class a row or position
 */
export function reliabilityOf(model: Classifier, data: Dataset, bins = BINS): Reliability {
  const { confidences, right } = confidencesOf(labelled(model, data));
  return reliability(confidences, right, bins);
}

/** The options of `unknownThreshold`. */
export interface UnknownOptions {
  /** The part of known rows that may be called unknown, from 0 to below 1. Default: 0.05. */
  readonly reject?: number;
}

/** Below which probability an answer is *unknown*. */
export interface UnknownThreshold {
  /** A row is unknown where the largest probability is below it. For `events({ threshold })` and `predict --unknown`. */
  readonly threshold: number;
  /** The part of the given rows below it: at most what was asked for. */
  readonly rejected: number;
  /** The accuracy of the rows that are left. */
  readonly accuracy: number;
}

/**
 * The largest threshold of the maximal probability below which at most the part `reject` of known rows lie (Hendrycks and Gimpel
 * 2017, "A baseline for detecting misclassified and out-of-distribution examples"); rows as for `calibrate`.
 *
 * @throws InputError for `reject` out of range, and as `reliabilityOf`
 */
export function unknownThreshold(
  model: Classifier,
  data: Dataset,
  { reject = 0.05 }: UnknownOptions = {},
): UnknownThreshold {
  if (!(reject >= 0 && reject < 1))
    throw new InputError(`reject is ${reject}; it is a part of the rows, from 0 to below 1`);
  const { confidences, right } = confidencesOf(labelled(model, data));
  const sorted = Float64Array.from(confidences).sort();
  const threshold = sorted[Math.floor(reject * sorted.length)];
  let [left, good] = [0, 0];
  confidences.forEach((p, i) => {
    if (!(p >= threshold)) return;
    left++;
    if (right(i)) good++;
  });
  return { threshold, rejected: (confidences.length - left) / confidences.length, accuracy: good / left };
}

/** How well known and unknown rows are told apart. */
export interface Separation {
  /** The area under the ROC curve of known (positive) against unknown rows by the largest probability. */
  readonly probability: number;
  /** The same by the energy, log(sum of e^z) of the logits (Liu et al. 2020), whatever the temperature. */
  readonly energy: number;
}

/**
 * How well a model tells rows of the classes that it knows from others (of a class that it was never shown, say), by two scores.
 * Labels are not read.
 *
 * @throws InputError for a model that has not one class a row
 */
export function knownFromUnknown(model: Classifier, known: Dataset, unknown: Dataset): Separation {
  if (model.answers !== "classes")
    throw new InputError(`the model ${model.model.name} has not one class a row, which this is for`);
  const scores = (score: (logits: Float32Array | Float64Array) => number, at?: number): number => {
    const of = (data: Dataset): number[] => {
      const outputs = tempered(outputsOf(data, model.outputs), at);
      const width = outputs.length / data.rows;
      return Array.from({ length: data.rows }, (_, i) => score(outputs.subarray(i * width, (i + 1) * width)));
    };
    return auroc([...of(known), ...of(unknown)], (i) => i < known.rows);
  };
  return { probability: scores(confidenceOf, model.temperature), energy: scores(energyOf) };
}

function energyOf(logits: ArrayLike<number>): number {
  const values = Array.from(logits);
  const max = largestOf(values);
  return max + log(values.reduce((sum, z) => sum + exp(z - max), 0));
}
