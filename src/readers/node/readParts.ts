/** Data sets from paths: a file, NumPy arrays that stand beside each other, or a folder of recordings. */
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { inflateRawSync } from "node:zlib";
import { datasetName } from "../datasetName.ts";
import { isNpy, numbersOf, parseNpy } from "../npy.ts";
import { fromNumpy, type ParseOptions, type Parts } from "../numpyData.ts";
import { parseParts, parseRecording, recordingEndings, refuseAnswers, refuseArrayOptions } from "../read.ts";
import { fromRecordings, markOf, type MarkPatterns, type RecordingFile } from "../recordings.ts";
import { slidingWindows } from "../../data/slidingWindows.ts";
import { longRowText } from "../../data/longRow.ts";
import { noted, type Dataset } from "../../data/dataset.ts";
import { chooseChannels } from "../../data/matchChannels.ts";
import { InputError } from "../../data/errors.ts";
import { quote } from "../../data/quote.ts";
import { fileError, readBytes } from "./bytes.ts";
import { readSignalFolder } from "./signalFolder.ts";
import { isTablePath, readTable } from "./table.ts";
import { tableOptionNames, type TableOptions } from "../tables/columns.ts";

/**
 * The data set of a path, and the part to test on where the source has one of its own (`.npz`, `x_test.npy` beside
 * `x_train.npy`), with the channels and cut into the windows that `options` say. Tables are read as `readTable` says. Throws InputError, naming
 * the file and the place, for what cannot be read.
 */
export async function readParts(path: string, options: TableOptions = {}): Promise<Parts> {
  const asked = tableOptionNames.filter((name) => options[name] !== undefined);
  const { axes, answers } = options;
  const how = { axes, answers };
  if (isTablePath(path, asked.length > 0)) {
    refuseArrayOptions(how, path);
    return { train: await readTable(path, options), test: null };
  }
  const isRecordings = await isFolder(path);
  const odd = asked.filter(
    (name) => name !== "channels" && !(isRecordings && (name === "label" || name === "group")),
  );
  if (odd.length > 0)
    throw new InputError(
      `${path}: ${odd.join(", ")}: only tables (.csv, .tsv, .txt, .parquet, .json, .jsonl, also .gz) have columns; leave it out`,
    );
  const whole = isRecordings
    ? ((await readSignals(path, asked, how)) ?? (await readFolder(path, { marks: patterns(options), how })))
    : await readWhole(path, how);
  const { channels, window, hop } = options;
  const chosen = (data: Dataset): Dataset => (channels ? chooseChannels(data, channels, path) : data);
  const [train, test] = [chosen(whole.train), whole.test && chosen(whole.test)];
  const { names } = whole;
  if (window === undefined) return { train: withLongRow(train), test: test && withLongRow(test), names };
  return {
    train: slidingWindows(train, { window, hop }, names),
    test: test && slidingWindows(test, { window, hop }),
  };
}

/** The parts of a folder of signals; null of other folders. */
async function readSignals(path: string, asked: readonly string[], how: ParseOptions): Promise<Parts | null> {
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

async function readWhole(path: string, how: ParseOptions): Promise<Parts> {
  const bytes = await readBytes(path);
  return isNpy(bytes) ? readArrays(path, how) : parseParts(bytes, path, inflate, how);
}

/** `label` and `group` of recordings, as regular expressions. */
function patterns({ label, group }: TableOptions): MarkPatterns {
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

const inflate = (data: Uint8Array, size: number): Uint8Array =>
  inflateRawSync(data, { maxOutputLength: Math.max(1, size) });

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
async function readArrays(path: string, how: ParseOptions): Promise<Parts> {
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

const endings = [...recordingEndings, "npy"];
const ENDING = new RegExp(`\\.(${endings.join("|")})$`, "i");

/** How a folder is read. */
interface HowFolder {
  readonly marks: MarkPatterns;
  readonly how: ParseOptions;
}

/**
 * What a folder holds: NumPy arrays by their names, or recordings (.wav, or .npy of one axis), in it or in its folders. Other
 * files are passed over, and so are files and folders that begin with "." or, of folders, "_" (as Speech Commands'
 * `_background_noise_` does), all with a note; of a single folder below, that one is read.
 */
async function readFolder(path: string, { marks, how }: HowFolder, name = folderName(path)): Promise<Parts> {
  const { files, folders } = await list(path);
  const arrays = files.find((file) => /^x(_train)?\.npy$/i.test(file));
  if (arrays !== undefined) return readArrays(join(path, arrays), how);
  refuseArrayOptions(how, path);
  const left: string[] = [];
  /** The recordings among files below a folder; the others are left. */
  const recordings = (names: readonly string[], folder = ""): string[] => {
    const isRead = (name: string): boolean => ENDING.test(name) && !name.startsWith(".");
    left.push(...names.filter((name) => !isRead(name)).map((name) => folder + name));
    return names.filter(isRead).map((name) => folder + name);
  };
  const here = recordings(files);
  if (here.length > 0) return withLeft(await readRecordings(path, here, name, marks), path, left);
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
      await readFolder(dirname(join(path, below[0][0])), { marks, how }, name),
      path,
      left.filter((file) => !file.startsWith(`${dirname(below[0][0])}/`)),
    );
  if (below.length > 1) return withLeft(await readRecordings(path, below.flat(), name, marks), path, left);
  const hidden = left.filter((name) => name.endsWith("/"));
  throw new InputError(
    `${path}: the folder has no recordings (${endings.map((e) => `.${e}`).join(" or ")}) in it or in its folders` +
      (hidden.length > 0 ? ` (but for ${someNames(hidden)}, which are left out by their names)` : "") +
      ", and no x_train.npy; give a file, or such a folder",
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
  marks: MarkPatterns,
): Promise<Parts> {
  const train = await fromRecordings(
    name,
    names.map((below): RecordingFile => {
      const file = join(folder, below);
      const mark = markOf(below, marks);
      if (!mark)
        throw new InputError(
          marks.label
            ? `${file}: label ${quote(marks.label.source)} does not match the name; it tells the class of every file; correct it`
            : `${file}: the name tells no class; it begins with one and "_", or the file stands in a folder that is called so; ` +
                "rename it, or give a regular expression as label",
        );
      return { file, mark, read: async () => readRecording(await readBytes(file), file) };
    }),
  );
  return { train, test: null, names };
}

function readRecording(bytes: Uint8Array, file: string): Awaited<ReturnType<RecordingFile["read"]>> {
  if (!isNpy(bytes)) return { ...parseRecording(bytes, file), bytes: bytes.length };
  const array = parseNpy(bytes, file);
  if (array.shape.length !== 1)
    throw new InputError(
      `${file}: it has ${array.shape.length} axes; a recording has one; give the file itself, or a folder of recordings`,
    );
  return { rate: null, channels: 1, length: array.shape[0], samples: numbersOf(array), bytes: bytes.length };
}
