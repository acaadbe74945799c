/** The raw rows that a model takes, by its input and its preparation. */
import type { Signal } from "../layers/layer.ts";
import { orderOf } from "../data/channelNames.ts";
import { chunks, type Dataset, type RawRows } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { quote } from "../data/quote.ts";
import { lineOf, rawChannels, type PrepareOptions } from "./preparation.ts";

/** The raw rows that a model takes. */
export interface Takes {
  /** Channels of a row, before a preparation adds masks of missing values. */
  readonly channels: number;
  /** Positions of a row, or of what rows are padded or resampled to. */
  readonly length: number;
  /** What becomes of rows of another length: `one` refuses them. */
  readonly lengths: "one" | "padded" | "resampled";
  /** What becomes of a missing value (NaN): the preparation fills it in, or the row is refused. */
  readonly missing: "filled" | "refused";
}

/** What a model with this preparation and this input takes. */
export function takesOf(preparation: PrepareOptions, input: Signal): Takes {
  const { fill, length, resample } = preparation;
  return {
    channels: rawChannels(preparation, input.channels),
    length: input.length,
    lengths: length !== undefined ? "padded" : resample !== undefined ? "resampled" : "one",
    missing: fill ? "filled" : "refused",
  };
}

/**
 * One row: `[channel][time]` or, for one channel, `[time]`, by position; or the values of each channel under its name,
 * where the model has names.
 */
export type Sample =
  ArrayLike<number> | ArrayLike<ArrayLike<number>> | { readonly [channel: string]: ArrayLike<number> };

/** Whether rows of that shape, some of them shorter where `lengths` is there, are those that a model takes. */
export const takesShape = (
  { channels, length, lengths }: Takes,
  data: { readonly channels: number; readonly length: number; readonly lengths?: Int32Array },
): boolean =>
  data.channels === channels &&
  (lengths !== "one" || (data.length === length && (data.lengths?.every((n) => n === length) ?? true)));

/** The shape in words, for errors. */
export const shapeText = ({ channels, length, lengths }: Takes): string =>
  lengths === "one" ? `${channels} x ${length}` : `${channels} x any length`;

/** Refuses (InputError) a data set of another shape. */
export function requireShape(data: Dataset, takes: Takes): void {
  if (takesShape(takes, data)) return;
  throw new InputError(
    `${data.name} has rows of ${data.channels} x ${data.length} (channels x length)` +
      `${data.lengths ? ", some shorter" : ""}; the model takes ${shapeText(takes)}`,
  );
}

/** Refuses (InputError) a data set of another shape, or with a value that the model does not take. */
export function requireData(data: Dataset, takes: Takes): void {
  requireShape(data, takes);
  for (const batch of chunks(data)) requireFinite(batch, takes, `${data.name}: `);
}

/** Refuses (InputError) rows that have not as many values as the model takes. */
export function requireSize({ series, rows, lengths }: RawRows, takes: Takes): void {
  const { channels } = takes;
  const length = rows > 0 ? series.length / (rows * channels) : takes.length;
  if (Number.isInteger(length) && takesShape(takes, { channels, length, lengths })) return;
  throw new InputError(
    `${rows} rows have ${series.length} values; the model takes ${shapeText(takes)} a row`,
  );
}

/**
 * Refuses (InputError) rows in raw units that are not `[rows, channels, length]` of what a model takes, or that hold a value
 * that is not finite; a missing one (NaN) passes where the preparation fills it in.
 */
export function requireRows(batch: RawRows, takes: Takes): void {
  requireSize(batch, takes);
  requireFinite(batch, takes);
}

/** x - x is 0 for a number and NaN for the others: the rows that are whole, most of them, are seen at once. */
function allFinite(series: Float64Array): boolean {
  for (let i = 0; i < series.length; i++) if (series[i] - series[i] !== 0) return false;
  return true;
}

/** Refuses (InputError) a value that is not finite, unless it is missing and filled in. */
export function requireFinite(batch: RawRows, { channels, missing }: Takes, where = ""): void {
  if (allFinite(batch.series)) return;
  for (let row = 0; row < batch.rows; row++)
    for (let channel = 0; channel < channels; channel++) {
      const line = lineOf(batch, channels, row, channel);
      const time = line.findIndex((x) => !Number.isFinite(x) && !(missing === "filled" && Number.isNaN(x)));
      if (time < 0) continue;
      const what = Number.isNaN(line[time])
        ? "NaN, a missing value; the model was trained without a fill; train with --fill linear, or fill it in"
        : `${line[time]}; values are finite numbers; fill it in or leave the row out`;
      const name = batch.channelNames?.[channel];
      throw new InputError(
        `${where}row ${(batch.first ?? 0) + row}, channel ${name === undefined ? channel : quote(name)}, time ${time} is ${what}`,
      );
    }
}

const isList = (x: unknown): x is ArrayLike<unknown> =>
  typeof x === "object" && x !== null && "length" in x && typeof x.length === "number";

/** The channels of a row whose values stand under names, in the model's order. */
function byName(
  sample: { readonly [channel: string]: ArrayLike<number> },
  names: readonly string[] | undefined,
): readonly ArrayLike<number>[] {
  if (names === undefined)
    throw new InputError(
      "the sample has its channels by name, but the model has no channel names; give [channel][time] in the model's order",
    );
  orderOf(names, Object.keys(sample), { rows: "the sample", whose: "the model" });
  return names.map((name) => sample[name]);
}

/** One row as rows; throws InputError for what is no row of the shape, or the channel names, that the model takes. */
export function rowsOfSample(sample: Sample, takes: Takes, names?: readonly string[]): RawRows {
  const refuse = (what: string): never => {
    throw new InputError(`the sample ${what}; it is [channel][time], or [time] of one channel`);
  };
  if (typeof sample !== "object" || sample === null)
    return refuse(`is ${sample === null ? "null" : typeof sample}`);
  const channels = !isList(sample)
    ? byName(sample, names)
    : typeof sample[0] === "number"
      ? [sample as ArrayLike<number>]
      : Array.from(sample as ArrayLike<ArrayLike<number>>);
  if (!channels.every(isList)) return refuse("holds what is no channel");
  const length = channels[0]?.length ?? 0;
  const equal = length > 0 && channels.every((values) => values.length === length);
  if (!equal || !takesShape(takes, { channels: channels.length, length }))
    throw new InputError(
      `the sample has ${channels.length} channels of ${length} values; the model takes ` +
        `${takes.channels} of ${takes.lengths === "one" ? takes.length : "any length"}`,
    );
  const series = new Float64Array(channels.length * length);
  channels.forEach((values, channel) => {
    for (let time = 0; time < length; time++) {
      const value: unknown = values[time];
      if (typeof value !== "number")
        throw new InputError(
          `the sample's channel ${channel}, time ${time} is ${shown(value)}, no number; values are numbers, NaN where one is missing; convert it`,
        );
      series[channel * length + time] = value;
    }
  });
  return { series, rows: 1 };
}

/** What stands in the place of a number. */
const shown = (value: unknown): string =>
  typeof value === "string"
    ? quote(value)
    : typeof value === "object" && value !== null
      ? "an object"
      : String(value);
