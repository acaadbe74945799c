/**
 * Tensors of an ONNX file as numbers. Nothing in them is trusted: dimensions are held against the bytes there are before
 * anything is made, and data outside the file are asked of whoever reads it, by a name that stays within its folder.
 */
import { quote } from "../../data/quote.ts";
import { ELEMENT, type Parsed } from "./schema.ts";

/** Numbers that do not follow from the input. NaN among whole numbers stands for the number of rows. */
export interface Constant {
  readonly kind: "constant";
  readonly dims: readonly number[];
  readonly data: Float32Array | Float64Array;
  /** Whole numbers or truth values, not real ones. */
  readonly whole: boolean;
}

/** What is wrong with a node or tensor, without saying which. */
export class Unreadable extends Error {}

/** The bytes of a file beside the model file, by the name that the model file has for it. Throws InputError. */
export type External = (location: string) => Uint8Array;

/** Values of all constants that are computed. */
const MOST_VALUES = 2 ** 25;

export class ConstantBudget {
  #left = MOST_VALUES;

  /** Refuses to make more than there may be. */
  take(count: number): number {
    this.#left -= count;
    if (!(this.#left >= 0))
      throw new Unreadable(`the constants of the graph have more than ${MOST_VALUES} values`);
    return count;
  }
}

export const product = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);

interface Element {
  readonly bytes: number;
  readonly read: (view: DataView, at: number) => number;
  readonly whole?: true;
}

function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const view32 = new DataView(new ArrayBuffer(4));
function brain(bits: number): number {
  view32.setUint32(0, bits << 16);
  return view32.getFloat32(0);
}

/** Elements that are read, by ONNX's numbers. */
const elements: Readonly<Record<number, Element>> = {
  [ELEMENT.float]: { bytes: 4, read: (v, at) => v.getFloat32(at, true) },
  [ELEMENT.double]: { bytes: 8, read: (v, at) => v.getFloat64(at, true) },
  [ELEMENT.float16]: { bytes: 2, read: (v, at) => half(v.getUint16(at, true)) },
  [ELEMENT.bfloat16]: { bytes: 2, read: (v, at) => brain(v.getUint16(at, true)) },
  [ELEMENT.int64]: { bytes: 8, read: (v, at) => Number(v.getBigInt64(at, true)), whole: true },
  [ELEMENT.int32]: { bytes: 4, read: (v, at) => v.getInt32(at, true), whole: true },
  [ELEMENT.int8]: { bytes: 1, read: (v, at) => v.getInt8(at), whole: true },
  [ELEMENT.uint8]: { bytes: 1, read: (v, at) => v.getUint8(at), whole: true },
  [ELEMENT.bool]: { bytes: 1, read: (v, at) => v.getUint8(at), whole: true },
};

export const isReal = (type: number | undefined): boolean =>
  type !== undefined && Object.hasOwn(elements, type) && elements[type].whole !== true;

/** A tensor's numbers; throws Unreadable. */
export function constantOf(tensor: Parsed<"Tensor">, external: External | undefined): Constant {
  const { dims, type = 0 } = tensor;
  const named = `tensor ${quote(tensor.name ?? "")}`;
  const fail = (what: string): never => {
    throw new Unreadable(`${named} ${what}`);
  };
  if (!Object.hasOwn(elements, type))
    return fail(`has elements of type ${type}, which are not read; export it as float32`);
  const element = elements[type];
  if (!dims.every((d) => Number.isSafeInteger(d) && d >= 0) || dims.length > 8)
    return fail(`has dimensions [${dims.slice(0, 8).join(", ")}]; they are at most 8 whole numbers`);
  const count = product(dims);
  const whole = element.whole === true;
  const filled = (value: (i: number) => number): Constant => {
    const data = whole ? new Float64Array(count) : new Float32Array(count);
    for (let i = 0; i < count; i++) data[i] = value(i);
    return { kind: "constant", dims, data, whole };
  };
  const raw = tensor.location === 1 ? outside(tensor, external, count * element.bytes, fail) : tensor.raw;
  if (raw !== undefined) {
    if (raw.length !== count * element.bytes)
      return fail(`has ${raw.length} bytes; [${dims.join(", ")}] takes ${count * element.bytes}`);
    const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
    return filled((i) => element.read(view, i * element.bytes));
  }
  const { floats, doubles, longs, ints } = tensor;
  const list = [floats, doubles, longs, ints].find((values) => values.length > 0) ?? [];
  if (list.length !== count) return fail(`has ${list.length} values; [${dims.join(", ")}] takes ${count}`);
  const bits = type === ELEMENT.float16 ? half : type === ELEMENT.bfloat16 ? brain : null;
  return filled((i) => (bits ? bits(list[i]) : list[i]));
}

/** Its bytes in a file beside the model file. */
function outside(
  { external: entries }: Parsed<"Tensor">,
  external: External | undefined,
  wanted: number,
  fail: (what: string) => never,
): Uint8Array {
  const given = Object.fromEntries(entries.map(({ key = "", value = "" }) => [key, value]));
  const location = given.location ?? "";
  const parts = location.split("/");
  if (
    location === "" ||
    /^[a-z]:|[\\\0]/i.test(location) ||
    parts.some((part) => ["", ".", ".."].includes(part))
  )
    fail(`has its data in ${quote(location)}; only files in the folder of the model file are read`);
  if (!external)
    return fail(
      `has its data in the file ${quote(location)}; give the bytes of that file too, or export with the data inside`,
    );
  const number = (text: string | undefined, fallback: number): number =>
    text === undefined
      ? fallback
      : /^\d{1,15}$/.test(text)
        ? Number(text)
        : fail("has an offset or length that is no number");
  const bytes = external(location);
  const from = number(given.offset, 0);
  const length = number(given.length, wanted);
  if (length !== wanted || from + length > bytes.length)
    return fail(
      `takes ${wanted} bytes; ${quote(location)} has ${bytes.length}, and the file says ${length} from ${from} on`,
    );
  return bytes.subarray(from, from + length);
}
