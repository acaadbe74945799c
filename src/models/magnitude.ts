/**
 * Refuses values that no preparation brings to float32: beyond its largest number where they are taken as they are, and where
 * their squares leave double precision where they are normalised. Unseen, the one trains on infinities and the other on zeros.
 */
import { chunks, type Dataset } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";

/** The largest float32, and the least that has all of its digits. */
export const FLOAT32 = { largest: 3.4028234663852886e38, least: 1.1754943508222875e-38 } as const;

/** Between these a sum of squares of 10^12 values, and their variance, is a double with all of its digits. */
const SQUARED = { largest: 1e148, least: 1e-140 } as const;
/** The difference of two of them is a double. */
const SUBTRACTED = { largest: 8e307, least: 0 } as const;

/** What each normalisation can take. */
const bounds = {
  none: FLOAT32,
  sample: SQUARED,
  channel: SQUARED,
  minmax: SUBTRACTED,
} as const;

/** A value of a data set and its place, from 0. */
export interface Placed {
  readonly value: number;
  readonly row: number;
  readonly channel: number;
  readonly position: number;
}

/** The value of the largest magnitude in each channel; null of a channel whose values are missing or 0. */
export function largestValues(data: Dataset): readonly (Placed | null)[] {
  const { channels, length } = data;
  const most = new Float64Array(channels);
  const at = new Float64Array(channels).fill(-1);
  for (const { series, rows, first } of chunks(data))
    for (let i = 0; i < rows * channels; i++) {
      const channel = i % channels;
      for (let t = 0; t < length; t++) {
        const size = Math.abs(series[i * length + t]);
        if (!(size > most[channel])) continue;
        most[channel] = size;
        at[channel] = (first * channels + i) * length + t;
      }
    }
  return Array.from(at, (place, channel) =>
    place < 0
      ? null
      : {
          value: most[channel],
          row: Math.floor(place / (channels * length)),
          channel,
          position: place % length,
        },
  );
}

/** Throws InputError where a channel's values are too large or too small for a normalisation. */
export function requireMagnitude(kind: keyof typeof bounds, data: Dataset): void {
  const { largest, least } = bounds[kind];
  for (const found of largestValues(data)) {
    if (found === null) continue;
    const { value, row, channel, position } = found;
    const place = `${data.name}: row ${row}, ${data.channelNames?.[channel] ?? `channel ${channel}`}, position ${position}`;
    const size = value.toExponential(1);
    if (value > largest)
      throw new InputError(
        `${place}: the value ${size} (or its negative) is beyond what ${kind === "none" ? "float32 holds" : `normalize ${kind} can take`} (${largest.toExponential(1)}); ` +
          `${kind === "none" ? "scale the series down, or train a network with normalize channel" : "scale the series down"}, and where it marks a missing value, leave it empty`,
      );
    if (value < least)
      throw new InputError(
        `${place}: the largest value of the channel is ${size}, and what is below ${least.toExponential(1)} is lost ${kind === "none" ? "in float32" : `by normalize ${kind}`}; ` +
          (kind === "none"
            ? "scale the series up, or train a network with normalize channel"
            : "scale the series up"),
      );
  }
}
