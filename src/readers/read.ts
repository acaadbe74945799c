/** Files of data, known by their content first and their ending second. */
import type { Dataset } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { looksLikeArff, parseArff } from "./arffFile.ts";
import { isEdf, parseEdf } from "./edf.ts";
import { columnsOf, parseColumns } from "./columnsFile.ts";
import { datasetName } from "./datasetName.ts";
import { isFlac, parseFlac } from "./flac.ts";
import { isMat } from "./mat.ts";
import { fromMat } from "./matData.ts";
import { isNpy, parseNpy } from "./npy.ts";
import { fromNumpy, parseNpz, type ArrayOptions, type Parts } from "./numpyData.ts";
import { parseTs } from "./tsFile.ts";
import { signalsData, type SignalOptions, type Signals } from "./signals.ts";
import { isWav, parseWav, type Recording } from "./wav.ts";
import type { Inflate } from "./inflate.ts";
import { isZip } from "./zip.ts";

const REMEDY = "docs/data.md lists the formats that are read; convert it to one";

/** Bytes in one string of V8, the shortest limit among engines for text of one byte a character. */
const MAX_BYTES = 2 ** 29 - 24;

/** First bytes of other kinds of file that hold data, and what to call them. */
const MAGIC: readonly (readonly [string, readonly number[]])[] = [
  ["gzip", [0x1f, 0x8b]],
  ["MP3", [0x49, 0x44, 0x33]],
  ["MP3", [0xff, 0xfb]],
  ["Arrow", [0x41, 0x52, 0x52, 0x4f, 0x57, 0x31]],
  ["Parquet", [0x50, 0x41, 0x52, 0x31]],
  ["HDF5", [0x89, 0x48, 0x44, 0x46]],
  ["UTF-16 text", [0xff, 0xfe]],
  ["UTF-16 text", [0xfe, 0xff]],
];

interface RecordingFormat {
  readonly endings: readonly string[];
  readonly is: (bytes: Uint8Array, file: string) => boolean;
  readonly parse: (bytes: Uint8Array, file: string, options: SignalOptions) => Recording | Signals;
}

/** Files that hold one recording each. */
const recordingFormats: readonly RecordingFormat[] = [
  { endings: ["wav"], is: isWav, parse: parseWav },
  { endings: ["flac"], is: isFlac, parse: parseFlac },
  { endings: ["edf", "bdf", "rec"], is: isEdf, parse: parseEdf },
];
export const recordingEndings = recordingFormats.flatMap(({ endings }) => endings);

/** Reads a recording, by its first bytes, else by its ending. Throws InputError. */
export function parseRecording(
  bytes: Uint8Array,
  file: string,
  options: SignalOptions = {},
): Recording | Signals {
  const ending = file.slice(file.lastIndexOf(".") + 1).toLowerCase();
  const format =
    recordingFormats.find(({ is }) => is(bytes, file)) ??
    recordingFormats.find(({ endings }) => endings.includes(ending)) ??
    recordingFormats[0];
  return format.parse(bytes, file, options);
}

/**
 * Reads the data set in a file's bytes (of an archive with two parts, the one to train on); `file` names it, also in errors.
 * NumPy arrays, zip archives, MATLAB, WAV, FLAC, EDF and BDF files are known by their first bytes. Text is ARFF by its `@relation`
 * line, a time-series file by its `@data` line, whatever its ending, or by the ending `.ts`, which then says what it lacks;
 * then a UCR file by a first line of a label and numbers with tabs or blanks between, or by the ending .tsv or .txt. CSV is
 * read by `readCsv`, WFDB by `parseWfdb`. docs/data.md describes each format.
 *
 * @throws InputError in one line for every other kind of file, and for faults in the file
 */
export const parseDataset = (bytes: Uint8Array, file: string, options: ParseOptions = {}): Dataset =>
  parseParts(bytes, file, options).train;

/** What a file itself does not say. */
export interface ParseOptions extends SignalOptions, ArrayOptions {
  /** The variable of a MATLAB file that has the series. Default: by its name, and a note says which. */
  readonly variable?: string;
}

/** The same with the part to test on, where an archive has one; `inflate` unpacks in place of the core's own. */
export function parseParts(
  bytes: Uint8Array,
  file: string,
  options: ParseOptions = {},
  inflate?: Inflate,
): Parts {
  const { variable } = options;
  if (variable !== undefined && !isMat(bytes))
    throw new InputError(`${file}: variable: only MATLAB files (.mat) have variables; leave it out`);
  if (isZip(bytes)) return parseNpz(bytes, file, options, inflate);
  if (isMat(bytes)) return fromMat(bytes, file, options, inflate);
  const alone = (train: Dataset): Parts => ({ train, test: null });
  refuseAnswers(options, file); // an array alone has no y
  if (isNpy(bytes)) return alone(fromNumpy(parseNpy(bytes, file), null, datasetName(file), options));
  refuseAxes(options, file);
  if (recordingFormats.some(({ is }) => is(bytes, file)))
    return alone(signalsData(parseRecording(bytes, file, options), file));
  return alone(parseText(bytes, file));
}

/** Refuses (InputError) axes of what has none. */
export function refuseAxes({ axes }: ArrayOptions, file: string): void {
  if (axes !== undefined)
    throw new InputError(
      `${file}: axes: only NumPy arrays (.npy, .npz) of three axes have an order of axes; leave it out`,
    );
}

/** Refuses (InputError) what says how an array y is read, where there is none. */
export function refuseAnswers({ answers }: ArrayOptions, file: string): void {
  if (answers === undefined) return;
  throw new InputError(
    `${file}: answers is ${answers}, which is for NumPy arrays x and y; other files say themselves what their answers are; leave it out`,
  );
}

/** Refuses (InputError) what is said of arrays, of any other source. */
export function refuseArrayOptions(how: ArrayOptions, file: string): void {
  refuseAxes(how, file);
  refuseAnswers(how, file);
}

function parseText(bytes: Uint8Array, file: string): Dataset {
  const refuse = (what: string): never => {
    throw new InputError(`${file}: ${what}; ${REMEDY}`);
  };
  if (bytes.length === 0) refuse("the file is empty");
  if (bytes.length > MAX_BYTES)
    refuse(`the file has ${bytes.length} bytes, more than the ${MAX_BYTES} that are read at once`);
  const magic = MAGIC.find(([, start]) => start.every((byte, i) => bytes[i] === byte));
  if (magic) refuse(`the file is ${magic[0]}`);
  if (bytes.subarray(0, 4096).includes(0)) refuse("the file is binary");
  const text = new TextDecoder().decode(bytes);
  if (looksLikeArff(text)) return parseArff(text, file);
  if (/\.ts$/i.test(file) || /^[ \t]*@data[ \t]*\r?$/im.test(text)) return parseTs(text, file);
  const between = columnsOf(text);
  if (between === "tabs" || /\.tsv$/i.test(file)) return parseColumns(text, file, "tabs");
  if (between === "blanks" || /\.txt$/i.test(file)) return parseColumns(text, file, "blanks");
  return refuse(
    'the file has no "@data" line and no label and numbers with tabs or blanks between in its first',
  );
}
