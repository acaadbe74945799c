/** What the tests of ONNX share: onnxruntime where it is installed, trained-looking networks of random weights, random rows. */
import type { Dataset, RawRows } from "../../../src/data/dataset.ts";
import type { Model } from "../../../src/layers/model.ts";
import { resolve } from "../../../src/layers/model.ts";
import { importOrt } from "../../../src/bench/onnxruntime.ts";
import { parametersOf, statesOf } from "../../../src/models/graphs.ts";
import { rawChannels, type Preparation } from "../../../src/models/preparation.ts";
import type { NetworkFields } from "../../../src/models/network.ts";
import type { Weights } from "../../../src/models/weights.ts";
import { size } from "../../../src/numerics/tensor.ts";
import { random } from "../../hostile/random.ts";

export const ort = await importOrt();
export const named = ort ? "" : " (skipped: onnxruntime-node is absent; npm run peers)";

/** Weights as training leaves them: filters of the size of He's, statistics that say something. */
export function weightsOf(model: Model, seed = 1): Weights {
  const layers = resolve(model);
  const r = random(seed, 0);
  const around = (middle: number, width: number) => (): number => middle + (2 * r.next() - 1) * width;
  return [...parametersOf(layers), ...statesOf(layers)].map(({ name, shape }) => {
    const [kind] = name.split(".").slice(-1);
    const fan = kind === "filter" ? Math.sqrt(3 / (shape[1] * shape[2])) : 0;
    const value =
      {
        filter: around(0, fan),
        gain: around(1.2, 0.3),
        gamma: around(1, 0.3),
        variance: around(1, 0.5),
      }[kind] ?? around(0, 0.3);
    return { name, shape, data: Float32Array.from({ length: size(shape) }, value) };
  });
}

/** A network as `fit` would leave it. */
export function networkOf(
  model: Model,
  {
    classes,
    preparation = { kind: "none" },
    ...rest
  }: Partial<NetworkFields> & { classes: readonly string[] },
): NetworkFields {
  return { model, classes, preparation, provenance: { seed: "0" }, weights: weightsOf(model), ...rest };
}

/** Rows of random walks in raw units that float32 holds, far from zero; `[rows, channels, length]`. */
export function rowsFor(
  model: Model,
  preparation: Preparation,
  rows: number,
  length = model.input.length,
  seed = 2,
): RawRows {
  const channels = rawChannels(preparation, model.input.channels);
  const r = random(seed, length);
  const series = new Float64Array(rows * channels * length);
  let x = 0;
  for (let i = 0; i < series.length; i++) {
    if (i % length === 0) x = 0;
    x = 0.8 * x + (2 * r.next() - 1);
    series[i] = Math.fround(100 * ((Math.floor(i / length) % channels) + 1) + 3 * x);
  }
  return { series, rows };
}

/** A session's outputs for rows. */
export async function runOnnx(
  bytes: Uint8Array,
  channels: number,
  { series, rows }: Pick<RawRows, "series" | "rows">,
): Promise<Readonly<Record<string, Float32Array>>> {
  if (!ort) throw new Error("onnxruntime-node is absent");
  const session = await ort.InferenceSession.create(bytes, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const input = new ort.Tensor("float32", Float32Array.from(series), [
    rows,
    channels,
    series.length / (rows * channels),
  ]);
  const results = await session.run({ input });
  await session.release();
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data]));
}

/** The largest difference, as a part of the largest value where that is above 1. */
export function apart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let most = 1;
  let difference = 0;
  for (let i = 0; i < a.length; i++) {
    most = Math.max(most, Math.abs(a[i]));
    const d = Math.abs(a[i] - b[i]);
    if (!(d <= difference)) difference = Number.isNaN(d) ? Infinity : d;
  }
  return difference / most;
}

export type { Dataset };
