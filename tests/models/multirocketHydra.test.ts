import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alignClasses } from "../../src/data/classes.ts";
import { fromArrays } from "../../src/data/fromArrays.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { InputError } from "../../src/data/errors.ts";

import { load } from "../../src/formats/load.ts";
import { encodeModel } from "../../src/formats/modelFile.ts";
import { encodeOnnx } from "../../src/formats/onnx/encode.ts";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "../../src/formats/safetensors.ts";
import { attribute } from "../../src/inspect/attribute/attribute.ts";
import { calibrate } from "../../src/models/calibrate.ts";
import { Convolution } from "../../src/models/rocket/convolution.ts";
import {
  Competition,
  drawHydra,
  fitSparse,
  hydraDilations,
  sparseScaled,
} from "../../src/models/rocket/hydra.ts";
import { featurePlan } from "../../src/models/rocket/kernels.ts";
import { multiRocketFeatures } from "../../src/models/rocket/multirocket.ts";
import { sizeOf } from "../../src/models/rocket/transforms.ts";
import { parseDataset } from "../../src/readers/read.ts";
import { multiRocketHydra } from "../../src/training/rocket.ts";
import { hasShared, sharedFile, skipNote } from "../data/shared.ts";

/** Rows of sines of two periods. */
function waves(rows: number, channels = 1, length = 40): Dataset {
  const series = Array.from({ length: rows }, (_, i) =>
    Array.from({ length: channels }, (_, c) =>
      Array.from({ length }, (_, t) => Math.sin((t + 3 * i + c) / (i % 2 ? 2 : 3))),
    ),
  );
  return fromArrays({ series, labels: Array.from({ length: rows }, (_, i) => (i % 2 ? "fast" : "slow")) });
}

describe("MultiRocket's four pools", () => {
  /** The features of an impulse at 8 of 17 positions, with one bias a kernel. */
  function ofImpulse(bias: number): Float32Array {
    const plan = featurePlan(17, 84);
    const biases = new Float32Array(84).fill(bias);
    const combinations = Array.from({ length: 84 }, () => [0]);
    const convolution = new Convolution(17, 1);
    convolution.setRow(
      Float32Array.from({ length: 17 }, (_, t) => +(t === 8)),
      0,
    );
    const out = new Float32Array(4 * 84);
    multiRocketFeatures({ plan, channels: 1, combinations, biases }, convolution, out, 0);
    return out;
  }
  const pools = (features: Float32Array, kernel: number): number[] =>
    [0, 1, 2, 3].map((pool) => features[84 * pool + kernel]);

  it("of kernel 0, heavy at taps 0 to 2: 2 at positions 10, 11 and 12 of 17", () => {
    expect(pools(ofImpulse(0.5), 0)).toEqual([Math.fround(3 / 17), 1.5, 11, 3]);
  });

  it("of kernel 1, heavy at taps 0, 1 and 3, where all taps are inside: positions 5, 7 and 8 of 9", () => {
    expect(pools(ofImpulse(0.5), 1)).toEqual([Math.fround(3 / 9), 1.5, Math.fround(20 / 3), 2]);
  });

  it("of values that are nowhere above: no part, no mean, no place, no run", () => {
    expect(pools(ofImpulse(2), 0)).toEqual([0, 0, -1, 0]);
  });
});

describe("Hydra", () => {
  it("has dilations 1, 2, 4 while nine taps are within a row", () => {
    expect([9, 16, 17, 32, 33, 150].map(hydraDilations)).toEqual([
      [1],
      [1],
      [1, 2],
      [1, 2],
      [1, 2, 4],
      [1, 2, 4, 8, 16],
    ]);
  });

  it("has kernels whose taps sum to 0 and whose sizes sum to 1", () => {
    const { weights } = drawHydra(40, 1, 3);
    expect(weights).toHaveLength(3 * 2 * 32 * 8 * 9);
    for (let at = 0; at < weights.length; at += 9) {
      const taps = Array.from(weights.subarray(at, at + 9));
      expect(Math.abs(taps.reduce((a, b) => a + b))).toBeLessThan(1e-6);
      expect(taps.reduce((a, b) => a + Math.abs(b), 0)).toBeCloseTo(1, 6);
    }
  });

  it("counts every position once a group, for the smallest; all zeros go to the first kernel", () => {
    const hydra = drawHydra(17, 1, 0);
    const out = new Float32Array(hydra.means.length);
    new Competition(hydra, 17).row(new Float32Array(17), new Float32Array(16), 1, out, 0);
    for (let d = 0; d < 2; d++)
      for (const [which, positions] of [17, 16].entries())
        for (let group = 0; group < 32; group++) {
          const at = 1024 * d + 512 * which + 256 + 8 * group;
          expect(Array.from(out.subarray(at, at + 8))).toEqual([
            Math.fround(Math.sqrt(positions)),
            0,
            0,
            0,
            0,
            0,
            0,
            0,
          ]);
        }
  });

  it("is the plain definition, for any length and channels", () => {
    const shape = fc.record({
      length: fc.integer({ min: 10, max: 50 }),
      channels: fc.integer({ min: 1, max: 5 }),
      seed: fc.integer({ min: 0, max: 99 }),
    });
    const property = fc.property(shape, fc.infiniteStream(fc.integer({ min: -9, max: 9 })), (s, numbers) => {
      const { length, channels, seed } = s;
      const draw = (count: number): Float32Array =>
        Float32Array.from({ length: count }, () => Number(numbers.next().value));
      const rows = [draw(channels * length), draw(channels * (length - 1))];
      const hydra = drawHydra(length, channels, seed);
      const out = new Float32Array(hydra.means.length);
      new Competition(hydra, length).row(rows[0], rows[1], channels, out, 0);
      hydra.dilations.forEach((dilation, d) =>
        rows.forEach((row, which) => {
          const count = length - which;
          for (const group of [0, 13, 31]) {
            const i = (2 * d + which) * 32 + group;
            const x = (t: number): number =>
              t < 0 || t >= count ? 0 : hydra.combinations[i].reduce((sum, c) => sum + row[c * count + t], 0);
            const largest = new Float64Array(8);
            const smallest = new Float64Array(8);
            for (let t = 0; t < count; t++) {
              const values = Array.from({ length: 8 }, (_, k) =>
                Array.from({ length: 9 }, (_, tap) => tap).reduce(
                  (sum, tap) => sum + hydra.weights[(8 * i + k) * 9 + tap] * x(t + (tap - 4) * dilation),
                  0,
                ),
              );
              largest[values.indexOf(Math.max(...values))] += Math.max(...values);
              smallest[values.indexOf(Math.min(...values))]++;
            }
            const at = 1024 * d + 512 * which + 8 * group;
            for (let k = 0; k < 8; k++) {
              expect(out[at + k]).toBe(Math.fround(Math.sqrt(Math.max(0, largest[k]))));
              expect(out[at + 256 + k]).toBe(Math.fround(Math.sqrt(smallest[k])));
            }
          }
        }),
      );
    });
    fc.assert(property, { numRuns: 15 });
  });

  it("scales what is not 0 by mean and deviation, and what is rare by more", () => {
    // of 4 rows: [1, 0], [3, 0], [5, 0], [3, 4]; the second column is the features
    const { means, deviations } = fitSparse(Float32Array.of(9, 1, 0, 9, 3, 0, 9, 5, 0, 9, 3, 4), 4, 1, 2);
    expect(Array.from(means)).toEqual([3, 1]);
    expect(Array.from(deviations)).toEqual([
      Math.fround(Math.sqrt(8 / 3) + 1e-8),
      Math.fround(2 + 0.75 ** 4 + 1e-8),
    ]);
    const row = Float32Array.of(5, 0);
    sparseScaled(row, Float32Array.of(3, 1), Float32Array.of(4, 2));
    expect(Array.from(row)).toEqual([0.5, 0]);
  });
});

describe("multiRocketHydra", () => {
  it("tells slow waves from fast ones by 49,728 features of MultiRocket and 1,024 a dilation of Hydra", () => {
    const model = multiRocketHydra(waves(20));
    expect(sizeOf("multirocket-hydra", 40)).toBe(49_728 + 3 * 1024);
    expect(model.coefficients).toHaveLength(2 * (49_728 + 3 * 1024));
    expect(model.evaluate(waves(40)).accuracy).toBe(1);
  });

  it("gives the same bits for the same seed, on every engine", () => {
    const sha = multiRocketHydra(waves(20, 3), { seed: 3, features: 1400 }).weightsSha256;
    expect(sha).toBe("96c1da77340ae0f4e879c25c78f657fe72570a5bd8f1e02135f22081b0b98ad1");
    expect(multiRocketHydra(waves(20, 3), { seed: 4, features: 1400 }).weightsSha256).not.toBe(sha);
  });

  it("learns values", () => {
    const turns = Array.from({ length: 60 }, (_, i) => 1 + i / 20);
    const data = fromArrays({
      series: turns.map((f) => Array.from({ length: 50 }, (_, t) => Math.sin((f * t) / 4))),
      targets: turns,
    });
    expect(multiRocketHydra(data, { features: 1400 }).evaluate(data).r2).toBeGreaterThan(0.99);
  });

  it.each([1, 3])("comes back from its file with the same bits: %i channels", async (channels) => {
    const model = multiRocketHydra(waves(12, channels), {
      seed: 5,
      features: 700,
      provenance: { note: "a" },
    });
    const bytes = encodeModel(model);
    const again = await load(bytes);
    expect(again.outputs(waves(30, channels))).toEqual(model.outputs(waves(30, channels)));
    expect([again.kind, again.model, again.classes, again.provenance]).toEqual([
      "rocket",
      model.model,
      model.classes,
      model.provenance,
    ]);
    expect(encodeModel(again)).toEqual(bytes);
  });

  const whole = multiRocketHydra(waves(6, 2), { features: 672 });
  const changed = (metadata: Record<string, string>, edit = (tensors: Tensor[]): Tensor[] => tensors) => {
    const file = decodeSafetensors(encodeModel(whole), "x");
    return encodeSafetensors(edit([...file.tensors]), { ...file.metadata, ...metadata });
  };
  const edited = (name: string, change: (t: Tensor) => Partial<Tensor>) => (tensors: Tensor[]) =>
    tensors.map((t) => (t.name === name ? { ...t, ...change(t) } : t));
  it.each<[string, Uint8Array]>([
    [
      "the metadata's input is no channels and length of at least 10",
      changed({ input: '{"channels":2,"length":9}' }),
    ],
    [
      "the metadata's differencePlan has no ascending dilations from 1 to 4",
      changed({ differencePlan: '{"dilations":[5],"counts":[1]}' }),
    ],
    [
      "the metadata's hydraDilations are no ascending dilations from 1 to 4",
      changed({ hydraDilations: "[1,2,3,8]" }),
    ],
    [
      "the metadata's hydraDilations are no ascending dilations from 1 to 4",
      changed({ hydraDilations: "[]" }),
    ],
    ["tensor hydra.deviations is [3072]; its plan wants [2048]", changed({ hydraDilations: "[1,2]" })],
    [
      "tensor hydra.deviations holds values that are not above 0",
      changed(
        {},
        edited("hydra.deviations", ({ data }) => ({ data: data.map(() => 0) })),
      ),
    ],
    [
      "tensor differences.biases is absent; its plan wants [84]",
      changed({}, (t) => t.filter(({ name }) => name !== "differences.biases")),
    ],
    [
      "tensor hydra.channels gives kernel 0 no channel",
      changed(
        {},
        edited("hydra.channels", ({ data }) => ({ data: data.map(() => 0) })),
      ),
    ],
    [
      'tensor "hydra.means" does not belong to a minirocket',
      changed({ format: "toeplitz-minirocket" }, (t) =>
        t.filter(({ name }) => !/^(differences|hydra\.(?!means))/.test(name)),
      ),
    ],
  ])("is refused: %s", async (what, bytes) => {
    const error: unknown = await load(bytes, { file: "m.safetensors" }).catch((e: unknown) => e);
    expect(error).toEqual(new InputError(`m.safetensors: ${what}; it is no model that toeplitz saved`));
  });

  it("refuses what it cannot learn from, in one line", () => {
    expect(() => multiRocketHydra(waves(4, 1, 9))).toThrow(
      new InputError(
        "multirocket-hydra takes series of at least 10 values; these have 9; give longer series",
      ),
    );
    expect(() => multiRocketHydra(waves(4), { features: 671 })).toThrow(
      new InputError("features is 671; it is a whole number from 672 to 99960; the usual one is 50000"),
    );
    expect(() =>
      multiRocketHydra(waves(4).with({ name: "t", rowWeights: new Float64Array(4).fill(1) })),
    ).toThrow(
      new InputError(
        "t has row weights, which multirocket-hydra does not learn by; leave them out, or train a network",
      ),
    );
  });

  it("is refused by name where there is nothing to export, to calibrate or to derive", async () => {
    expect(() => encodeOnnx(whole)).toThrow(
      "multirocket-hydra has no graph of ONNX's operators; predict with toeplitz, or export a minirocket or a network",
    );
    await expect(calibrate(whole, waves(6, 2))).rejects.toThrow("multirocket-hydra has probabilities from");
    await expect(attribute(whole, waves(2, 2), { method: "gradient" })).rejects.toThrow(
      "method gradient: a multirocket-hydra has neither a gradient nor a map of a class; take occlusion",
    );
    const [answer] = await attribute(whole, waves(2, 2), { method: "occlusion" });
    expect(answer.method).toBe("occlusion");
  });
});

describe.skipIf(!hasShared)(`MultiRocket-Hydra on published data ${skipNote}`, () => {
  // measured by scripts/rocket/published.ts, where ten resamples stand beside the published means of thirty
  it.each<[string, string, number]>([
    ["ItalyPowerDemand", "ts", 0.95],
    ["GunPoint", "ts", 0.99],
  ])("%s (.%s): at least %d", (name, ending, least) => {
    const [train, test] = ["TRAIN", "TEST"].map((part) => {
      const file = `${name}_${part}.${ending}`;
      return parseDataset(sharedFile(`${name}/${file}`), file);
    });
    const { accuracy } = multiRocketHydra(train).evaluate(alignClasses(train, test));
    expect(accuracy).toBeGreaterThanOrEqual(least);
  });

  it("BasicMotions, six channels: every test row", () => {
    const [train, test] = ["TRAIN", "TEST"].map((part) =>
      parseDataset(sharedFile(`BasicMotions/BasicMotions_${part}.ts`), part),
    );
    expect(multiRocketHydra(train).evaluate(test).accuracy).toBe(1);
  });
});
