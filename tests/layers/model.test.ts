/** Models as data: shapes, counts, messages, and JSON that nobody should trust. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Task } from "../../src/layers/architectures/task.ts";
import * as architectures from "../../src/layers/architectures/index.ts";
import * as L from "../../src/layers/functions.ts";
import { kinds, type Kind } from "../../src/layers/kinds.ts";
import { checkModel, ModelError, parameterCount, resolve, type Model } from "../../src/layers/model.ts";

const { model } = L;
const line = { channels: 1, length: 12 };

/** The shape after one layer on `[channels, length]`. */
const shapeOf = (channels: number, length: number, build: (x: L.Tensor) => L.Tensor): [number, number] => {
  const { channels: c, length: t } = resolve(model({ channels, length }, build)).at(-1)?.output ?? line;
  return [c, t];
};

describe("shapes", () => {
  it.each<[L.Tensor["channels"], object, [number, number]]>([
    [3, { kernelSize: 5 }, [4, 6]],
    [3, { kernelSize: 5, padding: "same" }, [4, 10]],
    [3, { kernelSize: 4, padding: "same", dilation: 2 }, [4, 10]],
    [3, { kernelSize: 5, padding: "causal" }, [4, 10]],
    [3, { kernelSize: 3, padding: [2, 1] }, [4, 11]],
    [3, { kernelSize: 3, padding: 1, stride: 2 }, [4, 5]],
    [3, { kernelSize: 3, dilation: 4 }, [4, 2]],
    [2, { kernelSize: 10, groups: 2 }, [4, 1]],
  ])("conv1d of %i channels and 10 positions with %o gives %o", (channels, options, want) => {
    expect(shapeOf(channels, 10, (x) => L.conv1d(x, { filters: 4, kernelSize: 1, ...options }))).toEqual(
      want,
    );
  });

  it("dense, pool and flatten of 3 x 10", () => {
    expect(shapeOf(3, 10, (x) => L.dense(x, { units: 7 }))).toEqual([7, 1]);
    expect(shapeOf(3, 10, L.globalAveragePool)).toEqual([3, 1]);
    expect(shapeOf(3, 10, L.flatten)).toEqual([30, 1]);
    expect(shapeOf(3, 10, L.batchNorm)).toEqual([3, 10]);
    expect(shapeOf(3, 10, (x) => L.add(x, L.relu(x)))).toEqual([3, 10]);
  });
});

describe("parameter counts", () => {
  it.each<[string, (x: L.Tensor) => L.Tensor, number]>([
    ["conv1d: 4 filters x 3 channels x 5 taps + 4", (x) => L.conv1d(x, { filters: 4, kernelSize: 5 }), 64],
    ["conv1d without bias", (x) => L.conv1d(x, { filters: 4, kernelSize: 5, bias: false }), 60],
    ["conv1d in 3 groups: 6 x 1 x 5 + 6", (x) => L.conv1d(x, { filters: 6, kernelSize: 5, groups: 3 }), 36],
    ["dense: 7 x 3 x 10 + 7", (x) => L.dense(x, { units: 7 }), 217],
    ["batchNorm: 3 + 3", (x) => L.batchNorm(x), 6],
    ["relu", L.relu, 0],
  ])("%s", (_, build, want) => {
    expect(parameterCount(model({ channels: 3, length: 10 }, build))).toBe(want);
  });

  it("of the published networks: 5,210 for MNIST-1D, 264,962 for the FCN on GunPoint", () => {
    const classes = (n: number) => Array.from({ length: n }, (_, i) => `${i}`);
    expect(parameterCount(architectures.mnist1dCnn({ channels: 1, length: 40, classes: classes(10) }))).toBe(
      5210,
    );
    // 1x128x8+128, 128x256x5+256, 256x128x3+128, batch norms 2 (128+256+128), dense 128x2+2
    const fcn = 1152 + 164096 + 98432 + 1024 + 258;
    expect(fcn).toBe(264962);
    expect(parameterCount(architectures.fcn({ channels: 1, length: 150, classes: classes(2) }))).toBe(fcn);
    // 5 filters of 9 and a bias each leave 60 - 40 = 20 positions for 3 units
    expect(parameterCount(architectures.chain({ channels: 1, length: 60, classes: classes(3) }))).toBe(
      50 + 63,
    );
    const bare = architectures.chain(
      { channels: 1, length: 9, classes: [] },
      { filters: [3, 3], head: false },
    );
    expect(parameterCount(bare)).toBe(8);
    expect(resolve(bare).at(-1)?.output).toEqual({ channels: 1, length: 5 });
  });

  it("of a regression's head: a unit a target", () => {
    const task: Task = { channels: 1, length: 9, classes: [], answers: { kind: "values", outputs: 2 } };
    expect(resolve(architectures.chain(task, { filters: [3] })).at(-1)?.output).toEqual({
      channels: 2,
      length: 1,
    });
  });
});

describe("what is wrong is said in one line", () => {
  it.each<[(x: L.Tensor) => L.Tensor, string]>([
    [
      (x) => L.conv1d(L.relu(L.conv1d(x, { filters: 2, kernelSize: 6 })), { filters: 2, kernelSize: 9 }),
      'layer 3 (conv1d): kernelSize 9 does not fit 7 positions; shorten the kernel or use padding "same"',
    ],
    [
      (x) => L.conv1d(x, { filters: 2, kernelSize: 5, dilation: 4 }),
      'layer 1 (conv1d): kernelSize 5 with dilation 4 does not fit 12 positions; shorten the kernel or use padding "same"',
    ],
    [
      (x) => L.conv1d(x, { filters: 2, kernelSize: 3, groups: 2 }),
      "layer 1 (conv1d): groups 2 does not divide 1 channels and 2 filters",
    ],
    [
      (x) => L.conv1d(x, { filters: 0, kernelSize: 3 }),
      "layer 1 (conv1d): filters is 0; it is a whole number of at least 1",
    ],
    [
      (x) => L.conv1d(x, { filters: 1, kernelSize: 3, padding: "same", stride: 2 }),
      'layer 1 (conv1d): padding "same" goes with stride 1, not 2; give [left, right]',
    ],
    [
      (x) => L.conv1d(x, { filters: 1, kernelSize: 3, padding: [1, -1] }),
      'layer 1 (conv1d): padding is [1,-1]; it is "valid", "same", "causal", a whole number or [left, right]',
    ],
    [
      (x) => L.dense(x, { units: 2, init: "zeros" as "torch" }),
      'layer 1 (dense): init is "zeros"; it is one of torch, glorotUniform, heUniform, heNormal',
    ],
    [
      (x) => L.dense(x, { units: 2, unit: 3 } as { units: number }),
      'layer 1 (dense): has no option "unit"; its options are units, bias, init',
    ],
    [
      (x) => L.leakyRelu(x, { slope: NaN }),
      "layer 1 (leakyRelu): slope is null; it is a number of at least 0",
    ],
    [
      (x) => L.add(x, L.conv1d(x, { filters: 2, kernelSize: 3 })),
      "layer 2 (add): cannot add 1 x 12 and 2 x 10; both have the same channels and length (a conv1d with kernelSize 1 changes the channels)",
    ],
    [
      (x) => {
        const y = L.relu(x);
        L.tanh(x);
        return y;
      },
      "the result is layer 1 of 2; the layers after it are not used",
    ],
    [
      (x) => {
        L.conv1d(x, { filters: 2, kernelSize: 3 });
        return L.tanh(x);
      },
      "layer 1 (conv1d): nothing reads it; the last layer is the output, and depends on all others",
    ],
    [(x) => x, "the model has no layers; it has at least one"],
    [
      (x) => L.conv1d(x, { filters: 1, kernelSize: 1, padding: 1e7 }),
      "layer 1 (conv1d): 1 x 20000012 values a row are more than 16777216",
    ],
    [(x) => L.dense(x, { units: 1e7 }), "layer 1 (dense): filter of 10000000 x 1 x 12 is more than 67108864"],
  ])("case %#", (build, message) => {
    expect(() => model(line, build)).toThrow(new ModelError(message));
  });

  it("a chain on 2 channels, or with an unknown activation", () => {
    const task = { channels: 2, length: 30, classes: ["a", "b"] };
    expect(() => architectures.chain(task)).toThrow("a chain runs on 1 channel, not 2; use another model");
    const one = { ...task, channels: 1 };
    expect(() => architectures.chain(one, { activation: ["tanh"] })).toThrow(
      "activation undefined of layer 2; it is one of tanh, relu, leakyRelu, elu, gelu, silu, sigmoid, softplus, identity",
    );
  });

  it("two models do not mix", () => {
    let other: L.Tensor | undefined;
    model(line, (x) => (other = L.relu(x)));
    expect(() => model(line, (x) => L.add(x, other as L.Tensor))).toThrow(
      "add: its inputs belong to different models",
    );
    expect(() => model(line, () => other as L.Tensor)).toThrow("the result belongs to another model");
  });
});

const sample: Model = model({ channels: 2, length: 16 }, (x) => {
  const a = L.relu(L.batchNorm(L.conv1d(x, { filters: 4, kernelSize: 5, padding: "same", groups: 2 })));
  const skip = L.conv1d(x, { filters: 4, kernelSize: 1, bias: false });
  const y = L.elu(L.leakyRelu(L.add(a, skip), { slope: 0.2 }), { alpha: 0.5 });
  return L.dense(L.flatten(L.globalAveragePool(L.gelu(y))), { units: 3, init: "heNormal" });
});

describe("JSON", () => {
  it("comes back as it went", () => {
    const back = checkModel(JSON.parse(JSON.stringify(sample)));
    expect(back).toEqual(sample);
    expect(resolve(back)).toEqual(resolve(sample));
    expect(
      resolve(back)
        .map((l) => l.name)
        .slice(0, 5),
    ).toEqual(["conv1d_1", "batchNorm_1", "relu_1", "conv1d_2", "add_1"]);
  });

  it("refuses an input that has no values, before any layer", () => {
    expect(() => model({ channels: 1, length: -8 }, L.relu)).toThrow(
      'input is {"channels":1,"length":-8}; it has channels and length, whole numbers of at least 1',
    );
  });

  it.each<[unknown, string]>([
    [null, "not a model: it is no JSON object"],
    [[], "not a model: it is no JSON object"],
    [{ format: "onnx" }, 'not a model: format is "onnx" and version missing, not "toeplitz-model" and 1'],
    [{ ...sample, layers: [] }, "not a model: layers is no list of at least one layer"],
    [
      { ...sample, input: { channels: 0, length: 3 } },
      'not a model: input is {"channels":0,"length":3}; it has channels and length, whole numbers of at least 1',
    ],
    [
      { ...sample, input: { channels: 4097, length: 4097 } },
      "input: 4097 x 4097 values a row are more than 16777216",
    ],
    [
      { ...sample, layers: [{ kind: "relu", from: [1] }] },
      "layer 1 (relu): reads layer 1; it can read 0 to 0",
    ],
    [{ ...sample, layers: [{ kind: "add", from: [0] }] }, "layer 1 (add): takes 2 inputs, got 1"],
    [
      { ...sample, layers: [{ kind: "toString", from: [0] }] },
      `not a model: layer 1 is of kind "toString"; kinds are ${Object.keys(kinds).join(", ")}`,
    ],
    [
      { ...sample, layers: [0, 0].map((from) => ({ kind: "relu", from: [from] })) },
      "layer 1 (relu): nothing reads it; the last layer is the output, and depends on all others",
    ],
    [
      { ...sample, layers: [JSON.parse('{"kind":"relu","from":[0],"options":{"__proto__":1}}')] },
      'layer 1 (relu): has no option "__proto__"; its options are none',
    ],
  ])("%# is refused", (value, message) => {
    expect(() => checkModel(value)).toThrow(new ModelError(message));
  });

  it("mutated anywhere is a model still or throws ModelError, nothing else", () => {
    const values = fc.oneof(
      fc.constantFrom<unknown>(
        0,
        -1,
        1.5,
        1e9,
        1e308,
        -0,
        true,
        null,
        "",
        "same",
        [],
        {},
        [0, 0],
        [1e308, 1e308],
        "__proto__",
      ),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(fc.nat(), fc.nat(2), values, (place, how, value) => {
        const copy = JSON.parse(JSON.stringify(sample)) as object;
        const places: [Record<string, unknown>, string][] = [];
        const walk = (x: unknown): void => {
          if (typeof x !== "object" || x === null) return;
          for (const key of Object.keys(x)) {
            places.push([x as Record<string, unknown>, key]);
            walk((x as Record<string, unknown>)[key]);
          }
        };
        walk(copy);
        const [holder, key] = places[place % places.length];
        if (how === 0) holder[key] = value;
        else if (how === 1) delete holder[key];
        else holder[`${key}2`] = value;
        try {
          const made = checkModel(JSON.parse(JSON.stringify(copy)));
          expect(Number.isSafeInteger(parameterCount(made))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(ModelError);
          expect((error as Error).message).not.toContain("\n");
        }
      }),
      { numRuns: 3000 },
    );
  });

  it("has a function for every kind", () => {
    const functions: Record<Kind, unknown> = { ...L };
    for (const kind of Object.keys(kinds) as Kind[]) expect(typeof functions[kind]).toBe("function");
  });
});
