/**
 * EDF, EDF+ and BDF recordings: a header of fixed fields, one of them a signal, then data records that hold some samples of
 * each signal in turn, 16 bits (EDF) or 24 (BDF), which the header's ranges scale to physical units. Annotations of EDF+
 * and BDF+ lie in a signal of their own (edfAnnotations.ts). What the header promises is checked against the bytes before
 * anything is allocated. Sources: Kemp et al. 1992; Kemp and Olivan 2003 (edfplus.info); biosemi.com/faq/file_format.htm.
 */
import { textOfUnits } from "../numerics/extremes.ts";
import { InputError } from "../data/errors.ts";
import { quote } from "../data/quote.ts";
import { readTals, type Tals } from "./edfAnnotations.ts";
import {
  chosenPlaces,
  distinctNames,
  listed,
  type Annotation,
  type RefuseAt,
  type SignalOptions,
  type Signals,
} from "./signals.ts";
import { readDecimal } from "./values.ts";

/** By the first bytes; of EDF, which begin as text may, also by the ending or by a header of a size that one can have. */
export const isEdf = (bytes: Uint8Array, file = ""): boolean =>
  (bytes[0] === 0xff && text(bytes, 1, 7) === "BIOSEMI") ||
  (text(bytes, 0, 8) === "0       " &&
    (/\.(edf|rec)$/i.test(file) ||
      (/^\d+ *$/.test(text(bytes, 184, 8)) && Number(text(bytes, 184, 8)) % 256 === 0)));

const text = (bytes: Uint8Array, at: number, size: number): string =>
  textOfUnits(bytes.subarray(at, at + size));

/** Bytes of the header's first part, and of its part for each signal. */
const HEAD = 256;
/** Bytes of the fields that each signal has, in their order; those of one field stand together. */
const FIELDS = {
  label: 16,
  transducer: 80,
  unit: 8,
  physicalMin: 8,
  physicalMax: 8,
  digitalMin: 8,
  digitalMax: 8,
} as const;
const BEFORE_SAMPLES = 216;

interface Signal {
  readonly label: string;
  readonly unit: string;
  readonly isAnnotations: boolean;
  /** Samples of a record, and where they begin in it, in samples of all signals. */
  readonly samples: number;
  readonly start: number;
  /** Null where the ranges give no scale. */
  readonly scale: { readonly digitalMin: number; readonly physicalMin: number; readonly gain: number } | null;
}

interface Header {
  /** Bytes a sample. */
  readonly size: 2 | 3;
  readonly kind: "plain" | "continuous" | "discontinuous";
  /** Bytes before the first record. */
  readonly start: number;
  readonly records: number;
  /** Seconds of a record. */
  readonly seconds: number;
  /** Samples of a record, of all signals together. */
  readonly width: number;
  readonly signals: readonly Signal[];
  readonly notes: readonly string[];
}

/**
 * Reads an EDF, EDF+ or BDF recording: the signals of one rate, in physical units (digital values scaled by the header's
 * ranges), and the annotations of EDF+ and BDF+, in seconds. `file` names it in errors. Without `channels` these are the signals of
 * the rate that most of them have (of two such rates the higher); the others are named in `notes`.
 *
 * @throws InputError `FILE, byte N: what; rule; remedy`
 */
export function parseEdf(bytes: Uint8Array, file: string, options: SignalOptions = {}): Signals {
  const refuse = refuserOf(file);
  const header = readHeader(bytes, refuse);
  const { records, seconds, size, start, width } = header;
  const tals = talsOf(bytes, header, refuse);
  requireContinuous(header, tals, refuse);
  const notes = [...header.notes];
  const taken = choose(header, options, notes, refuse);
  const each = taken[0].samples;
  const length = records * each;
  if (length === 0)
    refuse(236, "the recording has no records; a series has at least one value; leave the file out");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = size === 2 ? sample16 : sample24;
  const samples = new Float64Array(taken.length * length);
  taken.forEach(({ start: from, scale }, c) => {
    if (!scale) throw new Error("a signal without a scale was taken");
    const { digitalMin, physicalMin, gain } = scale;
    for (let r = 0, to = c * length; r < records; r++) {
      const first = start + (r * width + from) * size;
      for (let i = 0; i < each; i++)
        samples[to++] = (read(view, first + i * size) - digitalMin) * gain + physicalMin;
    }
  });
  return {
    rate: rateOf(each, seconds),
    channels: taken.length,
    length,
    samples,
    channelNames: taken.map(({ label }) => label),
    units: taken.map(({ unit }) => unit),
    annotations: tals.annotations,
    notes,
  };
}

/** The annotations alone, also of a file without any signal. Throws InputError as `parseEdf` does. */
export function parseEdfAnnotations(bytes: Uint8Array, file: string): readonly Annotation[] {
  const refuse = refuserOf(file);
  const header = readHeader(bytes, refuse);
  if (!header.signals.some(({ isAnnotations }) => isAnnotations))
    refuse(
      HEAD,
      'it has no signal "EDF Annotations"; annotations are in one; give a file of annotations (EDF+, CSV, .atr)',
    );
  const tals = talsOf(bytes, header, refuse);
  requireContinuous(header, tals, refuse);
  return tals.annotations;
}

const refuserOf =
  (file: string): RefuseAt =>
  (at, what) => {
    throw new InputError(`${file}, byte ${at}: ${what}`);
  };

const sample16 = (view: DataView, at: number): number => view.getInt16(at, true);
const sample24 = (view: DataView, at: number): number =>
  view.getUint16(at, true) + view.getInt8(at + 2) * 0x10000;

/** Samples a second; a quotient that rounding alone keeps from a whole number is that. */
function rateOf(samples: number, seconds: number): number {
  const rate = samples / seconds;
  const near = Math.round(rate);
  return near > 0 && Math.abs(rate - near) < 1e-9 * near ? near : rate;
}

function readHeader(bytes: Uint8Array, refuse: RefuseAt): Header {
  if (!isEdf(bytes, ".edf"))
    refuse(0, "it is no EDF or BDF file; one begins with 0 or BIOSEMI; convert it to one");
  if (bytes.length < HEAD)
    refuse(bytes.length, `the header has ${HEAD} bytes and more; is the file cut short? give it whole`);
  const number = (
    at: number,
    width: number,
    what: string,
    holds: (x: number) => boolean,
    rule: string,
  ): number => {
    const found = text(bytes, at, width).trim();
    const value = readDecimal(found);
    if (!holds(value))
      refuse(
        at,
        `the ${what} is ${quote(found)}; it is ${rule}; convert the file with a program that writes EDF`,
      );
    return value;
  };
  const whole = (least: number) => (x: number) => Number.isInteger(x) && x >= least;
  const start = number(
    184,
    8,
    "size of the header",
    whole(2 * HEAD),
    `a whole number of at least ${2 * HEAD}`,
  );
  const said = number(236, 8, "number of records", whole(-1), "a whole number, or -1 where it is not known");
  const seconds = number(
    244,
    8,
    "duration of a record",
    (x) => x >= 0 && x < Infinity,
    "seconds, at least 0",
  );
  const count = number(252, 4, "number of signals", whole(1), "a whole number of at least 1");
  if (start !== HEAD * (count + 1))
    refuse(
      184,
      `the header is said to have ${start} bytes; of ${count} signals it has ${HEAD * (count + 1)}; convert the file`,
    );
  if (start > bytes.length)
    refuse(bytes.length, `the header has ${start} bytes; is the file cut short? give it whole`);
  const size = bytes[0] === 0xff ? 3 : 2;
  const reserved = text(bytes, 192, 5);
  const kind = /^[EB]DF\+D/.test(reserved)
    ? "discontinuous"
    : /^[EB]DF\+C/.test(reserved)
      ? "continuous"
      : "plain";
  const notes: string[] = [];
  const signals = readSignals(bytes, count, kind !== "plain", notes, number);
  const width = signals.reduce((sum, { samples }) => sum + samples, 0);
  const there = Math.floor((bytes.length - start) / (width * size));
  const records = said === -1 ? there : said;
  if (records > there)
    refuse(
      bytes.length,
      `the header says ${records} records of ${width * size} bytes, but ${bytes.length - start} bytes follow it; is the file cut short? give it whole`,
    );
  if (said === -1)
    notes.push(`the header does not know how many records there are: the ${there} that are there are taken`);
  const left = bytes.length - start - records * width * size;
  if (left > 0) notes.push(`${left} bytes after the last record are left out`);
  return { size, kind, start, records, seconds, width, signals, notes };
}

type ReadNumber = (
  at: number,
  width: number,
  what: string,
  holds: (x: number) => boolean,
  rule: string,
) => number;

/** The signals as the header has them, field by field. */
function readSignals(
  bytes: Uint8Array,
  count: number,
  isPlus: boolean,
  notes: string[],
  number: ReadNumber,
): Signal[] {
  const placeOf = (field: keyof typeof FIELDS, k: number): number => {
    let at = HEAD;
    for (const [name, width] of Object.entries(FIELDS)) {
      if (name === field) return at + k * width;
      at += count * width;
    }
    throw new Error("a field that signals do not have");
  };
  const range = (
    field: "physicalMin" | "physicalMax" | "digitalMin" | "digitalMax",
    k: number,
    what: string,
  ): number =>
    number(placeOf(field, k), 8, `${what} of signal ${k + 1}`, Number.isFinite, "a decimal number");
  const raw = Array.from({ length: count }, (_, k) => text(bytes, placeOf("label", k), 16).trim());
  const isNote = raw.map((label) => isPlus && (label === "EDF Annotations" || label === "BDF Annotations"));
  const names = distinctNames(
    raw.filter((_, k) => !isNote[k]),
    notes,
  );
  let start = 0;
  let named = 0;
  return raw.map((label, k): Signal => {
    const samples = number(
      HEAD + count * BEFORE_SAMPLES + k * 8,
      8,
      `number of samples a record of signal ${k + 1}`,
      (x) => Number.isInteger(x) && x >= 1,
      "a whole number of at least 1",
    );
    const from = start;
    start += samples;
    if (isNote[k]) return { label, unit: "", isAnnotations: true, samples, start: from, scale: null };
    const [physicalMin, physicalMax] = [
      range("physicalMin", k, "physical minimum"),
      range("physicalMax", k, "physical maximum"),
    ];
    const [digitalMin, digitalMax] = [
      range("digitalMin", k, "digital minimum"),
      range("digitalMax", k, "digital maximum"),
    ];
    const gain = (physicalMax - physicalMin) / (digitalMax - digitalMin);
    const scale =
      gain !== 0 && [-(2 ** 23), 2 ** 23].every((d) => Number.isFinite((d - digitalMin) * gain + physicalMin))
        ? { digitalMin, physicalMin, gain }
        : null;
    const unit = text(bytes, placeOf("unit", k), 8).trim();
    return { label: names[named++], unit, isAnnotations: false, samples, start: from, scale };
  });
}

/** The signals that are taken: those asked for, else those of the commonest rate; says of the others why not. */
function choose(
  { signals, seconds }: Header,
  { channels }: SignalOptions,
  notes: string[],
  refuse: RefuseAt,
): Signal[] {
  const all = signals.filter(({ isAnnotations }) => !isAnnotations);
  if (all.length === 0)
    refuse(
      HEAD,
      "it has annotations and no signal; a series is a signal; give the recording, and this file as --annotations",
    );
  if (seconds === 0)
    refuse(244, "the duration of a record is 0 seconds; signals have a rate; convert the file");
  const hertz = ({ samples }: Signal): string => `${rateOf(samples, seconds)} Hz`;
  if (channels !== undefined) {
    const names = all.map(({ label }) => label);
    const taken = chosenPlaces(names, channels, (what) => refuse(HEAD, what)).map((place) => all[place]);
    const other = taken.find(({ samples }) => samples !== taken[0].samples);
    if (other)
      refuse(
        HEAD,
        `signal ${quote(other.label)} has ${hertz(other)}, ${quote(taken[0].label)} has ${hertz(taken[0])}; channels have one rate; name those of one`,
      );
    const flat = taken.find(({ scale }) => !scale);
    if (flat)
      refuse(
        HEAD,
        `signal ${quote(flat.label)} has ranges without a scale (two ends are equal); leave it out`,
      );
    const left = names.filter((name) => !channels.includes(name));
    if (left.length > 0) notes.push(`signals that were not asked for are left out: ${listed(left)}`);
    return taken;
  }
  const isUsed = ({ scale, label }: Signal): boolean => scale !== null && label !== "Status";
  const used = all.filter(isUsed);
  if (used.length === 0)
    refuse(HEAD, "no signal has ranges that give a scale (two ends are equal); convert the file");
  const counts = new Map<number, number>();
  for (const { samples } of used) counts.set(samples, (counts.get(samples) ?? 0) + 1);
  const [samples] = [...counts].reduce((a, b) => (b[1] > a[1] || (b[1] === a[1] && b[0] > a[0]) ? b : a));
  const taken = used.filter((signal) => signal.samples === samples);
  const others = used.filter((signal) => signal.samples !== samples);
  if (others.length > 0)
    notes.push(
      `${taken.length} of ${all.length} signals are taken, those of ${hertz(taken[0])}; of other rates are left out: ` +
        `${others
          .slice(0, 8)
          .map((s) => `${quote(s.label)} (${hertz(s)})`)
          .join(", ")}${others.length > 8 ? ` and ${others.length - 8} more` : ""}; --channels names others`,
    );
  const flat = all.filter(({ scale }) => !scale).map(({ label }) => label);
  if (flat.length > 0)
    notes.push(`signals whose ranges give no scale (two ends are equal) are left out: ${listed(flat)}`);
  if (all.some(({ scale, label }) => scale !== null && label === "Status"))
    notes.push('the signal "Status" holds trigger codes and is left out; --channels takes it');
  return taken;
}

/** The annotations of all records, and when each record begins where the file says so. */
function talsOf(bytes: Uint8Array, { signals, records, start, width, size }: Header, refuse: RefuseAt): Tals {
  const own = signals.filter(({ isAnnotations }) => isAnnotations);
  const places = Array.from({ length: own.length > 0 ? records : 0 }, (_, r) =>
    own.map((signal) => {
      const from = start + (r * width + signal.start) * size;
      return { from, to: from + signal.samples * size };
    }),
  );
  return readTals(bytes, places, refuse);
}

/** Refuses records that do not follow on from each other. */
function requireContinuous(
  { kind, seconds, start, width, size }: Header,
  { starts }: Tals,
  refuse: RefuseAt,
): void {
  if (kind !== "discontinuous") return;
  for (let r = 1; r < starts.length; r++) {
    const [was, now] = [starts[r - 1], starts[r]];
    if (was === null || now === null || Math.abs(now - was - seconds) > 1e-6 + 1e-9 * Math.abs(now))
      refuse(
        start + r * width * size,
        `record ${r + 1} begins at ${now ?? "an unknown time"}, ${was === null ? "" : `the one before ends at ${was + seconds} `}s ` +
          "(EDF+D, an interrupted recording); a series has no gaps; save each part as a file of its own",
      );
  }
}
