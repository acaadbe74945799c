/**
 * Forecasting data from one long series: windows of `length` positions, each with the `horizon` positions after it as
 * targets.
 */
import { dataset, type Dataset } from "./dataset.ts";
import { InputError } from "./errors.ts";
import { windowStarts } from "./slidingWindows.ts";

/** How `windows` cuts a series; `length`, `horizon` and `split` have to be given. */
export interface WindowOptions {
  /** Positions that the model sees. */
  readonly length: number;
  /** Positions after them that it predicts. */
  readonly horizon: number;
  /**
   * Positions from one window to the next in the training part. Default: 1. Validation and test windows have hop 1.
   */
  readonly hop?: number;
  /** The channels that are predicted, by index from 0: one or several. Default: all. */
  readonly target?: number | readonly number[];
  /** The positions at which the training, validation and test parts end, rising; `ettHourly` is an example. */
  readonly split: readonly [train: number, validation: number, test: number];
  /**
   * `standard`: each channel less its mean and divided by its deviation over the training part, targets too. Default:
   * "standard".
   */
  readonly scale?: "standard" | "none";
  /**
   * `last`: each window and its targets are relative to the window's last value of that channel, so that the model
   * predicts changes and a level that drifts does not matter (NLinear, Zeng et al. 2023); errors keep their units.
   * Default: "nothing".
   */
  readonly relativeTo?: "nothing" | "last";
  /** What each channel is called: as many distinct names as channels. Default: none. */
  readonly channelNames?: readonly string[];
  /** What the parts are called, with " train", " validation" and " test" after it. Default: "windows". */
  readonly name?: string;
}

/** The three parts that `windows` makes, and how values were scaled. */
export interface Windows {
  /** Windows to learn from. */
  readonly train: Dataset;
  /** Windows to choose by. */
  readonly validation: Dataset;
  /** Windows to test on. */
  readonly test: Dataset;
  /** What was subtracted from each channel: its mean over the training part, or 0. */
  readonly mean: readonly number[];
  /** What divided each channel: its deviation over the training part, or 1. */
  readonly deviation: readonly number[];
}

/** The usual parts of ETTh1 and ETTh2: 12, 4 and 4 months of 30 days of 24 hours (Zhou et al. 2021). */
export const ettHourly = [12 * 720, 16 * 720, 20 * 720] as const;

/**
 * Windows of a series `[channel][time]`. A window belongs to the part that holds all of its targets, so no target is
 * in two parts and no training window sees a later part; the first windows of validation and test look back into the
 * part before, as a forecast made at that time could. Targets are `[rows, channels predicted, horizon]`.
 *
 * @throws InputError for options out of range, channels of unequal lengths, a value that is not finite, and a part
 * that has no window
 */
export function windows(series: ArrayLike<ArrayLike<number>>, options: WindowOptions): Windows {
  const {
    length,
    horizon,
    hop = 1,
    split,
    scale = "standard",
    relativeTo = "nothing",
    channelNames,
    name = "windows",
  } = options;
  const refuse = (what: string): never => {
    throw new InputError(`windows: ${what}`);
  };
  for (const [what, value] of Object.entries({ length, horizon, hop }))
    if (!Number.isInteger(value) || value < 1)
      refuse(`${what} is ${value}; it is a whole number of at least 1`);
  const channels = Array.from(series, (c) => Float64Array.from(c));
  const total = channels[0]?.length ?? 0;
  if (total === 0) refuse("series has no values; give [channel][time]");
  if (channels.some((c) => c.length !== total)) refuse("channels have unequal lengths; cut or pad them");
  const bad = channels.findIndex((c) => !c.every(Number.isFinite));
  if (bad >= 0)
    refuse(`channel ${bad}, time ${channels[bad].findIndex((x) => !Number.isFinite(x))} is no finite number`);
  const ends = [0, ...split];
  if (!ends.every((end, i) => Number.isInteger(end) && end <= total && (i === 0 || end > ends[i - 1])))
    refuse(
      `split is ${split.join(", ")}; the ends of three parts rise, up to the series' ${total} positions`,
    );
  const { target = channels.map((_, c) => c) } = options;
  const targets = typeof target === "number" ? [target] : target;
  const unknown = targets.find((c) => !(c in channels));
  if (unknown !== undefined) refuse(`target ${unknown} is no channel; there are 0 to ${channels.length - 1}`);

  const moments = channels.map((c) => (scale === "standard" ? momentsOf(c.subarray(0, split[0])) : identity));
  const scaled = channels.map((c, k) => c.map((x) => (x - moments[k].mean) / moments[k].deviation));
  const part = (index: number, by: number): Dataset => {
    const starts = windowStarts(Math.max(ends[index], length), ends[index + 1], horizon, by); // of targets
    if (starts.length === 0)
      refuse(
        `part ${index + 1} of the split (${ends[index]} to ${ends[index + 1]}) has no window of ${length} + ${horizon} positions`,
      );
    /** Values of a channel from a window on, less its last value where that is asked for. */
    const cut = (c: number, at: number, from: number, to: number): Float64Array => {
      const zero = relativeTo === "last" ? scaled[c][at - 1] : 0;
      return scaled[c].slice(from, to).map((x) => x - zero);
    };
    return dataset({
      name: `${name} ${["train", "validation", "test"][index]}`,
      series: join(starts.flatMap((at) => scaled.map((_, c) => cut(c, at, at - length, at)))),
      channels: channels.length,
      ...(channelNames && { channelNames }),
      length,
      answers: {
        kind: "values",
        targets: join(starts.flatMap((at) => targets.map((c) => cut(c, at, at, at + horizon)))),
        outputs: targets.length * horizon,
      },
    });
  };
  return {
    train: part(0, hop),
    validation: part(1, 1),
    test: part(2, 1),
    mean: moments.map((m) => m.mean),
    deviation: moments.map((m) => m.deviation),
  };
}

const identity = { mean: 0, deviation: 1 };

/** Mean and population deviation; deviation 1 where there is none. */
function momentsOf(values: Float64Array): { mean: number; deviation: number } {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((sum, x) => sum + (x - mean) * (x - mean), 0) / values.length;
  return { mean, deviation: variance > 0 ? Math.sqrt(variance) : 1 };
}

function join(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const p of parts) {
    all.set(p, at);
    at += p.length;
  }
  return all;
}
