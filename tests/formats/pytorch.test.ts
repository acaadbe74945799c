/** PyTorch's weights both ways: files that torch.save wrote (scripts/pytorch/state_dicts.py), our own back, and PyTorch itself where it is installed. */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { importTorch, nameMap } from "../../src/formats/pytorch/importWeights.ts";
import type { GivenTensor } from "../../src/formats/pytorch/given.ts";
import { matchTensors } from "../../src/formats/pytorch/match.ts";
import { torchModules } from "../../src/formats/pytorch/names.ts";
import { encodeStateDict, encodeTorch, stateDict } from "../../src/formats/pytorch/stateDict.ts";
import { decodeRaw, encodeRaw, encodeSafetensors, floatBytes } from "../../src/formats/safetensors.ts";
import { InputError, load, network, type Model, type Network, type NetworkFields } from "../../src/index.ts";
import { checkModel, wholeModel } from "../../src/layers/model.ts";
import { readZip } from "../../src/readers/zip.ts";
import { architectureNames, recipes } from "../../src/training/recipes.ts";
import { distance, values } from "../pytorch/vectors.ts";
import { made } from "./made.ts";

const folder = fileURLToPath(new URL("./pytorch/", import.meta.url));
const file = (name: string): Uint8Array => readFileSync(folder + name);
const { cases, rows, torch } = JSON.parse(readFileSync(`${folder}cases.json`, "utf8")) as {
  torch: string;
  rows: number;
  cases: Record<string, { model: Model; outputs: string; names?: Record<string, string | null> }>;
};
const floats = (text: string): Float32Array =>
  new Float32Array(Uint8Array.from(Buffer.from(text, "base64")).buffer);

const bytesHash = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
/** Each tensor's name, shape and bits: hashes, for arrays are compared slowly. */
const bitsOf = ({ weights }: NetworkFields) =>
  weights.map(({ name, shape, data }) => [name, shape, bytesHash(floatBytes(data))]);

/** Every architecture at a size that is quick, and layers that no architecture has. */
const models: readonly (readonly [string, Model])[] = [
  ...architectureNames.map((name): [string, Model] => [
    name,
    recipes[name].build(
      { channels: 1, length: name === "m5" ? 1024 : name === "keyword" ? 400 : 48, classes: ["a", "b", "c"] },
      {},
    ),
  ]),
  ["causal", checkModel(cases.causal.model)],
];

describe(`files of PyTorch ${torch}`, () => {
  it.each(Object.entries(cases))(
    "%s.pt gives what PyTorch computes",
    async (name, { model, outputs, names }) => {
      const { fields, notes } = importTorch(file(`${name}.pt`), "pt", {
        target: { model: checkModel(model) },
        names: names && nameMap(JSON.stringify(names), "map.json"),
        file: `${name}.pt`,
      });
      const net = await network(fields, { backend: "reference" });
      const series = Float64Array.from(values("x", rows * 2 * 16));
      expect(distance(net.outputs({ series, rows }), floats(outputs))).toBeLessThan(1e-6);
      expect(notes).toMatchSnapshot();
    },
  );

  it("a state dict of halves is exact as float32, of doubles rounded", () => {
    const [half, double] = ["half", "double"].map(
      (name) =>
        importTorch(file(`${name}.pt`), "pt", { target: { model: cases.half.model }, file: name }).fields,
    );
    // values are whole numbers over 64: no form loses any
    expect(half.weights).toEqual(double.weights);
    expect(half.weights[0].data.slice(0, 4)).toEqual(values("sequential/0.weight", 4));
  });

  const REMEDY = "save its weights alone: torch.save(model.state_dict(), FILE)";
  it.each([
    [
      "bad-legacy.pt",
      'it is of the form before PyTorch 1.6, a pickle without an archive; write it again: torch.save(torch.load("bad-legacy.pt", weights_only=True), FILE)',
    ],
    ["bad-pickle.pt", "it is of the form before PyTorch 1.6"],
    [
      "bad-model.pt",
      `its pickle would call "torch.nn.modules.container.Sequential": a file that wants more than tensors by their names could run code, so it is not read (byte 41); ${REMEDY}`,
    ],
    ["bad-evil.pt", 'its pickle would call "__builtin__.print": a file that wants more'],
    [
      "bad-script.pt",
      'it is TorchScript, a program with its weights; save its weights alone: torch.save(torch.jit.load("bad-script.pt").state_dict(), FILE)',
    ],
    [
      "bad-nan.pt",
      'tensor "3.weight" holds NaN (value 18), no finite number of float32; repair or train the model that it is from',
    ],
    [
      "bad-integers.pt",
      'tensor "0.weight" has values of type I32; weights are F32, F64, F16 or BF16; convert them',
    ],
    [
      "bad-tensor.pt",
      "it holds no tensors by their names, also not under state_dict, model_state_dict, model; give what torch.save(model.state_dict(), FILE) wrote",
    ],
  ])("%s is refused", (name, message) => {
    const attempt = () =>
      importTorch(file(name), "pt", { target: { model: cases.sequential.model }, file: name });
    expect(attempt).toThrow(InputError);
    expect(attempt).toThrow(`${name}: ${message}`);
  });
});

describe("our own weights", () => {
  it("of a dense layer behind a convolution, by hand", () => {
    const model = checkModel({
      format: "toeplitz-model",
      version: 1,
      input: { channels: 1, length: 3 },
      layers: [
        { kind: "conv1d", from: [0], options: { filters: 2, kernelSize: 2 } },
        { kind: "batchNorm", from: [1] },
        { kind: "dense", from: [2], options: { units: 1 } },
      ],
    });
    expect(stateDict(made(model)).map(({ name, dtype, shape }) => [name, dtype, shape])).toEqual([
      ["conv1d_1.weight", "F32", [2, 1, 2]],
      ["conv1d_1.bias", "F32", [2]],
      ["batchNorm_1.weight", "F32", [2]],
      ["batchNorm_1.bias", "F32", [2]],
      ["batchNorm_1.running_mean", "F32", [2]],
      ["batchNorm_1.running_var", "F32", [2]],
      ["batchNorm_1.num_batches_tracked", "I64", []],
      ["dense_1.weight", "F32", [1, 4]],
      ["dense_1.bias", "F32", [1]],
    ]);
  });

  it.each(models)("%s comes back from .pt and .safetensors with equal bits", (_, model) => {
    const fields = made(model);
    for (const [bytes, form] of [
      [encodeTorch(fields), "pt"],
      [encodeStateDict(fields), "safetensors"],
    ] as const) {
      const back = importTorch(bytes, form, { target: { model }, file: "f" });
      expect(bitsOf(back.fields)).toEqual(bitsOf(fields));
    }
    expect(bytesHash(encodeTorch(fields))).toBe(bytesHash(encodeTorch(fields)));
  });

  it("in safetensors say what they are of, with classes and preparation", () => {
    const fields: NetworkFields = {
      ...made(models[0][1]),
      classes: ["a", "b", "c"],
      channelNames: ["x"],
      preparation: { kind: "channel", mean: [1], deviation: [2] },
    };
    const { fields: back } = importTorch(encodeStateDict(fields), "safetensors", { file: "f" });
    const { provenance, ...rest } = back;
    expect(rest).toEqual({ ...fields, model: wholeModel(fields.model), provenance: undefined });
    expect(provenance).toMatchObject({ from: "PyTorch" });
  });

  it("values of 8 bytes begin at multiples of 8, entries of a .pt at multiples of 64", () => {
    const fields = made(cases.sequential.model);
    const bytes = encodeStateDict(fields);
    for (const { dtype, bytes: own } of decodeRaw(bytes, "f", ["F32", "I64"]).tensors)
      if (dtype === "I64") expect(own.byteOffset % 8).toBe(0);
    const pt = encodeTorch(fields);
    const entries = readZip(pt, "f");
    expect([...entries.keys()].slice(0, 3)).toEqual([
      "archive/data.pkl",
      "archive/byteorder",
      "archive/data/0",
    ]);
    for (const read of entries.values()) expect(read().byteOffset % 64).toBe(0);
  });

  it("are no model file, and load says so", async () => {
    await expect(load(encodeStateDict(made(checkModel(cases.causal.model))), { file: "f" })).rejects.toThrow(
      "f: it is a state dict of PyTorch, weights without layers; toeplitz import makes a model file of it",
    );
  });
});

describe("which tensor is which", () => {
  const model = checkModel(cases.sequential.model);
  const modules = torchModules(model);
  const given = (list: Record<string, readonly number[]>): GivenTensor[] =>
    Object.entries(list).map(([name, shape]) => ({
      name,
      shape,
      dtype: "F32",
      read: () => new Float32Array(0),
    }));
  const conv = (name: string, channels: number) => ({
    [`${name}.weight`]: [4, channels, 3],
    [`${name}.bias`]: [4],
  });
  const norm = (name: string) => ({
    [`${name}.weight`]: [4],
    [`${name}.bias`]: [4],
    [`${name}.running_mean`]: [4],
    [`${name}.running_var`]: [4],
  });
  const fc = (name: string) => ({ [`${name}.weight`]: [3, 4], [`${name}.bias`]: [3] });
  const all = { ...conv("0", 2), ...norm("1"), ...conv("3", 4), ...norm("4"), ...fc("8") };
  const match = (
    list: Record<string, readonly number[]>,
    ordered = true,
    names?: Record<string, string | null>,
  ) =>
    matchTensors(modules, given(list), {
      file: "f",
      ordered,
      names: names && new Map(Object.entries(names)),
    });
  const without = (...names: string[]) =>
    Object.fromEntries(Object.entries(all).filter(([name]) => !names.includes(name)));

  it("numbers of names are ordered as numbers, where a file orders them by its alphabet", () => {
    const late = { ...conv("2", 2), ...norm("10"), ...conv("12", 4), ...norm("100"), ...fc("101") };
    const sorted = Object.fromEntries(Object.entries(late).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    expect(match(sorted, false).notes).toEqual([
      "matched by the order of their names: 2 is conv1d_1, 10 is batchNorm_1, 12 is conv1d_2, 100 is batchNorm_2, 101 is dense_1",
    ]);
  });

  it("a dense layer may be a convolution of one tap, and prefixes are passed over", () => {
    const list = Object.fromEntries(
      Object.entries(all).map(([name, shape]) => [`module.net.${name}`, shape]),
    );
    const { tensors } = match({ ...list, "module.net.8.weight": [3, 4, 1] });
    expect(tensors.get("dense_1.filter")?.name).toBe("8.weight");
    expect(tensors.size).toBe(14);
  });

  const GIVE = "give the model that it is of, or give the names by --names MAP.json, theirs to ours";
  it.each<[string, Record<string, readonly number[]>, string]>([
    [
      "a bias missing",
      without("3.bias"),
      `f: the model has conv1d_2 (bias 4, weight 4x4x3) and the file nothing for it; the file has 3 (weight 4x4x3) and the model nothing for it; ${GIVE}`,
    ],
    [
      "a module too many",
      { ...all, ...fc("9") },
      `f: the file has 9 (bias 3, weight 3x4) and the model nothing for it; ${GIVE}`,
    ],
    [
      "another shape",
      { ...all, "8.weight": [5, 4], "8.bias": [5] },
      `f: the model has dense_1 (bias 3, weight 3x4) and the file nothing for it; the file has 8 (bias 5, weight 5x4) and the model nothing for it; ${GIVE}`,
    ],
    [
      "nothing",
      {},
      `f: the model has conv1d_1 (bias 4, weight 4x2x3), batchNorm_1 (bias 4, running_mean 4, running_var 4, weight 4), conv1d_2 (bias 4, weight 4x4x3), batchNorm_2 (bias 4, running_mean 4, running_var 4, weight 4) and 1 more and the file nothing for them; ${GIVE}`,
    ],
    [
      "equal shapes in another order",
      { ...fc("head"), ...norm("after"), ...norm("before"), ...conv("late", 4), ...conv("early", 2) },
      'f: "after", "before" hold the same shapes (bias 4, running_mean 4, running_var 4, weight 4) and stand in another order than the model\'s layers, so it cannot be said which is which; give the names by --names MAP.json, theirs to ours',
    ],
  ])("%s is refused", (_, list, message) => {
    expect(() => match(list)).toThrow(new InputError(message));
  });

  const map = {
    "0": "conv1d_1",
    "1": "batchNorm_1",
    "3": "conv1d_2",
    "4": "batchNorm_2",
    "8.weight": "dense_1.weight",
    "8.bias": "dense_1.bias",
  };
  it("a list of names says it by modules and by tensors", () => {
    expect(match(all, true, map).tensors.get("dense_1.filter")?.name).toBe("8.weight");
  });

  it.each<[string, Record<string, readonly number[]>, Record<string, string | null>, string]>([
    [
      "a name that is not in the file",
      all,
      { ...map, "9": "conv1d_1" },
      '--names has "9", which is not in the file; correct it',
    ],
    [
      "a layer that there is not",
      all,
      { ...map, "8.bias": "dense_2.bias" },
      '--names has "8.bias" as "dense_2.bias", but the model has no such tensor; it has conv1d_1.weight, conv1d_1.bias, batchNorm_1.weight, batchNorm_1.bias, batchNorm_1.running_mean, batchNorm_1.running_var, ...',
    ],
    [
      "one too many",
      { ...all, x: [2] },
      map,
      '"x" [2] is of no layer of the model; add it to --names, or null for what is not wanted',
    ],
    [
      "one missing",
      without("8.bias"),
      without2(map, "8.bias"),
      "there is nothing for dense_1.bias; add what stands for it to --names",
    ],
    [
      "two for one",
      all,
      { ...map, "8.bias": "dense_1.weight" },
      '"8.bias" is the second tensor for dense_1.weight; each has one',
    ],
    [
      "another shape",
      { ...all, "8.weight": [4, 3] },
      map,
      '"8.weight" is [4, 3], but dense_1.weight of the model is [3, 4]; give the model that it is of',
    ],
  ])("a list of names with %s is refused", (_, list, names, message) => {
    expect(() => match(list, true, names)).toThrow(new InputError(`f: ${message}`));
  });

  it("a list that is none is refused", () => {
    for (const text of ["[]", "7", "{", '{"a": 1}', "null"])
      expect(() => nameMap(text, "m.json")).toThrow(
        "m.json: it is no JSON object of names, theirs to ours, such as",
      );
  });

  it("weights without layers ask for them", () => {
    expect(() => importTorch(encodeSafetensors([], {}), "safetensors", { file: "f" })).toThrow(
      "f: weights alone do not say what computes with them; give the layers by --model, a name, a JSON file or a model that toeplitz saved",
    );
  });

  it("too many tensors are refused before they are compared", () => {
    const many = Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [`l${i}.weight`, [1]]));
    expect(() => match(many)).toThrow(
      "f: it has 10001 tensors; the most is 10000; give the weights of one model",
    );
  });
});

function without2<T>(record: Readonly<Record<string, T>>, name: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => key !== name));
}

/** A Python with PyTorch: TOEPLITZ_PYTHON, or one of those that there are. */
function pythonWithTorch(): string | null {
  const asked = process.env.TOEPLITZ_PYTHON;
  return (
    (asked ? [asked] : ["python3", "/usr/bin/python3"]).find(
      (python) => spawnSync(python, ["-c", "import torch"], { stdio: "ignore" }).status === 0,
    ) ?? null
  );
}
const python = pythonWithTorch();
const named = python === null ? " (skipped: no Python with PyTorch; TOEPLITZ_PYTHON names one)" : "";

describe.skipIf(python === null)(`PyTorch itself loads what we write${named}`, () => {
  const place = mkdtempSync(join(tmpdir(), "toeplitz-torch-"));
  afterAll(() => rmSync(place, { recursive: true }));

  it("an nn.Module of each architecture gives our outputs, from .pt and .safetensors", async () => {
    const asked: { line: string; name: string; outputs: Float32Array }[] = [];
    for (const [name, model] of models) {
      const fields = made(model);
      const net: Network = await network(fields, { backend: "wasm" });
      const { channels, length } = model.input;
      const x = values(`${name}/x`, 2 * channels * length);
      const outputs = net.outputs({ series: Float64Array.from(x), rows: 2 });
      for (const [ending, bytes] of [
        ["pt", encodeTorch(fields)],
        ["safetensors", encodeStateDict(fields)],
      ] as const) {
        const path = join(place, `${name}.${ending}`);
        writeFileSync(path, bytes);
        const line = JSON.stringify({
          model: wholeModel(model),
          file: path,
          shape: [2, channels, length],
          x: Buffer.from(x.buffer).toString("base64"),
        });
        asked.push({ line, name: `${name}.${ending}`, outputs });
      }
    }
    const script = fileURLToPath(new URL("../../scripts/pytorch/load_weights.py", import.meta.url));
    const said = execFileSync(python ?? "", [script], {
      input: asked.map(({ line }) => line).join("\n"),
      encoding: "utf8",
      maxBuffer: 2 ** 28,
    });
    const answers = said
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { outputs?: string; error?: string });
    expect(answers.length).toBe(asked.length);
    answers.forEach(({ outputs, error }, i) => {
      expect([asked[i].name, error]).toEqual([asked[i].name, undefined]);
      expect(distance(asked[i].outputs, floats(outputs ?? "")), asked[i].name).toBeLessThan(1e-5);
    });
  }, 240_000);
});

describe.skipIf(python === null)(`The page of PyTorch${named}`, () => {
  it("has an nn.Module that gives our outputs with the exported weights", async () => {
    const place = mkdtempSync(join(tmpdir(), "toeplitz-torch-"));
    const page = readFileSync(new URL("../../docs/pytorch.md", import.meta.url), "utf8");
    const [, program] = /```py\n([^]*?)```/.exec(page) ?? [];
    const task = { channels: 1, length: 40, classes: Array.from({ length: 10 }, (_, k) => `${k}`) };
    const fields = made(recipes["mnist1d-cnn"].build(task));
    writeFileSync(join(place, "mnist1d.pt"), encodeTorch(fields));
    const rows =
      "torch.tensor(__import__('json').load(open('x.json')), dtype=torch.float32).reshape(2, 1, 40)";
    const x = values("x", 80);
    writeFileSync(join(place, "x.json"), JSON.stringify([...x]));
    const said = execFileSync(python ?? "", ["-c", `${program}\nprint(net(${rows}).flatten().tolist())`], {
      cwd: place,
      encoding: "utf8",
    });
    rmSync(place, { recursive: true });
    const net = await network(fields, { backend: "reference" });
    const outputs = net.outputs({ series: Float64Array.from(x), rows: 2 });
    expect(distance(outputs, JSON.parse(said) as number[])).toBeLessThan(1e-6);
  }, 60_000);
});

it("raw tensors of every type are written as they are", () => {
  const bytes = encodeRaw(
    [{ name: "n", dtype: "I64", shape: [], bytes: Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0) }],
    {},
  );
  expect(decodeRaw(bytes, "f", ["I64"]).tensors[0].bytes[0]).toBe(7);
});
