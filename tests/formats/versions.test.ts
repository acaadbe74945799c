/** Files of each version of the model file, written by the code of its time (scripts/formats/versionFiles.ts): each is read for good. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { FILE_VERSION } from "../../src/formats/fileVersion.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/formats/safetensors.ts";
import { encodeModel, load, type Network } from "../../src/index.ts";
import { kinds, type Kind } from "../../src/layers/kinds.ts";
import { checkModel, wholeModel, type Model } from "../../src/layers/model.ts";
import { expectedBits, type Expected } from "./versions/rows.ts";

const folder = fileURLToPath(new URL("./versions/", import.meta.url));
const expected = JSON.parse(readFileSync(`${folder}expected.json`, "utf8")) as Record<string, Expected>;
const files = readdirSync(folder).filter((name) => name.endsWith(".safetensors"));
const bytesOf = (file: string): Uint8Array => readFileSync(folder + file);

/** A layer of each kind: what it has to be given, and what a file of version 1 that gives no more means. */
const DEFAULTS: Readonly<Record<Kind, readonly [given: object, defaults: object]>> = (() => {
  const filter = { filters: 2, kernelSize: 1 };
  const learned = { bias: true, init: "torch" };
  const rows = { epsilon: 1e-5, affine: true };
  const none: [object, object] = [{}, {}];
  return {
    conv1d: [
      filter,
      {
        stride: 1,
        dilation: 1,
        padding: "valid",
        paddingMode: "zeros",
        groups: 1,
        weightNorm: false,
        ...learned,
      },
    ],
    dense: [{ units: 2 }, learned],
    convTranspose1d: [
      filter,
      { stride: 1, dilation: 1, padding: 0, outputPadding: 0, groups: 1, ...learned },
    ],
    fixedConv1d: [{ taps: [1] }, { padding: "valid" }],
    logMel: [{ rate: 8000 }, { size: 200, hop: 80, bands: 40, low: 20, high: 4000, floor: 1e-5 }],
    batchNorm: [{}, { momentum: 0.1, epsilon: 1e-5 }],
    layerNorm: [{}, { over: "channels", ...rows }],
    instanceNorm: [{}, { ...rows, affine: false }],
    groupNorm: [{ groups: 1 }, rows],
    dropout: [{}, { rate: 0.5 }],
    channelDropout: [{}, { rate: 0.5 }],
    relu: none,
    tanh: none,
    sigmoid: none,
    gelu: [{}, { approximate: "none" }],
    silu: none,
    softplus: none,
    leakyRelu: [{}, { slope: 0.01 }],
    elu: [{}, { alpha: 1 }],
    celu: [{}, { alpha: 1 }],
    selu: none,
    mish: none,
    softsign: none,
    logSigmoid: none,
    tanhshrink: none,
    relu6: none,
    hardsigmoid: none,
    hardswish: none,
    hardtanh: [{}, { least: -1, most: 1 }],
    softshrink: [{}, { lambda: 0.5 }],
    hardshrink: [{}, { lambda: 0.5 }],
    threshold: [{}, { threshold: 0, value: 0 }],
    prelu: [{}, { slopes: "one" }],
    softmax: none,
    logSoftmax: none,
    identity: none,
    add: none,
    multiply: none,
    concat: none,
    slice: [{ count: 1 }, { first: 0 }],
    glu: none,
    globalAveragePool: [{}, { ignore: "nothing" }],
    globalMaxPool: [{}, { ignore: "nothing" }],
    maxPool: [{ size: 2 }, { stride: 2, padding: "valid", dilation: 1 }],
    averagePool: [{ size: 2 }, { stride: 2, padding: "valid", countPadding: true }],
    adaptiveAveragePool: [{ length: 2 }, {}],
    adaptiveMaxPool: [{ length: 2 }, {}],
    upsample: [{ scale: 2 }, { mode: "nearest" }],
    pad: [{}, { left: 0, right: 0, mode: "zeros" }],
    crop: [{}, { left: 0, right: 0 }],
    flatten: none,
  };
})();

const layerOf = (kind: Kind, options: object): Model => {
  const count = kinds[kind].inputs === 1 ? 1 : 2;
  return checkModel({
    format: "toeplitz-model",
    version: 1,
    input: { channels: 4, length: 200 },
    layers: [{ kind, from: Array.from({ length: count }, () => 0), options }],
  });
};

describe("a file of each version is read, and predicts the bits that it did", () => {
  it("there are files of each version up to the one that is written", () => {
    expect(Object.keys(expected).toSorted()).toEqual(files.toSorted());
    const versions = new Set(files.map((name) => name.split("-")[0]));
    expect([...versions].toSorted()).toEqual(
      Array.from({ length: Number(FILE_VERSION) }, (_, i) => `${i + 1}`),
    );
  });

  it.each(files)("%s", async (file) => {
    const model = await load(bytesOf(file), { file, backend: "reference" });
    expect(expectedBits(model)).toEqual(expected[file]);
    const { version } = decodeSafetensors(bytesOf(file), file).metadata;
    expect(version ?? "1").toBe(file.split("-")[0]);
  });

  it.each(files)("%s, saved again, is of the version of today and has the same bits", async (file) => {
    const again = encodeModel(await load(bytesOf(file), { backend: "reference" }));
    expect(decodeSafetensors(again, file).metadata.version).toBe(FILE_VERSION);
    expect(expectedBits(await load(again, { backend: "reference" }))).toEqual(expected[file]);
  });

  it("a model's layers are written with every option", async () => {
    const { model } = (await load(bytesOf("2-network.safetensors"), { backend: "reference" })) as Network;
    expect(model).toEqual(wholeModel(model));
    expect(model.layers[1]).toEqual({
      kind: "batchNorm",
      from: [1],
      options: { momentum: 0.1, epsilon: 1e-5 },
    });
    const before = (await load(bytesOf("1-network.safetensors"), { backend: "reference" })) as Network;
    expect(before.model.layers[1].options).toEqual({});
    expect(wholeModel(before.model)).toEqual(model);
  });

  // A default that is to change needs readers of version 1 to give the one that stands here.
  it.each(Object.keys(kinds) as Kind[])(
    "what a file of version 1 leaves out of %s has its default",
    (kind) => {
      const [given, defaults] = DEFAULTS[kind];
      expect(wholeModel(layerOf(kind, given)).layers[0].options).toEqual({ ...given, ...defaults });
    },
  );
});

describe("a version that is not known is refused in one line", () => {
  it.each([
    ["3", "update it (npm install toeplitz)"],
    ["12", "update it (npm install toeplitz)"],
    ["0", "give the file that save or train wrote"],
    ["", "give the file that save or train wrote"],
    ["2.1", "give the file that save or train wrote"],
  ])("%s", async (version, remedy) => {
    for (const file of files) {
      const { tensors, metadata } = decodeSafetensors(bytesOf(file), file);
      await expect(load(encodeSafetensors(tensors, { ...metadata, version }), { file })).rejects.toThrow(
        new RegExp(
          `^${file}: the metadata's version is "${version}"; this toeplitz reads model files up to version 2; ${remedy.replace(/[()]/g, "\\$&")}$`,
        ),
      );
    }
  });
});
