/** Units that say nothing are found where they were planted, and nowhere else. */
import { describe, expect, it } from "vitest";
import { deadUnits, diagnose, fit, fromArrays, type NetworkFields } from "../../../src/index.ts";
import { flowFindings } from "../../../src/inspect/health/diagnose.ts";
import {
  conv1d,
  dense,
  flatten,
  globalAveragePool,
  model,
  relu,
  sigmoid,
  tanh,
} from "../../../src/layers/functions.ts";
import { fieldsOf } from "../../export/models.ts";

const rows = (n: number) =>
  fromArrays({
    name: "w",
    series: Array.from({ length: n }, (_, r) => Array.from({ length: 20 }, (_v, t) => Math.sin(r * 3 + t))),
    labels: Array.from({ length: n }, (_, r) => r % 2),
  });
type Activation = typeof relu | typeof tanh | typeof sigmoid;
const planted = (activation: Activation, bias: readonly number[], gain = 1): NetworkFields => {
  const m = model({ channels: 1, length: 20 }, (x) =>
    dense(globalAveragePool(activation(conv1d(x, { filters: 4, kernelSize: 3 }))), { units: 2 }),
  );
  const fields = fieldsOf(m, { kind: "none" }, 1, { classes: ["0", "1"] });
  return {
    ...fields,
    weights: fields.weights.map((w) => {
      if (w.name === "conv1d_1.bias") return { ...w, data: Float32Array.from(bias) };
      return w.name === "conv1d_1.filter" ? { ...w, data: w.data.map((x) => gain * x) } : w;
    }),
  };
};

describe("units that say nothing", () => {
  it("behind a relu are those whose bias is far below 0, on every row", async () => {
    for (const n of [1, 16, 37])
      expect(await deadUnits(planted(relu, [0, -100, 0, -100]), rows(n))).toEqual([
        { layer: "relu_1", kind: "dead", channels: [1, 3], share: 0.5 },
      ]);
    expect(await deadUnits(planted(relu, [0, 0, 0, 0]), rows(20))).toEqual([]);
  });

  it("of tanh and sigmoid are those at an end of the range, either of them", async () => {
    expect(await deadUnits(planted(tanh, [50, 0, -50, 0], 0.5), rows(20))).toEqual([
      { layer: "tanh_1", kind: "saturated", channels: [0, 2], share: 0.5 },
    ]);
    expect(await deadUnits(planted(sigmoid, [0, 60, 0, 0], 0.5), rows(20))).toEqual([
      { layer: "sigmoid_1", kind: "saturated", channels: [1], share: 0.25 },
    ]);
  });

  it("are constant where the filter is 0: the convolution, and what is behind it", async () => {
    const found = await deadUnits(planted(tanh, [0.5, 0.5, 0.5, 0.5], 0), rows(9));
    expect(found.map(({ layer, kind }) => `${layer} ${kind}`)).toEqual([
      "conv1d_1 constant",
      "tanh_1 constant",
      "dense_1 constant",
    ]);
    expect(found[0].share).toBe(1);
  });

  it("are looked for on so many rows, spread over all, to the same findings on each back end", async () => {
    const net = planted(relu, [0, -100, 0, 0]);
    const wasm = await deadUnits(net, rows(100), { rows: 10, backend: "wasm" });
    expect(wasm).toEqual(await deadUnits(net, rows(100), { rows: 10, backend: "reference" }));
    await expect(
      deadUnits(net, fromArrays({ name: "short", series: [[1, 2]], labels: ["0"] })),
    ).rejects.toThrow("short");
  });
});

describe("a diagnosis", () => {
  it("says in sentences what is there", async () => {
    const found = await diagnose(planted(relu, [0, -100, 0, 0]), rows(40));
    expect(found).toContainEqual({
      kind: "dead",
      layer: "relu_1",
      channels: [1],
      value: 0.25,
      says: "relu_1: 1 of 4 channels are 0 at every position on 40 rows (1)",
    });
  });

  it("names a layer whose back-signal is 1,000 times apart from the last one's, and the ratio", () => {
    expect(flowFindings({ conv1d_1: 2e-6, conv1d_2: 0.5, dense_1: 0.1 })).toEqual([
      {
        kind: "vanishing",
        layer: "conv1d_1",
        value: 2e-6 / 0.1,
        says: "conv1d_1: its back-signal is 50000 times smaller than that of dense_1 (told from 1000 on)",
      },
    ]);
    expect(flowFindings({ conv1d_1: 2000, dense_1: 1 })[0]).toMatchObject({ kind: "exploding", value: 2000 });
    expect(flowFindings({ conv1d_1: 0, dense_1: 1 })[0].says).toBe("conv1d_1: no back-signal reaches it");
    expect(flowFindings({ conv1d_1: 1, dense_1: 0 })).toEqual([]);
    expect(flowFindings({})).toEqual([]);
  });

  it("finds a vanishing back-signal in a chain of saturated tanh, and nothing in a network that learned", async () => {
    const deep = model({ channels: 1, length: 20 }, (x) => {
      let y = x;
      for (let l = 0; l < 4; l++) y = tanh(conv1d(y, { filters: 1, kernelSize: 3 }));
      return dense(flatten(y), { units: 2 });
    });
    const fields = fieldsOf(deep, { kind: "none" }, 1, { classes: ["0", "1"] });
    const weights = fields.weights.map((w) =>
      w.name.endsWith(".bias") && w.name.startsWith("conv") ? { ...w, data: Float32Array.of(4) } : w,
    );
    const found = await diagnose({ ...fields, weights }, rows(20));
    expect(found.filter(({ kind }) => kind === "vanishing").map(({ layer }) => layer)).toContain("conv1d_1");
    const m = model({ channels: 1, length: 20 }, (x) =>
      dense(globalAveragePool(relu(conv1d(x, { filters: 8, kernelSize: 5 }))), { units: 2 }),
    );
    const { model: net } = await fit(m, rows(40), { epochs: 3 });
    expect(
      (await diagnose(net, rows(40))).filter(({ kind }) => kind === "vanishing" || kind === "exploding"),
    ).toEqual([]);
  });
});
