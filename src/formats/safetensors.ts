/**
 * The safetensors container: eight bytes of header length (little-endian), a JSON header that gives each
 * tensor's type, shape and bytes, then the bytes, one tensor after the other without a hole.
 * Source: https://github.com/huggingface/safetensors, "Format".
 *
 * Invariant: `decodeSafetensors` trusts nothing that the file says. It reads no byte outside the file,
 * allocates no more than the file holds, and fails with an InputError alone.
 */
import { InputError } from "../data/errors.ts";
import { quote } from "../data/quote.ts";
import { headerKeys } from "./headerKeys.ts";

export interface Tensor {
  readonly name: string;
  /** Extents, outermost first; `[]` is a scalar. */
  readonly shape: readonly number[];
  /** Values in row-major order, as many as the product of the shape. */
  readonly data: Float32Array;
}

/** Types of the format that are known, and the bytes of a value. */
export const dtypeBytes = {
  F32: 4,
  F64: 8,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
} as const;
export type Dtype = keyof typeof dtypeBytes;

/** A tensor as its bytes, little-endian and row-major: `dtypeBytes` of them a value. */
export interface RawTensor {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export interface Safetensors {
  readonly tensors: readonly Tensor[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** The reference implementation's limit on the header, in bytes. */
const MAX_HEADER_BYTES = 100_000_000;
const METADATA = "__metadata__";
/** Names that reach an object's prototype when some reader uses them as keys. */
const PROTOTYPE_KEYS = new Set(["__proto__", "constructor", "prototype"]);

/** float32 as its bytes, little-endian. */
export function floatBytes(data: Float32Array): Uint8Array {
  const bytes = new Uint8Array(4 * data.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < data.length; i++) view.setFloat32(4 * i, data[i], true);
  return bytes;
}

/**
 * The bytes of a safetensors file: tensors in the order given, as little-endian F32, metadata first in the
 * header, the header padded with spaces so that the data start at a multiple of 8. The same input gives the
 * same bytes. Throws InputError on names that the format or a reader cannot hold, and on a shape that does
 * not fit its data.
 */
export const encodeSafetensors = (
  tensors: readonly Tensor[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array =>
  encodeRaw(
    tensors.map(({ name, shape, data }) => ({ name, dtype: "F32", shape, bytes: floatBytes(data) })),
    metadata,
  );

/** The same of tensors of any type. */
export function encodeRaw(
  tensors: readonly RawTensor[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const refuse = refuseFor("safetensors");
  const keys = Object.keys(metadata);
  for (const key of keys) checkName(key, "metadata key", refuse);
  // Joined by hand: a JavaScript object would move names such as "0" to the front.
  const entries = keys.length ? [`${JSON.stringify(METADATA)}:${JSON.stringify(metadata)}`] : [];
  const seen = new Set<string>([METADATA]);
  let end = 0;
  for (const { name, dtype, shape, bytes: data } of tensors) {
    checkName(name, "tensor", refuse);
    if (seen.has(name))
      refuse(`tensor ${quote(name)} is there twice or reserved; give each tensor its own name`);
    seen.add(name);
    const values = data.length / dtypeBytes[dtype];
    if (shape.reduce((product, extent) => product * extent, 1) !== values)
      refuse(`tensor ${quote(name)} has shape [${shape.join(", ")}] but ${values} values; make them agree`);
    const begin = end;
    end += data.length;
    entries.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, end] })}`);
  }
  const header = new TextEncoder().encode(`{${entries.join(",")}}`);
  const headerBytes = Math.ceil(header.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerBytes + end).fill(0x20, 8, 8 + headerBytes);
  bytes.set(header, 8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, headerBytes, true);
  let at = 8 + headerBytes;
  for (const { bytes: data } of tensors) {
    bytes.set(data, at);
    at += data.length;
  }
  return bytes;
}

/**
 * Reads a safetensors file: its tensors in the order of their bytes, and its metadata (`{}` where it has
 * none). `file` names it in errors. Throws InputError, one line, on anything that the format forbids and on
 * every type but F32.
 */
export function decodeSafetensors(bytes: Uint8Array, file: string): Safetensors {
  const { tensors, metadata } = decodeRaw(bytes, file, ["F32"]);
  return {
    metadata,
    tensors: tensors.map(({ name, shape, bytes: own }) => {
      const view = new DataView(own.buffer, own.byteOffset, own.length);
      const data = new Float32Array(own.length / 4);
      for (let i = 0; i < data.length; i++) data[i] = view.getFloat32(4 * i, true);
      return { name, shape, data };
    }),
  };
}

/** The same with tensors of the types given, as bytes of the file itself. */
export function decodeRaw(
  bytes: Uint8Array,
  file: string,
  dtypes: readonly Dtype[],
): { readonly tensors: readonly RawTensor[]; readonly metadata: Safetensors["metadata"] } {
  const refuse = refuseFor(file);
  const { header, dataAt } = readHeader(bytes, refuse);
  let metadata: Record<string, string> = {};
  const entries: Entry[] = [];
  for (const [name, value] of header) {
    if (name === METADATA) metadata = readMetadata(value, refuse);
    else entries.push(readEntry(name, value, dtypes, bytes.length - dataAt, refuse));
  }
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let at = 0;
  for (const { name, begin, end } of entries) {
    if (begin < at)
      refuse(`tensor ${quote(name)} starts at byte ${begin}, inside the one before it, which ends at ${at}`);
    if (begin > at) refuse(`bytes ${at} to ${begin}, before tensor ${quote(name)}, belong to no tensor`);
    at = end;
  }
  if (at !== bytes.length - dataAt) {
    refuse(`the tensors end at byte ${at} of the data, the file at ${bytes.length - dataAt}`);
  }
  const tensors = entries.map(({ begin, end, ...entry }) => ({
    ...entry,
    bytes: bytes.subarray(dataAt + begin, dataAt + end),
  }));
  return { tensors, metadata };
}

type Refuse = (what: string) => never;

/** One tensor of the header; its bytes are `begin <= at < end` of the data, checked to lie in the file. */
interface Entry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function refuseFor(file: string): Refuse {
  return (what) => {
    throw new InputError(`${file}: ${what}`);
  };
}

function checkName(name: string, kind: string, refuse: Refuse): void {
  if (PROTOTYPE_KEYS.has(name)) refuse(`${kind} ${quote(name)} is a reserved word of JavaScript; rename it`);
}

/** The header's top-level entries in the order of the file, and where the data start. */
function readHeader(bytes: Uint8Array, refuse: Refuse): { header: [string, unknown][]; dataAt: number } {
  const remedy = "it is not a safetensors file, or is cut short";
  if (bytes.length < 8) refuse(`${bytes.length} bytes, a safetensors file has at least 8; ${remedy}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const length = view.getUint32(4, true) * 2 ** 32 + view.getUint32(0, true);
  if (length > MAX_HEADER_BYTES) {
    refuse(`the header claims ${length} bytes, at most ${MAX_HEADER_BYTES} are allowed; ${remedy}`);
  }
  if (length > bytes.length - 8) {
    refuse(`the header claims ${length} bytes, the file has ${bytes.length - 8} after its length; ${remedy}`);
  }
  const dataAt = 8 + length;
  let text: string;
  let parsed: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(8, dataAt));
  } catch {
    return refuse(`the header is not UTF-8; ${remedy}`);
  }
  try {
    parsed = JSON.parse(text);
  } catch {
    return refuse(`the header is not JSON; ${remedy}`);
  }
  if (!isObject(parsed)) return refuse(`the header is not a JSON object; ${remedy}`);
  const keys = headerKeys(text, (key) => refuse(`the header has the key ${quote(key)} twice in one object`));
  return { header: keys.map((key) => [key, parsed[key]]), dataAt };
}

function readMetadata(value: unknown, refuse: Refuse): Record<string, string> {
  if (!isObject(value)) return refuse(`${METADATA} is not an object of strings`);
  const pairs = Object.entries(value).map(([key, text]): [string, string] => {
    checkName(key, "metadata key", refuse);
    if (typeof text !== "string") return refuse(`the metadata entry ${quote(key)} is not a string`);
    return [key, text];
  });
  return Object.fromEntries(pairs);
}

function readEntry(
  name: string,
  value: unknown,
  dtypes: readonly Dtype[],
  dataBytes: number,
  refuse: Refuse,
): Entry {
  checkName(name, "tensor", refuse);
  const tensor = `tensor ${quote(name)}`;
  if (!isObject(value)) return refuse(`${tensor} is not a JSON object`);
  const { dtype: word, shape, data_offsets: offsets } = value;
  const dtype = dtypes.find((known) => known === word);
  if (dtype === undefined) {
    const actual = typeof word === "string" ? `dtype ${quote(word)}` : "no dtype that is a string";
    const known = dtypes.length > 1 ? `${dtypes.join(", ")} are` : 'only "F32" is';
    return refuse(`${tensor} has ${actual}; ${known} read; convert it, or let toeplitz import do it`);
  }
  if (!isCounts(shape)) return refuse(`${tensor} has a shape that is not a list of whole numbers >= 0`);
  if (!isCounts(offsets) || offsets.length !== 2) {
    return refuse(`${tensor} has data_offsets that are not two whole numbers >= 0`);
  }
  const [begin, end] = offsets;
  if (begin > end) refuse(`${tensor} has data_offsets [${begin}, ${end}] in the wrong order`);
  if (end > dataBytes)
    refuse(`${tensor} ends at byte ${end} of the data, the file at ${dataBytes}; it is cut short`);
  const bytes = dtypeBytes[dtype] * shape.reduce((product, extent) => product * extent, 1);
  if (bytes !== end - begin) {
    refuse(`${tensor} takes ${bytes} bytes by its shape and ${end - begin} by its data_offsets`);
  }
  return { name, dtype, shape, begin, end };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((count) => Number.isSafeInteger(count) && count >= 0);
}
