/**
 * Files that are given together, wherever JavaScript runs: their names say how they belong together, by the rules of a folder
 * on the command line. What is not read here (Parquet, Arrow, JSON, HDF5, MP3: they want Node or an optional decoder) is said.
 */
import { chooseChannels } from "../data/matchChannels.ts";
import { noted, type Dataset } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { longRowText } from "../data/longRow.ts";
import { slidingWindows } from "../data/slidingWindows.ts";
import { readCsvFiles, type ReadCsvOptions } from "./csv/readCsv.ts";
import { datasetName } from "./datasetName.ts";
import { cutAt, type Cut, type Positions } from "../data/durations.ts";
import { isMp3 } from "./mp3.ts";
import { isNpy, numbersOf, parseNpy } from "./npy.ts";
import { fromNumpy, type Parts } from "./numpyData.ts";
import { pairOf } from "./pairFolder.ts";
import {
  parseParts,
  parseRecording,
  recordingEndings,
  refuseAnswers,
  refuseArrayOptions,
  type ParseOptions,
} from "./read.ts";
import { fromRecordings, markOf, type RecordingFile } from "./recordings.ts";
import { signalsData, type Signals } from "./signals.ts";
import { listOf, tableOptionNames } from "./tables/columns.ts";
import { isWfdbHeader, parseWfdb, parseWfdbHeader } from "./wfdb.ts";

/** A file by name, which is read when it is wanted. */
export interface DataFile {
  /** Its name, or its path below the folder that was given, parted by "/". */
  readonly name: string;
  /** Its bytes. */
  readonly read: () => Promise<Uint8Array>;
}

/** How files are read: of tables as `readCsv`, of others as `parseDataset`, and what goes for all. */
export interface ReadFilesOptions extends Omit<ReadCsvOptions, "name" | keyof Cut>, ParseOptions {
  /** Samples a second (Hz) of a source that does not say it. */
  readonly rate?: number;
  /** Cuts each series into windows of so many positions, or of a time such as `2s`. Default: series stay whole. */
  readonly window?: Positions;
  /** From one window to the next. Default: `window`. */
  readonly hop?: Positions;
  /** Forecasts: the answers of a window are the values of `target` (default: of every channel) at so many positions after it. */
  readonly horizon?: Positions;
}

const endings = [...recordingEndings, "mp3", "hea", "npy"];
const RECORDING = new RegExp(`\\.(${endings.join("|")})$`, "i");
const CSV = /\.csv$/i;
const TEXT = /\.(csv|tsv|txt)$/i;

/** Whether a file is read as a table by these options: UCR's .tsv and .txt are other files, which name no column. */
export const isTable = (name: string, options: ReadFilesOptions): boolean =>
  CSV.test(name) || (TEXT.test(name) && askedOf(options).length > 0);

/** Options of tables that are given; with a horizon the target is a channel, which every file has. */
const askedOf = (options: ReadFilesOptions): string[] =>
  tableOptionNames.filter(
    (name) =>
      name !== "sql" && options[name] !== undefined && !(name === "target" && options.horizon !== undefined),
  );

/**
 * The data set in some files, and the part to test on where they have one: a file; a WFDB record (`.hea` and its `.dat`);
 * `NAME_TRAIN` and `NAME_TEST`; `x_train.npy` with `y_train.npy`, `x_test.npy` and `y_test.npy`; several `.csv` files of the
 * same columns, as one table; recordings, each a row with its class by its folder or name, without one where no name has
 * it. Files that begin with "." and what belongs to none of these are left out, with a note.
 *
 * @throws InputError in one line that names the file and the place, also for a choice that the files have not
 */
export async function readFiles(files: readonly DataFile[], options: ReadFilesOptions = {}): Promise<Parts> {
  requireWindow(options);
  const { length } = folderOf(files);
  const isHidden = ({ name }: DataFile): boolean => /(^|\/)\.|(^|\/)_[^/]*\//.test(name.slice(length));
  const given = files.filter((file) => !isHidden(file)).sort((a, b) => (a.name < b.name ? -1 : 1));
  if (given.length === 0)
    throw new InputError(
      "there is no file to read (names that begin with ., and folders that begin with _, are left out); give one",
    );
  const { parts, used } = await partsIn(given, options);
  const left = files.filter((file) => !used.includes(file)).map(({ name }) => name);
  const notes = left.length > 0 ? [`files that are left out: ${someNames(left)}`] : [];
  return { ...parts, train: noted(parts.train, notes) };
}

/** What is said of windows is not left unheard where there are none. */
function requireWindow({ window, hop, horizon }: ReadFilesOptions): void {
  if (window !== undefined) return;
  if (hop !== undefined)
    throw new InputError("hop is given without window; it is the step from window to window; give both");
  if (horizon !== undefined)
    throw new InputError(
      "horizon is given without window; a forecast is of what comes after a window; give both",
    );
}

/** The parts, and the files that they are of. */
interface Found {
  readonly parts: Parts;
  readonly used: readonly DataFile[];
}

async function partsIn(files: readonly DataFile[], options: ReadFilesOptions): Promise<Found> {
  if (files.length === 1) return { parts: await readOne(files[0], files, options), used: files };
  const named = (name: string): DataFile => files.find((file) => baseOf(file) === name) ?? files[0];
  const pair = pairOf(files.map(baseOf), "the files");
  if (pair) {
    const [train, test] = [named(pair.train), named(pair.test)];
    const first = await readOne(train, files, options);
    const second = await readOne(test, files, options);
    const both = { train: noted(first.train, pair.notes), test: noted(second.train, pair.notes) };
    return { parts: both, used: [train, test] };
  }
  const arrays = files.find((file) => /^x(_train)?\.npy$/i.test(baseOf(file)));
  if (arrays)
    return {
      parts: await readOne(arrays, files, options),
      used: files.filter((file) => /^[xy](_train|_test)?\.npy$/i.test(baseOf(file))),
    };
  const recordings = files.filter(({ name }) => RECORDING.test(name));
  const records = files.filter(({ name }) => /\.(dat|hea)$/i.test(name));
  if (recordings.length === 1) {
    const used = [recordings[0], ...(/\.hea$/i.test(recordings[0].name) ? records : [])];
    return { parts: await readOne(recordings[0], files, options), used };
  }
  if (recordings.length > 1)
    return {
      parts: finished(await readRecordings(recordings, files, options), options, "the recordings"),
      used: [...recordings, ...(recordings.some(({ name }) => /\.hea$/i.test(name)) ? records : [])],
    };
  const tables = files.filter(({ name }) => isTable(name, options));
  if (tables.length > 0) return { parts: await readTables(tables, options), used: tables };
  const rest = files.filter(({ name }) => !/\.(md|pdf|html?|json|ya?ml|sh|py|png|jpe?g)$/i.test(name));
  if (rest.length === 1) return { parts: await readOne(rest[0], files, options), used: rest };
  throw new InputError(
    `${files.length} files (${someNames(files.map(({ name }) => name))}) are neither recordings (${endings.map((e) => `.${e}`).join(", ")}), ` +
      "nor tables (.csv), nor NAME_TRAIN and NAME_TEST, nor x_train.npy and what belongs to it; give one file, or such files",
  );
}

/** The part of a path after its last "/". */
const baseOf = ({ name }: DataFile): string => name.slice(name.lastIndexOf("/") + 1);

/** A file that stands beside another, in its folder, whatever the case of its name; undefined where none does. */
function beside(file: DataFile, name: string, files: readonly DataFile[]): DataFile | undefined {
  const path = file.name.slice(0, file.name.lastIndexOf("/") + 1) + name;
  return (
    files.find((other) => other.name === path) ??
    files.find((other) => other.name.toLowerCase() === path.toLowerCase())
  );
}

async function readOne(
  file: DataFile,
  files: readonly DataFile[],
  options: ReadFilesOptions,
): Promise<Parts> {
  const { name } = file;
  if (isTable(name, options)) return readTables([file], options);
  const odd = askedOf(options).filter((option) => option !== "channels");
  if (odd.length > 0)
    throw new InputError(
      `${name}: ${odd.join(", ")}: only tables (.csv, .tsv, .txt) have columns; leave it out`,
    );
  const bytes = await file.read();
  const { axes, answers, channels, variable } = options;
  if (isWfdbHeader(bytes, name)) {
    refuseArrayOptions(options, name);
    const train = signalsData(await readWfdb(bytes, file, files, options), name);
    return finished({ train, test: null }, options, name);
  }
  if (isMp3(bytes)) throw mp3(name);
  const parts =
    isNpy(bytes) && variable === undefined
      ? await readArrays(file, bytes, files, options)
      : parseParts(bytes, name, { axes, answers, channels, variable });
  return finished(parts, options, name);
}

const mp3 = (name: string): InputError =>
  new InputError(
    `${name}: it is MP3, which is decoded on the command line alone (with the package mpg123-decoder); convert it to WAV or FLAC`,
  );

/** Parts with the rate, the channels and the windows that are asked for. */
function finished({ train, test, ...rest }: Parts, options: ReadFilesOptions, where: string): Parts {
  const { channels, target } = options;
  const prepared = (data: Dataset): Dataset => {
    const rated = withRate(data, options.rate, where);
    const chosen = channels ? chooseChannels(rated, channels, where) : rated;
    const { window, ...step } = cutAt(options, chosen.rate, where, "");
    if (window !== undefined)
      return slidingWindows(
        chosen,
        { window, ...step, ...(target !== undefined && { target: listOf(target) }) },
        chosen.rowNames,
      );
    const long = chosen.rowNames ? longRowText(chosen) : null;
    return noted(chosen, long === null ? [] : [long]);
  };
  return { ...rest, train: prepared(train), test: test && prepared(test) };
}

function withRate(data: Dataset, rate: number | undefined, where: string): Dataset {
  if (rate === undefined || rate === data.rate) return data;
  if (!(rate > 0 && rate < Infinity))
    throw new InputError(`${where}: rate is ${rate}; it is a number of samples a second above 0; correct it`);
  if (data.rate !== undefined)
    throw new InputError(`${where}: it has ${data.rate} Hz, but rate is ${rate}; leave it out`);
  return data.with({ rate });
}

/** CSV files as one table. */
async function readTables(files: readonly DataFile[], options: ReadFilesOptions): Promise<Parts> {
  const { window, hop, horizon, rate, variable, axes, ...table } = options;
  const name = files.length === 1 ? files[0].name : `${files[0].name} and ${files.length - 1} more`;
  if (variable !== undefined)
    throw new InputError(`${name}: variable: only MATLAB files (.mat) have variables; leave it out`);
  refuseArrayOptions({ axes }, name);
  const own: { name: string; bytes: Uint8Array }[] = [];
  for (const file of files) own.push({ name: file.name, bytes: await file.read() });
  const data = await readCsvFiles(name, own, {
    ...table,
    ...cutAt({ window, hop, horizon }, rate, name, ""),
  });
  return { train: withRate(data.with({ name: datasetName(files[0].name) }), rate, name), test: null };
}

/** `x_train.npy` with its answers in `y_train.npy`, and its part to test on, each where it is there. */
async function readArrays(
  file: DataFile,
  bytes: Uint8Array,
  files: readonly DataFile[],
  options: ReadFilesOptions,
): Promise<Parts> {
  const part = async (x: DataFile, own?: Uint8Array): Promise<Dataset> => {
    const base = baseOf(x);
    const y = /^x/i.test(base) ? beside(x, `y${base.slice(1)}`, files) : undefined;
    if (!y) refuseAnswers(options, x.name);
    return fromNumpy(
      parseNpy(own ?? (await x.read()), x.name),
      y ? parseNpy(await y.read(), y.name) : null,
      datasetName(x.name),
      { axes: options.axes, answers: options.answers },
    );
  };
  const base = baseOf(file);
  const testBase = base.replace(/^x_train/i, "x_test");
  const test = testBase === base ? undefined : beside(file, testBase, files);
  return { train: await part(file, bytes), test: test ? await part(test) : null };
}

/** A WFDB record with its files of samples, which stand beside the header. */
async function readWfdb(
  bytes: Uint8Array,
  file: DataFile,
  files: readonly DataFile[],
  options: ReadFilesOptions,
): Promise<Signals> {
  const header = parseWfdbHeader(bytes, file.name);
  const samples = new Map<string, Uint8Array>();
  for (const { file: name } of header.signals) {
    if (samples.has(name)) continue;
    const found = beside(file, name, files);
    if (!found)
      throw new InputError(`${file.name}: its samples are in ${name}, which is not there; give both files`);
    samples.set(name, await found.read());
  }
  const { channels } = options;
  return parseWfdb(header, file.name, (name) => samples.get(name) ?? new Uint8Array(0), { channels });
}

/** Recordings, a row each; their classes by their names, or none where no name has one. */
async function readRecordings(
  recordings: readonly DataFile[],
  files: readonly DataFile[],
  options: ReadFilesOptions,
): Promise<Parts> {
  refuseArrayOptions(options, recordings[0].name);
  const folder = folderOf(recordings);
  const marks = recordings.map(({ name }) => markOf(name.slice(folder.length)));
  const unmarked = recordings.find((_, i) => !marks[i]);
  const isMarked = marks.some((mark) => mark);
  if (isMarked && unmarked)
    throw new InputError(
      `${unmarked.name}: the name has no class, and others have one; it begins with one and "_", or the file stands in a folder that is called so; rename it`,
    );
  const data = await fromRecordings(
    folder.split("/").at(-2) ?? "recordings",
    recordings.map((file, i): RecordingFile => ({
      file: file.name,
      mark: marks[i] ?? { label: "none", group: null },
      read: async () => readRecording(file, files, options),
    })),
  );
  if (isMarked) return { train: data, test: null };
  return {
    train: noted(data.with({ answers: { kind: "none" } }), [
      'no name has a class (what stands before "_", or a folder): the rows have no answer',
    ]),
    test: null,
  };
}

/** The folder that all files are below, with the "/" at its end; empty where there is none. */
function folderOf(files: readonly DataFile[]): string {
  const folders = files.map(({ name }) => name.slice(0, name.lastIndexOf("/") + 1));
  return folders.reduce((common, folder) => {
    let own = common;
    while (!folder.startsWith(own)) own = own.slice(0, own.slice(0, -1).lastIndexOf("/") + 1);
    return own;
  }, folders[0] ?? "");
}

async function readRecording(
  file: DataFile,
  files: readonly DataFile[],
  options: ReadFilesOptions,
): ReturnType<RecordingFile["read"]> {
  const { name } = file;
  const bytes = await file.read();
  if (isWfdbHeader(bytes, name))
    return { ...(await readWfdb(bytes, file, files, options)), bytes: bytes.length };
  if (isMp3(bytes) || /\.mp3$/i.test(name)) throw mp3(name);
  if (!isNpy(bytes))
    return { ...parseRecording(bytes, name, { channels: options.channels }), bytes: bytes.length };
  const array = parseNpy(bytes, name);
  if (array.shape.length !== 1)
    throw new InputError(
      `${name}: it has ${array.shape.length} axes; a recording has one; give the file by itself, or recordings`,
    );
  return { rate: null, channels: 1, length: array.shape[0], samples: numbersOf(array), bytes: bytes.length };
}

/** The first of some names. */
const someNames = (names: readonly string[]): string =>
  names.slice(0, 5).join(", ") + (names.length > 5 ? `, ... (${names.length})` : "");
