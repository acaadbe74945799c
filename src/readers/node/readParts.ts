/** Data sets from paths: a file, NumPy arrays that stand beside each other, a folder of a training and a test file, or of recordings. */
import { append } from "../../numerics/extremes.ts";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { inflateRawSync } from "node:zlib";
import { datasetName } from "../datasetName.ts";
import { cutAt, positionsOf } from "../../data/durations.ts";
import { isMp3 } from "../mp3.ts";
import { isNpy, numbersOf, parseNpy } from "../npy.ts";
import { fromNumpy, type ArrayOptions, type Parts } from "../numpyData.ts";
import {
  parseParts,
  parseRecording,
  recordingEndings,
  refuseAnswers,
  refuseArrayOptions,
  refuseAxes,
} from "../read.ts";
import { fromRecordings, markOf, type MarkPatterns, type RecordingFile } from "../recordings.ts";
import { signalsData, type SignalOptions, type Signals } from "../signals.ts";
import { isWfdbHeader, parseWfdb, parseWfdbHeader } from "../wfdb.ts";
import { slidingWindows } from "../../data/slidingWindows.ts";
import { longRowText } from "../../data/longRow.ts";
import { noted, type Dataset } from "../../data/dataset.ts";
import { chooseChannels } from "../../data/matchChannels.ts";
import { InputError } from "../../data/errors.ts";
import { quote } from "../../data/quote.ts";
import { annotationFile, readAnnotated } from "./annotated.ts";
import { fileError, readBytes } from "./bytes.ts";
import { readMp3 } from "./mp3.ts";
import { pairOf, type Pair } from "../pairFolder.ts";
import type { SourceOptions } from "./readOptions.ts";
import { readSignalFolder } from "./signalFolder.ts";
import { isTablePath, readTable } from "./table.ts";
import { listOf, tableOptionNames } from "../tables/columns.ts";

/**
 * The data set of a path, and the part to test on where the source has one of its own (`.npz`, `x_test.npy` beside
 * `x_train.npy`, a folder with `NAME_TRAIN.ts` and `NAME_TEST.ts`), with the channels and cut into the windows that
 * `options` say. Tables are read as `readTable` says; with `annotations` each position of a recording has a class.
 *
 * @throws InputError, naming the file and the place, for what cannot be read
 */
export async function readParts(path: string, options: SourceOptions = {}): Promise<Parts> {
  const { channels, annotations, window, horizon, target } = options;
  // with a horizon the target is a channel, which every source has
  const asked = tableOptionNames.filter(
    (name) => options[name] !== undefined && !(name === "target" && horizon !== undefined),
  );
  const isTable = isTablePath(path, asked.length > 0);
  if (isTable) refuseAxes(options, path);
  if (isTable && annotations === undefined && options.variable === undefined)
    return { train: await readAnyTable(path, options), test: null };
  const isRecordings = !isTable && (await isFolder(path));
  if (options.variable !== undefined && (isTable || isRecordings))
    throw new InputError(`${path}: variable: only MATLAB files (.mat) have variables; leave it out`);
  const signals = isRecordings && annotations === undefined ? await readSignals(path, asked, options) : null;
  if (isRecordings && annotations === undefined && !signals) {
    const pair = pairOf((await list(path)).files, path);
    if (pair) return readPair(path, pair, options);
  }
  const odd = asked.filter(
    (name) => !isTable && name !== "channels" && !(isRecordings && (name === "label" || name === "group")),
  );
  if (odd.length > 0)
    throw new InputError(
      `${path}: ${odd.join(", ")}: only tables (.csv, .tsv, .txt, .parquet, .json, .jsonl, also .gz) have columns; leave it out`,
    );
  const chosen = (data: Dataset, file: string): Dataset => {
    const rated = withRate(data, options.rate, file);
    return channels ? chooseChannels(rated, channels, file) : rated;
  };
  if (annotations !== undefined) {
    const unused = [
      ...asked.filter((name) => name === "label" || name === "target" || name === "group"),
      ...(horizon === undefined ? [] : ["horizon"]),
    ];
    if (unused.length > 0)
      throw new InputError(
        `${path}: ${unused.join(", ")}: annotations say what each position is; leave it out`,
      );
    const paths = isRecordings ? await recordingsIn(path, annotations) : [path];
    const read = async (file: string): Promise<Dataset> =>
      (isTable
        ? await annotatedTable(file, options)
        : chosen((await readWhole(file, options)).train, file)
      ).with({ name: file });
    const name = isRecordings ? folderName(path) : datasetName(path);
    const { data, names } = await readAnnotated(name, paths, { ...options, annotations }, read);
    return { train: data, test: null, names };
  }
  const how = { marks: patterns(options), arrays: options, channels };
  const whole = signals ?? (isRecordings ? await readFolder(path, how) : await readWhole(path, options));
  const [train, test] = [chosen(whole.train, path), whole.test && chosen(whole.test, path)];
  const { names } = whole;
  if (window === undefined) return { train: withLongRow(train), test: test && withLongRow(test), names };
  const cut = {
    window: positionsOf(window, train.rate, "--window", path),
    ...cutAt(options, train.rate, path),
    ...(target !== undefined && { target: listOf(target) }),
  };
  return { train: slidingWindows(train, cut, names), test: test && slidingWindows(test, cut) };
}

/** The rate of a source: its own, or the one that is given where it has none. */
function withRate(data: Dataset, rate: number | undefined, path: string): Dataset {
  if (rate === undefined || rate === data.rate) return data;
  if (data.rate !== undefined)
    throw new InputError(`${path}: it has ${data.rate} Hz, but --rate is ${rate}; leave --rate out`);
  return data.with({ rate });
}

async function readAnyTable(path: string, options: SourceOptions): Promise<Dataset> {
  const { window, hop, horizon, rate, ...rest } = options;
  const data = await readTable(path, { ...rest, ...cutAt({ window, hop, horizon }, rate, path) });
  return withRate(data, rate, path);
}

/** A table with a time step a row as one recording, which is cut when it has its labels. */
async function annotatedTable(path: string, options: SourceOptions): Promise<Dataset> {
  if ((options.time ?? options.seriesBy) === undefined)
    throw new InputError(
      `${path}: annotations are of a recording, a time step a row; name its column of times with --time`,
    );
  return readAnyTable(path, { ...options, window: undefined, hop: undefined, horizon: undefined });
}

/** The recordings of a folder, without those that are annotations of others. */
async function recordingsIn(folder: string, annotations: string): Promise<string[]> {
  if (!annotations.includes("*"))
    throw new InputError(
      `${folder}: --annotations is ${quote(annotations)}; of a folder it is a pattern such as "*.csv", where * is a recording's name`,
    );
  const paths = (await list(folder)).files
    .filter((file) => ENDING.test(file))
    .map((file) => join(folder, file));
  const noted = new Set(paths.map((path) => annotationFile(path, annotations)));
  const alone = paths.filter((path) => !noted.has(path) || annotationFile(path, annotations) === path);
  if (alone.length > 0) return alone;
  throw new InputError(
    `${folder}: the folder has no recordings (${endings.map((ending) => `.${ending}`).join(", ")}) in it; give a recording, or such a folder`,
  );
}

/** Both files as they are read alone. */
async function readPair(
  folder: string,
  { train, test, notes }: Pair,
  options: SourceOptions,
): Promise<Parts> {
  const { train: first, names } = await readParts(join(folder, train), options);
  const { train: second } = await readParts(join(folder, test), options);
  const told = notes.map((note) => `${folder}: ${note}`);
  return { train: noted(first, told), test: noted(second, told), names };
}

/** The parts of a folder of signals; null of other folders. */
async function readSignals(path: string, asked: readonly string[], how: ArrayOptions): Promise<Parts | null> {
  const parts = await readSignalFolder(resolve(path), folderName(path));
  if (parts) refuseArrayOptions(how, path);
  if (parts && asked.length > 0)
    throw new InputError(
      `${path}: ${asked.join(", ")}: signals have their classes in y_train.txt and their subjects in subject_train.txt; leave it out`,
    );
  return parts;
}

/** A data set that says which recording made it long. */
function withLongRow(data: Dataset): Dataset {
  const text = data.rowNames ? longRowText(data) : null;
  return noted(data, text === null ? [] : [text]);
}

async function readWhole(path: string, options: SourceOptions): Promise<Parts> {
  const bytes = await readBytes(path);
  const { axes, answers, channels, variable } = options;
  if (isWfdbHeader(bytes, path))
    return { train: signalsData(await readWfdb(bytes, path, { channels }), path), test: null };
  if (isMp3(bytes) && [axes, answers, variable].every((option) => option === undefined))
    return { train: signalsData(await readMp3(bytes, path), path), test: null };
  return isNpy(bytes) && variable === undefined
    ? readArrays(path, options)
    : parseParts(bytes, path, { axes, answers, channels, variable }, inflate);
}

/** `label` and `group` of recordings, as regular expressions. */
function patterns({ label, group }: SourceOptions): MarkPatterns {
  const compiled = (what: string, text: string | undefined): RegExp | undefined => {
    try {
      return text === undefined ? undefined : new RegExp(text, "u");
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new InputError(`${what} is ${quote(text ?? "")}, no regular expression (${reason}); correct it`);
    }
  };
  return { label: compiled("label", label), group: compiled("group", group) };
}

/** Node's own, about four times as fast as the core's. */
const inflate = (data: Uint8Array, most: number): Uint8Array =>
  inflateRawSync(data, { maxOutputLength: Math.max(1, most) });

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw fileError(error, path, "read");
  }
}

interface Listing {
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

/** The names in a folder, in order of their UTF-16 units. */
async function list(path: string): Promise<Listing> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    const names = (wanted: boolean): string[] =>
      entries
        .filter((entry) => entry.isDirectory() === wanted)
        .map((entry) => entry.name)
        .sort();
    return { files: names(false), folders: names(true) };
  } catch (error) {
    throw fileError(error, path, "read");
  }
}

/** `x_train.npy` with its answers in `y_train.npy` and its test part in `x_test.npy` and `y_test.npy`, each where it is there. */
async function readArrays(path: string, how: ArrayOptions): Promise<Parts> {
  const folder = dirname(path);
  const { files } = await list(folder);
  const base = basename(path);
  const sibling = (name: string): string | null => {
    const found = files.find((file) => file.toLowerCase() === name.toLowerCase());
    return found === undefined ? null : join(folder, found);
  };
  const array = async (file: string) => parseNpy(await readBytes(file), file);
  const part = async (xFile: string, xBase: string): Promise<Dataset> => {
    const yFile = /^x/i.test(xBase) ? sibling(`y${xBase.slice(1)}`) : null;
    if (yFile === null) refuseAnswers(how, xFile);
    return fromNumpy(await array(xFile), yFile === null ? null : await array(yFile), nameOf(xFile), how);
  };
  const testBase = base.replace(/^x_train/i, "x_test");
  const testFile = testBase === base ? null : sibling(testBase);
  return {
    train: await part(path, base),
    test: testFile === null ? null : await part(testFile, testBase),
  };
}

/** Arrays that are called x are named by their folder. */
const nameOf = (file: string): string =>
  /^x([_.]|$)/i.test(basename(file)) ? folderName(dirname(file)) : datasetName(file);

const folderName = (path: string): string => basename(resolve(path)) || "data";

const endings = [...recordingEndings, "mp3", "hea", "npy"];
const ENDING = new RegExp(`\\.(${endings.join("|")})$`, "i");

/** How a folder is read. */
interface HowFolder extends SignalOptions {
  readonly marks: MarkPatterns;
  readonly arrays: ArrayOptions;
}

/**
 * What a folder holds: NumPy arrays by their names, or recordings (.wav, .flac, .mp3 and others, or .npy of one axis), in it or in its folders. Other
 * files are passed over, and so are files and folders that begin with "." or, of folders, "_" (as Speech Commands'
 * `_background_noise_` does), all with a note; of a single folder below, that one is read.
 */
async function readFolder(path: string, how: HowFolder, name = folderName(path)): Promise<Parts> {
  const { arrays: asked } = how;
  const { files, folders } = await list(path);
  const arrays = files.find((file) => /^x(_train)?\.npy$/i.test(file));
  if (arrays !== undefined) return readArrays(join(path, arrays), asked);
  refuseArrayOptions(asked, path);
  const left: string[] = [];
  /** The recordings among files below a folder; the others are left. */
  const recordings = (names: readonly string[], folder = ""): string[] => {
    const isRead = (name: string): boolean => ENDING.test(name) && !name.startsWith(".");
    append(
      left,
      names.filter((name) => !isRead(name)).map((name) => folder + name),
    );
    return names.filter(isRead).map((name) => folder + name);
  };
  const here = recordings(files);
  if (here.length > 0) return withLeft(await readRecordings(path, here, name, how), path, left);
  const below: string[][] = [];
  for (const folder of folders) {
    if (/^[_.]/.test(folder)) left.push(`${folder}/`);
    else {
      const inside = recordings((await list(join(path, folder))).files, `${folder}/`);
      if (inside.length > 0) below.push(inside);
    }
  }
  if (below.length === 1)
    return withLeft(
      await readFolder(dirname(join(path, below[0][0])), how, name),
      path,
      left.filter((file) => !file.startsWith(`${dirname(below[0][0])}/`)),
    );
  if (below.length > 1) return withLeft(await readRecordings(path, below.flat(), name, how), path, left);
  const hidden = left.filter((name) => name.endsWith("/"));
  throw new InputError(
    `${path}: the folder has no recordings (${endings.map((e) => `.${e}`).join(" or ")}) in it or in its folders` +
      (hidden.length > 0 ? ` (but for ${someNames(hidden)}, which are left out by their names)` : "") +
      ", no x_train.npy, and no NAME_TRAIN and NAME_TEST; give a file, or such a folder",
  );
}

/** Parts that say what of a folder was left out. */
function withLeft({ train, ...parts }: Parts, path: string, left: readonly string[]): Parts {
  const folders = left.filter((name) => name.endsWith("/"));
  const files = left.filter((name) => !name.endsWith("/"));
  return {
    ...parts,
    train: noted(train, [
      ...(folders.length > 0
        ? [
            `${path}: folders that begin with _ or . are left out: ${someNames(folders)}; give one of them by itself to read it`,
          ]
        : []),
      ...(files.length > 0
        ? [`${path}: files that are no recordings are left out: ${someNames(files)}`]
        : []),
    ]),
  };
}

/** The first of some names. */
const someNames = (names: readonly string[]): string =>
  names.slice(0, 5).join(", ") + (names.length > 5 ? `, … (${names.length})` : "");

async function readRecordings(
  folder: string,
  names: readonly string[],
  name: string,
  { marks, channels }: HowFolder,
): Promise<Parts> {
  const train = await fromRecordings(
    name,
    names.map((below): RecordingFile => {
      const file = join(folder, below);
      const mark = markOf(below, marks);
      if (!mark)
        throw new InputError(
          marks.label
            ? `${file}: label ${quote(marks.label.source)} does not match the name; its first group is the class of each file; correct it`
            : `${file}: the name has no class; it begins with one and "_", or the file stands in a folder that is called so; ` +
                "rename it, or give a regular expression as label",
        );
      return { file, mark, read: async () => readRecording(await readBytes(file), file, { channels }) };
    }),
  );
  return { train, test: null, names };
}

/** A WFDB record with its files of samples, which stand beside the header. */
async function readWfdb(bytes: Uint8Array, file: string, options: SignalOptions): Promise<Signals> {
  const header = parseWfdbHeader(bytes, file);
  const files = new Map<string, Uint8Array>();
  for (const { file: name } of header.signals)
    if (!files.has(name)) files.set(name, await readBytes(join(dirname(file), name)));
  return parseWfdb(header, file, (name) => files.get(name) ?? new Uint8Array(0), options);
}

async function readRecording(
  bytes: Uint8Array,
  file: string,
  options: SignalOptions,
): ReturnType<RecordingFile["read"]> {
  if (isWfdbHeader(bytes, file)) return { ...(await readWfdb(bytes, file, options)), bytes: bytes.length };
  if (isMp3(bytes) || /\.mp3$/i.test(file)) return { ...(await readMp3(bytes, file)), bytes: bytes.length };
  if (!isNpy(bytes)) return { ...parseRecording(bytes, file, options), bytes: bytes.length };
  const array = parseNpy(bytes, file);
  if (array.shape.length !== 1)
    throw new InputError(
      `${file}: it has ${array.shape.length} axes; a recording has one; give the file itself, or a folder of recordings`,
    );
  return { rate: null, channels: 1, length: array.shape[0], samples: numbersOf(array), bytes: bytes.length };
}
