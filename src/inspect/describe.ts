/** What a data set is, found without training: its shape, gaps, classes or targets, and the mean course of each class. */
import type { AnswerKind, Answers } from "../data/answers.ts";
import { chunks, type Dataset } from "../data/dataset.ts";

/** Least, middle and greatest of some numbers; the middle of an even count is the lower of two. */
export interface Range {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export interface Description {
  readonly name: string;
  readonly rows: number;
  readonly channels: number;
  /** What each channel is called; null where the source has no names. */
  readonly channelNames: readonly string[] | null;
  /** Values a channel, of the longest row. */
  readonly length: number;
  readonly lengths: Range;
  /** Values that are missing inside rows, and the rows that have such. */
  readonly missing: { readonly values: number; readonly rows: number };
  /** Least and greatest value of each channel; null where it has none. */
  readonly values: readonly ({ readonly min: number; readonly max: number } | null)[];
  /** Null where rows have no answer at all. */
  readonly answers: AnswerKind | null;
  /** Classes and how many rows (or positions) have them; empty where rows have targets. */
  readonly classes: readonly { readonly name: string; readonly count: number }[];
  /** Targets a row, and their range. */
  readonly targets: (Range & { readonly each: number; readonly mean: number }) | null;
  /** How many groups rows come from; null where it is not said. */
  readonly groups: number | null;
}

/** A description, and the mean of channel 0 of each class in `cells` stretches of the length, NaN where there is nothing. */
export interface Described extends Description {
  readonly courses: readonly Float64Array[];
}

/** Describes a data set in one pass over its rows, in memory that does not grow with them. */
export function describe(data: Dataset, cells = 48): Described {
  const { rows, channels, length, answers } = data;
  const strata = answers.kind === "classes" ? answers : null;
  const kinds = strata?.classes.length ?? 1;
  const width = Math.min(cells, length);
  const sums = Array.from({ length: kinds }, () => new Float64Array(width));
  const counts = Array.from({ length: kinds }, () => new Float64Array(width));
  const least = new Float64Array(channels).fill(Infinity);
  const most = new Float64Array(channels).fill(-Infinity);
  const missing = { values: 0, rows: 0 };
  for (const { series, rows: here, first } of chunks(data))
    for (let r = 0; r < here; r++) {
      const row = first + r;
      const end = data.lengths?.[row] ?? length;
      const kind = strata?.labels[row] ?? 0;
      let gaps = 0;
      for (let c = 0; c < channels; c++) {
        const start = (r * channels + c) * length;
        for (let t = 0; t < end; t++) {
          const x = series[start + t];
          if (Number.isNaN(x)) {
            gaps++;
            continue;
          }
          if (x < least[c]) least[c] = x;
          if (x > most[c]) most[c] = x;
          if (c > 0) continue;
          const cell = Math.floor((t * width) / length);
          sums[kind][cell] += x;
          counts[kind][cell]++;
        }
      }
      missing.values += gaps;
      if (gaps > 0) missing.rows++;
    }
  const classCounts = countsOf(answers, data.classes.length);
  return {
    name: data.name,
    rows,
    channels,
    channelNames: data.channelNames ?? null,
    length,
    lengths: rangeOf(data.lengths ?? [length]),
    missing,
    values: Array.from(least, (min, c) => (min <= most[c] ? { min, max: most[c] } : null)),
    answers: answers.kind === "none" ? null : answers.kind,
    classes: data.classes.map((name, k) => ({ name, count: classCounts[k] })),
    targets: targetsIn(answers),
    groups: data.groups ? new Set(data.groups).size : null,
    courses: sums.map((sum, k) => sum.map((x, cell) => x / counts[k][cell])),
  };
}

/** How many rows, or positions, have each class. */
function countsOf(answers: Answers, classes: number): Float64Array {
  const counts = new Float64Array(classes);
  switch (answers.kind) {
    case "classes":
    case "positions":
      for (const label of answers.labels) if (label >= 0) counts[label]++;
      return counts;
    case "multiLabel":
      answers.targets.forEach((has, i) => (counts[i % classes] += has));
      return counts;
    case "values":
    case "none":
      return counts;
  }
}

function targetsIn(answers: Answers): Description["targets"] {
  switch (answers.kind) {
    case "values": {
      const { targets, outputs } = answers;
      const mean = targets.reduce((a, b) => a + b, 0) / targets.length;
      return { ...rangeOf(targets), each: outputs, mean };
    }
    case "classes":
    case "positions":
    case "multiLabel":
    case "none":
      return null;
  }
}

function rangeOf(numbers: ArrayLike<number>): Range {
  const sorted = Float64Array.from(numbers).sort();
  return {
    min: sorted[0],
    median: sorted[Math.floor((sorted.length - 1) / 2)],
    max: sorted[sorted.length - 1],
  };
}
