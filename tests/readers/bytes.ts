/** Small files of each binary format, made by hand. */
import { crc32 } from "../../src/readers/zip.ts";

export const ascii = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));
export function joined(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
const little = (size: number, ...values: readonly number[]): number[] =>
  values.flatMap((v) => Array.from({ length: size }, (_, b) => Math.floor(v / 256 ** b) % 256));
export const u16 = (...values: readonly number[]): number[] => little(2, ...values);
export const u32 = (...values: readonly number[]): number[] => little(4, ...values);

const TYPES = {
  "<f4": Float32Array,
  "<f8": Float64Array,
  "|i1": Int8Array,
  "<i2": Int16Array,
  "<i4": Int32Array,
  "<i8": BigInt64Array,
  "|u1": Uint8Array,
  "<u2": Uint16Array,
  "<u4": Uint32Array,
  "<u8": BigUint64Array,
  "|b1": Uint8Array,
} as const;
export type NpyType = keyof typeof TYPES;
export const npyTypes = Object.keys(TYPES) as NpyType[];

/** A `.npy` file of numbers. */
export function npy(
  type: NpyType,
  shape: readonly number[],
  values: readonly number[],
  order = "False",
): Uint8Array {
  const big = type === "<i8" || type === "<u8";
  const data = big
    ? BigInt64Array.from(values, (value) => BigInt(value))
    : (TYPES[type] as Float64ArrayConstructor).from(values);
  return npyOf(
    `{'descr': '${type}', 'fortran_order': ${order}, 'shape': (${shape.join(", ")},), }`,
    new Uint8Array(data.buffer),
  );
}

/** A `.npy` file of a header and bytes. */
export const npyOf = (header: string, data: Uint8Array | readonly number[]): Uint8Array =>
  joined([0x93], ascii("NUMPY"), [1, 0], u16(header.length + 1), ascii(`${header}\n`), data);

/** A zip archive; `pack` makes its entries deflated. */
export function zip(
  files: Readonly<Record<string, Uint8Array>>,
  pack: ((data: Uint8Array) => Uint8Array) | null = null,
): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const [name, content] of Object.entries(files)) {
    const data = pack ? pack(content) : content;
    const about = [
      ...u16(20, 0, pack ? 8 : 0, 0, 0),
      ...u32(crc32(content), data.length, content.length),
      ...u16(name.length, 0),
    ];
    const local = joined(ascii("PK\u0003\u0004"), about, ascii(name), data);
    directory.push(joined(ascii("PK\u0001\u0002"), u16(20), about, u16(0, 0, 0), u32(0, at), ascii(name)));
    parts.push(local);
    at += local.length;
  }
  const central = joined(...directory);
  const count = directory.length;
  return joined(
    ...parts,
    central,
    ascii("PK\u0005\u0006"),
    u16(0, 0, count, count),
    u32(central.length, at),
    u16(0),
  );
}

/** A WAV file. */
export function wav(
  { tag = 1, channels = 1, rate = 8000, bits = 16, extra = [] as readonly number[] },
  samples: readonly number[],
): Uint8Array {
  const format = [
    ...u16(tag, channels),
    ...u32(rate, (rate * channels * bits) / 8),
    ...u16((channels * bits) / 8, bits),
    ...extra,
  ];
  const body = joined(
    ascii("WAVEfmt "),
    u32(format.length),
    format,
    ascii("LIST"),
    u32(3),
    [1, 2, 3, 0],
    ascii("data"),
    u32(samples.length),
    samples,
  );
  return joined(ascii("RIFF"), u32(body.length), body);
}
