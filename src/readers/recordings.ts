/** Recordings, one row a file: what their places and names say, and one rate for all. */
import { leastOf } from "../numerics/extremes.ts";
import { listed } from "../data/channelNames.ts";
import { dataset, noted, type Dataset } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { LabelNames } from "./labelNames.ts";
import { resample } from "./resample.ts";
import { SeriesRows } from "../data/seriesRows.ts";
import type { Signals } from "./signals.ts";
import type { Recording } from "./wav.ts";

/** What the path of a recording says of it. */
export interface Mark {
  readonly label: string;
  /** Who or what it comes from; null where the name does not say it. */
  readonly group: string | null;
}

/** What names class and group in a path, in place of the rule of `markOf`: the first group of the expression, or all of it. */
export interface MarkPatterns {
  readonly label?: RegExp;
  readonly group?: RegExp;
}

/**
 * In a folder of folders the class is the folder, and the group what stands before the first `_` of the file's name:
 * `yes/0a7c2a8d_nohash_0.wav`. In one folder the class is what stands before the first `_` or `-` of the name, and the
 * group what stands before the second, where a third part follows: `7_theo_12.wav`. `path` is below the folder that was
 * given, parted by "/". Null where it names no class.
 */
export function markOf(path: string, patterns: MarkPatterns = {}): Mark | null {
  const found = (pattern: RegExp): string | null => {
    const match = pattern.exec(path);
    return match && (match[1] ?? match[0]);
  };
  const named = patterns.label ? { label: found(patterns.label), group: null } : nameMark(path);
  const label = named?.label ?? "";
  const group = patterns.group ? found(patterns.group) : (named?.group ?? null);
  return label === "" ? null : { label, group };
}

function nameMark(path: string): Mark | null {
  const parts = path.split("/");
  const words = (parts.pop() ?? "").replace(/\.[^.]*$/, "").split(/[_-]/);
  const folder = parts.pop();
  if (folder !== undefined) return { label: folder, group: words.length > 1 ? words[0] : null };
  if (words.length < 2 || words[0] === "") return null;
  return { label: words[0], group: words.length > 2 ? words[1] : null };
}

/** A file and how to read it; `rate` is null of what has none. */
export interface RecordingFile {
  readonly file: string;
  readonly mark: Mark;
  readonly read: () => Promise<
    Omit<Recording, "rate"> & { readonly rate: number | null; readonly bytes: number } & Partial<
        Pick<Signals, "channelNames">
      >
  >;
}

/**
 * The data set of some files. Rates that differ become the lowest of them, so that none invents what was not recorded. Files
 * are read once, and once more where rates differ. Signals with names have the same in the same order. `groups` are there where every file has one. Throws InputError,
 * naming the file.
 */
export async function fromRecordings(name: string, files: readonly RecordingFile[]): Promise<Dataset> {
  const first = await gatherRows(files, null);
  const { rows, channels, channelNames, notes, bytes } = first.isOneRate
    ? first
    : await gatherRows(files, first.lowest);
  const labels = new LabelNames();
  for (const { mark } of files) labels.add(mark.label);
  const groups = files.flatMap(({ mark }) => mark.group ?? []);
  const data = dataset({
    name,
    ...rows.dense(channels, bytes),
    channels,
    channelNames,
    ...(first.rate !== null && { rate: first.rate }),
    answers: labels.finish(),
    ...(groups.length === files.length && { groups }),
    rowNames: files.map(({ file }) => file),
  });
  return noted(data, [
    ...(first.isOneRate
      ? []
      : [`${name}: recordings of ${first.rates.join(", ")} Hz are resampled to ${first.lowest} Hz`]),
    ...notes,
  ]);
}

/** A note of the first file that has one, and how many others have one too. */
const firstNote = (notes: readonly string[]): string[] =>
  notes.length > 1 ? [`${notes[0]} (and ${notes.length - 1} more such notes of other files)`] : [...notes];

/** The rows of all files, at the rate `to`, or as they are. */
async function gatherRows(
  files: readonly RecordingFile[],
  to: number | null,
): Promise<{
  rows: SeriesRows;
  channels: number;
  channelNames?: readonly string[];
  notes: readonly string[];
  bytes: number;
  isOneRate: boolean;
  rates: readonly number[];
  lowest: number | null;
  /** That of all files, at the end; null where one has none. */
  rate: number | null;
}> {
  const rows = new SeriesRows((at) => files[at].file);
  let channels = 0;
  let channelNames: readonly string[] | undefined;
  let bytes = 0;
  const rates = new Set<number | null>();
  const notes: string[] = [];
  for (const [at, { file, read }] of files.entries()) {
    const recording = await read();
    if (channels === 0) ({ channels } = recording);
    if (recording.channels !== channels)
      throw new InputError(
        `${file}: it has ${recording.channels} channels, but ${files[0].file} has ${channels}; all have the same; convert it`,
      );
    if (at === 0) ({ channelNames } = recording);
    if (String(recording.channelNames) !== String(channelNames))
      throw new InputError(
        `${file}: its channels are ${namesText(recording.channelNames)}, those of ${files[0].file} ${namesText(channelNames)}; all have the same in one order; choose them with --channels`,
      );
    bytes += recording.bytes;
    rates.add(recording.rate);
    for (const note of recording.notes ?? []) notes.push(`${file}: ${note}`);
    if (to === null && rates.size > 1) continue; // all are read again at one rate
    const lines = Array.from({ length: channels }, (_, c) => {
      const line = recording.samples.subarray(c * recording.length, (c + 1) * recording.length);
      return to === null || recording.rate === null ? line : resampled(line, recording.rate, to, file);
    });
    for (const line of lines) for (const sample of line) rows.push(sample);
    rows.endRow(lines[0].length, at);
  }
  const known = [...rates].filter((rate) => rate !== null);
  const lowest = known.length ? leastOf(known) : null;
  return {
    rows,
    channels,
    channelNames,
    notes: firstNote(notes),
    bytes,
    isOneRate: rates.size === 1,
    rates: known,
    lowest,
    rate: rates.has(null) ? null : lowest,
  };
}

const namesText = (names: readonly string[] | undefined): string => (names ? listed(names) : "without names");

function resampled(line: Float64Array, from: number, to: number, file: string): Float64Array {
  try {
    return resample(line, from, to);
  } catch (error) {
    if (error instanceof InputError) throw new InputError(`${file}: ${error.message}`);
    throw error;
  }
}
