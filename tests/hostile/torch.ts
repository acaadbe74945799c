/** State dicts of PyTorch, changed: pickles by their opcodes with right sums around them, archives by their bytes, headers of safetensors as data. */
import { readFileSync } from "node:fs";
import { zipSync } from "fflate";
import { importTorch, nameMap } from "../../src/formats/pytorch/importWeights.ts";
import { encodeStateDict } from "../../src/formats/pytorch/stateDict.ts";
import { checkModel, type Model } from "../../src/layers/model.ts";
import { readZip } from "../../src/readers/zip.ts";
import { mutated, NUMBERS, type Random } from "./random.ts";

const folder = new URL("../formats/pytorch/", import.meta.url);
const { cases } = JSON.parse(readFileSync(new URL("cases.json", folder), "utf8")) as {
  cases: Record<string, { model: Model; names?: Record<string, string | null> }>;
};
const kept = Object.keys(cases).map((name) => {
  const bytes: Uint8Array = readFileSync(new URL(`${name}.pt`, folder));
  const entries = [...readZip(bytes, name)].map(([path, read]): [string, Uint8Array] => [path, read()]);
  return { bytes, entries, model: checkModel(cases[name].model), names: cases[name].names };
});

/** Opcodes that are read, some that are not, and pieces of pickles that mean something. */
const PIECES: readonly (readonly number[])[] = [
  ..."}])(tuaeRbQ.0N".split("").map((c) => [c.charCodeAt(0)]),
  [0x85],
  [0x86],
  [0x87],
  [0x88],
  [0x94],
  [0x93],
  [0x71, 0],
  [0x68, 0],
  [0x68, 1],
  [0x68, 5],
  [0x4b, 255],
  [0x4a, 255, 255, 255, 255],
  [0x8a, 8, 0, 0, 0, 0, 0, 0, 0, 0x80],
  [0x8a, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1],
  [0x58, 0, 0, 0, 0],
  [0x58, 255, 255, 255, 127],
  [...new TextEncoder().encode("cos\nsystem\n")],
  [...new TextEncoder().encode("ccollections\nOrderedDict\n")],
  [...new TextEncoder().encode("ctorch._utils\n_rebuild_tensor_v2\n")],
  [...new TextEncoder().encode("ctorch\nFloatStorage\n")],
];

/** The same bytes with one to six of them changed, cut, repeated or exchanged for a piece. */
function changedBytes(r: Random, bytes: Uint8Array): Uint8Array {
  let out = [...bytes];
  for (let edits = 1 + r.int(6); edits > 0 && out.length > 0; edits--) {
    const at = r.int(out.length);
    const length = r.pick([1, 1, 2, 4, 16, 200]);
    switch (r.int(6)) {
      case 0:
        out[at] = r.int(256);
        break;
      case 1:
        out[at] ^= 1 << r.int(8);
        break;
      case 2:
        out.splice(at, r.chance(0.5) ? 0 : length, ...r.pick(PIECES));
        break;
      case 3:
        out.splice(at, length);
        break;
      case 4:
        out.splice(at, 0, ...out.slice(at, at + length));
        break;
      default:
        // a 32-bit number at which code goes wrong
        for (let i = 0, n = r.pick(NUMBERS) | 0; i < 4; i++) out[at + i] = (n >> (8 * i)) & 255;
        if (r.chance(0.05)) out = out.slice(0, at);
    }
  }
  return Uint8Array.from(out);
}

export function tryPt(r: Random): void {
  const { bytes, entries, model, names } = r.pick(kept);
  const read = (given: Uint8Array) =>
    importTorch(given, "pt", {
      target: { model },
      names: names && new Map(Object.entries(names)),
      file: "f.pt",
    });
  if (r.chance(0.2)) return void read(changedBytes(r, bytes));
  const changed = entries.map(([path, content]): [string, Uint8Array] => {
    const isPickle = path.endsWith("data.pkl");
    return [
      r.chance(0.01) ? `${path}x` : path,
      r.chance(isPickle ? 0.9 : 0.02) ? changedBytes(r, content) : content,
    ];
  });
  read(zipSync(Object.fromEntries(changed), { level: r.chance(0.5) ? 0 : 6 }));
}

/** Weights of a small model as exported, without the values. */
const model = checkModel({
  format: "toeplitz-model",
  version: 1,
  name: "small",
  input: { channels: 1, length: 12 },
  layers: [
    { kind: "conv1d", from: [0], options: { filters: 2, kernelSize: 3 } },
    { kind: "batchNorm", from: [1] },
    { kind: "globalAveragePool", from: [2] },
    { kind: "dense", from: [3], options: { units: 2 } },
  ],
});
const sizes = { filter: [2, 1, 3], bias: [1, 2, 1], vector: [1, 2, 1], dense: [2, 2, 1] } as const;
const tensor = (name: string, shape: readonly [number, number, number]) => ({
  name,
  shape,
  data: new Float32Array(shape[0] * shape[1] * shape[2]).fill(0.5),
});
const exported = encodeStateDict({
  model,
  classes: ["a", "b"],
  preparation: { kind: "channel", mean: [0], deviation: [1] },
  provenance: {},
  weights: [
    tensor("conv1d_1.filter", sizes.filter),
    tensor("conv1d_1.bias", sizes.bias),
    ...["gamma", "beta", "mean", "variance"].map((word) => tensor(`batchNorm_1.${word}`, sizes.vector)),
    tensor("dense_1.filter", sizes.dense),
    tensor("dense_1.bias", sizes.bias),
  ],
});

/** The exported weights taken apart and put together by what the header's own fuzzer does; with and without a model that is given. */
export function tryStateDict(r: Random, changed: (bytes: Uint8Array) => Uint8Array): void {
  importTorch(changed(exported), "safetensors", {
    ...(r.chance(0.5) && { target: { model } }),
    ...(r.chance(0.1) && {
      names: nameMap(JSON.stringify(mutated(r, { conv1d_1: "conv1d_1" })) ?? "", "map.json"),
    }),
    file: "f.safetensors",
  });
}
