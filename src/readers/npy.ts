/**
 * NumPy arrays (`.npy`, versions 1 to 3): a header that says the type and the shape, then the values. Little-endian floats of
 * 4 and 8 bytes, integers of 1 to 8, booleans, and text (labels); C order or Fortran's. What the header says is checked
 * against the bytes before anything is allocated. Source: numpy/lib/format.py.
 */
import { InputError } from "../data/errors.ts";
import { quote } from "../data/quote.ts";

/** An array whose header agrees with its bytes. */
export interface NpyArray {
  readonly shape: readonly number[];
  /** f: floats, i and u: integers, b: booleans, U: UTF-32 text, S: bytes of text. */
  readonly kind: "f" | "i" | "u" | "b" | "U" | "S";
  /** Bytes a value. */
  readonly size: number;
  readonly isFortran: boolean;
  /** The values. */
  readonly data: DataView;
  /** Bytes before the values. */
  readonly offset: number;
  /** The file, for errors. */
  readonly file: string;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const SIZES: Readonly<Record<string, readonly number[]>> = {
  f: [4, 8],
  i: [1, 2, 4, 8],
  u: [1, 2, 4, 8],
  b: [1],
};

export const isNpy = (bytes: Uint8Array): boolean => MAGIC.every((byte, i) => bytes[i] === byte);

/** Reads the header. Throws InputError `FILE, byte N: what; rule; remedy`. */
export function parseNpy(bytes: Uint8Array, file: string): NpyArray {
  const refuse = (at: number, what: string): never => {
    throw new InputError(`${file}, byte ${at}: ${what}`);
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!isNpy(bytes) || bytes.length < 12)
    refuse(0, "it is no NumPy array; one begins with \\x93NUMPY; give a .npy file");
  const version = bytes[6];
  if (version < 1 || version > 3)
    refuse(6, `the format has version ${version}; 1 to 3 are read; write it with numpy.save`);
  const start = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (start + length > bytes.length)
    refuse(
      8,
      `the header has ${length} bytes, but ${bytes.length - start} follow; is the file cut short? give it whole`,
    );
  const header = new TextDecoder("latin1").decode(bytes.subarray(start, start + length));
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const sizes = /'shape':\s*\(([\dL,\s]*)\)/.exec(header)?.[1];
  if (descr === undefined || order === undefined || sizes === undefined)
    return refuse(
      start,
      `the header is ${quote(header.trim())}; it has a plain 'descr', 'fortran_order' and 'shape'; write one array of one type`,
    );
  const type = /^([<>=|]?)([a-zA-Z])(\d{1,9})$/.exec(descr);
  const kind = type?.[2] ?? "";
  const isText = kind === "U" || kind === "S";
  const size = Number(type?.[3] ?? 0) * (kind === "U" ? 4 : 1);
  const known = isText ? size > 0 : (SIZES[kind] ?? []).includes(size);
  if (!known || type?.[1] === ">")
    refuse(
      start,
      `the values are of type ${quote(descr)}; little-endian floats (<f4, <f8), integers (i1 to i8, u1 to u8), booleans ` +
        "and text are read; convert them with astype",
    );
  const shape = sizes
    .split(",")
    .map((part) => part.trim().replace(/L$/, ""))
    .filter((part) => part !== "")
    .map(Number);
  const want = shape.reduce((a, b) => a * b, size);
  const offset = start + length;
  if (want !== bytes.length - offset)
    refuse(
      offset,
      `shape (${shape.slice(0, 8).join(", ")}) of ${descr} takes ${want} bytes, but ${bytes.length - offset} follow; ` +
        "is the file cut short? give it whole",
    );
  if (want === 0)
    refuse(
      start,
      `shape (${shape.slice(0, 8).join(", ")}) has no values; a data set has at least one; give some`,
    );
  const data = new DataView(bytes.buffer, bytes.byteOffset + offset, want);
  return { shape, kind: kind as NpyArray["kind"], size, isFortran: order === "True", data, offset, file };
}

/** The values as f64 in C order; integers beyond 2^53 are rounded. Throws InputError for text and for infinities. */
export function numbersOf(array: NpyArray): Float64Array {
  const { kind, size, data, file, offset } = array;
  const count = data.byteLength / size;
  const read = readers[`${kind}${size}`];
  if (!read) throw new InputError(`${file}: it holds text; series are numbers; give an array of numbers`);
  const values = new Float64Array(count);
  const at = order(array);
  for (let i = 0; i < count; i++) {
    const byte = at(i) * size;
    const value = read(data, byte);
    if (Math.abs(value) === Infinity)
      throw new InputError(
        `${file}, byte ${offset + byte}: a value is ${value}; values are finite, or NaN where they are missing; correct it`,
      );
    values[i] = Number.isNaN(value) ? NaN : value; // one NaN, whatever its payload
  }
  return values;
}

/** The values as text: numbers in their shortest form, False and True, text without the zeros after its end. */
export function textsOf(array: NpyArray): string[] {
  const { kind, size, data } = array;
  const count = data.byteLength / size;
  const at = order(array);
  return Array.from({ length: count }, (_, i) => {
    const byte = at(i) * size;
    if (kind === "b") return data.getUint8(byte) ? "True" : "False";
    if (size === 8 && kind === "i") return String(data.getBigInt64(byte, true));
    if (size === 8 && kind === "u") return String(data.getBigUint64(byte, true));
    if (kind !== "U" && kind !== "S") return String(readers[`${kind}${size}`](data, byte));
    let text = "";
    for (let b = byte; b < byte + size; b += kind === "U" ? 4 : 1) {
      const code = kind === "U" ? data.getUint32(b, true) : data.getUint8(b);
      if (code === 0) break;
      text += String.fromCodePoint(Math.min(code, 0x10ffff));
    }
    return text;
  });
}

/** From the place of a value in C order to its place in the file. */
function order({ shape, isFortran }: NpyArray): (i: number) => number {
  if (!isFortran || shape.length < 2) return (i) => i;
  return (i) => {
    let rest = i;
    let place = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const index = rest % shape[axis];
      rest = (rest - index) / shape[axis];
      let stride = 1;
      for (let before = 0; before < axis; before++) stride *= shape[before];
      place += index * stride;
    }
    return place;
  };
}

const readers: Readonly<Record<string, (data: DataView, at: number) => number>> = {
  f4: (d, at) => d.getFloat32(at, true),
  f8: (d, at) => d.getFloat64(at, true),
  i1: (d, at) => d.getInt8(at),
  i2: (d, at) => d.getInt16(at, true),
  i4: (d, at) => d.getInt32(at, true),
  i8: (d, at) => Number(d.getBigInt64(at, true)),
  u1: (d, at) => d.getUint8(at),
  u2: (d, at) => d.getUint16(at, true),
  u4: (d, at) => d.getUint32(at, true),
  u8: (d, at) => Number(d.getBigUint64(at, true)),
  b1: (d, at) => (d.getUint8(at) ? 1 : 0),
};
