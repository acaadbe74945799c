/**
 * From raw units to what a model sees. The steps and their order are fixed: cut to `length`, fill, detrend, resample,
 * normalise, pad to `length`. What is fitted (of `channel` and `minmax`) comes from the training rows alone and counts
 * measured values alone: no padding, nothing filled in. Stored with the model and applied alike by training, evaluation
 * and prediction. + - x / and square roots in f64, rounded once to float32.
 */
import type { Scales } from "../vector/arena.ts";
import type { Task } from "../layers/architectures/task.ts";
import type { Signal } from "../layers/layer.ts";
import { chunks, type Dataset, type RawRows } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { fills, offsetOf, places, shapeLine, type Line, type LineSteps } from "./lines.ts";
import { requireMagnitude } from "./magnitude.ts";
import { moments } from "../numerics/moments.ts";

export const normalizations = ["none", "sample", "channel", "minmax"] as const;
/**
 * How values are brought to the model's units: `none` leaves them; `sample` takes each row and channel by its own mean
 * and deviation; `channel` each channel by the mean and deviation of the training rows; `minmax` each channel to 0 at
 * the lowest and 1 at the highest value of the training rows.
 *
 * @useDeclaredType
 */
export type Normalization = (typeof normalizations)[number];

export const pads = ["zero", "edge", "mean"] as const;
/**
 * What stands beside a shorter row.
 *
 * @useDeclaredType
 */
export type Pad = (typeof pads)[number];

/** The steps beside normalisation. Left out, the data decide: see `resolvePrepare`. */
export interface PrepareOptions extends LineSteps {
  /**
   * What stands beside a shorter row: 0 after normalisation, the row's first and last value, or its mean. Default:
   * "zero".
   */
  readonly pad?: Pad;
}

/** A normalisation with the numbers that were fitted for it, one a channel. */
export type Normalizer =
  | {
      /** Values as they are. */
      readonly kind: "none";
    }
  | {
      /** Each row and channel by its own mean and deviation. */
      readonly kind: "sample";
    }
  | {
      /** Each channel by the mean and deviation of the training rows. */
      readonly kind: "channel";
      /** What is subtracted. */
      readonly mean: readonly number[];
      /** What divides. */
      readonly deviation: readonly number[];
    }
  | {
      /** Each channel to 0 at the lowest and 1 at the highest value of the training rows. */
      readonly kind: "minmax";
      /** The lowest value: what is subtracted. */
      readonly low: readonly number[];
      /** Highest - lowest: what divides. */
      readonly range: readonly number[];
    };

/** A fitted preparation, plain JSON. `pad` and `at` are there where `length` is. */
export type Preparation = Normalizer & PrepareOptions;

/**
 * The steps for a data set: those that are given, and by the data where nothing is. Rows of unequal length are padded with
 * zeros at their end to the longest one; where a value is missing, `fill` is `linear`. Throws InputError for steps that
 * there are not.
 */
export function resolvePrepare(data: Dataset, given: PrepareOptions = {}): PrepareOptions {
  checkPrepare(given);
  const { detrend, resample, pad, at } = given;
  const fits = given.length !== undefined || pad !== undefined || at !== undefined;
  const padded = resample === undefined && (fits || data.lengths !== undefined);
  const fill = given.fill ?? (hasMissing(data) ? "linear" : undefined);
  const length = padded ? (given.length ?? data.length) : undefined;
  return prepareSteps({ fill, detrend, resample, length, pad: pad ?? "zero", at: at ?? "end" });
}

/** The steps of a fitted preparation. */
export const prepareSteps = ({
  fill,
  detrend,
  resample,
  length,
  pad,
  at,
}: PrepareOptions): PrepareOptions => ({
  ...(fill && { fill }),
  ...(detrend && { detrend }),
  ...(resample !== undefined && { resample }),
  ...(length !== undefined && { length, pad, at }),
});

function checkPrepare({ fill, detrend, resample, length, pad, at }: PrepareOptions): void {
  const refuse = (what: string): never => {
    throw new InputError(`prepare: ${what}`);
  };
  const oneOf = (name: string, value: string | undefined, words: readonly string[]): void => {
    if (value !== undefined && !words.includes(value))
      refuse(`${name} is ${JSON.stringify(value)}; it is one of ${words.join(", ")}`);
  };
  oneOf("fill", fill, fills);
  oneOf("detrend", detrend, ["linear"]);
  oneOf("pad", pad, pads);
  oneOf("at", at, places);
  const whole = (name: string, value: number | undefined, least: number): void => {
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= least))
      refuse(`${name} is ${value}; it is a whole number of at least ${least}`);
  };
  whole("length", length, 1);
  whole("resample", resample, 2);
  if (resample !== undefined && (length ?? pad ?? at) !== undefined)
    refuse("resample and length (with pad, at) both make rows one length; give one of them");
}

/** Whether a value of a row is missing (NaN), before the row's end. */
export function hasMissing(data: Dataset): boolean {
  for (const batch of chunks(data))
    for (let r = 0; r < batch.rows; r++)
      for (let c = 0; c < data.channels; c++)
        if (missingIn(lineOf(batch, data.channels, r, c)) >= 0) return true;
  return false;
}

/** The place of the first NaN; -1 where there is none. */
function missingIn(values: Float64Array): number {
  for (let t = 0; t < values.length; t++) if (Number.isNaN(values[t])) return t;
  return -1;
}

/** One channel of one row in raw units, up to the row's end. */
export function lineOf(batch: RawRows, channels: number, row: number, channel: number): Float64Array {
  const length = batch.series.length / (batch.rows * channels);
  const start = (row * channels + channel) * length;
  return batch.series.subarray(start, start + (batch.lengths?.[row] ?? length));
}

/** The channels of raw rows of a model that has so many: half of them are masks with `zero`. */
export const rawChannels = ({ fill }: PrepareOptions, channels: number): number =>
  fill === "zero" ? channels / 2 : channels;

/**
 * What an architecture has to be built for: the task of the data, with the channels and the length that the preparation
 * makes of them. `architectures.fcn(preparedTask(data, prepare))` fits `fit(model, data, { prepare })`.
 */
export function preparedTask(
  data: Dataset,
  prepare: Pick<PrepareOptions, "fill" | "length" | "resample"> = {},
): Required<Task> {
  const { classes, answers } = data;
  const channels = prepare.fill === "zero" ? 2 * data.channels : data.channels;
  return { channels, length: prepare.length ?? prepare.resample ?? data.length, classes, answers };
}

/**
 * Fits a preparation on rows; `steps` are those that `resolvePrepare` gives. A constant channel has deviation and range
 * 1, so that it becomes 0; so does one without any value. Throws InputError for values that no float32 comes of.
 */
export function fitPreparation(kind: Normalization, data: Dataset, steps: PrepareOptions = {}): Preparation {
  requireMagnitude(kind, data);
  if (kind === "none" || kind === "sample") return { kind, ...steps };
  const channels = Array.from({ length: data.channels }, (_, c) => c);
  const each = (visit: (channel: number, x: number) => void): void => {
    for (const batch of chunks(data))
      for (let r = 0; r < batch.rows; r++)
        for (const c of channels)
          eachKnown(shapeLine(lineOf(batch, data.channels, r, c), steps), (x) => visit(c, x));
  };
  if (kind === "minmax") {
    const low = channels.map(() => Infinity);
    const high = channels.map(() => -Infinity);
    each((c, x) => {
      low[c] = Math.min(low[c], x);
      high[c] = Math.max(high[c], x);
    });
    const range = channels.map((c) => (high[c] > low[c] ? high[c] - low[c] : 1));
    return { kind, low: low.map((x) => (x < Infinity && x !== 0 ? x : 0)), range, ...steps };
  }
  const { mean, deviation } = moments(data.channels, each);
  return { kind, mean, deviation, ...steps };
}

function eachKnown({ values, known }: Line, visit: (x: number) => void): void {
  for (let t = 0; t < values.length; t++) if (known === null || known[t] === 1) visit(values[t]);
}

/** Prepared rows `[rows, channels, length]` of the model's `input`, as float32. */
export function prepare(preparation: Preparation, batch: RawRows, input: Signal): Float32Array {
  const { channels, length } = input;
  const own = rawChannels(preparation, channels);
  const out = new Float32Array(batch.rows * channels * length);
  for (let r = 0; r < batch.rows; r++) {
    for (let c = 0; c < own; c++) {
      const line = shapeLine(lineOf(batch, own, r, c), preparation);
      const at = (r * channels + c) * length;
      write(line, preparation, c, out.subarray(at, at + length));
      if (own < channels)
        writeMask(line, preparation, out.subarray(at + own * length, at + (own + 1) * length));
    }
  }
  return out;
}

/** Rows that are prepared but for `scales`, a shift and a scale by channel; null where they are ready. */
export interface Unscaled {
  readonly values: Float64Array | Float32Array;
  readonly scales: Scales | null;
}

/** Prepares rows as far as that needs a copy: where they are only shifted and scaled, the common case, not at all. */
export function unscaled(p: Preparation, batch: RawRows, input: Signal): Unscaled {
  const { series, rows, lengths } = batch;
  const { kind, fill, detrend, resample } = p;
  const shaped =
    fill !== undefined || detrend !== undefined || resample !== undefined || lengths !== undefined;
  if (kind === "sample" || shaped || series.length !== rows * input.channels * input.length)
    return { values: prepare(p, batch, input), scales: null };
  switch (kind) {
    case "none":
      return { values: series, scales: null };
    case "channel":
      return { values: series, scales: { shift: p.mean, scale: p.deviation } };
    case "minmax":
      return { values: series, scales: { shift: p.low, scale: p.range } };
  }
}

/** Normalises a line and pads it. What is missing still, which a fill leaves so, is 0. */
function write(line: Line, p: Preparation, channel: number, out: Float32Array): void {
  const { values, known } = line;
  const from = offsetOf(values.length, out.length, p.at ?? "end");
  const [shift, scale] = scaleOf(p, channel, line);
  for (let t = 0; t < values.length; t++) out[from + t] = (values[t] - shift) / scale;
  if (known) for (let t = 0; t < values.length; t++) if (Number.isNaN(values[t])) out[from + t] = 0;
  const rest = out.length - values.length;
  if (rest === 0 || values.length === 0 || p.pad === "zero") return;
  const after = from + values.length;
  if (p.pad === "edge") out.fill(out[from], 0, from).fill(out[after - 1], after);
  if (p.pad === "mean") {
    const [mean] = moments(1, (visit) => eachKnown(line, (x) => visit(0, (x - shift) / scale))).mean;
    out.fill(mean, 0, from).fill(mean, after);
  }
}

/** What is subtracted from, and what divides, a line. */
function scaleOf(p: Preparation, channel: number, line: Line): [shift: number, scale: number] {
  switch (p.kind) {
    case "none":
      return [0, 1];
    case "channel":
      return [p.mean[channel], p.deviation[channel]];
    case "minmax":
      return [p.low[channel], p.range[channel]];
    case "sample": {
      const { mean, deviation } = moments(1, (visit) => eachKnown(line, (x) => visit(0, x)));
      return [mean[0], deviation[0]];
    }
  }
}

/** 1 where a value was measured. */
function writeMask({ values, known }: Line, { at = "end" }: Preparation, out: Float32Array): void {
  const from = offsetOf(values.length, out.length, at);
  for (let t = 0; t < values.length; t++) out[from + t] = known === null ? 1 : known[t];
}
