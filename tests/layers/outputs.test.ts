/** Small outputs of each layer that a hand can check, and what layers refuse. */
import { describe, expect, it } from "vitest";
import { initialValues } from "../../src/layers/initialise.ts";
import { firstValues } from "../../src/layers/layer.ts";
import { resolve } from "../../src/layers/model.ts";
import * as L from "../../src/layers/functions.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { withGradients } from "../graph/numeric.ts";
import { graphOf, parameterShapes, run, type Build } from "./shared.ts";

const five = { channels: 1, length: 5 };
const onFive = (build: Build, tensors: Record<string, number[]> = {}): number[] =>
  run(build, five, [1, 2, 3, 4, 5], tensors);
const close = (got: readonly number[], want: readonly number[]): void => {
  expect(got.length).toBe(want.length);
  got.forEach((y, i) => expect(y).toBeCloseTo(want[i], 6));
};

describe("convolutions", () => {
  const filter = (...taps: number[]) => ({ "conv1d_1.filter": taps });
  const conv =
    (options: object): Build =>
    (x) =>
      L.conv1d(x, { filters: 1, kernelSize: 3, bias: false, ...options });

  it.each<[string, number[]]>([
    ["zeros", [12, 123, 234, 345, 450]],
    ["reflect", [212, 123, 234, 345, 454]],
    ["replicate", [112, 123, 234, 345, 455]],
    ["circular", [512, 123, 234, 345, 451]],
  ])("conv1d with filter (100, 10, 1) and %s", (paddingMode, want) => {
    expect(onFive(conv({ padding: 1, paddingMode }), filter(100, 10, 1))).toEqual(want);
  });

  it("an even kernel with same takes the extra position on the right, in every mode", () => {
    const build = conv({ kernelSize: 2, padding: "same", paddingMode: "circular" });
    expect(onFive(build, filter(10, 1))).toEqual([12, 23, 34, 45, 51]);
  });

  it("a causal, dilated one looks back: x[t] + 10 x[t - 2] + 100 x[t - 4]", () => {
    expect(onFive(conv({ padding: "causal", dilation: 2 }), filter(100, 10, 1))).toEqual([1, 2, 13, 24, 135]);
  });

  it("weightNorm: a gain of 10 on the direction (3, 4) is the filter (6, 8), and begins as the norm", () => {
    const build = conv({ kernelSize: 2, weightNorm: true });
    close(onFive(build, { "conv1d_1.filter": [3, 4], "conv1d_1.gain": [10] }), [22, 36, 50, 64]);
    const init = { kind: "torch", fanIn: 6, fanOut: 1 } as const;
    const shape = [2, 2, 3] as const;
    const v = initialValues(shape, init, 5, 3);
    const gains = initialValues([2, 1, 1], { kind: "normsOfLast", shape, init }, 5, 4);
    close([...gains], [Math.hypot(...v.slice(0, 6)), Math.hypot(...v.slice(6))]);
  });

  it("convTranspose1d with filter (1, 2, 3): stride, padding, outputPadding", () => {
    const build =
      (options: object): Build =>
      (x) =>
        L.convTranspose1d(x, { filters: 1, kernelSize: 3, bias: false, ...options });
    const two = { channels: 1, length: 2 };
    const w = { "convTranspose1d_1.filter": [1, 2, 3] };
    expect(run(build({}), two, [1, 10], w)).toEqual([1, 12, 23, 30]);
    expect(run(build({ stride: 2 }), two, [1, 10], w)).toEqual([1, 2, 13, 20, 30]);
    expect(run(build({ stride: 2, padding: 1 }), two, [1, 10], w)).toEqual([2, 13, 20]);
    expect(run(build({ stride: 2, padding: 1, outputPadding: 1 }), two, [1, 10], w)).toEqual([2, 13, 20, 30]);
    expect(run(build({ stride: 4, outputPadding: 1 }), two, [1, 10], w)).toEqual([1, 2, 3, 0, 10, 20, 30, 0]);
    expect(run(build({ dilation: 2 }), two, [1, 10], w)).toEqual([1, 10, 2, 20, 3, 30]);
  });

  it("fixedConv1d: differences of the sum of channels", () => {
    const build: Build = (x) => L.fixedConv1d(x, { taps: [-1, 1] });
    expect(run(build, { channels: 2, length: 3 }, [1, 2, 4, 0, 10, 0])).toEqual([11, -8]);
  });

  it("logMel: a constant has its power at 0 Hz, a wave at its own frequency, silence the floor", () => {
    // 8 positions a second, windows of 8: Hann's window sums to 4 and has -2 at its neighbours
    const size = 8;
    const build: Build = (x) =>
      L.logMel(x, { rate: 8, size, hop: 8, bands: 3, low: 0, high: 4, floor: 1e-3 });
    const tensors = Object.fromEntries(
      resolve(L.model({ channels: 1, length: size }, build))[0].state.map((s) => [
        s.name,
        [...firstValues(s)],
      ]),
    );
    const named = { "logMel_1.dft": tensors.dft, "logMel_1.mel": tensors.mel };
    const at = (x: number[]): number[] => run(build, { channels: 1, length: size }, x, named);
    // bins 1, 2, 3 of 1, 2, 3 Hz; mel is nearly a straight line below 4 Hz, so each band peaks at one of them
    const wave = Array.from({ length: size }, (_, i) => Math.cos((2 * Math.PI * 2 * i) / size));
    const power = [1, 2, 1].map((a) => (a * a) / size);
    const got = at(wave);
    power.forEach((p, k) => expect(got[k]).toBeCloseTo(Math.log(p), 1));
    at(Array<number>(size).fill(0)).forEach((x) => expect(x).toBeCloseTo(Math.log(1e-3), 6));
  });

  it("parameters: PyTorch's shapes", () => {
    const size = { channels: 4, length: 9 };
    expect(
      parameterShapes((x) => L.convTranspose1d(x, { filters: 6, kernelSize: 3, groups: 2 }), size),
    ).toEqual({
      "convTranspose1d_1.filter": [4, 3, 3],
      "convTranspose1d_1.bias": [1, 6, 1],
    });
    expect(
      parameterShapes((x) => L.separableConv1d(x, { filters: 5, kernelSize: 3, multiplier: 2 }), size),
    ).toEqual({
      "conv1d_1.filter": [8, 1, 3],
      "conv1d_2.filter": [5, 8, 1],
      "conv1d_2.bias": [1, 5, 1],
    });
    expect(parameterShapes((x) => L.layerNorm(x, { over: "row" }), size)).toEqual({
      "layerNorm_1.gamma": [1, 4, 9],
      "layerNorm_1.beta": [1, 4, 9],
    });
    expect(parameterShapes((x) => L.instanceNorm(x), size)).toEqual({});
  });
});

describe("pools and resampling", () => {
  const signal = (...x: number[]) => ({ size: { channels: 1, length: x.length }, x });
  it.each<[string, Build, ReturnType<typeof signal>, number[]]>([
    ["maxPool 2", (x) => L.maxPool(x, { size: 2 }), signal(1, 3, -5, -4, 9), [3, -4]],
    [
      "maxPool 3, same",
      (x) => L.maxPool(x, { size: 3, stride: 1, padding: 1 }),
      signal(-3, -1, -2, -7),
      [-1, -1, -1, -2],
    ],
    ["maxPool dilated", (x) => L.maxPool(x, { size: 2, stride: 1, dilation: 2 }), signal(1, 9, 3, 4), [3, 9]],
    ["averagePool", (x) => L.averagePool(x, { size: 2 }), signal(1, 3, 5, 9), [2, 7]],
    ["averagePool padded", (x) => L.averagePool(x, { size: 2, padding: 1 }), signal(2, 4, 6, 8), [1, 5, 4]],
    [
      "averagePool padded, not counted",
      (x) => L.averagePool(x, { size: 2, padding: 1, countPadding: false }),
      signal(2, 4, 6, 8),
      [2, 5, 8],
    ],
    ["globalMaxPool", L.globalMaxPool, signal(-4, -2, -3, -9, -8), [-2]],
    [
      "adaptiveAveragePool",
      (x) => L.adaptiveAveragePool(x, { length: 2 }),
      signal(1, 2, 3, 4, 9),
      [2, 16 / 3],
    ],
    ["adaptiveMaxPool", (x) => L.adaptiveMaxPool(x, { length: 3 }), signal(5, 2, 3, 4, 1), [5, 4, 4]],
    ["nearest", (x) => L.upsample(x, { scale: 2 }), signal(1, 5), [1, 1, 5, 5]],
    ["linear", (x) => L.upsample(x, { scale: 2, mode: "linear" }), signal(1, 5), [1, 2, 4, 5]],
    ["pad", (x) => L.pad(x, { left: 1, right: 2 }), signal(1, 5), [0, 1, 5, 0, 0]],
    [
      "pad reflect",
      (x) => L.pad(x, { left: 2, right: 1, mode: "reflect" }),
      signal(1, 2, 3),
      [3, 2, 1, 2, 3, 2],
    ],
    [
      "pad circular",
      (x) => L.pad(x, { left: 1, right: 3, mode: "circular" }),
      signal(1, 2, 3),
      [3, 1, 2, 3, 1, 2, 3],
    ],
    ["crop", (x) => L.crop(x, { left: 1, right: 2 }), signal(1, 2, 3, 4), [2]],
  ])("%s", (_, build, { size, x }, want) => {
    close(run(build, size, x), want);
  });
});

describe("of equal values the first is the maximum", () => {
  it.each<[string, Build, number[]]>([
    ["maxPool 2", (x) => L.maxPool(x, { size: 2 }), [1, 0, 1, 0, 1, 0]],
    ["maxPool 3, same", (x) => L.maxPool(x, { size: 3, stride: 1, padding: 1 }), [2, 1, 1, 1, 1, 0]],
    ["maxPool 6, by runs", (x) => L.maxPool(x, { size: 6 }), [1, 0, 0, 0, 0, 0]],
    ["globalMaxPool", L.globalMaxPool, [1, 0, 0, 0, 0, 0]],
  ])("%s", (_, build, want) => {
    const { graph, output } = graphOf(build, "train", { channels: 1, length: 6 });
    const whole = withGradients(graph, output);
    const seed = Array.from({ length: graph.nodes[output].type.shape[2] }, () => 1);
    expect([...evaluate(whole, { x: [7, 7, 7, 7, 7, 7], seed }, 1)["d x"]]).toEqual(want);
  });
});

describe("norms and joins on [[1, 3], [5, 7]]", () => {
  const size = { channels: 2, length: 2 };
  const r = Math.sqrt(1 / 5);
  const epsilon = 0;
  it.each<[string, Build, number[]]>([
    ["layerNorm over channels", (x) => L.layerNorm(x, { affine: false, epsilon }), [-1, -1, 1, 1]],
    [
      "layerNorm over the row",
      (x) => L.layerNorm(x, { over: "row", affine: false, epsilon }),
      [-3 * r, -r, r, 3 * r],
    ],
    ["groupNorm of 1", (x) => L.groupNorm(x, { groups: 1, affine: false, epsilon }), [-3 * r, -r, r, 3 * r]],
    ["groupNorm of 2", (x) => L.groupNorm(x, { groups: 2, affine: false, epsilon }), [-1, 1, -1, 1]],
    ["instanceNorm", (x) => L.instanceNorm(x, { epsilon }), [-1, 1, -1, 1]],
    ["slice", (x) => L.slice(x, { first: 1, count: 1 }), [5, 7]],
    ["concat", (x) => L.concat(L.slice(x, { first: 1, count: 1 }), x), [5, 7, 1, 3, 5, 7]],
    ["multiply", (x) => L.multiply(x, L.slice(x, { count: 1 })), [1, 9, 5, 21]],
    ["multiply by means", (x) => L.multiply(x, L.globalAveragePool(x)), [2, 6, 30, 42]],
    ["glu", L.glu, [1 / (1 + Math.exp(-5)), 3 / (1 + Math.exp(-7))]],
    ["softmax", L.softmax, [0.01798621, 0.01798621, 0.98201379, 0.98201379]],
    ["logSoftmax", L.logSoftmax, [-4.01814993, -4.01814993, -0.01814993, -0.01814993]],
  ])("%s", (_, build, want) => {
    close(run(build, size, [1, 3, 5, 7]), want);
  });
});

describe("activations on -4, -1, -0.25, 0, 0.5, 2, 8", () => {
  const x = [-4, -1, -0.25, 0, 0.5, 2, 8];
  it.each<[string, Build, number[]]>([
    ["relu6", L.relu6, [0, 0, 0, 0, 0.5, 2, 6]],
    ["hardtanh", (y) => L.hardtanh(y), [-1, -1, -0.25, 0, 0.5, 1, 1]],
    ["hardsigmoid", L.hardsigmoid, [0, 1 / 3, 2.75 / 6, 0.5, 3.5 / 6, 5 / 6, 1]],
    ["hardswish", L.hardswish, [0, -1 / 3, (-0.25 * 2.75) / 6, 0, 1.75 / 6, 10 / 6, 8]],
    ["softshrink", (y) => L.softshrink(y), [-3.5, -0.5, 0, 0, 0, 1.5, 7.5]],
    ["hardshrink", (y) => L.hardshrink(y), [-4, -1, 0, 0, 0, 2, 8]],
    ["threshold", (y) => L.threshold(y, { threshold: 1, value: -9 }), [-9, -9, -9, -9, -9, 2, 8]],
    ["softsign", L.softsign, [-0.8, -0.5, -0.2, 0, 1 / 3, 2 / 3, 8 / 9]],
    ["tanhshrink", L.tanhshrink, x.map((v) => v - Math.tanh(v))],
    ["logSigmoid", L.logSigmoid, x.map((v) => -Math.log(1 + Math.exp(-v)))],
    ["mish", L.mish, x.map((v) => v * Math.tanh(Math.log(1 + Math.exp(v))))],
    ["celu", (y) => L.celu(y, { alpha: 2 }), x.map((v) => (v > 0 ? v : 2 * (Math.exp(v / 2) - 1)))],
    ["selu", L.selu, x.map((v) => 1.0507009873554805 * (v > 0 ? v : 1.6732632423543772 * (Math.exp(v) - 1)))],
  ])("%s", (_, build, want) => {
    close(run(build, { channels: 1, length: 7 }, x), want);
  });

  it("prelu", () => {
    expect(
      run((y) => L.prelu(y), { channels: 1, length: 3 }, [-2, 0, 3], { "prelu_1.alpha": [0.25] }),
    ).toEqual([-0.5, 0, 3]);
  });
});

describe("what layers refuse", () => {
  const at = (build: Build) => () => L.model({ channels: 4, length: 7 }, build);
  const k3 = { filters: 4, kernelSize: 3 } as const;
  it.each<[string, Build]>([
    [
      "layer 1 (conv1d): reflect padding of 7 beside 7 positions; at most 6 go (replicate takes any)",
      (x) => L.conv1d(x, { ...k3, padding: 7, paddingMode: "reflect" }),
    ],
    [
      'layer 1 (conv1d): paddingMode is "mirror"; it is one of zeros, reflect, replicate, circular',
      (x) => L.conv1d(x, { ...k3, paddingMode: "mirror" as "zeros" }),
    ],
    [
      "layer 1 (convTranspose1d): outputPadding 2 is not below the larger of stride 2 and dilation 1; lower it",
      (x) => L.convTranspose1d(x, { ...k3, stride: 2, outputPadding: 2 }),
    ],
    [
      "layer 1 (convTranspose1d): padding 5 leaves -1 of 9 positions; lower it",
      (x) => L.convTranspose1d(x, { ...k3, padding: 5 }),
    ],
    [
      "layer 1 (maxPool): padding 2 is more than half of size 3; lower it, so that no window holds padding alone",
      (x) => L.maxPool(x, { size: 3, padding: 2 }),
    ],
    [
      "layer 1 (averagePool): size 8 does not fit 7 positions; make it smaller",
      (x) => L.averagePool(x, { size: 8 }),
    ],
    ["layer 1 (groupNorm): groups 3 does not divide 4 channels", (x) => L.groupNorm(x, { groups: 3 })],
    [
      "layer 1 (crop): a crop of 4 + 3 leaves nothing of 7 positions; crop less",
      (x) => L.crop(x, { left: 4, right: 3 }),
    ],
    [
      "layer 1 (slice): channels 3 to 4 of 4; they are numbered 0 to 3",
      (x) => L.slice(x, { first: 3, count: 2 }),
    ],
    [
      "layer 2 (concat): cannot concat 4 x 7 and 4 x 5; all have the same length (crop or pad changes it)",
      (x) => L.concat(x, L.crop(x, { right: 2 })),
    ],
    ["layer 1 (concat): takes two or more inputs, got 1", (x) => L.concat(x)],
    [
      "layer 2 (multiply): cannot multiply 4 x 7 and 4 x 5; channels and lengths are the same, or 1 in one of them",
      (x) => L.multiply(x, L.crop(x, { right: 2 })),
    ],
    ["layer 1 (dropout): rate is 1; it is a probability from 0 to below 1", (x) => L.dropout(x, { rate: 1 })],
    ["layer 1 (hardtanh): least 2 is not below most 1; exchange them", (x) => L.hardtanh(x, { least: 2 })],
    ["layer 1 (fixedConv1d): taps is []; it lists one number or more", (x) => L.fixedConv1d(x, { taps: [] })],
    [
      "layer 1 (logMel): rate is missing; it is a number of at least 1",
      (x) => L.logMel(x, {} as Parameters<typeof L.logMel>[1]),
    ],
    [
      "layer 1 (logMel): size 25 does not fit 7 positions; take a smaller size, or longer rows",
      (x) => L.logMel(x, { rate: 1000, bands: 2 }),
    ],
    [
      "layer 1 (logMel): low 20 and high 60 are no range below half of rate 100; give 0 <= low < high <= 50",
      (x) => L.logMel(x, { rate: 100, high: 60 }),
    ],
    [
      "layer 1 (logMel): band 0 lies between two of the 4 frequencies of a window of 6; take fewer bands, or a larger size",
      (x) => L.logMel(x, { rate: 100, size: 6, bands: 40 }),
    ],
    [
      "layer 1 (logMel): 1000 bands of windows of 2000 are more than 1048576 weights; take less of either",
      (x) => L.logMel(x, { rate: 100_000, size: 2000, bands: 1000 }),
    ],
    [
      'layer 1 (layerNorm): has no option "axis"; its options are over, epsilon, affine',
      (x) => L.layerNorm(x, { axis: 1 } as object),
    ],
  ])("%s", (message, build) => {
    expect(at(build)).toThrow(message);
  });
});
