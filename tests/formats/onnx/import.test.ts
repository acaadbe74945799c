/** What is refused of ONNX files, and how: each line names the file, the first node that cannot be, the reason and the remedy. */
import { describe, expect, it } from "vitest";
import { decodeOnnx, type ImportOptions } from "../../../src/formats/onnx/decode.ts";
import { ELEMENT } from "../../../src/formats/onnx/schema.ts";
import { encode } from "../../../src/formats/onnx/wire.ts";
import { encodeOnnx } from "../../../src/formats/onnx/encode.ts";
import { load } from "../../../src/formats/load.ts";
import { encodeModel } from "../../../src/formats/modelFile.ts";
import { architectures } from "../../../src/index.ts";
import { sha256 } from "../../../src/numerics/sha256.ts";
import { file, floats, int, ints, longs, node, read, relu, text, value, w, type Made } from "./made.ts";
import { networkOf } from "./harness.ts";

/** What of a file is wrong, and the line. */
const wrong: readonly (readonly [string, Made, string, ImportOptions?])[] = [
  [
    "an operator that no layer computes",
    { nodes: [node("LSTM", ["x"], "y")] },
    'node "LSTM of y" (LSTM): no layer computes it; docs/formats.md has the operators that are read',
  ],
  [
    "control flow",
    { nodes: [node("Loop", ["x"], "y")] },
    'node "Loop of y" (Loop): no layer computes it; docs/formats.md has the operators that are read',
  ],
  [
    "another domain",
    { nodes: [{ ...relu, domain: "com.microsoft" }] },
    'node "Relu of y" (com.microsoft.Relu): is of no standard operator; export the network with standard operators alone',
  ],
  [
    "weights that are computed",
    { nodes: [node("Relu", ["x"], "r"), node("Conv", ["x", "r"], "y")] },
    'node "Conv of y" (Conv): its weights follow from the input of the network; they have to be constants',
  ],
  [
    "weights of other channels",
    { nodes: [node("Conv", ["x", "w"], "y")], tensors: [floats("w", [1, 3, 1], [1, 2, 3])] },
    'node "Conv of y" (Conv): has weights for 3 channels; its input has 2',
  ],
  [
    "a kernel that does not fit",
    {
      nodes: [node("Conv", ["x", "w"], "y")],
      tensors: [
        floats(
          "w",
          [1, 2, 7],
          Array.from({ length: 14 }, () => 1),
        ),
      ],
    },
    'node "Conv of y" (Conv): kernelSize 7 does not fit 6 positions; shorten the kernel or use padding "same"',
  ],
  [
    "two axes",
    {
      nodes: [node("Conv", ["x", "w"], "y")],
      tensors: [
        floats(
          "w",
          [1, 2, 3, 3],
          Array.from({ length: 18 }, () => 1),
        ),
      ],
      inputs: [value("x", "n", 2, 6, 6)],
    },
    'its input "x" has the dimensions [?, 2, 6, 6]; of images one row or column is read',
  ],
  [
    "a node that reads what is not there",
    { nodes: [node("Relu", ["z"], "y")] },
    'node "Relu of y" (Relu): reads "z", which no node before it gives',
  ],
  [
    "a circle",
    { nodes: [node("Add", ["x", "y"], "a"), node("Relu", ["a"], "y")] },
    'node "Add of a" (Add): reads "y", which no node before it gives',
  ],
  [
    "rows that are folded together",
    { nodes: [node("Reshape", ["x", "s"], "y")], tensors: [longs("s", 4, 3)] },
    'node "Reshape of y" (Reshape): reshapes [n, 2, 6] to [4, 3]; rows stay the first axis',
  ],
  [
    "an arrangement that is none",
    { nodes: [node("Reshape", ["x", "s"], "y")], tensors: [longs("s", -1, 3, 4)] },
    'node "Reshape of y" (Reshape): reshapes [n, 2, 6] to [n, 3, 4]; channels and positions can be made one axis and taken apart again, and channels divided into groups',
  ],
  [
    "a softmax over positions",
    { nodes: [node("Softmax", ["x"], "y", int("axis", 2))] },
    'node "Softmax of y" (Softmax): goes over another axis than the channels, which no layer does',
  ],
  [
    "a pool that counts a part of a window",
    {
      nodes: [node("MaxPool", ["x"], "y", ints("kernel_shape", 4), ints("strides", 4), int("ceil_mode", 1))],
    },
    'node "MaxPool of y" (MaxPool): counts a last window that is not whole (ceil_mode), which no pool does; export it with ceil_mode 0',
  ],
  [
    "a padding of ones",
    {
      nodes: [node("Pad", ["x", "p", "v"], "y")],
      tensors: [longs("p", 0, 0, 1, 0, 0, 1), floats("v", [], [1])],
    },
    'node "Pad of y" (Pad): pads with 1; zeros can be had, or edge, reflect, wrap',
  ],
  [
    "a padding of channels",
    { nodes: [node("Pad", ["x", "p"], "y")], tensors: [longs("p", 0, 1, 0, 0, 0, 0)] },
    'node "Pad of y" (Pad): pads axis 1 of [n, 2, 6]; positions can be padded',
  ],
  [
    "a constant that varies along positions",
    { nodes: [node("Mul", ["x", "c"], "y")], tensors: [floats("c", [6], [1, 2, 3, 4, 5, 6])] },
    'node "Mul of y" (Mul): takes [n, 2, 6] with constants [6]; a constant is one number, or one a channel',
  ],
  [
    "a quotient of signals",
    { nodes: [node("Relu", ["x"], "r"), node("Div", ["x", "r"], "y")] },
    'node "Div of y" (Div): divides one signal by another, which no layer does',
  ],
  [
    "a root",
    { nodes: [node("Sqrt", ["x"], "y")] },
    'node "Sqrt of y" (Sqrt): computes a square root, which no layer does',
  ],
  [
    "erf outside of gelu",
    { nodes: [node("Erf", ["x"], "e"), node("Relu", ["e"], "y")] },
    'node "Relu of y" (Relu): reads erf, which is a layer in gelu alone: x (1 + erf(x / sqrt 2)) / 2',
  ],
  [
    "a mode of resizing",
    {
      nodes: [node("Resize", ["x", "", "s"], "y", text("mode", "cubic"))],
      tensors: [floats("s", [3], [1, 1, 2])],
    },
    'node "Resize of y" (Resize): has the mode cubic with half_pixel; nearest (asymmetric, floor) and linear (half_pixel) are read',
  ],
  [
    "a join of nothing",
    { nodes: [node("Concat", [""], "y", int("axis", 1))] },
    'node "Concat of y" (Concat): has no inputs',
  ],
  [
    "a word that turns writing round, as text",
    {
      nodes: [node("Pad", ["x", "p"], "y", text("mode", "\u202e"))],
      tensors: [longs("p", 0, 0, 1, 0, 0, 1)],
    },
    'node "Pad of y" (Pad): has the mode \\u{202e}; it is one of constant, reflect, edge, wrap',
  ],
  [
    "an axis that there is not",
    { nodes: [node("Softmax", ["x"], "y", int("axis", 7))] },
    'node "Softmax of y" (Softmax): axis 7 of 3 axes; they are numbered -3 to 2',
  ],
  [
    "some of the rows",
    { nodes: [node("Slice", ["x", "a", "b", "a"], "y")], tensors: [longs("a", 0), longs("b", 1)] },
    'node "Slice of y" (Slice): takes some of the rows; a network answers each by itself',
  ],
  ["no input", { nodes: [relu], inputs: [] }, "it has 0 inputs (none); a model here has one"],
  [
    "two inputs",
    { nodes: [relu], inputs: [value("x", "n", 2, 6), value("z", 1)] },
    'it has 2 inputs ("x", "z"); a model here has one',
  ],
  [
    "an open length",
    { nodes: [relu], inputs: [value("x", "n", 2, "t")] },
    'its input "x" has the dimensions [?, 2, ?]: its length is open; give it (--length N, length of decodeOnnx)',
  ],
  [
    "open channels",
    { nodes: [relu], inputs: [value("x", "n", "c", 6)] },
    'its input "x" has the dimensions [?, ?, 6]: its channels are open; export it with their number',
  ],
  [
    "a length that is not the file's",
    { nodes: [relu] },
    'its input "x" is of 6 positions, not 7; leave the length out',
    { length: 7 },
  ],
  [
    "words as input",
    { nodes: [relu], inputs: [{ name: "x", type: { tensor: { element: 8 } } }] },
    'its input "x" is no tensor of real numbers',
  ],
  [
    "an opset of old",
    { nodes: [relu], opset: 5 },
    "its operators are of opset 5; 7 to 24 are read; export it anew",
  ],
  [
    "an output that is not there",
    { nodes: [relu] },
    'it has no output "z"; its outputs are "y"',
    { output: "z" },
  ],
  [
    "an output that is the input",
    { nodes: [node("Identity", ["x"], "y")] },
    "its output is its input; there is nothing to compute",
  ],
  [
    "an output that is a constant",
    { nodes: [node("Identity", ["w"], "y")], tensors: [w] },
    "its output does not follow from its input",
  ],
  [
    "too few class names",
    { nodes: [relu] },
    "it has 2 outputs and 3 class names were given; give one an output",
    { classes: ["a", "b", "c"] },
  ],
  [
    "names twice",
    { nodes: [relu] },
    'classes: "a" is there twice or empty; names are distinct',
    { classes: ["a", "a"] },
  ],
  [
    "integers as weights of eight bits",
    {
      nodes: [node("Conv", ["x", "w"], "y")],
      tensors: [{ name: "w", dims: [1], type: 17, raw: new Uint8Array(1) }],
    },
    'node "Conv of y" (Conv): tensor "w" has elements of type 17, which are not read; export it as float32',
  ],
  [
    "a tensor of more than its bytes",
    {
      nodes: [node("Conv", ["x", "w"], "y")],
      tensors: [{ name: "w", dims: [2 ** 40, 2 ** 40], type: 1, raw: new Uint8Array(4) }],
    },
    'node "Conv of y" (Conv): tensor "w" has 4 bytes; [1099511627776, 1099511627776] takes 4.835703278458517e+24',
  ],
  [
    "a constant without end",
    {
      nodes: [node("ConstantOfShape", ["s"], "c"), node("Mul", ["x", "c"], "y")],
      tensors: [longs("s", 2 ** 30)],
    },
    'node "ConstantOfShape of c" (ConstantOfShape): the constants of the graph have more than 33554432 values',
  ],
  [
    "functions that call themselves",
    {
      nodes: [{ ...node("F", ["x"], "y"), domain: "d" }],
      functions: [
        {
          name: "F",
          domain: "d",
          inputs: ["a"],
          outputs: ["b"],
          nodes: [{ ...node("F", ["a"], "b"), domain: "d" }],
        },
      ],
    },
    'node "F of y/F of b/F of b/F of b/F of b/F of …" (d.F): functions call each other more than 16 deep',
  ],
];

describe("A file is refused for", () => {
  it.each(wrong.map(([name, ...rest]) => [name, rest] as const))("%s", (_, [made, line, options]) => {
    expect(() => read(made, options)).toThrow(`f.onnx: ${line}`);
  });

  it.each([
    ["no bytes", [], "it is no ONNX file: it has no graph; give a .onnx file"],
    ["text", [...new TextEncoder().encode("hello")], "it is no ONNX file, or is cut short: "],
    ["what is cut short", [...file({ nodes: [relu] })].slice(0, 30), "it is no ONNX file, or is cut short: "],
  ])("%s", (_, bytes, line) => {
    expect(() => decodeOnnx(Uint8Array.from(bytes), { file: "f.onnx" })).toThrow(`f.onnx: ${line}`);
  });

  it("functions that multiply: each of 12 calls the next ten times", () => {
    const functions = Array.from({ length: 12 }, (_, i) => ({
      name: `F${i}`,
      domain: "d",
      inputs: ["a"],
      outputs: ["b"],
      nodes: Array.from({ length: 10 }, (_u, k) => ({ ...node(`F${i + 1}`, ["a"], `b${k}`), domain: "d" })),
    }));
    expect(() => read({ nodes: [{ ...node("F0", ["x"], "y"), domain: "d" }], functions })).toThrow(
      "f.onnx: its functions come to more than 20000 nodes; export it without functions",
    );
  });
});

describe("Data beside the file", () => {
  const external = (location: string, more: Record<string, string> = {}): Made => ({
    nodes: [node("Conv", ["x", "w"], "y")],
    tensors: [
      {
        name: "w",
        dims: [1, 2, 1],
        type: ELEMENT.float,
        location: 1,
        external: Object.entries({ location, ...more }).map(([key, v]) => ({ key, value: v })),
      },
    ],
  });
  const data = new Uint8Array(Float32Array.of(9, 3, 4).buffer);

  it("are asked for by their name, and read from their place", async () => {
    const asked: string[] = [];
    const { model } = read(external("data/w.bin", { offset: "4", length: "8" }), {
      external: (name) => {
        asked.push(name);
        return data;
      },
    });
    expect(asked).toEqual(["data/w.bin"]);
    const net = await load(encodeModel(model), { backend: "reference" });
    const series = Float64Array.of(1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2);
    expect([...net.outputs({ series, rows: 1 })]).toEqual([11, 11, 11, 11, 11, 11]); // 3 x 1 + 4 x 2
  });

  it.each(["", "/etc/passwd", "../w.bin", "a/../../w.bin", "./w.bin", "a//b", "C:/w.bin", "a\\b", "w\0.bin"])(
    "are refused at %j",
    (location) => {
      expect(() => read(external(location), { external: () => data })).toThrow(
        "only files in the folder of the model file are read",
      );
    },
  );

  it.each([
    [{ offset: "8", length: "8" }, 'takes 8 bytes; "w.bin" has 12, and the file says 8 from 8 on'],
    [{ offset: "-1" }, "has an offset or length that is no number"],
    [{ length: "1e9" }, "has an offset or length that is no number"],
    [{ length: "12" }, 'takes 8 bytes; "w.bin" has 12, and the file says 12 from 0 on'],
  ])("are refused with %j", (more, line) => {
    expect(() => read(external("w.bin", more as Record<string, string>), { external: () => data })).toThrow(
      line,
    );
  });

  it("are named where nobody gives them", () => {
    expect(() => read(external("w.bin"))).toThrow(
      'tensor "w" has its data in the file "w.bin"; give the bytes of that file too, or export with the data inside',
    );
  });
});

describe("What outputs mean", () => {
  const dense = (units: number): Made => ({
    nodes: [node("Flatten", ["x"], "f"), node("Gemm", ["f", "w"], "y")],
    tensors: [
      floats(
        "w",
        [12, units],
        Array.from({ length: 12 * units }, (_, i) => i / 7),
      ),
    ],
  });

  it("several are classes by their numbers, or by the names that are given", () => {
    expect(read(dense(3))).toMatchObject({
      model: { classes: ["0", "1", "2"] },
      notes: [
        "its outputs are taken as the logits of classes, called 0 to 2; name them by classes, or say that they are values",
      ],
    });
    expect(read(dense(2), { classes: ["up", "down"] })).toMatchObject({
      model: { classes: ["up", "down"] },
      notes: [],
    });
  });

  it("one is a value, and several are where that is said", () => {
    expect(read(dense(1))).toMatchObject({
      model: { classes: [], answers: "values" },
      notes: ["its outputs are taken as 1 value"],
    });
    expect(read(dense(4), { answers: "values" })).toMatchObject({
      model: { classes: [], answers: "values" },
    });
  });

  it("a softmax at the end is left to predict, a sigmoid means several classes a row", () => {
    const end = (op: string): Made => ({
      ...dense(2),
      nodes: [...dense(2).nodes.slice(0, 1), node("Gemm", ["f", "w"], "g"), node(op, ["g"], "y")],
    });
    const soft = read(end("Softmax"));
    expect(soft.notes[0]).toBe("its last softmax is left off: predict applies it");
    expect(soft.model).toMatchObject({ model: { layers: [{ kind: "dense" }] } });
    expect(read(end("Sigmoid")).model).toMatchObject({
      answers: "multiLabel",
      model: { layers: [{ kind: "dense" }] },
    });
  });

  it("of several outputs the first is read, or the one that is named, and the others are told", () => {
    const two: Made = { nodes: [relu, node("Tanh", ["x"], "z")], outputs: [value("y"), value("z")] };
    expect(read(two)).toMatchObject({
      model: { model: { layers: [{ kind: "relu" }] } },
      notes: ['the output "y" is read; "z" left out', expect.anything()],
    });
    expect(read(two, { output: "z" })).toMatchObject({ model: { model: { layers: [{ kind: "tanh" }] } } });
  });

  it("of our own file whose graph was changed nothing is taken from the metadata", () => {
    const fields = networkOf(architectures.mnist1dCnn({ channels: 1, length: 40, classes: ["a", "b"] }), {
      classes: ["a", "b"],
    });
    const bytes = encodeOnnx(fields);
    // one bit of a weight
    const at = bytes.findIndex((_, i) => i > 2000 && bytes[i] !== 0);
    bytes[at] ^= 1;
    expect(decodeOnnx(bytes).model).toMatchObject({
      classes: ["0", "1"],
      provenance: { importedFrom: "ONNX of toeplitz 0.1.0" },
    });
  });
});

describe("Metadata of ours under a hash that is right", () => {
  it.each([
    ["{\u0007", "f.onnx: the metadata's model is no JSON; export it again"],
    ["{}", "f.onnx: the metadata's model is wrong: not a model: format is missing"],
  ])("are trusted no more for it: %j", (model, line) => {
    const graph = encode("Graph", { name: "g" });
    const bytes = encode("Model", {
      irVersion: 6,
      graph,
      metadata: Object.entries({ format: "toeplitz", model, graph: sha256(graph) }).map(([key, text_]) => ({
        key: `toeplitz.${key}`,
        value: text_,
      })),
    });
    expect(() => decodeOnnx(bytes, { file: "f.onnx" })).toThrow(line);
  });
});

describe("What a file of a few bytes can make", () => {
  it("is bounded: numbers a channel of 2^24 channels, ten times", () => {
    const scaled = Array.from({ length: 10 }, (_, i) =>
      node("Mul", [i === 0 ? "f" : `m${i}`, "c"], i === 9 ? "y" : `m${i + 1}`),
    );
    const made: Made = {
      inputs: [value("x", "n", 4096, 4096)],
      nodes: [node("Flatten", ["x"], "a"), node("Softmax", ["a"], "f"), ...scaled],
      tensors: [floats("c", [], [2])],
    };
    expect(() => read(made)).toThrow("the constants of the graph have more than 33554432 values");
  });

  it("is bounded: one matrix, multiplied a hundred times", () => {
    const nodes = Array.from({ length: 100 }, (_, i) =>
      node("MatMul", [i === 0 ? "f" : `m${i}`, "w"], i === 99 ? "y" : `m${i + 1}`),
    );
    const made: Made = {
      inputs: [value("x", "n", 1000, 1)],
      nodes: [node("Flatten", ["x"], "f"), ...nodes],
      tensors: [
        floats(
          "w",
          [1000, 1000],
          Array.from({ length: 1e6 }, () => 0.5),
        ),
      ],
    };
    expect(() => read(made)).toThrow(
      'node "MatMul of m34" (MatMul): the constants of the graph have more than 33554432 values',
    );
  });
});
