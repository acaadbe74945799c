/** Files to data sets, and what is shown of them. */
import {
  annotatedIntervals,
  InputError,
  splitRows,
  rowsOf,
  type CsvColumns,
  type DataFile,
  type Dataset,
  type Interval,
  type ReadFilesOptions,
  type SplitBy,
  type SplitRule,
} from "toeplitz";
import { dataShelf } from "./shelf.ts";

/** What this needs of the core, loaded when it is first asked for. */
const reading = () => import("./reading.ts");

/** What the page knows of a data set. */
export interface DataSummary {
  readonly id: string;
  readonly name: string;
  readonly rows: number;
  readonly channels: number;
  readonly channelNames?: readonly string[];
  readonly length: number;
  /** The length of the shortest row, where rows differ. */
  readonly shortest?: number;
  readonly rate?: number;
  readonly classes: readonly string[];
  /** Rows of each class; of classes a position, positions. */
  readonly counts: readonly number[];
  readonly answers: Dataset["answers"]["kind"];
  /** Groups (subjects, recordings) that rows are of; 0 where they have none. */
  readonly groups: number;
  /** How its rows are split where nobody says it. */
  readonly splitBy: SplitBy;
  /** What reading said of columns, rows and values. */
  readonly notes: readonly string[];
}

export function summaryOf(id: string, data: Dataset): DataSummary {
  const { answers, lengths, groups, spans } = data;
  const counts = data.classes.map(() => 0);
  for (const label of data.labels) if (label >= 0) counts[label]++;
  if (answers.kind === "multiLabel")
    answers.targets.forEach((mark, i) => (counts[i % counts.length] += mark));
  return {
    id,
    name: data.name,
    rows: data.rows,
    channels: data.channels,
    ...(data.channelNames && { channelNames: data.channelNames }),
    length: data.length,
    ...(lengths && { shortest: lengths.reduce((a, b) => Math.min(a, b)) }),
    ...(data.rate !== undefined && { rate: data.rate }),
    classes: data.classes,
    counts,
    answers: answers.kind,
    groups: groups ? new Set(groups).size : 0,
    splitBy: groups ? "group" : spans ? "time" : "class",
    notes: data.notes ?? [],
  };
}

/** A file that was dropped or chosen; `path` is its place below the folder that was. */
export interface GivenFile {
  readonly path: string;
  readonly file: File;
}

/** What files hold. */
export interface Opened {
  readonly train: DataSummary;
  readonly test: DataSummary | null;
  /** Intervals with a name in the one recording that there is, in its samples. */
  readonly intervals: readonly Interval[];
}

/** Unpacked bytes of a `.gz` at most. */
const MOST_UNPACKED = 2 ** 30;

async function bytesOf({ path, file }: GivenFile): Promise<Uint8Array> {
  if (file.size === 0) throw new InputError(`${path}: the file is empty; give another`);
  if (!/\.gz$/i.test(path)) return new Uint8Array(await file.arrayBuffer());
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = file.stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  for (;;) {
    let part: ReadableStreamReadResult<Uint8Array>;
    try {
      part = await reader.read();
    } catch {
      throw new InputError(`${path}: it does not unpack as gzip; is the file cut short? give it whole`);
    }
    if (part.done) break;
    size += part.value.length;
    if (size > MOST_UNPACKED) {
      await reader.cancel();
      throw new InputError(`${path}: it unpacks to more than ${MOST_UNPACKED} bytes; give a smaller file`);
    }
    parts.push(part.value);
  }
  const all = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const dataFile = (given: GivenFile): DataFile => ({
  name: given.path.replace(/\.gz$/i, ""),
  read: () => bytesOf(given),
});

const ANNOTATION = /\.(csv|tsv|txt|json|atr)$/i;
const RECORDING = /\.(wav|flac|edf|bdf|rec|hea|npy)$/i;

/** Files of annotations beside one recording. */
function annotationsAmong(files: readonly GivenFile[]): readonly GivenFile[] {
  const recordings = files.filter(({ path }) => RECORDING.test(path));
  return recordings.length === 1 ? files.filter(({ path }) => ANNOTATION.test(path)) : [];
}

async function open({
  files,
  how,
}: {
  readonly files: readonly GivenFile[];
  readonly how: ReadFilesOptions;
}): Promise<Opened> {
  const noted = annotationsAmong(files);
  if (noted.length > 1)
    throw new InputError(
      `${noted.map(({ path }) => path).join(" and ")} both may annotate the recording; give one of them`,
    );
  const own = files.filter((file) => !noted.includes(file));
  const { readFiles } = await reading();
  const { train, test } = await readFiles(own.map(dataFile), how);
  const { intervals, notes } = await intervalsBeside(noted[0], own, train);
  const told = notes.length > 0 ? train.with({ notes: [...(train.notes ?? []), ...notes] }) : train;
  return {
    train: summaryOf(dataShelf.add(told), told),
    test: test && summaryOf(dataShelf.add(test), test),
    intervals,
  };
}

/** The intervals of the one recording that there is: of the file beside it, or its own, where it is EDF+ or BDF+. */
async function intervalsBeside(
  beside: GivenFile | undefined,
  own: readonly GivenFile[],
  train: Dataset,
): ReturnType<typeof intervalsIn> {
  if (beside) return intervalsIn(await bytesOf(beside), beside.path, train, {});
  const none = { intervals: [], notes: [] };
  const [alone] = own;
  if (own.length !== 1 || !/\.(edf|bdf|rec)$/i.test(alone.path) || train.rows !== 1) return none;
  const bytes = await bytesOf(alone);
  if (!/^[EB]DF\+/.test(new TextDecoder("latin1").decode(bytes.subarray(192, 236)))) return none;
  try {
    return await intervalsIn(bytes, alone.path, train, {});
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { intervals: [], notes: [`its annotations are not drawn: ${error.message}`] };
  }
}

/** How a file of annotations is read. */
export interface AnnotationChoices {
  readonly unit?: "s" | "ms" | "samples";
  readonly of?: "beats" | "rhythms";
}

async function intervalsIn(
  bytes: Uint8Array,
  file: string,
  { length, rate, lengths }: Dataset,
  how: AnnotationChoices,
  row = 0,
): Promise<{ readonly intervals: readonly Interval[]; readonly notes: readonly string[] }> {
  const { parseAnnotations } = await reading();
  const { unit, annotations, notes } = parseAnnotations(bytes, file, how);
  if (unit === "s" && rate === undefined)
    throw new InputError(
      `${file}: its annotations are in seconds, but the sampling rate of the recording is not known; give it (samples a second)`,
    );
  const intervals = annotatedIntervals(annotations, {
    length: lengths?.[row] ?? length,
    rate: unit === "s" && rate !== undefined ? rate : 1,
    name: file,
  });
  return { intervals, notes: notes.map((note) => `${file}: ${note}`) };
}

/** Annotations of a row, from a file. */
async function readAnnotations({
  id,
  row,
  file,
  how,
}: {
  readonly id: string;
  readonly row: number;
  readonly file: File;
  readonly how: AnnotationChoices;
}): Promise<{ readonly intervals: readonly Interval[]; readonly notes: readonly string[] }> {
  return intervalsIn(await bytesOf({ path: file.name, file }), file.name, dataShelf.get(id), how, row);
}

/** What becomes of the columns of a table. */
async function columns({
  given,
  how,
}: {
  readonly given: GivenFile;
  readonly how: ReadFilesOptions;
}): Promise<CsvColumns> {
  const { axes: _, variable: __, rate: ___, window, hop, horizon, ...table } = how;
  const { csvColumns } = await reading();
  return csvColumns(await bytesOf(given), {
    ...table,
    name: given.path,
    // how long windows are says nothing of columns; that there are some says that rows are time steps
    ...(window !== undefined && { window: 1 }),
    ...(hop !== undefined && { hop: 1 }),
    ...(horizon !== undefined && { horizon: 1 }),
  });
}

/** MNIST-1D, as published. */
async function example(): Promise<Opened> {
  const { mnist1d } = await reading();
  const { train, test } = mnist1d();
  return {
    train: summaryOf(dataShelf.add(train), train),
    test: summaryOf(dataShelf.add(test), test),
    intervals: [],
  };
}

/** How rows are divided. */
export interface SplitChoices {
  /** The share of the rows that is held back to test on; 0 of none. */
  readonly test: number;
  /** The share of the other rows that training holds back to choose by; 0 of none. */
  readonly validation: number;
  readonly seed: number;
  readonly rule: SplitRule;
}
export interface Divided {
  readonly train: DataSummary;
  readonly test: DataSummary | null;
  /** Rows of each class that training learns from, and that it holds back. */
  readonly learned: readonly number[];
  readonly held: readonly number[];
  /** Rows in none of the parts. */
  readonly apart: number;
}

/** The rows divided: the part to test on as a data set of its own; the one that training holds back by its counts. */
async function split({ id, how }: { readonly id: string; readonly how: SplitChoices }): Promise<Divided> {
  const data = dataShelf.get(id);
  const share = (what: string, value: number): void => {
    if (!(value >= 0 && value < 1))
      throw new InputError(`${what} is ${value}; it is a share of the rows, of at least 0 and below 1`);
  };
  share("the part to test on", how.test);
  share("the part to validate on", how.validation);
  const parts = how.test > 0 ? splitRows(data, how.test, how.seed, how.rule) : null;
  const train = parts ? rowsOf(data, parts.train) : data;
  const test = parts && rowsOf(data, parts.test);
  const inner = how.validation > 0 ? splitRows(train, how.validation, how.seed, how.rule) : null;
  const countsOf = (of: Dataset): readonly number[] => {
    const { counts } = summaryOf("", of);
    return counts.length > 0 ? counts : [of.rows];
  };
  return {
    train: summaryOf(parts ? dataShelf.add(train) : id, train),
    test: test && summaryOf(dataShelf.add(test), test),
    learned: countsOf(inner ? rowsOf(train, inner.train) : train),
    held: inner ? countsOf(rowsOf(train, inner.test)) : [],
    apart: parts ? data.rows - parts.train.length - parts.test.length : 0,
  };
}

/** Data sets that nobody shows any more. */
async function forget({ ids }: { readonly ids: readonly string[] }): Promise<void> {
  for (const id of ids) dataShelf.remove(id);
}

export const dataHandlers = { open, columns, example, split, forget, readAnnotations };
