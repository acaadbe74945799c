/**
 * Messages to bytes and back, by the table of schema.ts; the wire format itself is @bufbuild/protobuf's. Reading trusts
 * nothing: a message lies within the one around it, and how many there are is bounded before they are made, since two bytes
 * of a file can become an object of hundreds.
 */
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { messages, type Message, type MessageName, type Parsed, type ScalarName } from "./schema.ts";

/** Messages in a file: nodes, attributes, tensors, dimensions and the like, of which a network of 500 layers has some 10,000. */
const MOST_MESSAGES = 2 ** 18;

type Field = readonly [number: number, type: string];
const fieldsOf = (name: MessageName): readonly (readonly [string, Field])[] => Object.entries(messages[name]);

interface Scalar {
  readonly wire: WireType;
  readonly write: (to: BinaryWriter, value: never) => unknown;
  readonly read: (from: BinaryReader) => unknown;
}
const scalars: Readonly<Record<ScalarName, Scalar>> = {
  int: {
    wire: WireType.Varint,
    write: (to, value: number) => to.int64(value),
    read: (from) => Number(from.int64()),
  },
  float: {
    wire: WireType.Bit32,
    write: (to, value: number) => to.float(Math.fround(value)),
    read: (from) => from.float(),
  },
  double: {
    wire: WireType.Bit64,
    write: (to, value: number) => to.double(value),
    read: (from) => from.double(),
  },
  text: {
    wire: WireType.LengthDelimited,
    write: (to, value: string) => to.string(value),
    read: (from) => from.string(),
  },
  bytes: {
    wire: WireType.LengthDelimited,
    write: (to, value: Uint8Array) => to.bytes(value),
    read: (from) => from.bytes(),
  },
};
const isScalar = (type: string): type is ScalarName => Object.hasOwn(scalars, type);

/** The bytes of a message, its fields in the order of the table, which is that of their numbers: equal messages, equal bytes. */
export function encode<Name extends MessageName>(
  name: Name,
  message: Message<Name>,
): Uint8Array<ArrayBuffer> {
  const to = new BinaryWriter();
  write(to, name, message);
  return to.finish();
}

function write(to: BinaryWriter, name: MessageName, message: object): void {
  const values = message as Readonly<Record<string, unknown>>;
  for (const [key, [number, type]] of fieldsOf(name)) {
    const value = values[key];
    if (value === undefined) continue;
    const item = type.replace("[]", "");
    const list = item === type ? [value] : (value as readonly unknown[]);
    for (const each of list)
      if (isScalar(item)) {
        to.tag(number, scalars[item].wire);
        scalars[item].write(to, each as never);
      } else {
        to.tag(number, WireType.LengthDelimited).fork();
        write(to, item as MessageName, each as object);
        to.join();
      }
  }
}

/** What was wrong with bytes that are no such message. */
export class WireError extends Error {}

/** How many messages may still be made of a file. */
export interface Budget {
  left: number;
}
export const newBudget = (): Budget => ({ left: MOST_MESSAGES });

/** A message from its bytes; throws WireError where they are none. Byte fields are views of `bytes`. */
export function decode<Name extends MessageName>(
  name: Name,
  bytes: Uint8Array,
  budget: Budget,
): Parsed<Name> {
  const from = new BinaryReader(bytes);
  try {
    return read(from, name, bytes.length, budget) as Parsed<Name>;
  } catch (error) {
    if (error instanceof WireError) throw error;
    // what the reader throws: the end of the bytes within a field, an unknown wire type, text that is no UTF-8
    throw new WireError(error instanceof Error ? error.message : String(error));
  }
}

function read(from: BinaryReader, name: MessageName, end: number, budget: Budget): object {
  if (--budget.left < 0) throw new WireError(`more than ${MOST_MESSAGES} messages`);
  const fields = byNumber[name];
  const message: Record<string, unknown> = Object.fromEntries(fields.blank);
  for (const key of fields.lists) message[key] = [];
  while (from.pos < end) {
    const [number, wire] = from.tag();
    const field = fields.known.get(number);
    if (field === undefined) {
      from.skip(wire, number);
    } else if (!isScalar(field.item)) {
      requireWire(name, field, wire, WireType.LengthDelimited);
      const length = from.uint32();
      if (from.pos + length > end) throw new WireError(`${name}.${field.key} ends beyond its ${name}`);
      put(message, field, read(from, field.item as MessageName, from.pos + length, budget));
    } else {
      const scalar = scalars[field.item];
      if (field.list && wire === WireType.LengthDelimited && scalar.wire !== WireType.LengthDelimited) {
        const length = from.uint32();
        const last = from.pos + length;
        if (last > end) throw new WireError(`${name}.${field.key} ends beyond its ${name}`);
        while (from.pos < last) put(message, field, scalar.read(from));
      } else {
        requireWire(name, field, wire, scalar.wire);
        put(message, field, scalar.read(from));
      }
    }
    if (from.pos > end) throw new WireError(`a field of ${name} ends beyond it`);
  }
  return message;
}

interface Known {
  readonly key: string;
  readonly item: string;
  readonly list: boolean;
}

function put(message: Record<string, unknown>, { key, list }: Known, value: unknown): void {
  if (list) (message[key] as unknown[]).push(value);
  else message[key] = value;
}

function requireWire(name: MessageName, { key }: Known, actual: WireType, wanted: WireType): void {
  if (actual !== wanted) throw new WireError(`${name}.${key} has wire type ${actual}, not ${wanted}`);
}

interface Fields {
  readonly known: ReadonlyMap<number, Known>;
  readonly lists: readonly string[];
  /** What a message has in the place of fields that are no lists. */
  readonly blank: readonly (readonly [string, undefined])[];
}

const byNumber = Object.fromEntries(
  (Object.keys(messages) as MessageName[]).map((name): [MessageName, Fields] => {
    const all = fieldsOf(name).map(([key, [number, type]]) => {
      const item = type.replace("[]", "");
      return { number, key, item, list: item !== type };
    });
    return [
      name,
      {
        known: new Map(all.map((field) => [field.number, field])),
        lists: all.filter(({ list }) => list).map(({ key }) => key),
        blank: all.filter(({ list }) => !list).map(({ key }) => [key, undefined]),
      },
    ];
  }),
) as Readonly<Record<MessageName, Fields>>;
