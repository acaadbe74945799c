import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { wasm } from "../../src/backends/wasm/wasm.ts";
import { compile } from "../../src/compiler/compile.ts";
import { laneAxis } from "../../src/compiler/lanes.ts";
import { convolveMap, GraphBuilder } from "../../src/graph/build.ts";
import type { ConvolveOf, Graph } from "../../src/graph/ops.ts";
import * as architectures from "../../src/layers/architectures/index.ts";
import { initialValues } from "../../src/layers/initialise.ts";
import { firstValues } from "../../src/layers/layer.ts";
import { resolve, type Model } from "../../src/layers/model.ts";
import { predictor } from "../../src/models/predictor.ts";
import { INPUT, parameterName, predictGraph, stateName, statesOf } from "../../src/models/graphs.ts";
import { inBlocks } from "../../src/compiler/fast.ts";
import { prepare } from "../../src/models/preparation.ts";
import { bitsOf, generator, inputsFor, natives, outcome, outputs, relativeError, run } from "./harness.ts";

const task = { channels: 1, length: 40, classes: ["a", "b", "c"] };
const models: readonly Model[] = [
  architectures.fcn(task),
  architectures.resnet(task),
  architectures.inception(task),
  architectures.tcn(task),
  architectures.mnist1dCnn(task),
  architectures.m5({ ...task, length: 1100 }, { filters: 20 }),
  architectures.chain({ ...task, length: 128 }),
];

const weightsOf = (layers: ReturnType<typeof resolve>) =>
  layers.flatMap((layer) => [
    ...layer.parameters.map((p, i) => ({
      name: `${layer.name}.${p.name}`,
      shape: p.shape,
      data: initialValues(p.shape, p.init, 3, i),
    })),
    ...layer.state.map((s) => ({
      name: `${layer.name}.${s.name}`,
      shape: s.shape,
      data: firstValues(s),
    })),
  ]);

describe.each(models)("$name", (model) => {
  it.each([wasm, ...natives])(
    "tells any number of rows as rows in sample lanes, on $name",
    async (backend) => {
      const next = generator(7);
      const layers = resolve(model);
      const states = new Set(statesOf(layers).map(({ name }) => name));
      const weights = weightsOf(layers);
      const { input } = model;
      const graph = inBlocks(predictGraph(layers));
      expect(laneAxis([graph], 1)).not.toBe("samples");
      const most = 35;
      const size = input.channels * input.length;
      const series = Float64Array.from({ length: most * size }, () => next() * 9 - 2);
      const preparation = {
        kind: "channel",
        mean: [...Array(input.channels).keys()].map((c) => 2 + c),
        deviation: Array<number>(input.channels).fill(3),
      } as const;
      const program = compile({ main: graph }, { batch: most, lanes: "samples" });
      const inputs = Object.fromEntries([
        ...weights.map(({ name, data }) => [states.has(name) ? stateName(name) : parameterName(name), data]),
        [INPUT, prepare(preparation, { series, rows: most }, input)],
      ]);
      const { output } = outputs(await run(wasm, program, graph, inputs, most), graph, most);
      const width = output.length / most;
      for (const threads of [1, 2]) {
        const predict = await predictor(layers, { input, weights, preparation }, { backend, threads });
        for (const rows of [1, 2, 15, 16, 17, 35]) {
          const got = predict({ series: series.subarray(0, rows * size), rows });
          expect(bitsOf(got), `${rows} rows, ${threads} threads`).toBe(
            bitsOf(output.subarray(0, rows * width)),
          );
        }
      }
    },
  );
});

it.each([wasm, ...natives])("a row a thread gives the bits of one thread, on $name", async (backend) => {
  const { input } = architectures.fcn({ ...task, length: 150 });
  const layers = resolve(architectures.fcn({ ...task, length: 150 }));
  const weights = weightsOf(layers);
  const next = generator(11);
  const series = Float64Array.from({ length: 5 * 150 }, () => next() * 4 - 2);
  const given = { input, weights, preparation: { kind: "none" } } as const;
  // as many threads as processors, where there are several: FCN's rows are worth it
  const [apart, alone] = [
    await predictor(layers, given, { backend }),
    await predictor(layers, given, { backend, threads: 1 }),
  ];
  for (const rows of [1, 2, 3, 5]) {
    const some = { series: series.subarray(0, rows * 150), rows };
    expect(bitsOf(apart(some)), `${rows} rows`).toBe(bitsOf(alone(some)));
  }
});

describe.each(["output", "input", "filter"] as const)("convolve of %s with 1 to 70 channels", (of) => {
  it("gives equal bits on every back end and lane axis, and the f64 meaning within 1e-6 of the norm", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          channels: fc.constantFrom(1, 3, 15, 16, 17, 33),
          filters: fc.constantFrom(1, 2, 16, 31, 48, 70),
          taps: fc.integer({ min: 1, max: 4 }),
          stride: fc.integer({ min: 1, max: 3 }),
          dilation: fc.integer({ min: 1, max: 2 }),
          padding: fc.integer({ min: 0, max: 3 }),
          extra: fc.integer({ min: 0, max: 12 }),
          rows: fc.integer({ min: 1, max: 3 }),
          spare: fc.integer({ min: 0, max: 1 }),
          seed: fc.integer({ min: 1, max: 1e6 }),
        }),
        async ({ rows, spare, seed, ...s }) => {
          const graph = convolution(of, s);
          const { wasm, exact } = await outcome(graph, inputsFor(graph, rows, seed), rows, rows + spare);
          expect(relativeError(wasm.out, exact.out)).toBeLessThan(1e-6);
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe("the lane axis", () => {
  const axis = (model: Model, batch: number) => laneAxis([predictGraph(resolve(model))], batch);
  it("is channels for a few rows of a wide network and samples for full groups of 16", () => {
    expect([1, 8, 16, 17, 32].map((batch) => axis(architectures.fcn(task), batch))).toEqual([
      "channels",
      "channels",
      "samples",
      "channels",
      "samples",
    ]);
  });
  it("is positions for one row of a chain of one channel", () => {
    const chain = architectures.chain({ ...task, length: 128 });
    expect([1, 2, 16].map((batch) => axis(chain, batch))).toEqual(["positions", "positions", "samples"]);
  });
  it("is samples for groups, which have no kernel along channels or positions", () => {
    const b = new GraphBuilder();
    const map = convolveMap([1, 32, 9], [32, 1, 3], { stride: 1, dilation: 1, padding: [1, 1], groups: 32 });
    const [w, x] = [b.input("w", "weight", [32, 1, 3]), b.input("x", "sample", [1, 32, 9])];
    expect(laneAxis([b.build({ out: b.convolve("output", w, x, map) })], 1)).toBe("samples");
  });
  it("packs filters once where weights are fixed", () => {
    const graph = predictGraph(resolve(architectures.fcn(task)));
    const names = (fixedWeights: boolean, entry: string) =>
      compile({ predict: graph }, { batch: 1, lanes: "channels", fixedWeights })
        .entries[entry].map(({ name }) => name)
        .filter((name) => name.startsWith("pack"));
    expect(names(false, "predict")).toEqual([
      "pack 128x1x8 by filters",
      "pack 256x128x5 by filters",
      "pack 128x256x3 by filters",
      "pack 3x128x1 by filters",
    ]);
    expect(names(true, "predict")).toEqual([]);
    expect(names(true, "weights")).toEqual(names(false, "predict"));
  });
});

function convolution(
  of: ConvolveOf,
  s: {
    channels: number;
    filters: number;
    taps: number;
    stride: number;
    dilation: number;
    padding: number;
    extra: number;
  },
): Graph {
  const b = new GraphBuilder();
  const w = [s.filters, s.channels, s.taps] as const;
  const span = s.dilation * (s.taps - 1) + 1;
  const y = [1, s.channels, Math.max(1, span - 2 * s.padding) + s.extra] as const;
  const { stride, dilation, padding } = s;
  const map = convolveMap(y, w, { stride, dilation, padding: [padding, padding], groups: 1 });
  const v = [1, s.filters, map.outLength] as const;
  const operands = {
    output: () => [b.input("w", "weight", w), b.input("y", "sample", y)],
    input: () => [b.input("v", "sample", v), b.input("w", "weight", w)],
    filter: () => [b.input("v", "sample", v), b.input("y", "sample", y)],
  } as const;
  const [first, second] = operands[of]();
  return b.build({ out: b.convolve(of, first, second, map) });
}
