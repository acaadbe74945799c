/** ONNX files of a few nodes, built by hand. */
import { decodeOnnx, type ImportOptions } from "../../../src/formats/onnx/decode.ts";
import { ATTRIBUTE, ELEMENT, type Message } from "../../../src/formats/onnx/schema.ts";
import { encode } from "../../../src/formats/onnx/wire.ts";

type Node = Message<"Node">;
export const ints = (name: string, ...values: number[]): Message<"Attribute"> => ({
  name,
  ints: values,
  type: ATTRIBUTE.ints,
});
export const int = (name: string, value: number): Message<"Attribute"> => ({
  name,
  int: value,
  type: ATTRIBUTE.int,
});
export const text = (name: string, value: string): Message<"Attribute"> => ({
  name,
  text: value,
  type: ATTRIBUTE.text,
});
export const node = (
  op: string,
  inputs: string[],
  output: string,
  ...attributes: Message<"Attribute">[]
): Node => ({
  op,
  inputs,
  outputs: [output],
  name: `${op} of ${output}`,
  attributes,
});
export const floats = (name: string, dims: number[], values: number[]): Message<"Tensor"> => ({
  name,
  dims,
  type: ELEMENT.float,
  floats: values,
});
export const longs = (name: string, ...values: number[]): Message<"Tensor"> => ({
  name,
  dims: [values.length],
  type: ELEMENT.int64,
  longs: values,
});
export const value = (name: string, ...dims: (number | string)[]): Message<"Value"> => ({
  name,
  type: {
    tensor: {
      element: ELEMENT.float,
      shape: { dims: dims.map((d) => (typeof d === "number" ? { value: d } : { name: d })) },
    },
  },
});

export interface Made {
  readonly nodes: Node[];
  readonly tensors?: Message<"Tensor">[];
  readonly inputs?: Message<"Value">[];
  readonly outputs?: Message<"Value">[];
  readonly opset?: number;
  readonly functions?: Message<"Function">[];
}
/** A file of rows x [n, 2, 6] to y. */
export const file = ({
  nodes,
  tensors = [],
  inputs = [value("x", "n", 2, 6)],
  outputs = [value("y")],
  opset = 13,
  functions = [],
}: Made): Uint8Array =>
  encode("Model", {
    irVersion: 8,
    graph: encode("Graph", { name: "g", nodes, tensors, inputs, outputs }),
    opsets: [{ domain: "", version: opset }],
    functions,
  });
export const read = (made: Made, options: ImportOptions = {}) =>
  decodeOnnx(file(made), { file: "f.onnx", ...options });
export const relu = node("Relu", ["x"], "y");
export const w = floats("w", [1, 2, 1], [1, 2]);
