/**
 * Reads the pickle of a state dict, and constructs nothing: what a pickle would call is known by name or refused, and what comes
 * of it is plain data. The opcodes are those that `torch.save` writes. Each takes one step over bytes that there are, so time and
 * memory follow the length of the pickle. Source: pickletools of CPython.
 */
import { InputError } from "../../data/errors.ts";
import { quote } from "../../data/quote.ts";
import type { Dtype } from "../safetensors.ts";
import { storages } from "./storages.ts";

/** What a pickle holds: JSON's own, and what a state dict has beside. */
export type Value =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "number"; readonly number: number }
  | { readonly kind: "other" }
  | { readonly kind: "list"; readonly items: Value[] }
  | { readonly kind: "tuple"; readonly items: readonly Value[] }
  | { readonly kind: "dict"; readonly entries: (readonly [Value, Value])[] }
  | { readonly kind: "global"; readonly name: string }
  | Storage
  | StoredTensor;

/** The bytes of tensors: an entry of the archive. */
export interface Storage {
  readonly kind: "storage";
  readonly dtype: Dtype;
  readonly key: string;
  /** Values. */
  readonly count: number;
}

export interface StoredTensor {
  readonly kind: "tensor";
  readonly storage: Storage;
  /** In values, from the storage's first. */
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** Axes of a tensor at most. */
const MOST_AXES = 16;

const SAVE = "save its weights alone: torch.save(model.state_dict(), FILE)";

/** Globals that stand for something, by what they make of their arguments; null where those do not fit. */
const calls: Readonly<Record<string, (args: readonly Value[]) => Value | null>> = {
  "collections.OrderedDict": (args) => (args.length === 0 ? { kind: "dict", entries: [] } : null),
  "torch.Size": ([size]) => (size?.kind === "tuple" || size?.kind === "list" ? size : null),
  "torch._utils._rebuild_parameter": ([tensor]) => (tensor?.kind === "tensor" ? tensor : null),
  "torch._utils._rebuild_tensor_v2": ([storage, offset, size, stride]) => {
    const [at, shape, strides] = [numbersOf([offset]), itemsOf(size), itemsOf(stride)];
    if (storage?.kind !== "storage" || !at || !shape || !strides || shape.length !== strides.length)
      return null;
    return { kind: "tensor", storage, offset: at[0], shape, strides };
  },
};

const isCount = (value: Value | undefined): value is Value & { kind: "number" } =>
  value?.kind === "number" && Number.isSafeInteger(value.number) && value.number >= 0;
const numbersOf = (values: readonly (Value | undefined)[]): number[] | null =>
  values.length <= MOST_AXES && values.every(isCount) ? values.map(({ number }) => number) : null;
const itemsOf = (value: Value | undefined): number[] | null =>
  value?.kind === "tuple" ? numbersOf(value.items) : null;

const storageOf = (name: string): Dtype | null => {
  const [, word] = /^torch\.(\w+)$/.exec(name) ?? [];
  return word !== undefined && Object.hasOwn(storages, word) ? storages[word] : null;
};
const isKnown = (name: string): boolean => Object.hasOwn(calls, name) || storageOf(name) !== null;

/** The value of a pickle. Throws InputError, one line, for anything but what a state dict has. */
export function unpickle(bytes: Uint8Array, file: string): Value {
  return new Unpickler(bytes, file).run();
}

class Unpickler {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #file: string;
  #at = 0;
  #stack: Value[] = [];
  /** The stacks below the marks. */
  readonly #below: Value[][] = [];
  readonly #memo = new Map<number, Value>();

  constructor(bytes: Uint8Array, file: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#file = file;
  }

  run(): Value {
    for (;;) {
      const at = this.#at;
      const code = this.#bytes[this.#skip(1)];
      if (code === STOP) return this.#pop();
      const step = steps.get(code);
      if (!step)
        throw this.#refuse(
          `has the opcode 0x${code.toString(16).padStart(2, "0")}, which no state dict has`,
          at,
        );
      step(this.#hands);
    }
  }

  /** What an opcode works with. */
  readonly #hands: Hands = {
    push: (value) => void this.#stack.push(value),
    pop: () => this.#pop(),
    top: () => this.#stack[this.#stack.length - 1] ?? this.#fail(),
    mark: () => {
      this.#below.push(this.#stack);
      this.#stack = [];
    },
    sinceMark: () => {
      const items = this.#stack;
      this.#stack = this.#below.pop() ?? this.#fail();
      return items;
    },
    byte: () => this.#bytes[this.#skip(1)],
    uint16: () => this.#view.getUint16(this.#skip(2), true),
    int32: () => this.#view.getInt32(this.#skip(4), true),
    uint32: () => this.#view.getUint32(this.#skip(4), true),
    double: () => this.#view.getFloat64(this.#skip(8), false),
    long: (length) => {
      if (length > 8) return this.#fail("has a whole number of more than 8 bytes");
      const at = this.#skip(length);
      let value = 0n;
      for (let i = 0; i < length; i++) value |= BigInt(this.#bytes[at + i]) << BigInt(8 * i);
      return Number(BigInt.asIntN(8 * length, value));
    },
    text: (length) => {
      const at = this.#skip(length);
      return new TextDecoder().decode(this.#bytes.subarray(at, at + length));
    },
    line: () => {
      const end = this.#bytes.indexOf(0x0a, this.#at);
      if (end < 0) return this.#fail();
      const text = new TextDecoder().decode(this.#bytes.subarray(this.#at, end));
      this.#at = end + 1;
      return text;
    },
    remember: (key) => void this.#memo.set(key ?? this.#memo.size, this.#hands.top()),
    recall: (key) => this.#memo.get(key) ?? this.#fail(),
    global: (name) => {
      if (isKnown(name)) return { kind: "global", name };
      throw this.#refuse(
        `would call ${quote(name, 80)}: a file that wants more than tensors by their names could run code, so it is not read`,
      );
    },
    fail: (what) => this.#fail(what),
  };

  #pop(): Value {
    return this.#stack.pop() ?? this.#fail();
  }

  /** Goes on by so many bytes; gives where they begin. */
  #skip(count: number): number {
    const at = this.#at;
    if (count > this.#bytes.length - at) this.#fail("ends too early");
    this.#at += count;
    return at;
  }

  #fail(what = "is damaged"): never {
    throw this.#refuse(what);
  }

  #refuse(what: string, at = this.#at): InputError {
    return new InputError(`${this.#file}: its pickle ${what} (byte ${at}); ${SAVE}`);
  }
}

interface Hands {
  readonly push: (value: Value) => void;
  readonly pop: () => Value;
  readonly top: () => Value;
  readonly mark: () => void;
  readonly sinceMark: () => Value[];
  readonly byte: () => number;
  readonly uint16: () => number;
  readonly int32: () => number;
  readonly uint32: () => number;
  readonly double: () => number;
  /** A whole number of so many bytes; beyond 2^53 rounded. */
  readonly long: (length: number) => number;
  readonly text: (length: number) => string;
  readonly line: () => string;
  readonly remember: (key?: number) => void;
  readonly recall: (key: number) => Value;
  readonly global: (name: string) => Value;
  readonly fail: (what?: string) => never;
}

const STOP = 0x2e;
const number = (value: number): Value => ({ kind: "number", number: value });
const text = (value: string): Value => ({ kind: "text", text: value });
const OTHER: Value = { kind: "other" };

function pairs(hands: Hands, items: readonly Value[]): void {
  const dict = hands.top();
  if (dict.kind !== "dict" || items.length % 2 > 0) return hands.fail();
  for (let i = 0; i < items.length; i += 2) dict.entries.push([items[i], items[i + 1]]);
}

function append(hands: Hands, items: readonly Value[]): void {
  const list = hands.top();
  if (list.kind !== "list") return hands.fail();
  for (const item of items) list.items.push(item);
}

function tuple(hands: Hands, count: number): void {
  const items = Array.from({ length: count }, () => hands.pop()).toReversed();
  hands.push({ kind: "tuple", items });
}

/** `("storage", type, key, device, count)`: how `torch.save` refers to an entry of the archive. */
function persistent(hands: Hands): void {
  const id = hands.pop();
  if (id.kind !== "tuple") return hands.fail();
  const [word, type, key, , count] = id.items;
  const dtype = type?.kind === "global" ? storageOf(type.name) : null;
  if (word?.kind !== "text" || word.text !== "storage" || !dtype || key?.kind !== "text" || !isCount(count))
    return hands.fail("refers to something that is no storage of numbers");
  hands.push({ kind: "storage", dtype, key: key.text, count: count.number });
}

function reduce(hands: Hands): void {
  const args = hands.pop();
  const callee = hands.pop();
  if (args.kind !== "tuple" || callee.kind !== "global") return hands.fail();
  const call = Object.hasOwn(calls, callee.name) ? calls[callee.name] : null;
  const made = call?.(args.items) ?? hands.fail(`gives ${callee.name} other arguments than torch.save does`);
  hands.push(made);
}

/** A dict that has attributes (`_metadata` of a state dict): they are no weights. */
function build(hands: Hands): void {
  hands.pop();
  if (hands.top().kind !== "dict") hands.fail();
}

const named = (module: Value, name: Value, hands: Hands): string =>
  module.kind === "text" && name.kind === "text" ? `${module.text}.${name.text}` : hands.fail();

/** What each opcode does; those of protocols 0 and 1 that `torch.save` does not write are not here. */
const steps = new Map<number, (hands: Hands) => void>([
  [0x80, (h) => void (h.byte() > 5 && h.fail("is of a protocol that there is not"))], // PROTO
  [0x95, (h) => void (h.uint32(), h.uint32())], // FRAME
  [0x7d, (h) => h.push({ kind: "dict", entries: [] })], // EMPTY_DICT
  [0x5d, (h) => h.push({ kind: "list", items: [] })], // EMPTY_LIST
  [0x29, (h) => h.push({ kind: "tuple", items: [] })], // EMPTY_TUPLE
  [0x28, (h) => h.mark()], // MARK
  [0x74, (h) => h.push({ kind: "tuple", items: h.sinceMark() })], // TUPLE
  [0x85, (h) => tuple(h, 1)], // TUPLE1
  [0x86, (h) => tuple(h, 2)], // TUPLE2
  [0x87, (h) => tuple(h, 3)], // TUPLE3
  [0x73, (h) => pairs(h, [h.pop(), h.pop()].toReversed())], // SETITEM
  [0x75, (h) => pairs(h, h.sinceMark())], // SETITEMS
  [0x61, (h) => append(h, [h.pop()])], // APPEND
  [0x65, (h) => append(h, h.sinceMark())], // APPENDS
  [0x71, (h) => h.remember(h.byte())], // BINPUT
  [0x72, (h) => h.remember(h.uint32())], // LONG_BINPUT
  [0x94, (h) => h.remember()], // MEMOIZE
  [0x68, (h) => h.push(h.recall(h.byte()))], // BINGET
  [0x6a, (h) => h.push(h.recall(h.uint32()))], // LONG_BINGET
  [0x58, (h) => h.push(text(h.text(h.uint32())))], // BINUNICODE
  [0x8c, (h) => h.push(text(h.text(h.byte())))], // SHORT_BINUNICODE
  [0x4a, (h) => h.push(number(h.int32()))], // BININT
  [0x4b, (h) => h.push(number(h.byte()))], // BININT1
  [0x4d, (h) => h.push(number(h.uint16()))], // BININT2
  [0x8a, (h) => h.push(number(h.long(h.byte())))], // LONG1
  [0x47, (h) => h.push(number(h.double()))], // BINFLOAT
  [0x4e, (h) => h.push(OTHER)], // NONE
  [0x88, (h) => h.push(OTHER)], // NEWTRUE
  [0x89, (h) => h.push(OTHER)], // NEWFALSE
  [0x63, (h) => h.push(h.global(`${h.line()}.${h.line()}`))], // GLOBAL
  [0x93, (h) => h.push(h.global(((name) => named(h.pop(), name, h))(h.pop())))], // STACK_GLOBAL
  [0x51, persistent], // BINPERSID
  [0x52, reduce], // REDUCE
  [0x62, build], // BUILD
]);
