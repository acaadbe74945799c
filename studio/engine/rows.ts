/** Rows of a data set, as they are listed and drawn, and what their values are like. */
import { chunks, gather, InputError, type Dataset } from "toeplitz";
import { pyramidOf, type Pyramid } from "../ui/pyramid.ts";
import { Handed, type Context } from "./context.ts";
import { dataShelf } from "./shelf.ts";

/** A row in a list. */
export interface RowTold {
  readonly row: number;
  /** What it is called: its file, of recordings; its number of others. */
  readonly name: string;
  /** Its class, classes or values; empty where it has none. */
  readonly answer: string;
  readonly length: number;
  readonly group: string;
}

/** Rows that a list asks for at most. */
const MOST_ROWS = 1000;

/** Rows of each class in order, found once. */
const byClass = new WeakMap<Dataset, Map<number, Int32Array>>();

function rowsOfClass(data: Dataset, wanted: number): Int32Array {
  const found = byClass.get(data) ?? new Map<number, Int32Array>();
  byClass.set(data, found);
  const known = found.get(wanted);
  if (known) return known;
  const { answers, rows } = data;
  const all = Int32Array.from({ length: rows }, (_, row) => row);
  const own = all.filter((row) => {
    if (answers.kind === "classes") return answers.labels[row] === wanted;
    if (answers.kind === "multiLabel") return answers.targets[row * answers.classes.length + wanted] === 1;
    if (answers.kind === "positions")
      return answers.labels.subarray(row * answers.positions, (row + 1) * answers.positions).includes(wanted);
    return true;
  });
  found.set(wanted, own);
  return own;
}

function answerText(data: Dataset, row: number): string {
  const { answers } = data;
  switch (answers.kind) {
    case "classes":
      return answers.classes[answers.labels[row]] ?? "";
    case "positions": {
      const own = answers.labels.subarray(row * answers.positions, (row + 1) * answers.positions);
      return [...new Set(own)].flatMap((label) => answers.classes[label] ?? []).join(", ");
    }
    case "multiLabel":
      return answers.classes
        .filter((_, k) => answers.targets[row * answers.classes.length + k] === 1)
        .join(", ");
    case "values":
      return [...answers.targets.subarray(row * answers.outputs, row * answers.outputs + 4)]
        .map((value) => Number(value.toPrecision(5)))
        .join(", ")
        .concat(answers.outputs > 4 ? ", ..." : "");
    case "none":
      return "";
  }
}

/** Some of the rows, of one class or of all, and how many there are of it. */
async function listRows({
  id,
  ofClass,
  from,
  count,
}: {
  readonly id: string;
  readonly ofClass: number | null;
  readonly from: number;
  readonly count: number;
}): Promise<{ readonly of: number; readonly rows: readonly RowTold[] }> {
  const data = dataShelf.get(id);
  const chosen = ofClass === null ? null : rowsOfClass(data, ofClass);
  const of = chosen ? chosen.length : data.rows;
  const last = Math.min(of, from + Math.min(count, MOST_ROWS));
  const rows: RowTold[] = [];
  for (let i = Math.max(0, from); i < last; i++) {
    const row = chosen ? chosen[i] : i;
    const { spans } = data;
    rows.push({
      row,
      name:
        data.rowNames?.[row] ??
        (spans ? `from ${spans.start[row]}: ${spans.names[spans.series[row]]}` : `row ${row}`),
      answer: answerText(data, row),
      length: data.lengths?.[row] ?? data.length,
      group: data.groups?.[row] ?? "",
    });
  }
  return { of, rows };
}

/** A row to draw. */
export interface RowDrawn {
  readonly row: number;
  readonly channels: readonly { readonly name: string; readonly pyramid: Pyramid }[];
  /** Stretches of one class, where positions have classes. */
  readonly stretches: readonly { readonly from: number; readonly to: number; readonly class: number }[];
}

/** Some channels of a row, all of their values. */
async function drawRow({
  id,
  row,
  channels,
}: {
  readonly id: string;
  readonly row: number;
  readonly channels: readonly number[];
}): Promise<Handed<RowDrawn>> {
  const data = dataShelf.get(id);
  if (!(row >= 0 && row < data.rows)) throw new InputError(`there is no row ${row}; there are ${data.rows}`);
  const { series } = gather(data, [row]);
  const length = data.lengths?.[row] ?? data.length;
  const drawn = channels.map((c) => ({
    name: data.channelNames?.[c] ?? (data.channels === 1 ? "value" : `channel ${c}`),
    pyramid: pyramidOf(series.slice(c * data.length, c * data.length + length)),
  }));
  return new Handed(
    { row, channels: drawn, stretches: stretchesIn(data, row, length) },
    drawn.flatMap(({ pyramid }) => [pyramid.values, ...pyramid.levels].map(({ buffer }) => buffer)),
  );
}

function stretchesIn({ answers }: Dataset, row: number, length: number): RowDrawn["stretches"] {
  if (answers.kind !== "positions") return [];
  const { labels, positions } = answers;
  const found: { from: number; to: number; class: number }[] = [];
  let from = 0;
  const last = Math.min(positions, length);
  for (let t = 1; t <= last; t++) {
    const own = labels[row * positions + from];
    if (t < last && labels[row * positions + t] === own) continue;
    if (own >= 0) found.push({ from, to: t, class: own });
    from = t;
  }
  return found;
}

/** What the values of a channel are like, over all rows. */
export interface ChannelTold {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly mean: number;
  /** Standard deviation. */
  readonly deviation: number;
  /** Values that are missing within rows. */
  readonly missing: number;
  /** How many values are in each of equal parts of `least` to `most`. */
  readonly histogram: readonly number[];
}

const BINS = 40;
/** Channels that are looked at, of many. */
const MOST_CHANNELS = 64;

interface Sums {
  count: number;
  missing: number;
  least: number;
  most: number;
  mean: number;
  squares: number;
  readonly bins: Float64Array;
}

/** The values of each channel, in two passes; gives way to other questions between chunks. */
async function channelsOf(
  { id }: { readonly id: string },
  { signal }: Context,
): Promise<readonly ChannelTold[]> {
  const data = dataShelf.get(id);
  const count = Math.min(data.channels, MOST_CHANNELS);
  const sums = Array.from({ length: count }, (): Sums => ({
    count: 0,
    missing: 0,
    least: Infinity,
    most: -Infinity,
    mean: 0,
    squares: 0,
    bins: new Float64Array(BINS),
  }));
  const each = async (take: (sum: Sums, values: Float64Array) => void): Promise<void> => {
    for (const { series, rows, first } of chunks(data)) {
      for (let r = 0; r < rows; r++) {
        const length = data.lengths?.[first + r] ?? data.length;
        for (let c = 0; c < count; c++) {
          const at = (r * data.channels + c) * data.length;
          take(sums[c], series.subarray(at, at + length));
        }
      }
      await new Promise((resolve) => setTimeout(resolve));
      if (signal.aborted) throw new InputError("stopped");
    }
  };
  await each((sum, values) => {
    for (const value of values) {
      if (Number.isNaN(value)) {
        sum.missing++;
        continue;
      }
      sum.count++;
      if (value < sum.least) sum.least = value;
      if (value > sum.most) sum.most = value;
      const before = value - sum.mean; // Welford
      sum.mean += before / sum.count;
      sum.squares += before * (value - sum.mean);
    }
  });
  await each((sum, values) => {
    const scale = BINS / (sum.most - sum.least || 1);
    for (const value of values)
      if (!Number.isNaN(value)) sum.bins[Math.min(BINS - 1, Math.floor((value - sum.least) * scale))]++;
  });
  return sums.map(({ count: n, missing, least, most, mean, squares, bins }, c) => ({
    name: data.channelNames?.[c] ?? (data.channels === 1 ? "value" : `channel ${c}`),
    least,
    most,
    mean,
    deviation: Math.sqrt(squares / n),
    missing,
    histogram: [...bins],
  }));
}

export const rowHandlers = { listRows, drawRow, channelsOf };
