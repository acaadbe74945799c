/**
 * Windows of equal length out of longer series. They are a view: a window is read from its series when it is wanted, so
 * a small hop costs no memory, and series that are not in memory stay where they are.
 */
import { answersAt, labelled, type Answers } from "./answers.ts";
import { noted, readRow, type Dataset, type Spans } from "./dataset.ts";
import { InputError } from "./errors.ts";
import { channelNumbers } from "./matchChannels.ts";

/** How series are cut into windows of equal length. */
export interface SlidingOptions {
  /** Positions of a window, at least 1. */
  readonly window: number;
  /** Positions from one window to the next. Default: `window`, so that they do not overlap. */
  readonly hop?: number;
  /**
   * Forecasts: a window's answers are the values of `target` at so many positions after it, at least 1, in place of what the
   * series have. Default: none.
   */
  readonly horizon?: number;
  /** With a horizon: the channels to forecast, by name, or by number from 0. Default: all. */
  readonly target?: readonly (string | number)[];
}

/** The first positions of the windows that lie within `from` to `to`. */
export function windowStarts(from: number, to: number, window: number, hop: number): number[] {
  const starts: number[] = [];
  for (let at = from; at + window <= to; at += hop) starts.push(at);
  return starts;
}

/**
 * The windows of each row of a data set, none across two rows. What is left at a row's end and fills no window is left
 * out, and so are rows shorter than a window. A window has its row's label, target values and group; labels a position
 * are cut like the values. With a horizon its answers are values, `[rows, targets, horizon]`, and windows with a missing one are
 * left out. `names` are the rows', by which splits keep windows that overlap on one side. Default: their numbers.
 *
 * @throws InputError for a window or hop that is no whole number of at least 1, and where no row is as long as a window
 */
export function slidingWindows(
  data: Dataset,
  { window, hop = window, horizon, target }: SlidingOptions,
  names: readonly string[] = Array.from({ length: data.rows }, (_, row) => String(row)),
): Dataset {
  for (const [what, value] of Object.entries({ window, hop, horizon: horizon ?? 1 }))
    if (!Number.isInteger(value) || value < 1)
      throw new InputError(`${what} is ${value}; it is a whole number of at least 1`);
  if (horizon === undefined) requirePositions(data);
  const series: number[] = [];
  const starts: number[] = [];
  for (let row = 0; row < data.rows; row++)
    for (const at of windowStarts(0, lengthOf(data, row) - (horizon ?? 0), window, hop)) {
      series.push(row);
      starts.push(at);
    }
  if (series.length === 0)
    throw new InputError(
      `${data.name}: the longest series has ${data.length} positions, and a window ${window}` +
        (horizon === undefined
          ? "; give a shorter window"
          : ` and ${horizon} after it; give a shorter window or horizon`),
    );
  if (horizon !== undefined) return forecasts(data, { window, horizon, target }, { names, series, starts });
  return cut(data, window, { names, series: Int32Array.from(series), start: Int32Array.from(starts) });
}

const lengthOf = ({ lengths, length }: Dataset, row: number): number => lengths?.[row] ?? length;

/** Target values of all windows: 1 GiB of f64. */
const MOST_TARGETS = 2 ** 27;

/** Windows with the values of some channels after them as answers. */
function forecasts(
  data: Dataset,
  { window, horizon, target }: { window: number; horizon: number; target?: SlidingOptions["target"] },
  all: {
    readonly names: readonly string[];
    readonly series: readonly number[];
    readonly starts: readonly number[];
  },
): Dataset {
  const channels = channelNumbers(
    data,
    target ?? Array.from({ length: data.channels }, (_, c) => c),
    "target",
    data.name,
  );
  const outputs = channels.length * horizon;
  if (!(all.series.length * outputs <= MOST_TARGETS))
    throw new InputError(
      `${data.name}: ${all.series.length} windows with ${outputs} target values each are more than ${MOST_TARGETS}; raise hop, or shorten the horizon`,
    );
  const values = new Float64Array(data.channels * horizon);
  const kept: number[] = [];
  const targets = new Float64Array(all.series.length * outputs);
  all.series.forEach((row, i) => {
    readRow(data, row, all.starts[i] + window, horizon, values, 0);
    const at = kept.length * outputs;
    channels.forEach((c, k) =>
      targets.set(values.subarray(c * horizon, (c + 1) * horizon), at + k * horizon),
    );
    if (targets.subarray(at, at + outputs).every(Number.isFinite)) kept.push(i);
  });
  const lost = all.series.length - kept.length;
  if (kept.length === 0)
    throw new InputError(`${data.name}: every window has a missing value among its targets; fill them in`);
  const named = target === undefined ? "every channel" : target.join(", ");
  const windows = cut(data, window, {
    names: all.names,
    series: Int32Array.from(kept, (i) => all.series[i]),
    start: Int32Array.from(kept, (i) => all.starts[i]),
    reach: horizon,
  });
  return noted(
    windows.with({
      answers: { kind: "values", targets: targets.slice(0, kept.length * outputs), outputs },
    }),
    [
      `targets: ${horizon} position${horizon === 1 ? "" : "s"} of ${named} after each window`,
      ...(data.answers.kind === "none" ? [] : ["the answers of the series themselves are left out"]),
      ...(lost > 0
        ? [`${lost} window${lost === 1 ? "" : "s"} with a missing value among the targets left out`]
        : []),
    ],
  );
}

/** Windows as a view of their series, with the answers that these have. */
function cut(data: Dataset, window: number, spans: Spans): Dataset {
  const { series, start } = spans;
  const { groups, rowWeights } = data;
  return data.with({
    series: new Float64Array(0),
    source: {
      rows: series.length,
      read: (i, from, count, into, at) => readRow(data, series[i], start[i] + from, count, into, at),
    },
    length: window,
    lengths: undefined,
    answers: spans.reach === undefined ? windowAnswers(data, spans, window) : { kind: "none" },
    spans,
    rowNames: undefined,
    groups: groups && Array.from(series, (row) => groups[row]),
    rowWeights: rowWeights && Float64Array.from(series, (row) => rowWeights[row]),
  });
}

/** Refuses labels a position that are not one for each value of a row: windows of both would not match. */
function requirePositions({ name, length, answers }: Dataset): void {
  if (answers.kind === "positions" && answers.positions !== length)
    throw new InputError(
      `${name}: rows have ${length} values and ${answers.positions} labels; windows want a label a value; make the counts agree`,
    );
}

/** The answers of windows: their row's, of labels a position those of the window. */
function windowAnswers({ answers }: Dataset, { series, start }: Spans, window: number): Answers {
  switch (answers.kind) {
    case "classes":
    case "multiLabel":
    case "values":
    case "none":
      return answersAt(answers, series);
    case "positions": {
      const labels = new Int32Array(series.length * window);
      series.forEach((row, i) => {
        const from = row * answers.positions + start[i];
        labels.set(answers.labels.subarray(from, from + window), i * window);
      });
      return labelled(answers.classes, labels, window);
    }
  }
}
