/** Rows with intervals that have names, made into rows to train on. */
import {
  dataset,
  InputError,
  labelsAt,
  positionsOf,
  readRow,
  slidingWindows,
  type Dataset,
  type Interval,
  type Positions,
  type Source,
} from "toeplitz";
import { summaryOf, type DataSummary } from "./data.ts";
import { dataShelf } from "./shelf.ts";

/** The intervals of a row. */
export interface MarkedRow {
  readonly row: number;
  readonly intervals: readonly Interval[];
}

/** How windows are made. */
export interface WindowChoices {
  /** Positions, or a time such as `2s`. */
  readonly window: Positions;
  readonly hop: Positions;
  /** A class for each window, which lies within one interval; or one for each position of windows of the whole row. */
  readonly answers: "a window" | "a position";
  /** The class of what no interval covers; null where that is left out (a window) or refused (a position). */
  readonly none: string | null;
}

interface Cut {
  readonly window: number;
  readonly hop: number;
  readonly none: string | null;
}

/** Windows of the rows that have intervals. */
async function windowsOf({
  id,
  marked,
  how,
}: {
  readonly id: string;
  readonly marked: readonly MarkedRow[];
  readonly how: WindowChoices;
}): Promise<DataSummary> {
  const data = dataShelf.get(id);
  const rows = marked.filter(({ intervals }) => intervals.length > 0);
  if (rows.length === 0)
    throw new InputError("no row has an interval; draw one, or load a file of annotations");
  const cut: Cut = {
    window: positionsOf(how.window, data.rate, "window", data.name),
    hop: positionsOf(how.hop, data.rate, "hop", data.name),
    none: how.none,
  };
  const made = how.answers === "a window" ? classedWindows(data, rows, cut) : placedWindows(data, rows, cut);
  const named = made.with({ name: `${data.name} windows` });
  return summaryOf(dataShelf.add(named), named);
}

const lengthOf = ({ lengths, length }: Dataset, row: number): number => lengths?.[row] ?? length;

const classesOf = (rows: readonly MarkedRow[], none: string | null): string[] => {
  const named = rows.flatMap(({ intervals }) => intervals.map(({ label }) => label));
  return [...new Set([...named, ...(none === null ? [] : [none])])].sort();
};

/** The intervals of a row with those between them, which are of class `none`. */
function filled(intervals: readonly Interval[], length: number, none: string | null): readonly Interval[] {
  if (none === null) return intervals;
  const all: Interval[] = [];
  let at = 0;
  for (const interval of intervals) {
    if (interval.start > at) all.push({ start: at, end: interval.start, label: none });
    all.push(interval);
    at = interval.end;
  }
  if (at < length) all.push({ start: at, end: length, label: none });
  return all;
}

/** Each interval is a series of its own, with its class: no window lies across two. */
function classedWindows(data: Dataset, marked: readonly MarkedRow[], how: Cut): Dataset {
  const parts = marked.flatMap(({ row, intervals }) =>
    filled(intervals, lengthOf(data, row), how.none).map((interval) => ({ row, ...interval })),
  );
  const long = parts.filter(({ start, end }) => end - start >= how.window);
  const short = parts.filter(({ start, end }) => end - start < how.window);
  if (long.length === 0)
    throw new InputError(
      `the longest of ${parts.length} intervals has ${Math.max(...parts.map(({ start, end }) => end - start))} positions, and a window ${how.window}; give a shorter window`,
    );
  const classes = [...new Set(long.map(({ label }) => label))].sort();
  const gone = [...new Set(short.map(({ label }) => label))].filter((label) => !classes.includes(label));
  const length = Math.max(...long.map(({ start, end }) => end - start));
  const source: Source = {
    rows: long.length,
    read: (i, from, count, into, at) => readRow(data, long[i].row, long[i].start + from, count, into, at),
  };
  const whole = dataset({
    ...sharedOf(data),
    source,
    length,
    lengths: Int32Array.from(long, ({ start, end }) => end - start),
    answers: {
      kind: "classes",
      classes,
      labels: Int32Array.from(long, ({ label }) => classes.indexOf(label)),
    },
    ...(data.groups && { groups: long.map(({ row }) => data.groups?.[row] ?? "") }),
    notes: [
      ...(data.notes ?? []),
      `windows of ${how.window} positions, one each ${how.hop}, within ${long.length} intervals${how.none === null ? "; what no interval covers is left out" : `; what no interval covers is of class "${how.none}"`}`,
      ...(short.length > 0
        ? [
            `${short.length} intervals are shorter than a window and are left out${gone.length > 0 ? `, with them all of ${gone.map((label) => `"${label}"`).join(", ")}` : ""}`,
          ]
        : []),
    ],
  });
  const names = long.map(({ row, start, end, label }) => `row ${row}, ${start} to ${end} (${label})`);
  return slidingWindows(whole, how, names);
}

/** Windows of whole rows, with a class a position. */
function placedWindows(data: Dataset, marked: readonly MarkedRow[], how: Cut): Dataset {
  const classes = classesOf(marked, how.none);
  const lengths = marked.map(({ row }) => lengthOf(data, row));
  const length = Math.max(...lengths);
  const labels = new Int32Array(marked.length * length).fill(-1);
  marked.forEach(({ intervals }, i) => {
    const annotations = intervals.map(({ start, end, label }) => ({
      onset: start,
      duration: end - start,
      text: label,
    }));
    labels.set(
      labelsAt(annotations, {
        length: lengths[i],
        rate: 1,
        classes,
        none: how.none ?? undefined,
        name: `row ${marked[i].row}`,
      }),
      i * length,
    );
  });
  const whole = dataset({
    ...sharedOf(data),
    source: {
      rows: marked.length,
      read: (i, from, count, into, at) => readRow(data, marked[i].row, from, count, into, at),
    },
    length,
    ...(lengths.some((n) => n !== length) && { lengths: Int32Array.from(lengths) }),
    answers: { kind: "positions", classes, labels, positions: length },
    ...(data.groups && { groups: marked.map(({ row }) => data.groups?.[row] ?? "") }),
    notes: [
      ...(data.notes ?? []),
      `windows of ${how.window} positions, one each ${how.hop}, with a class a position${how.none === null ? "" : `; what no interval covers is of class "${how.none}"`}`,
    ],
  });
  return slidingWindows(
    whole,
    how,
    marked.map(({ row }) => data.rowNames?.[row] ?? `row ${row}`),
  );
}

/** What windows have of their series. */
const sharedOf = ({ name, channels, channelNames, rate }: Dataset) => ({
  name,
  series: new Float64Array(0),
  channels,
  ...(channelNames && { channelNames }),
  ...(rate !== undefined && { rate }),
});

export const annotationHandlers = { windowsOf };
