/**
 * The messages of an ONNX file and those of their fields that are used here, by number and type, as onnx.proto has them
 * (github.com/onnx/onnx; the numbers never change). Fields that are not here are passed over: those that hold graphs
 * within nodes (If, Loop, Scan) are among them, so no message contains itself and nothing recurs as deep as a file.
 */

/** A field: its number and what it holds, `[]` for a list. `int` is a varint of 64 bits, a number here. */
export const messages = {
  Model: {
    irVersion: [1, "int"],
    producer: [2, "text"],
    producerVersion: [3, "text"],
    // a message, kept as its bytes: their hash says whether another program changed it
    graph: [7, "bytes"],
    opsets: [8, "Opset[]"],
    metadata: [14, "Entry[]"],
    functions: [25, "Function[]"],
  },
  Opset: { domain: [1, "text"], version: [2, "int"] },
  Entry: { key: [1, "text"], value: [2, "text"] },
  Graph: {
    nodes: [1, "Node[]"],
    name: [2, "text"],
    tensors: [5, "Tensor[]"],
    doc: [10, "text"],
    inputs: [11, "Value[]"],
    outputs: [12, "Value[]"],
    sparse: [15, "bytes[]"],
  },
  Node: {
    inputs: [1, "text[]"],
    outputs: [2, "text[]"],
    name: [3, "text"],
    op: [4, "text"],
    attributes: [5, "Attribute[]"],
    domain: [7, "text"],
  },
  Attribute: {
    name: [1, "text"],
    float: [2, "float"],
    int: [3, "int"],
    text: [4, "text"],
    tensor: [5, "Tensor"],
    floats: [7, "float[]"],
    ints: [8, "int[]"],
    type: [20, "int"],
    refersTo: [21, "text"],
  },
  Tensor: {
    dims: [1, "int[]"],
    type: [2, "int"],
    floats: [4, "float[]"],
    ints: [5, "int[]"],
    longs: [7, "int[]"],
    name: [8, "text"],
    raw: [9, "bytes"],
    doubles: [10, "double[]"],
    external: [13, "Entry[]"],
    location: [14, "int"],
  },
  Value: { name: [1, "text"], type: [2, "Type"], doc: [3, "text"] },
  Type: { tensor: [1, "TensorType"] },
  TensorType: { element: [1, "int"], shape: [2, "Shape"] },
  Shape: { dims: [1, "Dim[]"] },
  Dim: { value: [1, "int"], name: [2, "text"] },
  Function: {
    name: [1, "text"],
    inputs: [4, "text[]"],
    outputs: [5, "text[]"],
    attributes: [6, "text[]"],
    nodes: [7, "Node[]"],
    domain: [10, "text"],
    defaults: [11, "Attribute[]"],
  },
} as const;

type Messages = typeof messages;
export type MessageName = keyof Messages;

interface Scalars {
  readonly int: number;
  readonly float: number;
  readonly double: number;
  readonly text: string;
  readonly bytes: Uint8Array;
}
export type ScalarName = keyof Scalars;

type TypeOf<Field> = Field extends readonly [number, infer Type] ? Type : never;
type Held<Type> = Type extends `${infer Item}[]`
  ? readonly Held<Item>[]
  : Type extends ScalarName
    ? Scalars[Type]
    : Type extends MessageName
      ? Message<Type>
      : never;

/** A message to write: fields that are left out are not written. */
export type Message<Name extends MessageName> = {
  readonly [Field in keyof Messages[Name]]?: Held<TypeOf<Messages[Name][Field]>>;
};

type Read<Type> = Type extends `${infer Item}[]`
  ? readonly Read<Item>[]
  : Type extends ScalarName
    ? Scalars[Type] | undefined
    : Type extends MessageName
      ? Parsed<Type> | undefined
      : never;
type Item<Type> = Exclude<Read<Type>, undefined>;

/** A message that was read: lists are there, empty where the file has none; what else is absent is undefined. */
export type Parsed<Name extends MessageName> = {
  readonly [Field in keyof Messages[Name]]: TypeOf<Messages[Name][Field]> extends `${infer Each}[]`
    ? readonly Item<Each>[]
    : Read<TypeOf<Messages[Name][Field]>>;
};

/** Element types of tensors, by ONNX's numbers. */
export const ELEMENT = {
  float: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  double: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
} as const;

/** Types of attributes, by ONNX's numbers. */
export const ATTRIBUTE = { float: 1, int: 2, text: 3, tensor: 4, floats: 6, ints: 7 } as const;
