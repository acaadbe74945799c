/** Our own files, written and read again. */
import { describe, expect, it } from "vitest";
import * as architectures from "../../../src/layers/architectures/index.ts";
import * as L from "../../../src/layers/functions.ts";
import { model } from "../../../src/layers/functions.ts";
import { encodeModel, type ModelFields } from "../../../src/formats/modelFile.ts";
import { encodeOnnx } from "../../../src/formats/onnx/encode.ts";
import { decodeOnnx } from "../../../src/formats/onnx/decode.ts";
import { network, type NetworkFields } from "../../../src/models/network.ts";
import { activations, convolutions, moves, norms } from "../../layers/family.ts";
import { apart, networkOf, rowsFor } from "./harness.ts";
import { changedModel } from "./changed.ts";

const RUNTIME = { backend: "wasm", threads: 1 } as const;
const classes = ["a", "b", "c"];
/** As model files. */
const sameBytes = (a: ModelFields, b: ModelFields): boolean =>
  Buffer.compare(encodeModel(a), encodeModel(b)) === 0;
const preparation = {
  kind: "channel",
  mean: [100.1],
  deviation: [3.3],
  length: 48,
  pad: "edge",
  at: "centre",
} as const;

describe("A file that toeplitz wrote comes back as the model that it was", () => {
  it.each(Object.entries(architectures).filter(([name]) => name !== "m5" && name !== "keyword"))(
    "%s: equal files, equal bits of predict",
    async (_, build) => {
      const built = build({ channels: 1, length: 48, classes });
      const fields: NetworkFields = networkOf(built, {
        classes,
        preparation,
        channelNames: ["acceleration"],
        provenance: { seed: "7", command: "train x" },
      });
      const { model: again, notes } = decodeOnnx(encodeOnnx(fields));
      expect(notes).toEqual([]);
      expect(sameBytes(again, fields)).toBe(true);
      const rows = rowsFor(built, preparation, 5, 60);
      const [a, b] = await Promise.all([fields, again as NetworkFields].map((f) => network(f, RUNTIME)));
      expect(b.outputs(rows)).toEqual(a.outputs(rows));
    },
  );

  it("so do those of longer rows, m5 and keyword", () => {
    for (const [build, length] of [
      [architectures.m5, 1100],
      [architectures.keyword, 400],
    ] as const) {
      const fields = networkOf(build({ channels: 1, length, classes }), { classes });
      expect(sameBytes(decodeOnnx(encodeOnnx(fields)).model, fields)).toBe(true);
    }
  });

  it("an ensemble does, and a model of several labels or of values", () => {
    const built = model({ channels: 1, length: 20 }, (x) => L.dense(x, { units: 3 }));
    const member = networkOf(built, { classes, answers: "multiLabel" });
    const values = networkOf(built, { classes: [], targets: { mean: [1, 2, 3], deviation: [4, 5, 6] } });
    const several = { kind: "ensemble", members: [member, member], provenance: { members: "2" } } as const;
    for (const fields of [member, values, several])
      expect(sameBytes(decodeOnnx(encodeOnnx(fields)).model, fields)).toBe(true);
  });

  it("takes no option that it has already", () => {
    const bytes = encodeOnnx(networkOf(architectures.fcn({ channels: 1, length: 20, classes }), { classes }));
    expect(() => decodeOnnx(bytes, { file: "f.onnx", classes: ["x", "y", "z"] })).toThrow(
      "f.onnx: toeplitz wrote it, with its classes; leave classes out",
    );
  });
});

describe("A graph that another program changed is read by its nodes", () => {
  // every layer as nodes and back: what importing computes is what the layers do
  const cases = [...convolutions, ...norms, ...moves, ...activations].filter(
    // the one computes nothing; the windows of the others are read by their places, which no layer does
    // and of logMel the logarithm alone is no layer
    ({ name }) => !["maxPool of length 1", "logMel"].includes(name) && !name.startsWith("adaptive"),
  );
  it.each(cases.map((c) => [c.name, c] as const))("%s", async (_, c) => {
    const fields = networkOf(model(c.size, c.build), { classes: [] });
    const { model: again, notes } = decodeOnnx(changedModel(encodeOnnx(fields)), { answers: "values" });
    expect(notes[0]).toBe(
      "another program changed the graph since toeplitz wrote it: it is read by its nodes, without the model that it was",
    );
    const rows = rowsFor(fields.model, fields.preparation, 7);
    const scaled = { ...rows, series: rows.series.map((x) => Math.fround(x / 100)) };
    const [a, b] = await Promise.all([fields, again as NetworkFields].map((f) => network(f, RUNTIME)));
    expect(apart(a.outputs(scaled), b.outputs(scaled))).toBeLessThan(1e-5);
  });
});
