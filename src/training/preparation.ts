/**
 * From raw units to what a model sees. Fitted on the training part alone, stored with the model and applied alike by
 * training, evaluation and prediction. + - x / and square roots in f64, rounded once to float32.
 */
import { chunks, type Batch, type Dataset } from "./dataset.ts";

export type Preparation =
  | { readonly kind: "none" }
  /** Each row and channel by its own mean and deviation. */
  | { readonly kind: "sample" }
  /** Each channel by the mean and deviation of the training rows. */
  | { readonly kind: "channel"; readonly mean: readonly number[]; readonly deviation: readonly number[] };
export const normalizations = ["none", "sample", "channel"] as const;
export type Normalization = (typeof normalizations)[number];

/** Fits a preparation on rows; a constant channel has deviation 1, so that it becomes 0. */
export function fitPreparation(kind: Normalization, data: Dataset): Preparation {
  if (kind !== "channel") return { kind };
  const { channels, length } = data;
  const count = data.rows * length;
  /** Adds something of each value to the sum of its channel, rows and positions in order. */
  const sumsOf = (of: (x: number, channel: number) => number): number[] => {
    const sums = Array.from({ length: channels }, () => 0);
    for (const { series } of chunks(data))
      for (let i = 0; i < series.length; i++) {
        const c = Math.floor(i / length) % channels;
        sums[c] += of(series[i], c);
      }
    return sums;
  };
  const mean = sumsOf((x) => x).map((sum) => sum / count);
  const squares = sumsOf((x, c) => (x - mean[c]) * (x - mean[c]));
  return { kind, mean, deviation: squares.map((sum, c) => deviationOf(sum / count, mean[c])) };
}

/** The root of a variance; 1 where there is none. */
function deviationOf(variance: number, mean: number): number {
  const deviation = Math.sqrt(variance);
  return deviation > 1e-12 * Math.abs(mean) && deviation > 0 ? deviation : 1;
}

/** Mean and population deviation, two passes; deviation 1 where there is none. */
function moments(count: number, at: (i: number) => number): { mean: number; deviation: number } {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += at(i);
  const mean = sum / count;
  let squares = 0;
  for (let i = 0; i < count; i++) squares += (at(i) - mean) * (at(i) - mean);
  return { mean, deviation: deviationOf(squares / count, mean) };
}

/** Prepared rows `[rows, channels, length]` as float32. */
export function prepare(
  preparation: Preparation,
  { series, rows }: Pick<Batch, "series" | "rows">,
  channels: number,
  length: number,
): Float32Array {
  const out = new Float32Array(rows * channels * length);
  for (let r = 0; r < rows * channels; r++) {
    const start = r * length;
    const c = r % channels;
    let mean = 0;
    let deviation = 1;
    if (preparation.kind === "channel") {
      mean = preparation.mean[c];
      deviation = preparation.deviation[c];
    } else if (preparation.kind === "sample") {
      ({ mean, deviation } = moments(length, (i) => series[start + i]));
    }
    for (let i = start; i < start + length; i++) out[i] = (series[i] - mean) / deviation;
  }
  return out;
}
