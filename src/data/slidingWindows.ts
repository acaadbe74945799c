/**
 * Windows of equal length out of longer series. They are a view: a window is read from its series when it is wanted, so
 * a small hop costs no memory, and series that are not in memory stay where they are.
 */
import { answersAt, labelled, type Answers } from "./answers.ts";
import { readRow, type Dataset, type Spans } from "./dataset.ts";
import { InputError } from "./errors.ts";

/** How series are cut into windows of equal length. */
export interface SlidingOptions {
  /** Positions of a window, at least 1. */
  readonly window: number;
  /** Positions from one window to the next. Default: `window`, so that they do not overlap. */
  readonly hop?: number;
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
 * are cut like the values. `names` are the rows', by which splits keep windows that overlap on one side. Default: their numbers.
 *
 * @throws InputError for a window or hop that is no whole number of at least 1, and where no row is as long as a window
 */
export function slidingWindows(
  data: Dataset,
  { window, hop = window }: SlidingOptions,
  names: readonly string[] = Array.from({ length: data.rows }, (_, row) => String(row)),
): Dataset {
  for (const [what, value] of Object.entries({ window, hop }))
    if (!Number.isInteger(value) || value < 1)
      throw new InputError(`${what} is ${value}; it is a whole number of at least 1`);
  requirePositions(data);
  const series: number[] = [];
  const starts: number[] = [];
  for (let row = 0; row < data.rows; row++)
    for (const at of windowStarts(0, data.lengths?.[row] ?? data.length, window, hop)) {
      series.push(row);
      starts.push(at);
    }
  if (series.length === 0)
    throw new InputError(
      `${data.name}: the longest series has ${data.length} positions, and a window ${window}; give a shorter window`,
    );
  const spans: Spans = { names, series: Int32Array.from(series), start: Int32Array.from(starts) };
  const { groups, rowWeights } = data;
  return data.with({
    series: new Float64Array(0),
    source: {
      rows: series.length,
      read: (i, from, count, into, at) => readRow(data, series[i], starts[i] + from, count, into, at),
    },
    length: window,
    lengths: undefined,
    answers: windowAnswers(data, spans, window),
    spans,
    rowNames: undefined,
    groups: groups && series.map((row) => groups[row]),
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
