/**
 * Rows as attribution sees them: prepared, with their own positions apart from padding, the signal in raw units at the model's
 * positions, and how a position reads in the data's units.
 */
import type { RawRows } from "../../data/dataset.ts";
import { shapeLine, offsetOf } from "../../models/lines.ts";
import { extentOf, type Extent } from "../../models/masks.ts";
import { lineOf, prepare, rawChannels, type Preparation } from "../../models/preparation.ts";
import type { Signal } from "../../layers/layer.ts";

/** Where the model's positions stand in the row as it was given: position t at first + step t. */
export interface PositionAxis {
  /** Of position 0; below 0 where padding stands before the row. */
  readonly first: number;
  /** From one position to the next: 1, or 1 / rate; more or less where the preparation resamples. */
  readonly step: number;
  /** Seconds where the rate of the data is known, else positions of the row, from 0. */
  readonly unit: "positions" | "s";
}

/** A prepared row. */
export interface PreparedRow {
  /** `[channels, length]` of the model's input, channels that are masks of missing values too. */
  readonly values: Float32Array;
  /** Its own positions, from one up to another; the others are padding. */
  readonly extent: readonly [from: number, to: number];
  /** Measured channels; those after them are their masks. */
  readonly channels: number;
  /** Positions of the model's input. */
  readonly length: number;
  /** `[channels, length]`: 1 where a value is the row's own and not missing behind a mask, which is where contributions can be. */
  readonly own: Uint8Array;
  /** `[channels][length]` in raw units; null in the padding and where a value is missing. */
  readonly signal: readonly (readonly (number | null)[])[];
  readonly axis: PositionAxis;
  /** What does not stand in the signal as it was measured, a line each. */
  readonly notes: readonly string[];
}

/** Rows of a batch, prepared; channels are in the model's order. `rate` in Hz. */
export function preparedRows(
  preparation: Preparation,
  batch: RawRows,
  input: Signal,
  rate: number | undefined,
): PreparedRow[] {
  const channels = rawChannels(preparation, input.channels);
  const values = prepare(preparation, batch, input);
  const extent = extentOf(preparation, batch, input);
  const size = input.channels * input.length;
  const given = batch.series.length / (batch.rows * channels);
  return Array.from({ length: batch.rows }, (_, row) => {
    const lines = Array.from({ length: channels }, (_c, c) => lineOf(batch, channels, row, c));
    const prepared = values.slice(row * size, (row + 1) * size);
    return {
      values: prepared,
      extent: extent(row),
      own: ownOf(prepared, extent(row), channels, input),
      channels,
      length: input.length,
      signal: lines.map((line) => seenOf(line, preparation, extent(row), input.length)),
      axis: axisOf(preparation, batch.lengths?.[row] ?? given, input.length, rate),
      notes: notesOf(lines, preparation, batch.channelNames),
    };
  });
}

/** Positions in the row's extent, and with masks those alone that were measured. */
function ownOf(
  values: Float32Array,
  [from, to]: readonly [number, number],
  channels: number,
  input: Signal,
): Uint8Array {
  const masked = channels < input.channels;
  return Uint8Array.from({ length: channels * input.length }, (_, at) => {
    const t = at % input.length;
    return Number(t >= from && t < to && !(masked && values[channels * input.length + at] === 0));
  });
}

/** A raw line where the model's positions are. */
function seenOf(
  line: Float64Array,
  { fill, resample, length, at }: Preparation,
  [from, to]: readonly [number, number],
  positions: number,
): (number | null)[] {
  // detrending is left out: raw units are what was measured
  const { values, known } = shapeLine(line, { fill, resample, length, at });
  return Array.from({ length: positions }, (_, t) => {
    if (t < from || t >= to) return null;
    const x = values[t - from];
    return Number.isNaN(x) || (fill === "zero" && known?.[t - from] === 0) ? null : x;
  });
}

function axisOf(
  { resample, length, at = "end" }: Preparation,
  given: number,
  positions: number,
  rate: number | undefined,
): PositionAxis {
  const scale = rate === undefined ? 1 : 1 / rate;
  const unit = rate === undefined ? "positions" : "s";
  if (resample !== undefined)
    return { first: 0, step: (scale * (given - 1)) / Math.max(1, positions - 1), unit };
  const padded = length === undefined || given >= positions ? 0 : offsetOf(given, positions, at);
  const cut = length === undefined || given <= positions ? 0 : offsetOf(positions, given, at);
  return { first: scale * (cut - padded) || 0, step: scale, unit };
}

function notesOf(
  lines: readonly Float64Array[],
  { fill, length, at = "end", resample, detrend }: Preparation,
  names: readonly string[] | undefined,
): string[] {
  const notes = lines.flatMap((line, c) => {
    const missing = line.reduce((count, x) => count + Number(Number.isNaN(x)), 0);
    if (missing === 0) return [];
    const how =
      fill === "zero"
        ? "they are 0 with a mask, which is held as it is, so they have no contribution"
        : `what the fill (${fill}) puts there is attributed as if it were measured`;
    return [`channel ${names?.[c] ?? c}: ${missing} of ${line.length} values are missing; ${how}`];
  });
  const [first] = lines;
  if (length !== undefined && first.length > length)
    notes.push(
      `${first.length - length} of ${first.length} positions are cut away at the ${cutAt[at]} and have no contribution`,
    );
  if (resample !== undefined && first.length !== resample)
    notes.push(`the ${first.length} positions are resampled to ${resample}; contributions are of these`);
  if (detrend) notes.push("the line that detrending subtracts is held as it is");
  return notes;
}

/** A row is cut where it would be padded. */
const cutAt = { end: "end", start: "start", centre: "ends" } as const;

/** The same extent for all of some points. */
export const always =
  (extent: readonly [number, number]): Extent =>
  () =>
    extent;
