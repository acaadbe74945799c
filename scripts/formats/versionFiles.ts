/**
 * Model files as this toeplitz writes them, with what they predict: `tsx scripts/formats/versionFiles.ts NAME` writes
 * tests/formats/versions/NAME-KIND.safetensors and a row for each in expected.json. Run once for each version of the file (and
 * kind of model), by the code that writes it; what is there is never written again.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  checkModel,
  encodeModel,
  fit,
  fitEnsemble,
  fromArrays,
  load,
  miniRocket,
  multiRocketHydra,
} from "../../src/index.ts";
import { expectedBits, type Expected } from "../../tests/formats/versions/rows.ts";

const [name] = process.argv.slice(2);
if (!/^\d+$/.test(name ?? "")) throw new Error("tsx scripts/formats/versionFiles.ts VERSION");
const folder = fileURLToPath(new URL("../../tests/formats/versions/", import.meta.url));

const series = Array.from({ length: 12 }, (_, n) =>
  [0, 1].map((c) => Array.from({ length: 20 }, (_unused, t) => Math.sin((n % 2 ? 1 : 2) * t + n + c))),
);
const labels = series.map((_, n) => (n % 2 ? "slow" : "fast"));
const data = fromArrays({ series, labels, channelNames: ["left", "right"] });
const valued = fromArrays({ series, targets: series.map((_, n) => [n, n % 3]) });

/** A layer whose options are left out wherever they may be. */
const l = (kind: string, options: object = {}, ...from: number[]) => ({ kind, from, options });
const chainOf = (...layers: readonly ReturnType<typeof l>[]) =>
  layers.map((layer, i) => (layer.from.length > 0 ? layer : { ...layer, from: [i] }));

/** Each option that a prediction depends on has its default somewhere. */
const network = checkModel({
  format: "toeplitz-model",
  version: 1,
  name: "defaults",
  input: { channels: 2, length: 20 },
  layers: chainOf(
    l("conv1d", { filters: 4, kernelSize: 3 }),
    l("batchNorm"),
    l("leakyRelu"),
    l("pad", { left: 2 }),
    l("groupNorm", { groups: 2 }),
    l("celu"),
    l("averagePool", { size: 3, padding: 1 }),
    l("elu"),
    l("convTranspose1d", { filters: 4, kernelSize: 3, stride: 2 }),
    l("instanceNorm"),
    l("hardtanh"),
    l("layerNorm"),
    l("prelu"),
    l("dropout"),
    l("upsample", { scale: 2 }),
    l("maxPool", { size: 2 }),
    l("softshrink"),
    l("threshold"),
    l("crop", { left: 1 }),
    l("hardshrink"),
    l("slice", { count: 4 }),
    l("gelu"),
    l("fixedConv1d", { taps: [1, 2] }, 1),
    l("globalMaxPool", {}, 23),
    l("globalAveragePool", {}, 22),
    l("concat", {}, 24, 25),
    l("dense", { units: 2 }),
  ),
});
const plain = checkModel({
  format: "toeplitz-model",
  version: 1,
  name: "plain",
  input: { channels: 2, length: 20 },
  layers: chainOf(
    l("conv1d", { filters: 3, kernelSize: 5, stride: 2 }),
    l("batchNorm"),
    l("relu"),
    l("globalAveragePool"),
    l("dense", { units: 2 }),
  ),
});

const options = { epochs: 3, batch: 4, seed: 5, backend: "reference", threads: 1 } as const;
const models = {
  network: (await fit(network, data, { ...options, normalize: "channel" })).model,
  regression: (await fit(plain, valued, { ...options, normalize: "minmax" })).model,
  ensemble: (await fitEnsemble(() => plain, data, { ...options, epochs: 1, members: 2 })).model,
  minirocket: miniRocket(data, { seed: 5, features: 168 }),
  "multirocket-hydra": multiRocketHydra(data, { seed: 5, features: 672 }),
};

const list = `${folder}expected.json`;
const expected: Record<string, Expected> = existsSync(list)
  ? (JSON.parse(readFileSync(list, "utf8")) as Record<string, Expected>)
  : {};
for (const [kind, model] of Object.entries(models)) {
  const file = `${name}-${kind}.safetensors`;
  if (existsSync(folder + file)) continue;
  const bytes = encodeModel(model);
  writeFileSync(folder + file, bytes);
  expected[file] = expectedBits(await load(bytes, { backend: "reference" }));
}
writeFileSync(list, `${JSON.stringify(expected, null, 2)}\n`);
