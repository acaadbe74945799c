/**
 * Augmentation of series, as data: small random changes of each batch of training, after preparation, so that sizes are
 * in the model's units (deviations, where series are normalised). A draw is Threefry's at key (seed, stream of the
 * augmentation's place in the list) and counter (step, row and value): one seed gives one result, bit for bit.
 */
import { exp, log } from "../numerics/f64.ts";
import { normal, permutation, uniform } from "../numerics/threefry.ts";
import { answersEach, NO_LABEL, type AnswersOf } from "../data/answers.ts";
import type { Batch } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";

/** A random change of training batches, after preparation, as plain data; `fit`'s `augment` takes a list of them. */
export type Augmentation =
  | {
      /** Adds normal noise to every value (Um et al. 2017). */
      readonly kind: "jitter";
      /** The noise's deviation, above 0, in prepared units. */
      readonly sigma: number;
    }
  | {
      /** Multiplies each channel of a row by 1 + sigma z, z normal (Um et al. 2017). */
      readonly kind: "scaling";
      /** The factor's deviation, above 0. */
      readonly sigma: number;
    }
  | {
      /** Moves a row by a whole number of positions from -most to most. Not for a label a position. */
      readonly kind: "shift";
      /** The most positions, at least 1. */
      readonly most: number;
      /** What stands where the row has left: its other end, or 0. Default: "roll". */
      readonly fill?: "roll" | "zero";
    }
  | {
      /** A random stretch of the row, drawn out to its length linearly (Le Guennec et al. 2016). Not for a label a position. */
      readonly kind: "windowSlice";
      /** The part of the row that the stretch is, above 0 and below 1. */
      readonly ratio: number;
    }
  | {
      /** Rows and targets become l of their own and 1 - l of another row's, one l a batch (Zhang et al. 2018). */
      readonly kind: "mixup";
      /** l is drawn from Beta(alpha, alpha): above 0 and at most 4. */
      readonly alpha: number;
    };

export type Draw = (index: number) => number;

const STREAM = 0x41550000; // "AU": far from the streams of parameters, shuffles and splits
const PURPOSES = 4;

/** Throws InputError for a size that is out of range, or one that cannot go with labels of positions. */
export function checkAugmentations(list: readonly Augmentation[], perPosition: boolean): void {
  for (const a of list) {
    const refuse = (what: string): never => {
      throw new InputError(`augmentation ${a.kind}: ${what}`);
    };
    if (perPosition && (a.kind === "shift" || a.kind === "windowSlice"))
      refuse("it moves positions away from their labels; leave it out where each position has a label");
    switch (a.kind) {
      case "jitter":
      case "scaling":
        if (!(a.sigma > 0 && a.sigma < Infinity)) refuse(`sigma is ${a.sigma}; it is a number above 0`);
        break;
      case "shift":
        if (!Number.isInteger(a.most) || a.most < 1)
          refuse(`most is ${a.most}; it is a whole number of at least 1`);
        break;
      case "windowSlice":
        if (!(a.ratio > 0 && a.ratio < 1)) refuse(`ratio is ${a.ratio}; it is above 0 and below 1`);
        break;
      case "mixup":
        if (!(a.alpha > 0 && a.alpha <= 4)) refuse(`alpha is ${a.alpha}; it is above 0 and at most 4`);
        break;
      default:
        throw new InputError(
          `augmentation ${JSON.stringify((a as { kind?: unknown }).kind)} is unknown; there are ${augmentationNames.join(", ")}`,
        );
    }
  }
}

/** Each from the one number that it wants, and a usual one. */
export const augmentations: {
  readonly [K in Augmentation["kind"]]: readonly [of: (size: number) => Augmentation, usual: number];
} = {
  jitter: [(sigma) => ({ kind: "jitter", sigma }), 0.05],
  scaling: [(sigma) => ({ kind: "scaling", sigma }), 0.1],
  shift: [(most) => ({ kind: "shift", most }), 2],
  windowSlice: [(ratio) => ({ kind: "windowSlice", ratio }), 0.9],
  mixup: [(alpha) => ({ kind: "mixup", alpha }), 0.2],
};
export const augmentationNames = Object.keys(augmentations) as readonly Augmentation["kind"][];

export interface AugmentSite {
  readonly channels: number;
  readonly length: number;
  /** Classes of a model that predicts classes, for mixed targets; 0 where the targets are values. */
  readonly classes: number;
  readonly seed: number;
  /** The step that the batch is for, from 0. */
  readonly step: number;
}

/** A prepared batch with the augmentations applied in their order; the one given stays as it was. */
export function augment(batch: Batch, list: readonly Augmentation[], site: AugmentSite): Batch {
  return list.reduce((b, a, place) => {
    const stream = (purpose: number): number => STREAM + place * PURPOSES + purpose;
    return applied(b, a, site, stream);
  }, batch);
}

function applied(
  batch: Batch,
  a: Augmentation,
  site: AugmentSite,
  stream: (purpose: number) => number,
): Batch {
  const { channels, length, seed, step } = site;
  const { rows, series } = batch;
  const unit: Draw = (i) => uniform(seed, stream(0), step, i);
  const bell: Draw = (i) => normal(seed, stream(0), step, i);
  switch (a.kind) {
    case "jitter":
      return { ...batch, series: series.map((x, i) => x + a.sigma * bell(i)) };
    case "scaling": {
      const factors = Array.from({ length: rows * channels }, (_, i) => 1 + a.sigma * bell(i));
      return { ...batch, series: series.map((x, i) => x * factors[Math.floor(i / length)]) };
    }
    case "shift":
      return { ...batch, series: shifted(series, a, { ...site, unit }) };
    case "windowSlice": {
      const window = Math.max(2, Math.min(length, Math.round(a.ratio * length)));
      if (length < 2) return batch;
      return { ...batch, series: sliced(series, window, { ...site, unit }) };
    }
    case "mixup": {
      const other = permutation(rows, seed, stream(1), step);
      return mixed(batch, other, symmetricBeta(a.alpha, unit), site.classes);
    }
  }
}

type Moving = AugmentSite & { readonly unit: Draw };

/** Value t of a row comes from t - k, k drawn for the row. */
function shifted(
  series: Float64Array,
  { most, fill = "roll" }: Extract<Augmentation, { kind: "shift" }>,
  { channels, length, unit }: Moving,
): Float64Array {
  const out = new Float64Array(series.length);
  for (let line = 0; line * length < series.length; line++) {
    const by = Math.floor(unit(Math.floor(line / channels)) * (2 * most + 1)) - most;
    for (let t = 0; t < length; t++) {
      const from = t - by;
      if (fill === "roll")
        out[line * length + t] = series[line * length + (((from % length) + length) % length)];
      else if (from >= 0 && from < length) out[line * length + t] = series[line * length + from];
    }
  }
  return out;
}

/** `window` values from a start drawn for the row, interpolated at `length` even places from first to last. */
function sliced(series: Float64Array, window: number, { channels, length, unit }: Moving): Float64Array {
  const out = new Float64Array(series.length);
  for (let line = 0; line * length < series.length; line++) {
    const first = Math.floor(unit(Math.floor(line / channels)) * (length - window + 1));
    for (let t = 0; t < length; t++) {
      const at = (t * (window - 1)) / (length - 1);
      const left = Math.min(Math.floor(at), window - 2);
      const from = line * length + first + left;
      out[line * length + t] = series[from] + (at - left) * (series[from + 1] - series[from]);
    }
  }
  return out;
}

/** l of each row and 1 - l of another. */
function mixed(batch: Batch, other: ArrayLike<number>, l: number, classes: number): Batch {
  const { rows, answers, rowWeights } = batch;
  const mix = (values: Float64Array): Float64Array => {
    const size = values.length / rows;
    return values.map((x, i) => {
      const row = Math.floor(i / size);
      return l * x + (1 - l) * values[other[row] * size + (i % size)];
    });
  };
  const series = mix(batch.series);
  const both = { ...batch, series, ...(rowWeights && { rowWeights: mix(rowWeights) }) };
  switch (answers.kind) {
    case "multiLabel":
    case "values":
      return { ...both, answers: { ...answers, targets: mix(answers.targets) } };
    case "classes":
    case "positions":
      return { ...both, soft: mix(batch.soft ?? oneHot(answers, rows, classes)) };
    case "none":
      return both;
  }
}

/** Class probabilities `[rows, classes, positions]` of labels, one or several a row. */
function oneHot(answers: AnswersOf<"classes" | "positions">, rows: number, classes: number): Float64Array {
  const { labels } = answers;
  const positions = answersEach(answers);
  const out = new Float64Array(rows * classes * positions);
  for (let i = 0; i < labels.length; i++)
    if (labels[i] !== NO_LABEL)
      out[(Math.floor(i / positions) * classes + labels[i]) * positions + (i % positions)] = 1;
  return out;
}

/** Beta(alpha, alpha) by Joehnk 1964: x = u^(1/alpha), y = v^(1/alpha) until x + y <= 1, then x / (x + y). */
export function symmetricBeta(alpha: number, unit: Draw): number {
  const root = (u: number): number => exp(log(u) / alpha);
  for (let i = 0; i < 10_000; i += 2) {
    const [x, y] = [root(unit(i) + 2 ** -33), root(unit(i + 1) + 2 ** -33)];
    if (x + y <= 1 && x + y > 0) return x / (x + y);
  }
  return 0.5; // its mean; never met in practice
}
