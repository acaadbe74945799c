/** Every layer kind, exported, in onnxruntime. */
import { describe, expect, it } from "vitest";
import { kinds, type Kind } from "../../../src/layers/kinds.ts";
import * as L from "../../../src/layers/functions.ts";
import { model, type Tensor } from "../../../src/layers/functions.ts";
import { encodeOnnx } from "../../../src/formats/onnx/encode.ts";
import { network } from "../../../src/models/network.ts";
import { activations, convolutions, moves, norms } from "../../layers/family.ts";
import { apart, named, networkOf, ort, rowsFor, runOnnx } from "./harness.ts";

const size = { channels: 4, length: 9 } as const;
const more = (
  [
    ["batchNorm", (x) => L.batchNorm(x, { epsilon: 1e-3 })],
    ["batchNorm behind dense", (x) => L.batchNorm(L.dense(x, { units: 3 }))],
    ["dropout", (x) => L.relu(L.channelDropout(L.dropout(x)))],
    ["silu", L.silu],
    ["gelu", (x) => L.gelu(x)],
    ["softplus", L.softplus],
    ["leakyRelu", (x) => L.leakyRelu(x, { slope: 0.2 })],
    ["elu", (x) => L.elu(x, { alpha: 0.7 })],
    ["sigmoid", L.sigmoid],
    ["add", (x) => L.add(L.tanh(x), x)],
    ["add of flat and wide", (x) => L.add(L.dense(x, { units: 4 }), L.globalAveragePool(x))],
    ["concat of flat and wide", (x) => L.concat(L.dense(x, { units: 2 }), L.globalMaxPool(x))],
    ["flatten", (x) => L.relu(L.flatten(x))],
    ["a convolution behind flatten", (x) => L.conv1d(L.flatten(x), { filters: 2, kernelSize: 1 })],
    ["softmax behind dense", (x) => L.softmax(L.dense(x, { units: 3 }))],
    ["layerNorm behind dense", (x) => L.layerNorm(L.dense(x, { units: 3 }), { over: "row" })],
    ["multiply flat by wide", (x) => L.multiply(L.dense(x, { units: 4 }), x)],
  ] as const satisfies readonly (readonly [string, (x: Tensor) => Tensor])[]
).map(([name, build]) => ({ name, build, size }));
const cases = [
  ...convolutions,
  ...norms,
  ...moves.filter(({ name }) => name !== "maxPool of length 1"), // which computes nothing
  ...activations,
  ...more,
];

describe.skipIf(!ort)(`Each layer in onnxruntime${named}`, () => {
  it.each(cases.map((c) => [c.name, c] as const))("%s: what predict gives, within 1e-5", async (_, c) => {
    const built = model(c.size, c.build);
    const fields = networkOf(built, {
      classes: [],
      preparation: { kind: "sample" },
    });
    const rows = rowsFor(built, fields.preparation, 20);
    const ours = (await network(fields, { backend: "wasm", threads: 1 })).outputs(rows);
    const { values } = await runOnnx(encodeOnnx(fields), c.size.channels, rows);
    expect(apart(ours, values)).toBeLessThan(1e-5);
  });

  it("every kind is among them", () => {
    const seen = new Set(cases.flatMap((c) => model(c.size, c.build).layers.map(({ kind }) => kind)));
    expect((Object.keys(kinds) as Kind[]).filter((kind) => !seen.has(kind))).toEqual([]);
  });
});
