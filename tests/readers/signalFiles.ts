/** Small recordings of each format with several signals, made by hand. */
import { ascii, joined } from "./bytes.ts";

export interface EdfSignal {
  readonly label: string;
  readonly unit?: string;
  /** Least and greatest value: physical, then digital. */
  readonly ranges?: readonly [number, number, number, number];
  /** Digital values a record. */
  readonly records: readonly (readonly number[])[];
}

const field = (value: string | number, width: number): Uint8Array => ascii(String(value).padEnd(width));
const integers = (values: readonly number[], size: number): number[] =>
  values.flatMap((v) => Array.from({ length: size }, (_, b) => (v >> (8 * b)) & 255));

/** An EDF file, or BDF of 24 bits; signals called "EDF Annotations" hold bytes in place of values. */
export function edf(
  signals: readonly EdfSignal[],
  { seconds = 1, reserved = "", size = 2, records = signals[0].records.length } = {},
): Uint8Array {
  const isText = ({ label }: EdfSignal): boolean => label.endsWith(" Annotations");
  const ranges = (at: number): Uint8Array[] =>
    signals.map(({ ranges: r = [-32768, 32767, -32768, 32767] }) => field(r[at], 8));
  const header = joined(
    size === 2 ? ascii("0       ") : joined([0xff], ascii("BIOSEMI")),
    field("X X X X", 80),
    field("Startdate X X X X", 80),
    field("01.02.03", 8),
    field("04.05.06", 8),
    field(256 * (signals.length + 1), 8),
    field(reserved, 44),
    field(records, 8),
    field(seconds, 8),
    field(signals.length, 4),
    ...signals.map(({ label }) => field(label, 16)),
    ...signals.map(() => field("", 80)),
    ...signals.map(({ unit = "uV" }) => field(unit, 8)),
    ...[0, 1, 2, 3].flatMap(ranges),
    ...signals.map(() => field("", 80)),
    ...signals.map((s) => field(s.records[0].length / (isText(s) ? size : 1), 8)),
    ...signals.map(() => field("", 32)),
  );
  const body = signals[0].records.flatMap((_, r) =>
    signals.flatMap((s) => (isText(s) ? s.records[r] : integers(s.records[r], size))),
  );
  return joined(header, body);
}

/** A record of annotations: `+0\x14\x14` and so on, zeros between and after. */
export const tals = (width: number, ...lists: readonly string[]): number[] => {
  const bytes = lists.flatMap((list) => [...new TextEncoder().encode(list), 0]);
  return [...bytes, ...Array.from({ length: width - bytes.length }, () => 0)];
};

/** WFDB annotations: words of a code and samples since the last, texts after them, and the end. */
export function atr(
  events: readonly { readonly at: number; readonly code: number; readonly aux?: string }[],
): Uint8Array {
  const word = (code: number, low: number): number[] => [low & 255, (code << 2) | (low >> 8)];
  let time = 0;
  const bytes = events.flatMap(({ at, code, aux }) => {
    const since = at - time;
    time = at;
    // beyond 10 bits a skip comes first, its high word before its low one
    const skip =
      since > 1023
        ? [
            ...word(59, 0),
            (since >> 16) & 255,
            since >> 24,
            since & 255,
            (since >> 8) & 255,
            ...word(code, 0),
          ]
        : word(code, since);
    const text =
      aux === undefined ? [] : [...word(63, aux.length), ...ascii(aux), ...(aux.length % 2 ? [0] : [])];
    return [...skip, ...text];
  });
  return Uint8Array.from([...bytes, 0, 0]);
}

/** Samples of WFDB, those of all signals in turn, in a format. */
export function dat(format: 16 | 24 | 32 | 80 | 212, samples: readonly number[]): Uint8Array {
  if (format === 80) return Uint8Array.from(samples, (v) => v + 128);
  if (format !== 212) return Uint8Array.from(integers(samples, format / 8));
  const bytes: number[] = [];
  for (let i = 0; i < samples.length; i += 2) {
    const [a, b = 0] = samples.slice(i, i + 2).map((v) => v & 0xfff);
    bytes.push(a & 255, (a >> 8) | ((b >> 8) << 4), ...(i + 1 < samples.length ? [b & 255] : []));
  }
  return Uint8Array.from(bytes);
}

export interface MatArray {
  readonly name: string;
  readonly shape: readonly number[];
  /** In Fortran's order; text as codes. */
  readonly values: readonly number[];
  /** The class of the array (6: double, 4: char) and the type that its numbers are stored as (9: double). */
  readonly of?: number;
  readonly stored?: number;
}

/** A MATLAB file of level 5; `pack` compresses its variables. */
export function mat(
  arrays: readonly MatArray[],
  { little = true, pack = null as ((data: Uint8Array) => Uint8Array) | null } = {},
): Uint8Array {
  const widths: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 4, 9: 8 };
  const numbers = (type: number, values: readonly number[]): Uint8Array => {
    const width = widths[type];
    const view = new DataView(new ArrayBuffer(values.length * width));
    values.forEach((value, i) => {
      if (type === 9) view.setFloat64(8 * i, value, little);
      else if (type === 7) view.setFloat32(4 * i, value, little);
      else if (width === 4) view.setInt32(4 * i, value, little);
      else if (width === 2) view.setInt16(2 * i, value, little);
      else view.setInt8(i, value);
    });
    return new Uint8Array(view.buffer);
  };
  const words = (...values: readonly number[]): Uint8Array => numbers(5, values);
  const element = (type: number, data: Uint8Array): Uint8Array => {
    // what fits into four bytes stands within the tag
    if (data.length <= 4 && data.length > 0 && type !== 14)
      return joined(
        little ? words(type | (data.length << 16)) : words((data.length << 16) | type),
        data,
        new Uint8Array(4 - data.length),
      );
    return joined(words(type, data.length), data, new Uint8Array((8 - (data.length % 8)) % 8));
  };
  const variables = arrays.map(({ name, shape, values, of = 6, stored = 9 }) => {
    const content = joined(
      element(6, words(of, 0)),
      element(5, words(...shape)),
      element(1, ascii(name)),
      element(stored, numbers(stored, values)),
    );
    const whole = joined(words(14, content.length), content);
    if (!pack) return whole;
    const packed = pack(whole);
    return joined(words(15, packed.length), packed);
  });
  return joined(
    ascii("MATLAB 5.0 MAT-file, made by hand".padEnd(124)),
    little ? [0, 1] : [1, 0],
    ascii(little ? "IM" : "MI"),
    ...variables,
  );
}
