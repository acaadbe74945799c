/** Models that took minutes, gigabytes or the stack, from files of half a kilobyte, and how large they may be. */
import { describe, expect, it } from "vitest";
import { encodeSafetensors } from "../../src/formats/safetensors.ts";
import { load } from "../../src/formats/load.ts";
import { checkModel } from "../../src/layers/model.ts";
import { limits } from "../../src/layers/limits.ts";

type Layer = readonly [kind: string, from: readonly number[], options?: object];

const modelOf = (channels: number, length: number, layers: readonly Layer[]): object => ({
  format: "toeplitz-model",
  version: 1,
  name: "m",
  input: { channels, length },
  layers: layers.map(([kind, from, options = {}]) => ({ kind, from, options })),
});
const chain = (count: number, kind: string, from = (i: number): number[] => [i]): Layer[] =>
  Array.from({ length: count }, (_, i) => [kind, from(i)]);
const file = (model: object, data?: Float32Array): Uint8Array =>
  encodeSafetensors(data ? [{ name: "dense_1.filter", shape: [2, 1, 4], data }] : [], {
    format: "toeplitz",
    model: JSON.stringify(model),
    classes: "[]",
    preparation: '{"kind":"none"}',
    provenance: "{}",
  });
const loaded = (model: object, data?: Float32Array): Promise<unknown> =>
  load(file(model, data), { file: "f", backend: "wasm", threads: 1 });
const pooled = (at: number): Layer => ["globalAveragePool", [at]];

describe("a model beyond the limits is refused in one line before anything is built", () => {
  it.each([
    [
      "a pool of 100,000 in a million",
      modelOf(1, 1e6, [["maxPool", [0], { size: 1e5, stride: 1 }], pooled(1)]),
      /layer 1 \(maxPool\): the model has up to it 900\d+ terms/,
    ],
    [
      "means of 16 million",
      modelOf(1, 2 ** 24, [["adaptiveAveragePool", [0], { length: 10 }], pooled(1)]),
      /16777236 terms/,
    ],
    [
      "an upsampling by 8 million",
      modelOf(1, 2, [["upsample", [0], { scale: 2 ** 23, mode: "linear" }], pooled(1)]),
      /33554432 terms/,
    ],
    [
      "several pads, none beyond by itself",
      modelOf(1, 1e6, [
        ["pad", [0], { left: 2e6 }],
        ["crop", [1], { left: 2e6 }],
        ["pad", [2], { left: 2e6 }],
      ]),
      /layer 3 \(pad\): the model has up to it 7000000 terms/,
    ],
    [
      "many layers",
      modelOf(1, 8, [...chain(600, "relu"), pooled(600)]),
      /it has 601 layers; the most is 512/,
    ],
    [
      "a stride that no whole number is",
      modelOf(1, 8, [["conv1d", [0], { filters: 1, kernelSize: 1, stride: 1.7e308 }]]),
      /stride is 1.7e\+308; it is a whole number/,
    ],
    [
      "a dilation beyond a row",
      modelOf(1, 8, [["conv1d", [0], { filters: 1, kernelSize: 1, dilation: 2 ** 40 }]]),
      /dilation is 1099511627776; the most is 16777216/,
    ],
    [
      "too much work",
      modelOf(1024, 16384, [["conv1d", [0], { filters: 1024, kernelSize: 25, padding: "same" }]]),
      /multiplications a row; the most is/,
    ],
    [
      "a value nested 10,000 deep",
      modelOf(1, 8, [["relu", [0], { a: JSON.parse("[".repeat(1e4) + "]".repeat(1e4)) as unknown }]]),
      /has no option "a"/,
    ],
  ])("%s", (_, model, message) => {
    const start = performance.now();
    expect(() => checkModel(model)).toThrow(message);
    expect(performance.now() - start).toBeLessThan(1000);
    try {
      checkModel(model);
    } catch (error) {
      expect((error as Error).message).toMatch(/^[ -~]{1,400}$/);
    }
  });

  it("long values are clipped, and characters that break a line are shown", () => {
    const long = modelOf(1, 8, [["conv1d", [0], { filters: "x\u202e".repeat(5000), kernelSize: 1 }]]);
    expect(() => checkModel(long)).toThrow(
      /^layer 1 \(conv1d\): filters is "x\\u202ex[^\u202e]{100,500}; it is a whole number of at least 1$/,
    );
  });

  it("a filter of 40,000 taps, each of which would be code", async () => {
    const taps = Array.from({ length: 40_000 }, (_, i) => 1 + (i % 7));
    await expect(loaded(modelOf(1, 40_050, [["fixedConv1d", [0], { taps }], pooled(1)]))).rejects.toThrow(
      /^f: layer 1 \(fixedConv1d\): a map of 51 results has more than 32768 terms that no shift repeats; make/,
    );
  });

  it("a maximum of few large windows takes as many maps as they can be halved", () => {
    const model = modelOf(1, 1e6, [["adaptiveMaxPool", [0], { length: 3 }], pooled(1)]);
    expect(() => checkModel(model)).toThrow(/20000006 terms/);
  });

  it("dropout alone, which computes nothing", async () => {
    await expect(loaded(modelOf(2, 4, [["dropout", [0]]]))).rejects.toThrow(
      /^f: in prediction the model's layers leave their input as it is/,
    );
  });
});

describe("a model within the limits", () => {
  it.each([
    ["sums of sums: 2^400 paths", modelOf(1, 4, [...chain(400, "add", (i) => [i, i]), pooled(400)])],
    ["squares of squares", modelOf(1, 4, [...chain(400, "multiply", (i) => [i, i]), pooled(400)])],
    ["500 activations, deeper than a stack", modelOf(1, 8, [...chain(500, "mish"), pooled(500)])],
    ["a pool of 2 in 400,000", modelOf(1, 4e5, [["maxPool", [0], { size: 2, stride: 1 }], pooled(1)])],
  ])(
    "%s, compiles in seconds",
    async (_, model) => {
      await loaded(model);
    },
    20_000,
  );
});

describe("weights that are no numbers", () => {
  it.each([NaN, Infinity, -Infinity])("%s is refused with its place", async (x) => {
    const model = modelOf(1, 4, [["dense", [0], { units: 2, bias: false }]]);
    await loaded(model, new Float32Array(8));
    await expect(loaded(model, Float32Array.of(0, 1, 2, x, 4, 5, 6, 7))).rejects.toThrow(
      `f: tensor "dense_1.filter" holds ${x} (value 3), no finite number`,
    );
  });
});

it("the limits are what a person can read", () => {
  for (const { most } of Object.values(limits)) expect(Number.isSafeInteger(most)).toBe(true);
});
