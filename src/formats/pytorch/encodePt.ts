/**
 * A `.pt` file: a zip archive of a pickle, which has the tensors' names and shapes, and an entry for the bytes of each, as
 * `torch.save` writes them since PyTorch 1.6. The same tensors give the same bytes.
 */
import { crc32 } from "../../readers/zip.ts";
import type { Dtype, RawTensor } from "../safetensors.ts";
import { storages } from "./storages.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Pickle opcodes of protocol 2, as far as a state dict needs them. */
const OP = {
  proto: 0x80,
  global: 0x63,
  emptyTuple: 0x29,
  reduce: 0x52,
  mark: 0x28,
  tuple: 0x74,
  text: 0x58,
  int: 0x4a,
  persistent: 0x51,
  false: 0x89,
  setItems: 0x75,
  stop: 0x2e,
} as const;

class Pickle {
  readonly #parts: number[] = [OP.proto, 2];

  op(...codes: number[]): this {
    for (const code of codes) this.#parts.push(code);
    return this;
  }

  text(value: string): this {
    const bytes = utf8(value);
    return this.op(OP.text)
      .#uint32(bytes.length)
      .op(...bytes);
  }

  int(value: number): this {
    return this.op(OP.int).#uint32(value);
  }

  ints(values: readonly number[]): this {
    this.op(OP.mark);
    for (const value of values) this.int(value);
    return this.op(OP.tuple);
  }

  global(module: string, name: string): this {
    return this.op(OP.global, ...utf8(`${module}\n${name}\n`));
  }

  emptyDict(): this {
    return this.global("collections", "OrderedDict").op(OP.emptyTuple, OP.reduce);
  }

  bytes(): Uint8Array {
    return Uint8Array.from([...this.#parts, OP.stop]);
  }

  #uint32(value: number): this {
    return this.op(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24);
  }
}

/** Values from one to the next along each axis, row-major. */
const stridesOf = (shape: readonly number[]): number[] =>
  shape.map((_, axis) => shape.slice(axis + 1).reduce((product, extent) => product * extent, 1));

const nameOf = new Map<Dtype, string>(
  Object.entries(storages).map(([name, dtype]): [Dtype, string] => [dtype, name]),
);

/** `OrderedDict([(name, _rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict())), ...])` */
function pickleOf(tensors: readonly RawTensor[]): Uint8Array {
  const pickle = new Pickle().emptyDict().op(OP.mark);
  tensors.forEach(({ name, dtype, shape }, key) => {
    const count = shape.reduce((product, extent) => product * extent, 1);
    pickle.text(name).global("torch._utils", "_rebuild_tensor_v2").op(OP.mark);
    pickle
      .op(OP.mark)
      .text("storage")
      .global("torch", nameOf.get(dtype) ?? "");
    pickle.text(String(key)).text("cpu").int(count).op(OP.tuple, OP.persistent);
    pickle.int(0).ints(shape).ints(stridesOf(shape)).op(OP.false).emptyDict().op(OP.tuple, OP.reduce);
  });
  return pickle.op(OP.setItems).bytes();
}

/** The bytes of a `.pt` file, which `torch.load(FILE, weights_only=True)` reads. */
export const encodePt = (tensors: readonly RawTensor[]): Uint8Array =>
  storedZip([
    ["archive/data.pkl", pickleOf(tensors)],
    ["archive/byteorder", utf8("little")],
    ...tensors.map(({ bytes }, key): [string, Uint8Array] => [`archive/data/${key}`, bytes]),
    ["archive/version", utf8("3\n")],
  ]);

/** Where data begin, so that they can be mapped into memory; PyTorch's own rule. */
const ALIGNMENT = 64;

/** Entries as they are, each beginning at a multiple of 64 by an extra field of its header; the date is 1 January 1980. */
function storedZip(entries: readonly (readonly [name: string, data: Uint8Array])[]): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  const add = (part: Uint8Array): void => {
    parts.push(part);
    at += part.length;
  };
  for (const [name, data] of entries) {
    const path = utf8(name);
    const start = at;
    const unpadded = start + 30 + path.length + 4;
    const padding = (ALIGNMENT - (unpadded % ALIGNMENT)) % ALIGNMENT;
    // version 2.0, no flags, stored, no time, 1980-01-01
    const common = [20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0, ...uint32(crc32(data)), ...uint32(data.length)];
    const sizes = [...uint32(data.length), path.length & 255, path.length >> 8];
    add(Uint8Array.from([0x50, 0x4b, 3, 4, ...common, ...sizes, (padding + 4) & 255, (padding + 4) >> 8]));
    add(path);
    add(Uint8Array.from([0x46, 0x42, padding, 0, ...new Uint8Array(padding)]));
    add(data);
    directory.push(
      Uint8Array.from([0x50, 0x4b, 1, 2, 20, 0, ...common, ...sizes, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
      Uint8Array.from(uint32(start)),
      path,
    );
  }
  const begin = at;
  directory.forEach(add);
  const count = [entries.length & 255, entries.length >> 8];
  add(
    Uint8Array.from([
      0x50,
      0x4b,
      5,
      6,
      0,
      0,
      0,
      0,
      ...count,
      ...count,
      ...uint32(at - begin),
      ...uint32(begin),
      0,
      0,
    ]),
  );
  const bytes = new Uint8Array(at);
  let to = 0;
  for (const part of parts) {
    bytes.set(part, to);
    to += part.length;
  }
  return bytes;
}

const uint32 = (value: number): readonly number[] => [
  value & 255,
  (value >>> 8) & 255,
  (value >>> 16) & 255,
  value >>> 24,
];
