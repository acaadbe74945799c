/** Data sets from paths: a file, NumPy arrays that stand beside each other, or a folder of recordings. */
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { inflateRawSync } from "node:zlib";
import { datasetName } from "../datasetName.ts";
import { positionsOf } from "../durations.ts";
import { isNpy, numbersOf, parseNpy } from "../npy.ts";
import { fromNumpy, type Parts } from "../numpyData.ts";
import { parseParts, parseRecording, recordingEndings } from "../read.ts";
import { fromRecordings, markOf, type MarkPatterns, type RecordingFile } from "../recordings.ts";
import type { SignalOptions } from "../signals.ts";
import { slidingWindows } from "../../data/slidingWindows.ts";
import type { Dataset } from "../../data/dataset.ts";
import { chooseChannels } from "../../data/matchChannels.ts";
import { InputError } from "../../data/errors.ts";
import { quote } from "../../data/quote.ts";
import { annotationFile, readAnnotated } from "./annotated.ts";
import { fileError, readBytes } from "./bytes.ts";
import type { SourceOptions } from "./readOptions.ts";
import { isTablePath, readTable } from "./table.ts";
import { tableOptionNames } from "../tables/columns.ts";

/**
 * The data set of a path, and the part to test on where the source has one of its own (`.npz`, `x_test.npy` beside
 * `x_train.npy`), with the channels and cut into the windows that `options` say. Tables are read as `readTable` says; with
 * `annotations` each position of a recording has a class. Throws InputError, naming the file and the place, for what cannot be
 * read.
 */
export async function readParts(path: string, options: SourceOptions = {}): Promise<Parts> {
  const asked = tableOptionNames.filter((name) => options[name] !== undefined);
  const { channels, annotations, window, hop } = options;
  const isTable = isTablePath(path, asked.length > 0);
  if (isTable && annotations === undefined) return { train: await readAnyTable(path, options), test: null };
  const isRecordings = !isTable && (await isFolder(path));
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
    const wanted = { ...options, annotations };
    const paths = isRecordings ? await recordingsIn(path, annotations) : [path];
    const read = async (file: string): Promise<Dataset> =>
      (isTable
        ? await annotatedTable(file, options)
        : chosen((await readWhole(file, options)).train, file)
      ).with({ name: file });
    const { data, names } = await readAnnotated(
      isRecordings ? folderName(path) : datasetName(path),
      paths,
      wanted,
      read,
    );
    return { train: data, test: null, names };
  }
  const whole = isRecordings
    ? await readFolder(path, { ...patterns(options), channels })
    : await readWhole(path, options);
  const [train, test] = [chosen(whole.train, path), whole.test && chosen(whole.test, path)];
  const { names } = whole;
  if (window === undefined) return { train, test, names };
  const cut = {
    window: positionsOf(window, train.rate, "--window", path),
    ...(hop !== undefined && { hop: positionsOf(hop, train.rate, "--hop", path) }),
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
  const { window, hop, rate, ...rest } = options;
  const data = await readTable(path, {
    ...rest,
    ...(window !== undefined && { window: positionsOf(window, rate, "--window", path) }),
    ...(hop !== undefined && { hop: positionsOf(hop, rate, "--hop", path) }),
  });
  return withRate(data, rate, path);
}

/** A table with a time step a row as one recording, which is cut when it has its labels. */
async function annotatedTable(path: string, options: SourceOptions): Promise<Dataset> {
  if ((options.time ?? options.seriesBy) === undefined)
    throw new InputError(
      `${path}: annotations are of a recording, a time step a row; name its column of times with --time`,
    );
  return readAnyTable(path, { ...options, window: undefined, hop: undefined });
}

async function readWhole(path: string, { channels }: SourceOptions): Promise<Parts> {
  const bytes = await readBytes(path);
  return isNpy(bytes) ? readArrays(path) : parseParts(bytes, path, inflate, { channels });
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
async function readArrays(path: string): Promise<Parts> {
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
    return fromNumpy(await array(xFile), yFile === null ? null : await array(yFile), nameOf(xFile));
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

/** How the files of a folder are read. */
type Marks = MarkPatterns & SignalOptions;

const endings = [...recordingEndings, "npy"];
const ENDING = new RegExp(`\\.(${endings.join("|")})$`, "i");

/**
 * What a folder holds: NumPy arrays by their names, or recordings (.wav, or .npy of one axis), in it or in its folders. Other
 * files are passed over; of a single folder below, that one is read.
 */
async function readFolder(path: string, marks: Marks, name = folderName(path)): Promise<Parts> {
  const { files, folders } = await list(path);
  const arrays = files.find((file) => /^x(_train)?\.npy$/i.test(file));
  if (arrays !== undefined) return readArrays(join(path, arrays));
  const here = files.filter((file) => ENDING.test(file));
  if (here.length > 0) return readRecordings(path, here, name, marks);
  const below: string[][] = [];
  for (const folder of folders) {
    const inside = (await list(join(path, folder))).files.filter((file) => ENDING.test(file));
    if (inside.length > 0) below.push(inside.map((file) => `${folder}/${file}`));
  }
  if (below.length === 1) return readFolder(dirname(join(path, below[0][0])), marks, name);
  if (below.length > 1) return readRecordings(path, below.flat(), name, marks);
  throw new InputError(
    `${path}: the folder has no recordings (${endings.map((e) => `.${e}`).join(" or ")}) in it or in its folders, ` +
      "and no x_train.npy; give a file, or such a folder",
  );
}

async function readRecordings(
  folder: string,
  names: readonly string[],
  name: string,
  marks: Marks,
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
      return { file, mark, read: async () => readRecording(await readBytes(file), file, marks) };
    }),
  );
  return { train, test: null, names };
}

function readRecording(
  bytes: Uint8Array,
  file: string,
  options: SignalOptions,
): Awaited<ReturnType<RecordingFile["read"]>> {
  if (!isNpy(bytes)) return { ...parseRecording(bytes, file, options), bytes: bytes.length };
  const array = parseNpy(bytes, file);
  if (array.shape.length !== 1)
    throw new InputError(
      `${file}: it has ${array.shape.length} axes; a recording has one; give the file itself, or a folder of recordings`,
    );
  return { rate: null, channels: 1, length: array.shape[0], samples: numbersOf(array), bytes: bytes.length };
}
