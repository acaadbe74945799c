/**
 * The accuracy tasks whose data are no files of the archive: ETTh1 (forecasting) and the spoken digits (raw audio). The
 * recipes are fixed here; test rows select nothing.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ettHourly, windows } from "../src/data/windows.ts";
import { m5, tcn } from "../src/layers/architectures/index.ts";
import {
  fit,
  fromArrays,
  losses,
  optimizers,
  parameterCount,
  schedules,
  type Dataset,
} from "../src/index.ts";
import { nativeBackend } from "../src/backends/x64/native.ts";

export interface LongResult {
  readonly parameters: number;
  readonly steps: number;
  readonly seconds: number;
  /** Accuracy, or mean squared error. */
  readonly score: number;
}

export interface LongTask {
  readonly name: string;
  readonly model: string;
  readonly recipe: string;
  readonly folder: string;
  readonly seeds: number;
  readonly asked: string;
  readonly published: string;
  readonly run: (folder: string, seed: number) => Promise<LongResult>;
}

const backend = async () => {
  const native = await nativeBackend();
  return typeof native === "string" ? "wasm" : native;
};

const HORIZON = 96;

/** Univariate OT, horizon 96, the standard split and scaling; windows of 96 hours, relative to their last value. */
async function etth1(folder: string, seed: number): Promise<LongResult> {
  const [, ...lines] = readFileSync(join(folder, "ETTh1.csv"), "utf8").trim().split("\n");
  const oilTemperature = lines.map((line) => Number(line.slice(line.lastIndexOf(",") + 1)));
  const options = {
    length: 96,
    horizon: HORIZON,
    split: ettHourly,
    relativeTo: "last",
    name: "ETTh1",
  } as const;
  const { train, test } = windows([oilTemperature], options);
  const model = tcn(train, { channels: 25, kernelSize: 7, dropout: 0.05 });
  const run = await fit(model, train, {
    epochs: 3,
    batch: 32,
    seed,
    loss: losses.meanSquaredError(),
    optimizer: optimizers.adam({ learningRate: 1e-3 }),
    schedule: schedules.cosine(),
    normalize: "none",
    backend: await backend(),
  });
  const outputs = run.model.outputs(test);
  const score = outputs.reduce((sum, y, i) => sum + (y - test.targets[i]) ** 2, 0) / outputs.length;
  return { parameters: parameterCount(model), steps: run.steps, seconds: run.seconds, score };
}

/** The mean squared error of repeating the last value, on the test part. */
export function etth1Baseline(folder: string): number {
  const [, ...lines] = readFileSync(join(folder, "ETTh1.csv"), "utf8").trim().split("\n");
  const oilTemperature = lines.map((line) => Number(line.slice(line.lastIndexOf(",") + 1)));
  const options = { length: 96, horizon: HORIZON, split: ettHourly, relativeTo: "last" } as const;
  const { test } = windows([oilTemperature], options);
  return test.targets.reduce((sum, y) => sum + y * y, 0) / test.targets.length;
}

/** Samples of a file: 8 kHz, 16 bits, mono, as the digits are; cropped or padded with zeros to `length`. */
function samplesOf(file: string, length: number): number[] {
  const bytes = readFileSync(file);
  const count = Math.min(length, (bytes.length - 44) / 2);
  return Array.from({ length }, (_, i) => (i < count ? bytes.readInt16LE(44 + 2 * i) / 32768 : 0));
}

/** Spoken digits from the raw samples: index 0 to 4 of each speaker and digit is the test part. */
async function spokenDigits(folder: string, seed: number): Promise<LongResult> {
  const recordings = join(folder, "recordings");
  const files = readdirSync(recordings)
    .filter((f) => f.endsWith(".wav"))
    .sort();
  const part = (test: boolean): Dataset => {
    const chosen = files.filter((f) => Number(/_(\d+)\.wav$/.exec(f)?.[1]) < 5 === test);
    const series = chosen.map((f) => [samplesOf(join(recordings, f), 4096)]);
    return fromArrays({ series, labels: chosen.map((f) => f[0]), name: "digits" });
  };
  const [train, test] = [part(false), part(true)];
  const model = m5(train);
  const run = await fit(model, train, {
    epochs: 20,
    batch: 32,
    seed,
    optimizer: optimizers.adamW({ learningRate: 1e-3, weightDecay: 1e-2 }),
    schedule: schedules.cosine(),
    normalize: "sample",
    augment: [{ kind: "shift", most: 400 }],
    backend: await backend(),
  });
  const { accuracy } = run.model.evaluate(test);
  return { parameters: parameterCount(model), steps: run.steps, seconds: run.seconds, score: accuracy };
}

export const longTasks: readonly LongTask[] = [
  {
    name: "ETTh1-tcn",
    model: "tcn",
    recipe: "windows of 96 relative to their last value; adam 0.001, cosine, batch 32, 3 epochs",
    folder: "ETTh1",
    seeds: 3,
    asked: "MSE at most 0.08",
    published: "NLinear 0.053, DLinear 0.056",
    run: etth1,
  },
  {
    name: "fsdd-m5",
    model: "m5",
    recipe: "4,096 samples, shifts of 400; adamW 0.001, decay 0.01, cosine, batch 32, 20 epochs",
    folder: "fsdd",
    seeds: 3,
    asked: "0.93",
    published: "none on this split",
    run: spokenDigits,
  },
];

export const present = (data: string, { folder }: LongTask): boolean => existsSync(join(data, folder));
