/** Attribution by numbers that a hand can check. */
import { describe, expect, it } from "vitest";
import {
  attribute,
  ensemble,
  fromArrays,
  fit,
  ignorePadding,
  layers as L,
  miniRocket,
  model,
  network,
  receptiveField,
  stretches,
  type AttributeOptions,
  type Model,
  type Network,
  type NetworkFields,
  type Preparation,
} from "../../../src/index.ts";
import { bumps } from "../../training/shared.ts";

const none: Preparation = { kind: "none" };
const weight = (name: string, ...values: number[]): NetworkFields["weights"][number] => ({
  name,
  shape: [1, 1, values.length],
  data: Float32Array.from(values),
});
const made = async (
  m: Model,
  weights: NetworkFields["weights"],
  preparation: Preparation = none,
  classes: readonly string[] = ["a", "b"],
): Promise<Network> => network({ model: m, classes, preparation, weights, provenance: {} });

/** Two classes of three positions; prepared by (x - 1) / 2. The row (3, 5, -1) is (1, 2, -1). */
const linear = async (): Promise<Network> =>
  made(
    model({ channels: 1, length: 3 }, (x) => L.dense(x, { units: 2 })),
    [weight("dense_1.filter", 1, 2, 3, 0, -1, 1), weight("dense_1.bias", 0.5, 0)],
    { kind: "channel", mean: [1], deviation: [2] },
  );
const row = { series: Float64Array.of(3, 5, -1), rows: 1 };
const whyOf = async (options: AttributeOptions, net?: Network) =>
  (await attribute(net ?? (await linear()), row, options))[0];

describe("a linear model", () => {
  it("has its weights as the gradient, a raw unit by the deviation", async () => {
    expect(await whyOf({ method: "gradient" })).toMatchObject({
      target: "a",
      of: "logit",
      output: 2.5,
      unit: "output per raw unit",
      values: [[0.5, 1, 1.5]],
      perChannel: [3],
      perPosition: [0.5, 1, 1.5],
      signal: [[3, 5, -1]],
      axis: { first: 0, step: 1, unit: "positions" },
      baseline: null,
    });
    expect((await whyOf({ method: "gradient", target: "b" })).values).toEqual([[0, -0.5, 0.5]]);
    expect((await whyOf({ method: "gradient", target: 1 })).target).toBe("b");
  });

  it("has w (x - b) as its integrated gradients, exactly", async () => {
    const why = await whyOf({});
    expect(why.values).toEqual([[1, 4, -3]]);
    expect(why.completeness).toEqual({ sum: 2, difference: 2, absolute: 0, relative: 0, steps: 9 });
    expect((await whyOf({ baseline: [1, 1, 1] })).values).toEqual([[1, 4, -3]]);
    expect((await whyOf({ baseline: [3, 5, -3] })).values).toEqual([[0, 0, 3]]);
    const mean = (await whyOf({ baseline: "mean" })).values[0];
    [1 / 3, 8 / 3, -5].forEach((x, t) => expect(mean[t]).toBeCloseTo(x, 6));
    expect((await whyOf({ method: "inputTimesGradient" })).values).toEqual([[1, 4, -3]]);
  });

  it("loses w (x - b) where a window is replaced, spread evenly, the mean where windows overlap", async () => {
    expect((await whyOf({ method: "occlusion", window: 1 })).values).toEqual([[1, 4, -3]]);
    const two = await whyOf({ method: "occlusion", window: 2, stride: 1 });
    expect([two.values, two.window]).toEqual([[[2.5, 1.5, 0.5]], { window: 2, stride: 1 }]);
    // the last window ends with the row
    expect((await whyOf({ method: "occlusion", window: 2, stride: 2 })).values).toEqual([[2.5, 1.5, 0.5]]);
  });

  it("explains a probability at the model's temperature: half the slope of the logits at 2", async () => {
    const { kind: _, ...fields } = await linear();
    const net = await network({ ...fields, temperature: 2 });
    const { values, output } = await whyOf({ method: "gradient", of: "probability" }, net);
    // logits 2.5 and -3, a half of each
    const p = 1 / (1 + Math.exp(-5.5 / 2));
    expect(output).toBeCloseTo(p, 12);
    const slope = (p * (1 - p)) / 2;
    [0.5, 1.5, 1].forEach((w, t) => expect(values[0][t]).toBeCloseTo(slope * w, 6));
  });

  it("explains a probability by p (1 - p) times the weights' difference", async () => {
    const { values, output, of } = await whyOf({ method: "gradient", of: "probability" });
    const p = 1 / (1 + Math.exp(-5.5));
    expect(of).toBe("probability");
    expect(output).toBeCloseTo(p, 7);
    [1, 3, 2].forEach((w, t) => expect(values[0][t]).toBeCloseTo((p * (1 - p) * w) / 2, 7));
    const { completeness } = await whyOf({ of: "probability" });
    expect(completeness?.relative).toBeLessThan(1e-3);
    expect(completeness?.difference).toBeCloseTo(p - 1 / (1 + Math.exp(-0.5)), 6);
  });

  it("is plain data", async () => {
    const why = await whyOf({});
    expect(JSON.parse(JSON.stringify(why))).toEqual(why);
  });
});

describe("class activation", () => {
  const mapped = model({ channels: 1, length: 3 }, (x) =>
    L.dense(L.globalAveragePool(L.relu(L.conv1d(x, { filters: 2, kernelSize: 1 }))), { units: 2 }),
  );
  // channels relu(x) and relu(-x); a = 3 mean(relu(x)) + 6 mean(relu(-x)) + 1
  const weights = [
    weight("conv1d_1.filter", 1, -1),
    weight("conv1d_1.bias", 0, 0),
    weight("dense_1.filter", 3, 6, 0, 0),
    weight("dense_1.bias", 1, 0),
  ];
  it("is the sum that the pool and the dense layer make, position by position", async () => {
    const why = await whyOf({ method: "classActivation" }, await made(mapped, weights));
    expect(why.values).toEqual([[3, 5, 2]]);
    expect([why.output, why.perChannel]).toEqual([11, [10]]); // the bias is no position's
    expect(why.notes).toEqual([
      "a value of the map sees 1 of 3 positions, and is drawn at the centre of these",
    ]);
  });
  it("is refused by name where a network ends otherwise, with what works", async () => {
    await expect(whyOf({ method: "classActivation" })).rejects.toThrow(
      "classActivation: the model model does not end with a global average pool and a dense layer, so it has no map of a class; " +
        "take integratedGradients, occlusion, inputTimesGradient or gradient",
    );
  });
  it("draws a strided layer's values over the positions that are nearest to the centre of what they see", async () => {
    const m = model({ channels: 1, length: 8 }, (x) =>
      L.dense(L.globalAveragePool(L.conv1d(x, { filters: 1, kernelSize: 2, stride: 4, padding: [0, 0] })), {
        units: 2,
      }),
    );
    const net = await made(m, [
      weight("conv1d_1.filter", 1, 1),
      weight("conv1d_1.bias", 0),
      weight("dense_1.filter", 1, 0),
      weight("dense_1.bias", 0, 0),
    ]);
    // two values, 1 + 2 at 0.5 and 5 + 6 at 4.5: positions 0 to 2 and 3 to 7
    const series = Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    const [why] = await attribute(net, { series, rows: 1 }, { method: "classActivation" });
    expect(why.values).toEqual([[0.5, 0.5, 0.5, 1.1, 1.1, 1.1, 1.1, 1.1].map((x) => expect.closeTo(x, 6))]);
  });
});

describe("padding", () => {
  const series = [9, 12, 20, 14].map((n, r) => Array.from({ length: n }, (_, t) => ((t * (r + 3)) % 7) - 2));
  const ragged = fromArrays({ series, labels: ["a", "b", "a", "b"] });
  const build = model(ragged, (x) =>
    L.dense(L.globalAveragePool(L.relu(L.conv1d(x, { filters: 4, kernelSize: 3, padding: "same" }))), {
      units: 2,
    }),
  );
  it.each([
    ["end", build],
    ["start", build],
    ["centre", ignorePadding(build)],
  ] as const)("has exactly 0, rows at the other side of %s", async (at, m) => {
    const net = (await fit(m, ragged, { steps: 4, batch: 4, prepare: { at, pad: "edge" } })).model;
    for (const method of [
      "integratedGradients",
      "inputTimesGradient",
      "gradient",
      "occlusion",
      "classActivation",
    ] as const) {
      const all = await attribute(net, ragged, { method });
      all.forEach(({ values, signal, axis, completeness }, r) => {
        const n = series[r].length;
        const from = signal[0].findIndex((x) => x !== null);
        expect(signal[0].filter((x) => x !== null)).toEqual(series[r]);
        expect(axis.first).toBe(from > 0 ? -from : 0);
        values[0].forEach((x, t) => {
          if (t < from || t >= from + n) expect(Object.is(x, 0), `${method} ${t}`).toBe(true);
        });
        expect(values[0].some((x) => x !== 0)).toBe(true);
        if (completeness) expect(completeness.relative).toBeLessThan(1e-3);
      });
    }
  });

  it("is no contribution of missing values behind a mask, which stay missing", async () => {
    const holes = [0, 1, 2, 3].map((r) =>
      Array.from({ length: 10 }, (_, t) => ((t + r) % 4 === 1 ? NaN : Math.sin(t * (r + 1)))),
    );
    const data = fromArrays({ series: holes, labels: ["a", "b", "a", "b"], missing: "NaN" });
    const m = model({ channels: 2, length: 10 }, (x) =>
      L.dense(L.tanh(L.conv1d(x, { filters: 3, kernelSize: 3 })), { units: 2 }),
    );
    const net = (await fit(m, data, { steps: 3, prepare: { fill: "zero" } })).model;
    for (const method of ["integratedGradients", "gradient", "occlusion"] as const) {
      const all = await attribute(net, data, { method });
      all.forEach(({ values, signal, notes }, r) => {
        expect(values).toHaveLength(1);
        expect(signal[0]).toEqual(holes[r].map((x) => (Number.isNaN(x) ? null : x)));
        values[0].forEach((x, t) => expect(x === 0).toBe(Number.isNaN(holes[r][t])));
        expect(notes[0]).toMatch(
          /^channel 0: \d of 10 values are missing; they are 0 with a mask, which is held as it is/,
        );
      });
    }
  });
});

describe("values, positions, ensembles and MiniRocket", () => {
  it("explains a value in the target's own units", async () => {
    const net = await network({
      model: model({ channels: 1, length: 3 }, (x) => L.dense(x, { units: 1 })),
      classes: [],
      preparation: none,
      targets: { mean: [10], deviation: [4] },
      weights: [weight("dense_1.filter", 1, 2, 3), weight("dense_1.bias", 0)],
      provenance: {},
    });
    expect(await whyOf({}, net)).toMatchObject({
      target: 0,
      of: "value",
      output: 50,
      values: [[12, 40, -12]],
    });
    await expect(whyOf({ target: "a" }, net)).rejects.toThrow(
      "the model gives values; give the number of an output",
    );
  });

  it("explains the class at one position, which has to be named", async () => {
    const m = model({ channels: 1, length: 4 }, (x) =>
      L.conv1d(x, { filters: 2, kernelSize: 3, padding: "same" }),
    );
    const net = await made(m, [weight("conv1d_1.filter", 1, 2, 3, 0, 0, 0), weight("conv1d_1.bias", 0, 0)]);
    expect(net.answers).toBe("positions");
    const at = { series: Float64Array.of(1, 1, 1, 1), rows: 1 };
    const [why] = await attribute(net, at, { position: 2, target: "a", method: "gradient" });
    expect([why.values, why.position]).toEqual([[[0, 1, 2, 3]], 2]);
    expect((await attribute(net, at, { position: 0, method: "gradient" }))[0].values).toEqual([[2, 3, 0, 0]]);
    await expect(attribute(net, at)).rejects.toThrow(
      "the model says a class at each of 4 positions; give position, from 0 to 3",
    );
    await expect(attribute(net, at, { position: 4 })).rejects.toThrow(
      "position is 4; it is a whole number from 0 to 3",
    );
  });

  it("takes the mean over the networks of an ensemble, of the class that it says", async () => {
    const other = await made(
      model({ channels: 1, length: 3 }, (x) => L.dense(x, { units: 2 })),
      [weight("dense_1.filter", 3, 0, 1, 0, -1, 1), weight("dense_1.bias", 0, 9)],
      { kind: "channel", mean: [1], deviation: [2] },
    );
    const both = ensemble([await linear(), other]);
    const [why] = await attribute(both, row);
    expect(why.target).toBe(both.predict([3, 5, -1]).label);
    const each = await Promise.all(both.members.map((net) => whyOf({ target: why.target }, net)));
    expect(why.values[0]).toEqual(each[0].values[0].map((x, t) => (x + each[1].values[0][t]) / 2));
    expect(why.output).toBe((each[0].output + each[1].output) / 2);
  });

  it("explains a MiniRocket by occlusion, and by nothing else", async () => {
    const data = bumps({ rows: 12, length: 24, classes: 2 });
    const rocket = miniRocket(data, {});
    const batch = { series: data.series.slice(0, 24), rows: 1 };
    const [why] = await attribute(rocket, batch, { method: "occlusion", window: 6 });
    expect(why.output).toBe(rocket.outputs(batch)[data.classes.indexOf(String(why.target))]);
    expect(why.values[0].some((x) => x !== 0)).toBe(true);
    await expect(attribute(rocket, batch)).rejects.toThrow(
      "method integratedGradients: a minirocket has neither a gradient nor a map of a class; take occlusion",
    );
  });

  it("explains the second value of a MiniRocket of values", async () => {
    const { series, rows, length } = bumps({ rows: 12, length: 24, classes: 2 });
    const lines = Array.from({ length: rows }, (_, r) => series.slice(r * length, (r + 1) * length));
    const targets = lines.map((line) => [line[3], 100 + line[20]]);
    const rocket = miniRocket(fromArrays({ series: lines, targets }), { features: 840 });
    const batch = { series: series.slice(0, length), rows: 1 };
    const [why] = await attribute(rocket, batch, { method: "occlusion", target: 1 });
    expect(why).toMatchObject({ of: "value", target: 1, output: rocket.outputs(batch)[1] });
    expect(why.values[0].some((x) => x !== 0)).toBe(true);
  });
});

describe("errors", () => {
  it.each<[AttributeOptions, string]>([
    [{ method: "lime" as never }, 'method "lime" is unknown; it is one of integratedGradients, '],
    [{ target: "c" }, 'class "c" is unknown; it is one of a, b'],
    [{ target: 2 }, "target is 2; it is a whole number from 0 to 1"],
    [{ position: 0 }, "position is for models of a class a position; leave it out"],
    [{ steps: 1 }, "steps is 1; it is a whole number of at least 2"],
    [
      { steps: 9, method: "gradient" },
      "steps goes with integratedGradients, not with gradient; leave it out",
    ],
    [{ method: "occlusion", window: 2, stride: 3 }, "stride is 3, above window, 2"],
    [{ baseline: [1, 2] }, "baseline: 1 rows have 2 values; the model takes 1 x 3 a row"],
    [
      { baseline: "median" as never },
      'baseline "median" is unknown (did you mean mean?); it is one of zero, mean',
    ],
  ])("%o", async (options, message) => {
    await expect(whyOf(options)).rejects.toThrow(message);
  });
  it("refuses rows of another shape, and outputs that are no numbers", async () => {
    await expect(attribute(await linear(), { series: new Float64Array(4), rows: 1 })).rejects.toThrow(
      "1 rows have 4 values; the model takes 1 x 3 a row",
    );
    const huge = { series: Float64Array.of(1e38, -1e38, 1e38), rows: 1 };
    const net = await made(
      model({ channels: 1, length: 3 }, (x) => L.dense(x, { units: 2 })),
      [weight("dense_1.filter", 3e38, 3e38, 3e38, 1, 1, 1), weight("dense_1.bias", 0, 0)],
    );
    await expect(attribute(net, huge)).rejects.toThrow("row 0: the model's outputs are no numbers");
  });
});

describe("what a unit sees", () => {
  it("follows strides, dilations, padding and joins to the input, first and last position", () => {
    const m = model({ channels: 1, length: 20 }, (x) => {
      const a = L.conv1d(x, { filters: 2, kernelSize: 3, stride: 2, padding: 1 }); // 10: 2 i - 1 to 2 i + 1
      const b = L.conv1d(a, { filters: 2, kernelSize: 3, dilation: 2, padding: 2 }); // i - 2 to i + 2
      return L.dense(L.globalAveragePool(L.add(L.maxPool(b, { size: 2 }), L.maxPool(a, { size: 2 }))), {
        units: 2,
      });
    });
    expect(receptiveField(m, "conv1d_1", 0)).toEqual([0, 1]);
    expect(receptiveField(m, "conv1d_1", 4)).toEqual([7, 9]);
    expect(receptiveField(m, "conv1d_2", 4)).toEqual([3, 13]);
    expect(receptiveField(m, "conv1d_2", 9)).toEqual([13, 19]);
    expect(receptiveField(m, "maxPool_1", 2)).toEqual([3, 15]);
    expect(receptiveField(m, "add_1", 2)).toEqual([3, 15]);
    expect(receptiveField(m, "dense_1", 0)).toEqual([0, 19]);
    expect(() => receptiveField(m, "conv1d_3", 0)).toThrow('layer "conv1d_3" is unknown');
    expect(() => receptiveField(m, "conv1d_1", 10)).toThrow("position is 10; conv1d_1 has 10");
  });
  it("is one-sided where convolutions are causal, and follows what is transposed", () => {
    const m = model({ channels: 1, length: 16 }, (x) =>
      L.convTranspose1d(L.conv1d(x, { filters: 1, kernelSize: 4, padding: "causal" }), {
        filters: 1,
        kernelSize: 2,
        stride: 2,
      }),
    );
    expect(receptiveField(m, "conv1d_1", 7)).toEqual([4, 7]);
    expect(receptiveField(m, "convTranspose1d_1", 15)).toEqual([4, 7]);
  });
});

describe("stretches", () => {
  it("are neighbours of one sign, largest sums first, in the data's units", () => {
    const axis = { first: 0, step: 0.5, unit: "s" } as const;
    expect(stretches([0, 1, 1, 0.1, 1, 0, 0, 0, -4, 0, 0.5], axis, 3)).toEqual([
      { from: 4, to: 4, sum: -4 },
      { from: 0.5, to: 2, sum: 3.1 },
    ]);
    expect(stretches([0, 0], axis, 3)).toEqual([]);
  });
});
