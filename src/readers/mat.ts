/**
 * MATLAB files of level 5 (`save -v6` and `-v7`): elements of a type, a size and data, little- or big-endian, compressed by
 * zlib or not; each variable is one. Numbers and text are read; what else there is (cells, structs, sparse matrices) is known
 * by its kind and refused where it is wanted. Source: MathWorks, "MAT-File Format", 2019.
 */
import { InputError } from "../data/errors.ts";
import { FREE_BYTES, MOST_TIMES } from "../data/seriesRows.ts";
import { quote } from "../data/quote.ts";
import { inflate, type Inflate } from "./inflate.ts";
import type { NpyArray } from "./npy.ts";
import type { RefuseAt } from "./signals.ts";

/** A variable; its numbers are checked against the bytes, and copied only where they are big-endian. */
export interface MatVariable {
  readonly name: string;
  readonly shape: readonly number[];
  /** What it is: `double`, `char`, `cell` and so on. */
  readonly kind: string;
  /** Where it stands in the file. */
  readonly at: number;
  /** Its numbers or characters. Throws InputError where it is of another kind, or complex. */
  readonly array: () => NpyArray;
}

const MATRIX = 14;
const COMPRESSED = 15;
const HEADER = 128;

/** Kinds of arrays by class. */
const KINDS = [
  "",
  "cell",
  "struct",
  "object",
  "char",
  "sparse",
  "double",
  "single",
  "int8",
  "uint8",
  "int16",
  "uint16",
  "int32",
  "uint32",
  "int64",
  "uint64",
  "function",
  "opaque",
] as const;

/** How numbers are stored, by the type of an element: `kind` and bytes as NumPy has them. */
const TYPES: Readonly<Record<number, readonly ["f" | "i" | "u", number]>> = {
  1: ["i", 1],
  2: ["u", 1],
  3: ["i", 2],
  4: ["u", 2],
  5: ["i", 4],
  6: ["u", 4],
  7: ["f", 4],
  9: ["f", 8],
  12: ["i", 8],
  13: ["u", 8],
  16: ["u", 1],
  17: ["u", 2],
};

const latin = (bytes: Uint8Array): string => new TextDecoder("latin1").decode(bytes);

/** By the text that it begins with and the mark of its byte order. */
export const isMat = (bytes: Uint8Array): boolean =>
  latin(bytes.subarray(0, 6)) === "MATLAB" &&
  bytes.length >= HEADER &&
  ["IM", "MI"].includes(latin(bytes.subarray(126, 128)));

/** An element: where its data are, and where the next begins. */
interface Element {
  readonly type: number;
  readonly from: number;
  readonly size: number;
  readonly next: number;
}

/** The bytes that elements are read from: the file, or what was unpacked, which stands at `place` in the file. */
interface Region {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly place: number | null;
  readonly little: boolean;
}

/** Reads the variables of a file. Throws InputError `FILE, byte N: what; rule; remedy`. */
export function parseMat(bytes: Uint8Array, file: string, unpacks: Inflate = inflate): MatVariable[] {
  const refuse: RefuseAt = (at, what) => {
    throw new InputError(`${file}, byte ${at}: ${what}`);
  };
  if (!isMat(bytes)) refuse(0, "it is no MATLAB file; one begins with MATLAB; give a .mat file");
  if (latin(bytes.subarray(0, 10)) === "MATLAB 7.3")
    refuse(0, "it is of MATLAB 7.3 (HDF5), which is not read; save it with save(file, '-v7')");
  const little = bytes[126] === 0x49;
  const region = regionOf(bytes, null, little);
  const variables: MatVariable[] = [];
  const most = Math.max(FREE_BYTES, MOST_TIMES * bytes.length);
  let unpacked = 0;
  for (let at = HEADER; at < bytes.length;) {
    const element = readElement(region, at, bytes.length, refuse);
    if (element.type === COMPRESSED) {
      const content = unpack(
        bytes.subarray(element.from, element.from + element.size),
        most - unpacked,
        unpacks,
        (what) => refuse(at, what),
      );
      unpacked += content.length;
      const inner = regionOf(content, at, little);
      const matrix = readElement(inner, 0, content.length, refuse);
      addVariable(inner, matrix, variables, file, refuse);
      // the next begins at once: compressed elements are not padded
      at = element.from + element.size;
    } else {
      addVariable(region, element, variables, file, refuse);
      at = element.next;
    }
  }
  if (variables.length === 0) refuse(bytes.length, "the file has no variables; save some into it");
  return variables;
}

const regionOf = (bytes: Uint8Array, place: number | null, little: boolean): Region => ({
  bytes,
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  place,
  little,
});

/** An element's tag; small ones have their data within it. */
function readElement({ view, place, little }: Region, at: number, end: number, refuse: RefuseAt): Element {
  const say = (what: string): never => refuse(place ?? at, what);
  if (at + 8 > end) say("an element is cut short; is the file cut short? give it whole");
  const word = view.getUint32(at, little);
  const small = word >>> 16;
  if (small > 0) {
    if (small > 4) say("an element is damaged; give the file as it was written");
    return { type: word & 0xffff, from: at + 4, size: small, next: at + 8 };
  }
  const size = view.getUint32(at + 4, little);
  const from = at + 8;
  if (from + size > end)
    say(`an element has ${size} bytes, but ${end - from} follow; is the file cut short? give it whole`);
  return { type: word, from, size, next: Math.min(end, from + 8 * Math.ceil(size / 8)) };
}

/** zlib's stream: two bytes before the deflated data, and the Adler-32 of what was packed after them. */
function unpack(
  data: Uint8Array,
  most: number,
  unpacks: Inflate,
  refuse: (what: string) => never,
): Uint8Array {
  if (data.length < 6 || (data[0] & 15) !== 8)
    return refuse("a compressed element is damaged; give the file as it was written");
  let content: Uint8Array;
  try {
    content = unpacks(data.subarray(2, -4), most);
  } catch {
    return refuse(
      `a compressed element is damaged, or the file unpacks to more than ${MOST_TIMES} times its size; give the file as it was written, or save it with save(file, '-v6')`,
    );
  }
  let [a, b] = [1, 0];
  for (const byte of content) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  const said = new DataView(data.buffer, data.byteOffset + data.length - 4, 4).getUint32(0);
  if ((b * 65536 + a) % 2 ** 32 !== said)
    refuse("a compressed element is damaged (its checksum does not agree); give the file as it was written");
  return content;
}

/** Reads what a variable is; its numbers wait until they are asked for. */
function addVariable(
  region: Region,
  matrix: Element,
  variables: MatVariable[],
  file: string,
  refuse: RefuseAt,
): void {
  const place = region.place ?? matrix.from - 8;
  const say = (what: string): never => refuse(place, what);
  if (matrix.type !== MATRIX)
    say(
      `an element is of type ${matrix.type}; a variable is of type ${MATRIX}; give the file as it was written`,
    );
  const end = matrix.from + matrix.size;
  // the file's last variable, or what is not a variable: MATLAB writes such empty ones
  if (matrix.size === 0) return;
  const flags = readElement(region, matrix.from, end, refuse);
  const dimensions = readElement(region, flags.next, end, refuse);
  const nameAt = readElement(region, dimensions.next, end, refuse);
  if (flags.size !== 8 || dimensions.size % 4 !== 0 || dimensions.size < 8)
    say("a variable is damaged; give the file as it was written");
  const bits = region.view.getUint32(flags.from, region.little);
  const kind = KINDS[bits & 255] ?? "";
  const shape = Array.from({ length: dimensions.size / 4 }, (_, i) =>
    region.view.getInt32(dimensions.from + 4 * i, region.little),
  );
  const name = latin(region.bytes.subarray(nameAt.from, nameAt.from + nameAt.size));
  // MATLAB's own notes on objects have no name
  if (name === "") return;
  if (!/^[A-Za-z]\w*$/.test(name) || kind === "" || shape.some((n) => n < 0))
    say(`the variable ${quote(name)} is damaged; give the file as it was written`);
  if (variables.some((other) => other.name === name))
    say(`the variable ${quote(name)} is there twice; names are distinct; save the file again`);
  const isComplex = (bits & 0x0800) !== 0;
  const array = (): NpyArray => {
    if (!/^(char|double|single|u?int\d+)$/.test(kind) || isComplex)
      say(
        `the variable ${quote(name)} is ${isComplex ? "complex" : `of kind ${kind}`}; arrays of numbers or text are read; save it as such`,
      );
    return numbersIn(
      region,
      readElement(region, nameAt.next, end, refuse),
      shape,
      kind,
      `${file}, ${name}`,
      say,
    );
  };
  variables.push({ name, shape, kind, at: place, array });
}

/** The numbers of an element as an array in Fortran's order. */
function numbersIn(
  { bytes, view, little }: Region,
  { type, from, size }: Element,
  shape: readonly number[],
  kind: string,
  file: string,
  say: (what: string) => never,
): NpyArray {
  const [stored, width] = TYPES[type] ?? ["f", 0];
  const count = shape.reduce((a, b) => a * b, 1);
  if (width === 0 || count * width !== size || count === 0)
    return say(
      `${quote(file)} has ${size} bytes of type ${type} for ${shape.join(" x ")} values; ` +
        (count === 0
          ? "it has no values; a data set has at least one; leave it out"
          : "give the file as it was written"),
    );
  const isText = kind === "char";
  // numbers may be stored more briefly than they are: doubles that are whole as bytes
  let data = view.byteLength === 0 ? view : new DataView(view.buffer, view.byteOffset + from, size);
  if (!little && width > 1) {
    const turned = new Uint8Array(bytes.subarray(from, from + size)); // Buffer's slice would be no copy
    for (let i = 0; i < size; i += width) turned.subarray(i, i + width).reverse();
    data = new DataView(turned.buffer);
  }
  return { shape, kind: isText ? "u" : stored, size: width, isFortran: true, data, offset: 0, file };
}
