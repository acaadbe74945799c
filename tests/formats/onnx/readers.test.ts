/** Our files in the hands of other readers: bytes by hand, protobufjs by its own schema, and the checker of the onnx package. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import protobuf from "protobufjs";
import { afterAll, describe, expect, it } from "vitest";
import * as architectures from "../../../src/layers/architectures/index.ts";
import { fromArrays, miniRocket } from "../../../src/index.ts";
import * as L from "../../../src/layers/functions.ts";
import { model } from "../../../src/layers/functions.ts";
import { encodeOnnx } from "../../../src/formats/onnx/encode.ts";
import { decode, encode, newBudget, WireError } from "../../../src/formats/onnx/wire.ts";
import { activations, convolutions, moves, norms } from "../../layers/family.ts";
import { networkOf } from "./harness.ts";

const classes = ["a", "b", "c"];
const folder = mkdtempSync(join(tmpdir(), "toeplitz-onnx-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("The wire format", () => {
  it("is that of protocol buffers: field number and type, length, content", () => {
    // 0x08: field 1, varint; 0x12: field 2, bytes; 300 is 0xac 0x02; -1 is ten bytes; 1.5 is 0x3fc00000
    expect([...encode("Opset", { domain: "ab", version: 300 })]).toEqual([
      0x0a, 2, 0x61, 0x62, 0x10, 0xac, 0x02,
    ]);
    expect([...encode("Dim", { value: -1 })]).toEqual([0x08, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]);
    expect([...encode("Attribute", { float: 1.5, ints: [1, 2] })]).toEqual([
      0x15, 0, 0, 0xc0, 0x3f, 0x40, 1, 0x40, 2,
    ]);
    expect([...encode("Shape", { dims: [{ name: "n" }, {}] })]).toEqual([0x0a, 3, 0x12, 1, 0x6e, 0x0a, 0]);
  });

  it("reads lists packed or one by one, and passes over what it has no field for", () => {
    // dims packed, then one by one; field 99 of three kinds between
    const bytes = [0x0a, 2, 3, 4, 0x98, 6, 7, 0x9a, 6, 1, 0, 0x9d, 6, 0, 0, 0, 0, 0x08, 5];
    expect(decode("Tensor", Uint8Array.from(bytes), newBudget()).dims).toEqual([3, 4, 5]);
  });

  it.each([
    ["a length beyond the end", [0x0a, 9, 1]],
    ["a message beyond the one around it", [0x0a, 3, 0x0a, 9, 1, 0x00, 0x00]],
    ["another wire type", [0x0d, 0, 0, 0, 0]],
    ["an unknown wire type", [0x0f]],
    ["a varint without an end", [0x08, 255, 255]],
    ["groups within groups", Array.from({ length: 1000 }, () => 0x9b - 0x10)],
  ])("refuses %s", (_, bytes) => {
    expect(() => decode("Shape", Uint8Array.from(bytes), newBudget())).toThrow(WireError);
  });

  it("makes no more messages than a network has", () => {
    const empty = new Uint8Array(2 ** 20).fill(0);
    for (let i = 0; i < empty.length; i += 2) empty[i] = 0x0a;
    expect(() => decode("Graph", empty, newBudget())).toThrow("more than 262144 messages");
  });
});

/** The part of onnx.proto that a viewer shows, as its own text. */
const PROTO = `syntax = "proto2"; package onnx;
message ModelProto { optional int64 ir_version = 1; optional string producer_name = 2; optional GraphProto graph = 7;
  repeated OperatorSetIdProto opset_import = 8; repeated StringStringEntryProto metadata_props = 14; }
message OperatorSetIdProto { optional string domain = 1; optional int64 version = 2; }
message StringStringEntryProto { optional string key = 1; optional string value = 2; }
message GraphProto { repeated NodeProto node = 1; optional string name = 2; repeated TensorProto initializer = 5;
  repeated ValueInfoProto input = 11; repeated ValueInfoProto output = 12; }
message NodeProto { repeated string input = 1; repeated string output = 2; optional string op_type = 4; repeated AttributeProto attribute = 5; }
message AttributeProto { optional string name = 1; optional float f = 2; optional int64 i = 3; repeated int64 ints = 8; optional int32 type = 20; }
message TensorProto { repeated int64 dims = 1; optional int32 data_type = 2; optional string name = 8; optional bytes raw_data = 9; }
message ValueInfoProto { optional string name = 1; optional TypeProto type = 2; }
message TypeProto { optional Tensor tensor_type = 1;
  message Tensor { optional int32 elem_type = 1; optional TensorShapeProto shape = 2; } }
message TensorShapeProto { repeated Dimension dim = 1; message Dimension { optional int64 dim_value = 1; optional string dim_param = 2; } }`;

describe("A second reader, protobufjs", () => {
  it("finds the graph, the tensors, the ends and the metadata", () => {
    const built = model({ channels: 2, length: 8 }, (x) =>
      L.dense(
        L.globalAveragePool(L.relu(L.conv1d(x, { filters: 4, kernelSize: 3, stride: 2, padding: 1 }))),
        { units: 3 },
      ),
    );
    const bytes = encodeOnnx(networkOf(built, { classes, channelNames: ["left", "right"] }));
    const type = protobuf.parse(PROTO).root.lookupType("onnx.ModelProto");
    const read = type.toObject(type.decode(bytes), { longs: Number, bytes: Array }) as Record<string, never>;
    expect(read).toMatchObject({
      irVersion: 6,
      producerName: "toeplitz",
      opsetImport: [{ domain: "", version: 11 }],
      graph: {
        node: [
          {
            input: ["input", "conv1d_1.filter", "conv1d_1.bias"],
            opType: "Conv",
            attribute: [
              { name: "kernel_shape", ints: [3] },
              { name: "strides", ints: [2] },
              { name: "dilations", ints: [1] },
              { name: "pads", ints: [1, 1] },
              { name: "group", i: 1 },
            ],
          },
          { opType: "Relu" },
          { opType: "GlobalAveragePool" },
          { opType: "Flatten" },
          { opType: "Gemm", input: ["dense_1/Flatten", "dense_1.filter", "dense_1.bias"] },
          { opType: "Softmax" },
          { opType: "Identity", output: ["logits"] },
          { opType: "Identity", output: ["probabilities"] },
        ],
        initializer: [
          { name: "conv1d_1.filter", dims: [4, 2, 3], dataType: 1 },
          { name: "conv1d_1.bias", dims: [4] },
          { name: "dense_1.filter", dims: [3, 4] },
          { name: "dense_1.bias", dims: [3] },
        ],
        input: [
          {
            name: "input",
            type: {
              tensorType: {
                elemType: 1,
                shape: { dim: [{ dimParam: "n" }, { dimValue: 2 }, { dimValue: 8 }] },
              },
            },
          },
        ],
        output: [
          { name: "logits" },
          {
            name: "probabilities",
            type: { tensorType: { shape: { dim: [{ dimParam: "n" }, { dimValue: 3 }] } } },
          },
        ],
      },
    });
    const { metadataProps } = read as unknown as { metadataProps: { key: string; value: string }[] };
    const metadata = Object.fromEntries(metadataProps.map(({ key, value }) => [key, value]));
    expect(metadata["toeplitz.classes"]).toBe('["a","b","c"]');
    expect(metadata["toeplitz.channelNames"]).toBe('["left","right"]');
    expect(metadata["toeplitz.graph"]).toMatch(/^[0-9a-f]{64}$/);
  });
});

/** A Python that has the onnx package; null where none has. */
const python =
  [process.env.TOEPLITZ_PYTHON, "python3", "/usr/bin/python3"].find(
    (program) => program !== undefined && spawnSync(program, ["-c", "import onnx"]).status === 0,
  ) ?? null;
const CHECK = `
import sys, onnx
for path in sys.argv[1:]:
    onnx.checker.check_model(onnx.load(path), full_check=True)
print(onnx.__version__)
`;

describe.skipIf(python === null)(
  `The checker of the onnx package${python ? "" : " (skipped: no Python has onnx; apt-get install python3-onnx)"}`,
  () => {
    it("accepts every architecture and every layer, shapes inferred", { timeout: 120_000 }, () => {
      const task = { channels: 1, length: 1100, classes };
      const preparation = { kind: "sample", length: 1100, pad: "mean", at: "centre" } as const;
      const whole = Object.values(architectures).map((build) =>
        networkOf(build(task), { classes, preparation }),
      );
      const layers = [...convolutions, ...norms, ...moves, ...activations]
        .map((c) =>
          networkOf(model(c.size, c.build), {
            classes: [],
            preparation: { kind: "none", detrend: "linear", resample: c.size.length },
          }),
        )
        .filter(({ model: { input } }) => input.length > 1);
      const rocket = miniRocket(
        fromArrays({
          series: [[[1, 2, 3, 2, 1, 5, 4, 3, 2]], [[5, 1, 5, 1, 5, 1, 5, 1, 5]]],
          labels: ["a", "b"],
        }),
        { features: 84 },
      );
      const paths = [...whole, ...layers, rocket].map((fields, i) => {
        const path = join(folder, `${i}.onnx`);
        writeFileSync(path, encodeOnnx(fields));
        return path;
      });
      const { status, stdout, stderr } = spawnSync(python ?? "", ["-c", CHECK, ...paths], {
        encoding: "utf8",
      });
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout).toMatch(/^1\.\d+/);
    });
  },
);
