/**
 * The compiled gradient by the input of every architecture: against its f64 meaning and against central differences, equal in
 * bits on every back end; and integrated gradients of short trained ones, which sum to the difference that they divide.
 */
import { describe, expect, it } from "vitest";
import { architectures, attribute, fit, gather, type Dataset, type Model } from "../../../src/index.ts";
import { backends } from "../../../src/backends/choose.ts";
import { nativeBackend } from "../../../src/backends/x64/native.ts";
import type { Backend } from "../../../src/backends/backend.ts";
import { evaluate } from "../../../src/graph/evaluate.ts";
import {
  engineOf,
  INPUT_GRADIENT,
  inputGradientGraph,
  SEED,
} from "../../../src/inspect/attribute/program.ts";
import { resolve } from "../../../src/layers/model.ts";
import { prepare } from "../../../src/models/preparation.ts";
import { INPUT, OUTPUT, parameterName, stateName, statesOf } from "../../../src/models/graphs.ts";
import { trainer } from "../../../src/training/trainer.ts";
import { numbers } from "../../graph/numeric.ts";
import { bumps } from "../../training/shared.ts";

const small = bumps({ rows: 12, length: 16, classes: 3 });
const long = bumps({ rows: 4, length: 1024, classes: 3 });
const segmented: Dataset = small.with({
  answers: {
    kind: "positions",
    classes: ["low", "high"],
    labels: Int32Array.from({ length: 12 * 16 }, (_, i) => Number(small.series[i] > 1)),
    positions: 16,
  },
});
const { chain, fcn, inception, keyword, lite, m5, mnist1dCnn, resnet, tcn, unet1d, wavenet } = architectures;
const all: readonly (readonly [string, Model, Dataset])[] = [
  ["chain", chain(small, { filters: [5, 3] }), small],
  ["chain of relu", chain(small, { filters: [5, 3], activation: "relu" }), small],
  ["fcn", fcn(small), small],
  ["inception", inception(small), small],
  ["keyword", keyword(long, { rate: 8000, channels: 8 }), long],
  ["lite", lite(small), small],
  ["m5", m5(long, { filters: 4 }), long],
  ["mnist1dCnn", mnist1dCnn(small), small],
  ["resnet", resnet(small), small],
  ["tcn", tcn(small), small],
  ["unet1d", unet1d(segmented), segmented],
  ["wavenet", wavenet(small), small],
];

it("the list has every architecture", () => {
  const listed = new Set(all.map(([name]) => name.split(" ")[0]));
  expect([...listed].sort()).toEqual(Object.keys(architectures).sort());
});

const native = await nativeBackend();
const places: readonly Backend[] = typeof native === "string" ? backends : [...backends, native];
const bits = (values: Float32Array): Int32Array => new Int32Array(values.buffer);
const ROWS = 3;

describe.each(all)("%s", (_, build, data) => {
  const trained = fit(build, data, { steps: 6, batch: 4, seed: 3 });
  /** Prepared rows and what is asked of their outputs. */
  const asked = async () => {
    const { model: net } = await trained;
    const rows = gather(data, [0, 1, 2]);
    const values = prepare(net.preparation, rows, build.input);
    const layers = resolve(build);
    const { output } = layers[layers.length - 1];
    const seeds = Float32Array.from(numbers(5)(ROWS * output.channels * output.length, -1, 1));
    return {
      net,
      layers,
      seeds,
      points: { values, count: ROWS, extent: () => [0, build.input.length] as const },
    };
  };

  it("has the gradient that its graph means in f64, and that of a central difference", async () => {
    const { net, layers, seeds, points } = await asked();
    const states = new Set(statesOf(layers).map(({ name }) => name));
    const tensors = net.weights.map(({ name, data: values }) => [
      states.has(name) ? stateName(name) : parameterName(name),
      values,
    ]);
    const graph = inputGradientGraph(layers);
    const meant = (x: ArrayLike<number>) =>
      evaluate(graph, { ...Object.fromEntries(tensors), [INPUT]: x, [SEED]: seeds }, ROWS);
    const whole = meant(points.values);
    const { outputs, gradients } = (await engineOf(net)).gradients(points, seeds);
    const size = Math.hypot(...whole[INPUT_GRADIENT]);
    expect(size).toBeGreaterThan(0);
    expect(Math.hypot(...whole[INPUT_GRADIENT].map((x, i) => x - gradients[i])) / size).toBeLessThan(1e-4);
    const far = Math.hypot(...whole[OUTPUT]);
    expect(Math.hypot(...whole[OUTPUT].map((x, i) => x - outputs[i])) / far).toBeLessThan(1e-4);
    // along a direction: T(x + h u) - T(x - h u) over 2 h
    const u = numbers(11)(points.values.length, -1, 1);
    const h = 1e-6;
    const total = (sign: number): number =>
      meant(u.map((x, i) => points.values[i] + sign * h * x))[OUTPUT].reduce(
        (sum, x, i) => sum + seeds[i] * x,
        0,
      );
    const slope = (total(1) - total(-1)) / (2 * h);
    const dot = whole[INPUT_GRADIENT].reduce((sum, x, i) => sum + x * u[i], 0);
    expect(Math.abs(slope - dot) / (size * Math.hypot(...u))).toBeLessThan(1e-7);
  });

  it("has integrated gradients that sum to the logit's difference within 1/1000, and its outputs' bits", async () => {
    const { model: net } = await trained;
    const rows = gather(data, [0, 1, 2]);
    const why = await attribute(net, rows, data === segmented ? { position: 7 } : {});
    for (const { completeness, output, target, row } of why) {
      expect(completeness?.relative).toBeLessThan(1e-3);
      const outputs = net.outputs(rows);
      const each = outputs.length / ROWS / net.classes.length;
      const at = net.classes.indexOf(String(target)) * each + (data === segmented ? 7 : 0);
      expect(output).toBe(outputs[(row * outputs.length) / ROWS + at]);
    }
  });
});

/** Short rows, so that the interpreter is through in time. */
const short = bumps({ rows: 4, length: 5, classes: 3 });
const shortOnes: readonly (readonly [string, Model])[] = [
  ["chain", chain(small, { filters: [5, 3] })],
  ["fcn", fcn(short)],
  ["inception", inception(bumps({ rows: 4, length: 2, classes: 3 }))],
  ["lite", lite(short)],
  ["mnist1dCnn", mnist1dCnn(small)],
  ["resnet", resnet(bumps({ rows: 4, length: 2, classes: 3 }))],
  ["tcn", tcn(short)],
  ["unet1d", unet1d(segmented, { filters: 4 })],
  ["wavenet", wavenet(short, { residual: 8, skip: 8 })],
  ["m5", m5(bumps({ rows: 2, length: 1021, classes: 3 }), { filters: 1 })],
];
const names = places.map(({ name }) => name).join(", ");

/** Wide networks take the interpreter long: of them the default alone. */
const wide = ["fcn", "inception", "lite", "resnet"];

describe.each(shortOnes)("%s", (name, build) => {
  it.each(wide.includes(name) ? (["fast"] as const) : (["fast", "direct"] as const))(
    `has equal bits of the gradient on ${names}: %s`,
    async (convolution) => {
      const t = await trainer(build, { batch: 1, seed: 2 });
      const weights = t.weights();
      const { channels, length } = build.input;
      const values = Float32Array.from(numbers(9)(ROWS * channels * length, -2, 2));
      const { output } = resolve(build)[build.layers.length - 1];
      const seeds = Float32Array.from(numbers(5)(ROWS * output.channels * output.length, -1, 1));
      const points = { values, count: ROWS, extent: () => [0, length] as const };
      const found = await Promise.all(
        places.map(async (backend) => {
          const engine = await engineOf({ model: build, weights }, { backend, convolution, threads: 1 });
          return engine.gradients(points, seeds);
        }),
      );
      expect(found[0].gradients.some((x) => x !== 0)).toBe(true);
      for (const { gradients, outputs } of found.slice(1)) {
        expect(bits(gradients)).toEqual(bits(found[0].gradients));
        expect(bits(outputs)).toEqual(bits(found[0].outputs));
      }
    },
  );
});
