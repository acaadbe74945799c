/**
 * WFDB records: a header of text (`.hea`), a line for the record and one for each signal, and files of samples (`.dat`) in
 * formats 16, 212, 80, 24 and 32. Samples become physical units by gain and baseline; initial values and checksums are checked.
 * Sources: "WFDB Applications Guide", header(5) and signal(5).
 */
import { leastOf } from "../numerics/extremes.ts";
import { InputError } from "../data/errors.ts";
import { quote } from "../data/quote.ts";
import { counted, linesOf } from "./lines.ts";
import { chosenPlaces, distinctNames, listed, type SignalOptions, type Signals } from "./signals.ts";
import { readDecimal } from "./values.ts";

/** How many bytes so many samples take, and how one of them is read; `missing` is the value of no value. */
interface Format {
  readonly bytes: (samples: number) => number;
  readonly read: (view: DataView, i: number) => number;
  readonly missing: number;
}

const FORMATS: Readonly<Record<string, Format>> = {
  16: { bytes: (n) => 2 * n, read: (v, i) => v.getInt16(2 * i, true), missing: -(2 ** 15) },
  24: {
    bytes: (n) => 3 * n,
    read: (v, i) => v.getUint16(3 * i, true) + v.getInt8(3 * i + 2) * 0x10000,
    missing: -(2 ** 23),
  },
  32: { bytes: (n) => 4 * n, read: (v, i) => v.getInt32(4 * i, true), missing: -(2 ** 31) },
  // offset binary
  80: { bytes: (n) => n, read: (v, i) => v.getUint8(i) - 128, missing: -128 },
  // two samples of 12 bits in three bytes; the low half of the middle byte is the first one's
  212: {
    bytes: (n) => Math.ceil(1.5 * n),
    read: (v, i) => {
      const at = 3 * Math.floor(i / 2);
      const middle = v.getUint8(at + 1);
      const bits =
        i % 2 === 0 ? v.getUint8(at) | ((middle & 15) << 8) : v.getUint8(at + 2) | ((middle >> 4) << 8);
      return (bits << 20) >> 20;
    },
    missing: -2048,
  },
};

/** What a header says of one signal: where its samples are, and how they become physical units. */
export interface WfdbSignal {
  /** The name of the file with its samples, beside the header. */
  readonly file: string;
  /** How samples are written: "16", "24", "32", "80" or "212". */
  readonly format: string;
  /** Bytes before the samples in the file. */
  readonly offset: number;
  /** Digital units a physical unit: a sample d is (d - baseline) / gain. */
  readonly gain: number;
  /** Whether the header gives the gain; else it is 200 a millivolt. */
  readonly isCalibrated: boolean;
  /** The digital value of 0 physical units. */
  readonly baseline: number;
  /** The physical unit. Default: mV. */
  readonly unit: string;
  /** The first sample, in digital units; null where the header does not have it. */
  readonly initial: number | null;
  /** The sum of all samples, of which 16 bits count; null where the header does not have it. */
  readonly checksum: number | null;
  /** What the signal is called; no two of a record alike. */
  readonly name: string;
  /** The header's line, from 1. */
  readonly line: number;
}

/** What the header (`.hea`) of a WFDB record says; header(5) of the WFDB Applications Guide. */
export interface WfdbHeader {
  /** The name of the record. */
  readonly record: string;
  /** Samples a second. Default: 250, WFDB's own, and a note says so. */
  readonly rate: number;
  /** Samples a signal; null where the header does not say. */
  readonly length: number | null;
  /** Its signals, in the order of the header. */
  readonly signals: readonly WfdbSignal[];
  /** What was taken or changed, a sentence each, without the file's name. */
  readonly notes: readonly string[];
}

type RefuseLine = (line: number, what: string) => never;

const refuserOf =
  (file: string): RefuseLine =>
  (line, what) => {
    throw new InputError(`${file}:${line}: ${what}`);
  };

/** Whether a file is a header by its ending and its first line: a name, a number of signals and perhaps a rate. */
export const isWfdbHeader = (bytes: Uint8Array, file: string): boolean =>
  /\.hea$/i.test(file) &&
  /^(#.*\r?\n|\s*\r?\n)*\S+\s+\d+(\s|$)/.test(new TextDecoder("latin1").decode(bytes.subarray(0, 4096)));

/**
 * Reads the header of a WFDB record of one segment, whose signals have one rate and are in files beside it; `file` names it in
 * errors.
 *
 * @throws InputError `FILE:LINE: what; rule; remedy` for a header that is cut short or malformed, for a record of several
 * segments, and for formats other than 16, 24, 32, 80 and 212, several samples a frame, or a skew between signals
 */
export function parseWfdbHeader(bytes: Uint8Array, file: string): WfdbHeader {
  const refuse = refuserOf(file);
  const lines: { readonly fields: readonly string[]; readonly text: string; readonly number: number }[] = [];
  for (const { text, number } of linesOf(new TextDecoder("latin1").decode(bytes)))
    if (text.trim() !== "" && !text.startsWith("#"))
      lines.push({ fields: text.trim().split(/\s+/), text, number });
  if (lines.length === 0)
    refuse(1, "the header is empty; it has a line for the record; give the header whole");
  const [{ fields, number }] = lines;
  const [record, count = "", frequency = "250", samples] = fields;
  if (record.includes("/"))
    refuse(
      number,
      `record ${quote(record)} has several segments, which are not joined; give the header of one segment`,
    );
  const signals = readDecimal(count);
  if (!Number.isInteger(signals) || signals < 1 || signals > lines.length - 1)
    refuse(
      number,
      `the number of signals is ${quote(count)}, and ${counted(lines.length - 1, "line")} of signals follow; each signal has one; is the header cut short? give it whole`,
    );
  const rate = readDecimal(frequency.split(/[/(]/)[0]);
  if (!(rate > 0 && rate < Infinity))
    refuse(number, `the sampling rate is ${quote(frequency)}; it is a number above 0; correct it`);
  const length = samples === undefined ? 0 : readDecimal(samples);
  if (!Number.isInteger(length) || length < 0)
    refuse(number, `the number of samples is ${quote(samples)}; it is a whole number; correct it`);
  const notes =
    fields.length < 3 ? ["the header has no sampling rate: 250 Hz are taken, WFDB's default"] : [];
  const own = lines.slice(1, 1 + signals);
  const names = distinctNames(
    own.map((line) => line.fields.slice(8).join(" ")),
    notes,
  );
  return {
    record,
    rate,
    length: length === 0 ? null : length,
    signals: own.map((line, i) => readSignal(line.fields, names[i], line.number, refuse)),
    notes,
  };
}

/** `FILE FORMAT[xN][:SKEW][+OFFSET] GAIN[(BASELINE)][/UNIT] RESOLUTION ZERO INITIAL CHECKSUM BLOCK NAME`. */
function readSignal(fields: readonly string[], name: string, line: number, refuse: RefuseLine): WfdbSignal {
  const [file, format = "", gains = "200", , zero = "0", initial, checksum] = fields;
  const form = /^(\d+)(x\d+)?(:\d+)?(\+\d+)?$/.exec(format);
  if (!form || !(form[1] in FORMATS))
    return refuse(
      line,
      `the format is ${quote(format)}; ${Object.keys(FORMATS).join(", ")} are read; convert the record (xform)`,
    );
  if (form[2] !== undefined && form[2] !== "x1")
    refuse(
      line,
      `the format is ${quote(format)}, several samples a frame; signals have one rate; convert the record (xform)`,
    );
  if (form[3] !== undefined && form[3] !== ":0")
    refuse(
      line,
      `the format is ${quote(format)}, with a skew between signals, which is not undone; convert the record (xform)`,
    );
  if (/[/\\]|^-$/.test(file))
    refuse(
      line,
      `the samples are in ${quote(file)}; they are in a file beside the header; put it there and correct the name`,
    );
  const scale = /^([-+.\deE]+)(?:\(([-+]?\d+)\))?(?:\/(\S+))?$/.exec(gains);
  const gain = readDecimal(scale?.[1] ?? "");
  if (!scale || !Number.isFinite(gain))
    return refuse(line, `the gain is ${quote(gains)}; it is a number, such as 200(0)/mV; correct it`);
  const whole = (text: string | undefined, what: string): number | null => {
    if (text === undefined) return null;
    const value = readDecimal(text);
    return Number.isInteger(value)
      ? value
      : refuse(line, `the ${what} is ${quote(text)}; it is a whole number; correct it`);
  };
  return {
    file,
    format: form[1],
    offset: Number(form[4] ?? 0),
    gain: gain === 0 ? 200 : gain,
    isCalibrated: gain !== 0 && fields.length > 2,
    baseline: whole(scale[2], "baseline") ?? whole(zero, "zero") ?? 0,
    unit: scale[3] ?? "mV",
    initial: whole(initial, "initial value"),
    checksum: whole(checksum, "checksum"),
    name,
    line,
  };
}

/**
 * Reads the samples of a WFDB record in physical units: (digital - baseline) / gain. `header` is what `parseWfdbHeader` gave
 * of `file`, and `bytesOf` has the bytes of each file of samples that it names. Missing samples are NaN. Initial values and
 * checksums are compared where the header has them. Annotations are in files of their own (`parseAnnotations`).
 *
 * @throws InputError, naming the header and its line, for a file of samples that is cut short or of another record, a
 * checksum that does not fit, a signal without any sample, and channels that it does not have
 */
export function parseWfdb(
  header: WfdbHeader,
  file: string,
  bytesOf: (name: string) => Uint8Array,
  { channels }: SignalOptions = {},
): Signals {
  const refuse = refuserOf(file);
  const { signals, rate } = header;
  const names = signals.map(({ name }) => name);
  const notes = [...header.notes];
  const taken = channels
    ? chosenPlaces(names, channels, (what) => refuse(1, what)).map((place) => signals[place])
    : signals;
  const left = names.filter((name) => !taken.some((signal) => signal.name === name));
  if (left.length > 0) notes.push(`signals that were not asked for are left out: ${listed(left)}`);
  const lengths = new Map(
    signals.map((signal) => [signal.file, samplesIn(header, signal, bytesOf(signal.file), file)]),
  );
  const length = leastOf(lengths.values());
  const longer = [...lengths].find(([, n]) => n !== length);
  if (longer)
    refuse(
      1,
      `${quote(longer[0])} has ${longer[1]} samples a signal, another file ${length}; all have as many; give the files whole`,
    );
  const uncalibrated = taken.filter(({ isCalibrated }) => !isCalibrated).map(({ name }) => name);
  if (uncalibrated.length > 0)
    notes.push(`signals without a gain are taken as 200 a mV: ${listed(uncalibrated)}`);
  const samples = new Float64Array(taken.length * length);
  let missing = 0;
  taken.forEach((signal, c) => {
    const bytes = bytesOf(signal.file);
    missing += readSamples(header, signal, bytes, samples.subarray(c * length, (c + 1) * length), refuse);
  });
  if (missing > 0) notes.push(`${missing} samples are missing (NaN)`);
  return {
    rate,
    channels: taken.length,
    length,
    samples,
    channelNames: taken.map(({ name }) => name),
    units: taken.map(({ unit }) => unit),
    annotations: [],
    notes,
  };
}

/** Samples a signal of the file that a signal is in. Refuses a file without them, or with fewer than the header says. */
function samplesIn(
  { signals, length }: WfdbHeader,
  { file: name, format, offset }: WfdbSignal,
  bytes: Uint8Array,
  file: string,
): number {
  const beside = signals.filter((signal) => signal.file === name);
  const { bytes: size } = FORMATS[format];
  const other = beside.find((signal) => signal.format !== format || signal.offset !== offset);
  if (other)
    throw new InputError(
      `${file}:${other.line}: ${quote(name)} has signals of two formats; those of one file have one; convert the record (xform)`,
    );
  const there = bytes.length - offset;
  const wanted = length ?? Math.floor(there / size(beside.length));
  if (wanted === 0 || there < size(wanted * beside.length))
    throw new InputError(
      `${file}:${beside[0].line}: ${quote(name)} has ${bytes.length} bytes; ${wanted} samples of ${counted(beside.length, "signal")} in format ${format} ` +
        `take ${offset + size(wanted * beside.length)}; is the file cut short? give it whole`,
    );
  return wanted;
}

/** Reads a signal into `out`, and gives how many samples are missing. Refuses one whose first sample or sum is not the header's. */
function readSamples(
  header: WfdbHeader,
  signal: WfdbSignal,
  bytes: Uint8Array,
  out: Float64Array,
  refuse: RefuseLine,
): number {
  const { format, offset, gain, baseline, initial, checksum, name, line } = signal;
  const { read, missing } = FORMATS[format];
  const beside = header.signals.filter(({ file }) => file === signal.file);
  const place = beside.indexOf(signal);
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, bytes.length - offset);
  let sum = 0;
  let gone = 0;
  for (let t = 0; t < out.length; t++) {
    const digital = read(view, t * beside.length + place);
    sum = (sum + digital) | 0;
    if (digital === missing) gone++;
    out[t] = digital === missing ? NaN : (digital - baseline) / gain;
  }
  const first = read(view, place);
  if (initial !== null && checksum !== null && initial !== first)
    refuse(
      line,
      `the first sample of ${quote(name)} is ${first}, the header says ${initial}; is the file of another record? give the one of this`,
    );
  if (checksum !== null && ((sum - checksum) & 0xffff) !== 0)
    refuse(
      line,
      `the checksum of ${quote(name)} is ${(sum << 16) >> 16}, the header says ${checksum}; its samples are damaged; give the record as it was written`,
    );
  if (gone === out.length)
    refuse(line, `every sample of ${quote(name)} is missing; leave the signal out with --channels`);
  return gone;
}
