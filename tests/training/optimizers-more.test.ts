/** 20 steps of every optimizer against PyTorch 1.13, and against themselves on both back ends. */
import { describe, expect, it } from "vitest";
import { optimizers } from "../../src/index.ts";
import {
  optimizerGraph,
  optimizerScalars,
  optimizerState,
  type AnyOptimizer,
} from "../../src/training/optimizers.ts";
import { masksOf, MASKS, names, type UpdateRules } from "../../src/training/updateRules.ts";
import { bitsOf, outcome } from "../conformance/harness.ts";

const curvature = [1, 0.25, 4, 0.5];
const lowest = [0, 1, -1, 2];
const start = [1, -2, 0.5, 3];

/** Steps on the sum of c (w - a)^2 / 2, whose gradient c (w - a) is rounded to f32 as PyTorch does. */
async function descend(
  o: AnyOptimizer,
  rules: UpdateRules = {},
  masks: Readonly<Record<string, readonly number[]>> = {},
  steps = 20,
): Promise<Record<string, Float32Array>> {
  const graph = optimizerGraph(o, 4, rules);
  let state: Record<string, Float32Array> = { parameters: Float32Array.from(start) };
  for (const name of optimizerState(o)) state[name] = new Float32Array(4);
  if (rules.ema !== undefined) state.average = Float32Array.from(start);
  for (let k = 1; k <= steps; k++) {
    const scalars = Object.entries(optimizerScalars(o, o.learningRate, k, rules));
    const inputs = {
      ...state,
      ...Object.fromEntries(scalars.map(([name, x]) => [name, Float32Array.of(x)])),
      ...Object.fromEntries(Object.entries(masks).map(([name, x]) => [name, Float32Array.from(x)])),
      gradient: state.parameters.map((w, i) => Math.fround(curvature[i] * Math.fround(w - lowest[i]))),
    };
    const { wasm, reference } = await outcome(graph, inputs, 1);
    for (const name of Object.keys(wasm)) expect(bitsOf(wasm[name])).toBe(bitsOf(reference[name]));
    state = { ...state, ...wasm };
  }
  return state;
}

/** Weights after 20 steps, from torch.optim. */
const torch: readonly (readonly [string, AnyOptimizer, UpdateRules, readonly number[]])[] = [
  ["sgd", optimizers.sgd({ learningRate: 0.05 }), {}, [0.35848588, -1.3327237, -0.98270619, 2.6026874]],
  [
    "sgd with momentum",
    optimizers.sgd({ learningRate: 0.05, momentum: 0.9, weightDecay: 0.01 }),
    {},
    [-0.11268323, 1.0819476, -1.5211697, 1.6017045],
  ],
  [
    "sgd with Nesterov's momentum",
    optimizers.sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true, weightDecay: 0.01 }),
    {},
    [-0.063596852, 1.0419625, -1.0561802, 1.6882544],
  ],
  [
    "adam",
    optimizers.adam({ learningRate: 0.05, weightDecay: 0.01 }),
    {},
    [0.11122629, -1.0244925, -0.44017699, 2.1044617],
  ],
  [
    "adamW",
    optimizers.adamW({ learningRate: 0.05, weightDecay: 0.1 }),
    {},
    [0.072573699, -0.88367856, -0.44180164, 1.9261599],
  ],
  ["rmsProp", optimizers.rmsProp(), {}, [0.36660811, -1.2675533, -0.18570982, 2.3666079]],
  [
    "rmsProp, centred",
    optimizers.rmsProp({ alpha: 0.95, centered: true }),
    {},
    [0.58028406, -1.5469314, 0.062760942, 2.5802844],
  ],
  [
    "rmsProp with everything",
    optimizers.rmsProp({ alpha: 0.9, epsilon: 1e-6, momentum: 0.5, centered: true, weightDecay: 0.01 }),
    {},
    [0.30253971, -1.1528903, -0.27746597, 2.2932606],
  ],
  [
    "sgd, clipped by norm",
    optimizers.sgd({ learningRate: 0.05, momentum: 0.9 }),
    { clipNorm: 1.5 },
    [-0.33263162, 0.16338642, -0.62115932, 1.877547],
  ],
  [
    "adam, clipped by norm",
    optimizers.adam({ learningRate: 0.05 }),
    { clipNorm: 1.5 },
    [0.054222014, -0.97188252, -0.50019395, 2.0542221],
  ],
  [
    "sgd, clipped by value",
    optimizers.sgd({ learningRate: 0.05, momentum: 0.9 }),
    { clipValue: 0.5 },
    [-0.26646215, 0.70824862, -1.4168576, 1.6582042],
  ],
];

describe("20 steps", () => {
  it.each(torch)("of %s are PyTorch's, in equal bits on both back ends", async (_, o, rules, want) => {
    const { parameters } = await descend(o, rules);
    want.forEach((w, i) => expect(Math.abs(parameters[i] - w)).toBeLessThan(2e-6));
  });
});

describe("update rules", () => {
  it("a masked parameter stays to the bit, whatever the optimizer, and the others do not see it", async () => {
    const freeze = { freeze: ["somewhere"] };
    for (const o of [
      optimizers.sgd({ momentum: 0.9, weightDecay: 0.1 }),
      optimizers.adam({ weightDecay: 0.1 }),
      optimizers.adamW(),
      optimizers.rmsProp({ momentum: 0.9, centered: true, weightDecay: 0.1 }),
    ]) {
      expect(masksOf(freeze, o.weightDecay)).toEqual(["learning", "decayed"]);
      const masks = { [MASKS.learning]: [1, 0, 1, 0], [MASKS.decayed]: [1, 0, 1, 0] };
      const [frozen, free] = [await descend(o, freeze, masks, 3), await descend(o, {}, {}, 3)];
      expect([frozen.parameters[1], frozen.parameters[3]]).toEqual([-2, 3]);
      expect([frozen.parameters[0], frozen.parameters[2]]).toEqual([free.parameters[0], free.parameters[2]]);
    }
  });

  it("decay of filters alone leaves the rest as without decay", async () => {
    const masks = { [MASKS.decayed]: [1, 0, 0, 1] };
    for (const make of [optimizers.sgd, optimizers.adamW]) {
      const some = (await descend(make({ weightDecay: 2 }), { decay: "filters" }, masks, 5)).parameters;
      const all = (await descend(make({ weightDecay: 2 }), {}, {}, 5)).parameters;
      const none = (await descend(make({ weightDecay: 0 }), {}, {}, 5)).parameters;
      expect([...some]).toEqual([all[0], none[1], none[2], all[3]]);
      expect(all[1]).not.toBe(none[1]);
    }
  });

  it("the average moves by 1 - 2/11, then 1 - 3/12, ... of the distance", async () => {
    const o = optimizers.sgd({ learningRate: 1 });
    expect(optimizerScalars(o, 1, 1, { ema: 0.999 }).averaging).toBeCloseTo(9 / 11, 15);
    expect(optimizerScalars(o, 1, 1e6, { ema: 0.999 }).averaging).toBeCloseTo(0.001, 15);
    const { average, parameters } = await descend(o, { ema: 0.999 }, {}, 2);
    // w of curvature 1: 1, then 0 from the first step on
    expect(parameters[0]).toBe(0);
    expect(average[0]).toBeCloseTo((2 / 11) * (3 / 12), 6);
  });

  it("prefixes end at words and numbers", () => {
    expect(names("conv1d_1", "conv1d_1.filter")).toBe(true);
    expect(names("conv1d_1", "conv1d_10.filter")).toBe(false);
    expect(names("conv1d", "conv1d_10.filter")).toBe(true);
    expect(names("conv1d_1.bias", "conv1d_1.filter")).toBe(false);
    expect(names("", "conv1d_1.filter")).toBe(false);
  });
});
