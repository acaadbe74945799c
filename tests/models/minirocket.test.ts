import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromArrays } from "../../src/data/fromArrays.ts";
import { mnist1d } from "../../src/data/mnist1d.ts";
import { parseDataset } from "../../src/readers/read.ts";
import { load } from "../../src/formats/load.ts";
import { encodeModel } from "../../src/formats/modelFile.ts";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "../../src/formats/safetensors.ts";
import { alignClasses } from "../../src/data/classes.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { InputError } from "../../src/data/errors.ts";
import { miniRocket } from "../../src/training/rocket.ts";
import { featurePlan, HEAVY_TAPS, quantile, quantileLevel } from "../../src/models/rocket/kernels.ts";
import { drawCombinations, fitKernels } from "../../src/models/rocket/biasedKernels.ts";
import { miniRocketFeatures } from "../../src/models/rocket/minirocket.ts";
import { hasShared, sharedFile, skipNote } from "../data/shared.ts";

describe("MiniRocket's kernels and dilations", () => {
  it("has 84 kernels: every choice of 3 of 9 taps", () => {
    expect(HEAVY_TAPS).toHaveLength(252);
    const kernels = Array.from({ length: 84 }, (_, k) => HEAVY_TAPS.slice(3 * k, 3 * k + 3).join(" "));
    expect(new Set(kernels).size).toBe(84);
    expect([kernels[0], kernels[1], kernels[83]]).toEqual(["0 1 2", "0 1 3", "6 7 8"]);
  });

  // the numbers of the paper's own formula, computed apart with NumPy
  it.each<[number, number, number, string, string]>([
    [9, 9996, 9996, "1", "119"],
    [17, 9996, 9996, "1 2", "116 3"],
    [24, 9996, 9996, "1 2", "79 40"],
    [82, 10_000, 9996, "1 2 3 4 5 6 7 8 9 10", "38 19 15 12 8 11 3 7 3 3"],
    [128, 9996, 9996, "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15", "30 19 12 12 8 4 8 4 4 3 3 3 3 3 3"],
    [150, 900, 840, "1 2 3 5 7 9 13 18", "3 1 1 1 1 1 1 1"],
    [1000, 84, 84, "1", "1"],
  ])("length %i with %i features: %i of them", (length, wanted, features, dilations, counts) => {
    const plan = featurePlan(length, wanted);
    expect(plan.features).toBe(features);
    expect([plan.dilations.join(" "), plan.counts.join(" ")]).toEqual([dilations, counts]);
  });

  it("draws quantile levels by the golden ratio, and interpolates between values", () => {
    expect([0, 1, 2].map((i) => quantileLevel(i).toFixed(4))).toEqual(["0.6180", "0.2361", "0.8541"]);
    expect([0, 0.5, 0.9].map((level) => quantile([1, 2, 3, 4], level))).toEqual([1, 2.5, 3.7]);
  });

  it("sums 1 to 9 channels a kernel, each once, small numbers more often", () => {
    const combinations = drawCombinations(featurePlan(150), 20, 7);
    expect(combinations).toHaveLength(84 * 16);
    const sizes = combinations.map((c) => c.length);
    expect([Math.min(...sizes), Math.max(...sizes)]).toEqual([1, 9]);
    expect(sizes.filter((n) => n === 1).length / sizes.length).toBeCloseTo(Math.LN2 / Math.log(10), 1);
    expect(combinations.every((c) => new Set(c).size === c.length)).toBe(true);
    expect(new Set(combinations.flat()).size).toBe(20);
  });
});

describe("MiniRocket's features", () => {
  it("of an impulse: 3 values of 2, 6 of -1 and zeros, with and without the ends", () => {
    const plan = { ...featurePlan(17, 84), counts: [2], features: 168 };
    const biases = Float32Array.from({ length: 168 }, (_, i) => (i % 2 ? -0.5 : 0.5));
    const combinations = Array.from({ length: 84 }, () => [0]);
    const series = new Float64Array(17).fill(0, 0, 17);
    series[8] = 1;
    const features = miniRocketFeatures({ plan, channels: 1, combinations, biases }, { series, rows: 1 });
    for (let kernel = 0; kernel < 84; kernel++) {
      const positions = kernel % 2 === 0 ? 17 : 9; // all, or those whose nine taps are inside
      expect(features[2 * kernel]).toBe(Math.fround(3 / positions));
      expect(features[2 * kernel + 1]).toBe(Math.fround((positions - 6) / positions));
    }
  });

  it("are those of the plain convolution, for any length, channels and whole numbers", () => {
    const shape = fc.record({
      length: fc.integer({ min: 9, max: 60 }),
      channels: fc.integer({ min: 1, max: 4 }),
      seed: fc.integer({ min: 0, max: 99 }),
    });
    const property = fc.property(
      shape,
      fc.infiniteStream(fc.integer({ min: -20, max: 20 })),
      (s, numbers) => {
        const { length, channels, seed } = s;
        const rows = 2;
        const series = Float64Array.from({ length: rows * channels * length }, () =>
          Number(numbers.next().value),
        );
        const plan = featurePlan(length, 420);
        const batch = { series, rows };
        const row = (index: number): Float64Array =>
          series.subarray(index * channels * length, (index + 1) * channels * length);
        const transform = fitKernels(plan, { rows, row }, channels, seed);
        const features = miniRocketFeatures(transform, batch);
        let at = 0;
        for (let row = 0; row < rows; row++) {
          let feature = 0;
          plan.dilations.forEach((dilation, d) => {
            for (let kernel = 0; kernel < 84; kernel++) {
              const heavy = HEAVY_TAPS.slice(3 * kernel, 3 * kernel + 3);
              const output = Array.from({ length }, (_, t) =>
                transform.combinations[84 * d + kernel].reduce((sum, channel) => {
                  const value = (u: number): number =>
                    u < 0 || u >= length ? 0 : series[(row * channels + channel) * length + u];
                  return (
                    sum +
                    Array.from({ length: 9 }, (_, tap) => tap).reduce(
                      (c, tap) => c + (heavy.includes(tap) ? 2 : -1) * value(t + (tap - 4) * dilation),
                      0,
                    )
                  );
                }, 0),
              );
              const inside =
                (d + kernel) % 2 === 0 ? output : output.slice(4 * dilation, length - 4 * dilation);
              for (let i = 0; i < plan.counts[d]; i++, feature++, at++) {
                const above = inside.filter((v) => v > transform.biases[feature]).length;
                if (features[at] !== Math.fround(above / inside.length))
                  throw new Error(`row ${row}, feature ${feature}`);
              }
            }
          });
        }
      },
    );
    fc.assert(property, { numRuns: 25 });
  });
});

/** Rows of sines of two periods: far apart, so that anything that learns tells them. */
function waves(rows: number, channels = 1, length = 40): Dataset {
  const series = Array.from({ length: rows }, (_, i) =>
    Array.from({ length: channels }, (_, c) =>
      Array.from({ length }, (_, t) => Math.sin((t + 3 * i + c) / (i % 2 ? 2 : 3))),
    ),
  );
  return fromArrays({ series, labels: Array.from({ length: rows }, (_, i) => (i % 2 ? "fast" : "slow")) });
}

describe("miniRocket", () => {
  it("tells slow waves from fast ones, with probabilities that sum to 1", () => {
    const model = miniRocket(waves(20));
    expect(model.classes).toEqual(["fast", "slow"]);
    expect(model.evaluate(waves(40)).accuracy).toBe(1);
    const { label, probabilities } = model.predict(
      Array.from({ length: 40 }, (_, t) => Math.sin(t / 3 + 0.5)),
    );
    expect(label).toBe("slow");
    expect(probabilities[0] + probabilities[1]).toBeCloseTo(1, 12);
    expect(probabilities[1]).toBeGreaterThan(0.8);
  });

  it("gives the same bits for the same seed, on every engine", () => {
    const { train } = mnist1d();
    const data = fromArrays({
      series: Array.from({ length: 120 }, (_, i) => train.series.subarray(40 * i, 40 * i + 40)),
      labels: train.labels.slice(0, 120),
    });
    const sha = miniRocket(data, { seed: 3, features: 1000 }).weightsSha256;
    expect(sha).toBe("d35680c1807305e161902e6ba2602b53b31feecbae9927d16aab3af047ca8520");
    expect(miniRocket(data, { seed: 4, features: 1000 }).weightsSha256).not.toBe(sha);
  });

  it.each([1, 3])("comes back from its file with the same bits: %i channels", async (channels) => {
    const model = miniRocket(waves(12, channels), { seed: 5, features: 500, provenance: { note: "a" } });
    const bytes = encodeModel(model);
    const again = await load(bytes);
    if (again.kind !== "rocket") throw new Error("not a minirocket");
    expect(again.outputs(waves(30, channels))).toEqual(model.outputs(waves(30, channels)));
    expect([again.model, again.classes, again.provenance]).toEqual([
      model.model,
      model.classes,
      model.provenance,
    ]);
    expect(again.provenance.weightsSha256).toBe(again.weightsSha256);
    expect(encodeModel(again)).toEqual(bytes);
  });

  const changed = (metadata: Record<string, string>, edit = (tensors: Tensor[]): Tensor[] => tensors) => {
    const file = decodeSafetensors(encodeModel(miniRocket(waves(6, 2), { features: 168 })), "x");
    return encodeSafetensors(edit([...file.tensors]), { ...file.metadata, ...metadata });
  };
  const edited = (name: string, change: (t: Tensor) => Partial<Tensor>) => (tensors: Tensor[]) =>
    tensors.map((t) => (t.name === name ? { ...t, ...change(t) } : t));
  it.each<[string, Uint8Array]>([
    ["the metadata's input is no JSON", changed({ input: "{" })],
    [
      "the metadata's input is no channels and length of at least 9",
      changed({ input: '{"channels":1,"length":8}' }),
    ],
    ["the metadata's input is no channels and length of at least 9", changed({ input: "null" })],
    ['tensor "channels" does not belong to a minirocket', changed({ input: '{"channels":1,"length":40}' })],
    [
      "tensor channels is [168, 2]; its plan wants [168, 1000]",
      changed({ input: '{"channels":1000,"length":40}' }),
    ],
    [
      "the metadata's plan has no ascending dilations from 1 to 4",
      changed({ plan: '{"dilations":[1,5],"counts":[1,1]}' }),
    ],
    [
      "the metadata's plan has no ascending dilations from 1 to 4",
      changed({ plan: '{"dilations":[2,1],"counts":[1,1]}' }),
    ],
    [
      "the metadata's plan has no count of features for each dilation",
      changed({ plan: '{"dilations":[1,4],"counts":[2]}' }),
    ],
    [
      "tensor biases is [168]; its plan wants [8484]",
      changed({ plan: '{"dilations":[1,4],"counts":[1,100]}' }),
    ],
    [
      "the metadata's classes are no list of two or more different names, or of none",
      changed({ classes: '["a","a"]' }),
    ],
    ["tensor coefficients is [2, 168]; its plan wants [3, 168]", changed({ classes: '["a","b","c"]' })],
    ["the metadata's provenance is no object of strings", changed({ provenance: '{"a":1}' })],
    [
      "tensor intercepts is absent; its plan wants [2]",
      changed({}, (t) => t.filter(({ name }) => name !== "intercepts")),
    ],
    [
      "tensor biases holds values that are not finite",
      changed(
        {},
        edited("biases", ({ data }) => ({ data: data.map(() => NaN) })),
      ),
    ],
    [
      "tensor channels holds values other than 0 and 1",
      changed(
        {},
        edited("channels", ({ data }) => ({ data: data.map(() => 2) })),
      ),
    ],
    [
      "tensor channels gives kernel 0 no channel",
      changed(
        {},
        edited("channels", ({ data }) => ({ data: data.map(() => 0) })),
      ),
    ],
    ["the metadata have no format toeplitz", changed({ format: "minirocket" })],
  ])("is refused: %s", async (what, bytes) => {
    const error: unknown = await load(bytes, { file: "m.safetensors" }).catch((e: unknown) => e);
    expect(error).toEqual(new InputError(`m.safetensors: ${what}; it is no model that toeplitz saved`));
  });

  it("refuses what it cannot learn from or answer to, in one line", () => {
    const short = fromArrays({ series: [[1, 2, 3], [3, 2, 1]], labels: [0, 1] }); // prettier-ignore
    expect(() => miniRocket(short)).toThrow(
      new InputError("minirocket takes series of at least 9 values; these have 3; give longer series"),
    );
    expect(() => miniRocket(waves(4), { features: 83 })).toThrow(
      new InputError("features is 83; it is a whole number from 84 to 99960; the usual one is 9996"),
    );
    expect(() => miniRocket(waves(4), { seed: -1 })).toThrow(
      new InputError("seed is -1; it is a whole number from 0 to 4294967295"),
    );
    const several = {
      kind: "multiLabel",
      classes: ["a", "b"],
      targets: new Float64Array(8).fill(1),
    } as const;
    expect(() => miniRocket(waves(4).with({ name: "t", answers: several }))).toThrow(
      new InputError(
        "t has several classes a row; minirocket predicts one class a row, or values; give such answers",
      ),
    );
    const huge = fromArrays({ series: [0, 1].map((i) => Array.from({ length: 9 }, (_, t) => (t % 2 ? 1e38 : -1e38) * (i + 1))), labels: [0, 1], name: "h" }); // prettier-ignore
    expect(() => miniRocket(huge)).toThrow(
      new InputError("h: a convolution of its rows is beyond float32 (3.4e38); scale the series down"),
    );
    const model = miniRocket(waves(4), { features: 84 });
    expect(() => model.predict([1, 2])).toThrow(
      "the sample has 1 channels of 2 values; the model takes 1 of 40",
    );
    expect(() => model.predict(new Float64Array(40).fill(1).fill(NaN, 7))).toThrow(
      new InputError(
        "row 0, channel 0, time 7 is NaN, a missing value; the model was trained without a fill; train with --fill linear, or fill it in",
      ),
    );
    expect(() => model.evaluate(short)).toThrow(
      "arrays has rows of 1 x 3 (channels x length); the model takes 1 x 40",
    );
  });
});

describe.skipIf(!hasShared)(`MiniRocket on published data ${skipNote}`, () => {
  // published: the column "0" of the authors' results, accuracy in %
  it.each<[string, string, number]>([
    ["ItalyPowerDemand", "ts", 96.9],
    ["ArrowHead", "ts", 86.3],
    ["GunPoint", "ts", 99.3],
    ["TwoLeadECG", "tsv", 99.8],
    ["SwedishLeaf", "tsv", 96.3],
  ])("%s (.%s): within 1.5 points of the published %d %", (name, ending, published) => {
    const [train, test] = ["TRAIN", "TEST"].map((part) => {
      const file = `${name}_${part}.${ending}`;
      return parseDataset(sharedFile(`${name}/${file}`), file);
    });
    const seeds = name === "SwedishLeaf" ? [0] : [0, 1];
    const accuracies = seeds.map(
      (seed) => miniRocket(train, { seed }).evaluate(alignClasses(train, test)).accuracy,
    );
    const mean = (100 * accuracies.reduce((a, b) => a + b)) / seeds.length;
    expect(Math.abs(mean - published)).toBeLessThan(1.5);
  });

  it("BasicMotions, six channels: every test row", () => {
    const [train, test] = ["TRAIN", "TEST"].map((part) =>
      parseDataset(sharedFile(`BasicMotions/BasicMotions_${part}.ts`), part),
    );
    expect(miniRocket(train).evaluate(test).accuracy).toBe(1);
  });
});
