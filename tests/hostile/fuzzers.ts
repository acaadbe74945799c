/**
 * Hostile files of right form: each fuzzer makes a case from its number, and tries it. A case ends well with a result or
 * with one line of an InputError (or ModelError); anything else is a fault. `npm run proof:fuzz` runs many of each.
 */
import { InputError } from "../../src/data/errors.ts";
import { fromArrays } from "../../src/data/fromArrays.ts";
import { encodeCheckpoint, decodeCheckpoint } from "../../src/formats/checkpointFile.ts";
import { load } from "../../src/formats/load.ts";
import { encodeModel, type ModelFields } from "../../src/formats/modelFile.ts";
import { encodeSafetensors, type Tensor } from "../../src/formats/safetensors.ts";
import { checkModel, ModelError, resolve, type Model } from "../../src/layers/model.ts";
import { parametersOf, statesOf } from "../../src/models/graphs.ts";
import { rowsOfSample } from "../../src/models/takes.ts";
import { size } from "../../src/numerics/tensor.ts";
import { sha256 } from "../../src/numerics/sha256.ts";
import { readCsv } from "../../src/readers/csv/readCsv.ts";
import { fit } from "../../src/training/fit.ts";
import { fitEnsemble } from "../../src/training/fitEnsemble.ts";
import { fitRocket } from "../../src/training/rocket.ts";
import { planRows } from "../../src/training/plan.ts";
import type { Checkpoint } from "../../src/training/state.ts";
import { readClosedForm, readingAgain, readRecorded } from "../../src/cli/train/recorded.ts";
import { epochShape, notesShape, resultShape } from "../../src/cli/train/recordedShape.ts";
import { Misfit, parseJson } from "../../src/data/schema.ts";
import { modelOf } from "./models.ts";
import { mutated, random, type Random } from "./random.ts";
import { tryH5, tryKeras } from "./keras.ts";
import { tryPt, tryStateDict } from "./torch.ts";
import { decodeOnnx } from "../../src/formats/onnx/decode.ts";
import { changedOnnx } from "./onnxFiles.ts";

export type Outcome = "taken" | "refused";

/** Makes the case of that number and tries it; throws where it does not end well. */
export type Fuzzer = (seed: number, index: number) => Promise<Outcome>;

const LONGEST_LINE = 1200;
/** Errors that are said in one line: what is given is wrong, or training does not go well with it. */
const ENDS = ["InputError", "ModelError", "DivergedError"];

/** What a case came to; throws for any end but a result or one printable line. */
async function outcomeOf(attempt: () => unknown): Promise<Outcome> {
  try {
    await attempt();
    return "taken";
  } catch (error) {
    const { name, message } = error as Error;
    if (!ENDS.includes(name)) throw error;
    const fault = (what: string): Error => new Error(what, { cause: error });
    // oxlint-disable-next-line no-control-regex
    if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202e]/.test(message))
      throw fault(`not one printable line: ${message}`);
    if (message.length > LONGEST_LINE) throw fault(`a line of ${message.length}: ${message.slice(0, 300)}`);
    return "refused";
  }
}

const RUNTIME = { backend: "reference", threads: 1 } as const;

/** Values of a model's tensors together, up to which they are made. */
const MOST_WEIGHTS = 200_000;
/** Work of a row, up to which one is predicted. */
const MOST_WORK = 300_000;

/** A file of that model, with weights of the right shapes where they are few. */
function fileOf(r: Random, model: unknown): Uint8Array {
  let tensors: Tensor[] = [];
  let outputs = 2;
  try {
    const layers = resolve(checkModel(model));
    const shapes = [...parametersOf(layers), ...statesOf(layers)];
    if (shapes.reduce((sum, { shape }) => sum + size(shape), 0) <= MOST_WEIGHTS)
      tensors = shapes.map(({ name, shape }) => ({
        name,
        shape: [...shape],
        data: Float32Array.from({ length: size(shape) }, () => r.next() - 0.3),
      }));
    const { output } = layers[layers.length - 1];
    outputs = Math.min(100, output.channels * output.length);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
  }
  return encodeSafetensors(tensors, {
    format: "toeplitz",
    model: JSON.stringify(model),
    classes: JSON.stringify(r.chance(0.5) ? [] : Array.from({ length: outputs }, (_, k) => `c${k}`)),
    preparation: JSON.stringify({ kind: r.pick(["none", "sample"]) }),
    provenance: "{}",
  });
}

const workOf = (model: Model): number =>
  resolve(model).reduce(
    (sum, { output, parameters }) =>
      sum +
      output.channels *
        output.length *
        (1 + parameters.reduce((n, p) => n + size(p.shape) / output.channels, 0)),
    0,
  );

/** Loads a file, and predicts a row of zeros where that is little work. */
async function tryModel(bytes: Uint8Array, r?: Random): Promise<void> {
  const backend = r?.chance(0.3) ? "wasm" : RUNTIME.backend;
  const model = await load(bytes, { file: "f.safetensors", ...RUNTIME, backend });
  const { channels, length } = model.takes;
  if (channels * length > MOST_WORK) return;
  if (model.kind === "network" && workOf(model.model) > MOST_WORK) return;
  const sample = Array.from({ length: channels }, (_, c) =>
    Float64Array.from({ length }, (_unused, t) => Math.sin(c + t)),
  );
  model.predictRows(rowsOfSample(sample, model.takes, model.channelNames));
}

const series = Array.from({ length: 12 }, (_, n) => [
  Array.from({ length: 12 }, (_unused, t) => Math.sin((n % 2 === 0 ? 1 : 2) * t + n)),
]);
const rows = fromArrays({ series, labels: series.map((_, n) => (n % 2 === 0 ? "a" : "b")) });
const small: Model = {
  format: "toeplitz-model",
  version: 1,
  name: "small",
  input: { channels: 1, length: 12 },
  layers: [
    { kind: "conv1d", from: [0], options: { filters: 2, kernelSize: 3 } },
    { kind: "batchNorm", from: [1], options: {} },
    { kind: "globalAveragePool", from: [2], options: {} },
    { kind: "dense", from: [3], options: { units: 2 } },
  ],
};

/** Files of each kind of model, and checkpoints, as this toeplitz writes them; made at the first use. */
const OPTIONS_OF_RUN = { epochs: 2, batch: 4, validation: 0.25, keep: "best", ...RUNTIME } as const;
let made: Promise<{ models: readonly Uint8Array[]; checkpoints: readonly Checkpoint[] }> | undefined;
const madeFiles = (): NonNullable<typeof made> =>
  (made ??= (async () => {
    const checkpoints: Checkpoint[] = [];
    const save = (state: Checkpoint): void => void checkpoints.push(state);
    const run = await fit(small, rows, { ...OPTIONS_OF_RUN, checkpoint: { everySeconds: 0, save } });
    const several = await fitEnsemble(() => small, rows, { ...OPTIONS_OF_RUN, epochs: 1, members: 2 });
    const rocket = fitRocket("minirocket", planRows(rows, {}), { seed: 0 });
    const hydra = fitRocket("multirocket-hydra", planRows(rows, {}), { seed: 0, features: 672 });
    const files = [run.model, several.model, rocket, hydra] as readonly ModelFields[];
    return { models: files.map(encodeModel), checkpoints };
  })());

/** A safetensors file taken apart: its header as data, and its bytes. */
function apart(bytes: Uint8Array): { header: Record<string, unknown>; data: Uint8Array } {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const text = new TextDecoder().decode(bytes.subarray(8, 8 + length));
  return { header: JSON.parse(text) as Record<string, unknown>, data: bytes.slice(8 + length) };
}

function together(header: unknown, data: Uint8Array, r?: Random): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data.length);
  const claimed = r?.chance(0.02) ? r.pick([0, 1, 2 ** 31, 2 ** 32 - 1, text.length + 1]) : text.length;
  new DataView(bytes.buffer).setUint32(0, claimed, true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

const SUM_AT = 8 + '{"__metadata__":{"sha256":"'.length;

/** The same file with the sum that it has to have. */
function summed(bytes: Uint8Array): Uint8Array {
  const zeroed = Uint8Array.from(bytes);
  zeroed.fill(0x30, SUM_AT, SUM_AT + 64);
  zeroed.set(new TextEncoder().encode(sha256(zeroed)), SUM_AT);
  return zeroed;
}

/** A checkpoint whose state is changed, with a right sum; going on from it ends within the run's own steps. */
async function tryCheckpoint(r: Random): Promise<void> {
  const { checkpoints } = await madeFiles();
  const { header, data } = apart(encodeCheckpoint(r.pick(checkpoints), { run: '{"line":"train"}' }));
  const { __metadata__: metadata, ...tensors } = header as { __metadata__: Record<string, string> };
  const { sha256: sum, ...rest } = metadata;
  // the state is where most is: changed as data, the numbers of a run among it
  const key = r.chance(0.8) ? "0/state" : r.pick(Object.keys(rest));
  const changed = r.chance(0.85)
    ? {
        ...rest,
        [key]:
          JSON.stringify(mutated(r, JSON.parse(rest[key].startsWith("{") ? rest[key] : `"${rest[key]}"`))) ??
          "",
      }
    : mutated(r, rest);
  const others = r.chance(0.9) ? tensors : mutated(r, tensors);
  const bytes = together({ __metadata__: { sha256: sum, ...(changed as object) }, ...others }, data);
  const resume = decodeCheckpoint(summed(bytes), "checkpoint");
  const controller = new AbortController();
  await fit(small, rows, {
    ...OPTIONS_OF_RUN,
    resume: { members: resume.members },
    signal: controller.signal,
    onStep: () => controller.abort(),
    onNote: () => undefined,
  });
}

const CELLS = [
  "",
  "0",
  "1",
  "-1",
  "1.5",
  "1,5",
  "1e999",
  "NaN",
  "nan",
  "NA",
  "a",
  "b",
  "ü",
  '"',
  "x".repeat(50),
  "2020-01-01",
  "12%",
  "1 000",
  "0x10",
  "inf",
  "-",
  "\u001b[2J",
  "=1+1",
  "__proto__",
  "9007199254740993",
  "1e-400",
  "true",
] as const;
const HEADS = [
  "id",
  "time",
  "t",
  "class",
  "label",
  "x",
  "y",
  "x 1",
  "x 2",
  "",
  "class",
  "__proto__",
  "a,b",
  "état",
] as const;

/** A table by the grammar of CSV, cells of one kind a column but for some, and options that mostly fit. */
function tryTable(r: Random): Promise<unknown> {
  const separator = r.pick([",", ",", ";", "\t", "|"]);
  const width = 1 + r.int(7);
  const heads = Array.from({ length: width }, (_, c) => (r.chance(0.8) ? HEADS[c] : r.pick(HEADS)));
  const field = (text: string): string =>
    text.includes(separator) || text.includes('"') || r.chance(0.03)
      ? `"${text.replaceAll('"', '""')}"`
      : text;
  const usual = heads.map(() => r.pick(["whole", "real", "class", "count", "any"] as const));
  const cell = (row: number, column: number): string => {
    if (r.chance(0.02)) return r.pick(CELLS);
    switch (usual[column]) {
      case "whole":
        return String(r.int(20));
      case "real":
        return r.next().toFixed(3);
      case "class":
        return r.pick(["u", "v", "w"]);
      case "count":
        return String(row);
      case "any":
        return r.pick(CELLS);
    }
  };
  const lines = Array.from({ length: r.pick([0, 1, 2, 5, 30, 200]) }, (_, row) => {
    const cells = heads.map((_unused, column) => field(cell(row, column)));
    if (r.chance(0.005)) cells.pop();
    return cells.join(separator);
  });
  const text = [heads.map(field).join(separator), ...lines].join(r.pick(["\n", "\n", "\r\n"]));
  const column = (): string => (r.chance(0.9) ? r.pick(heads) : r.pick(HEADS));
  const options = {
    ...(r.chance(0.6) && { label: column() }),
    ...(r.chance(0.1) && { target: [column()] }),
    ...(r.chance(0.25) && { seriesBy: [column()] }),
    ...(r.chance(0.25) && { time: column() }),
    ...(r.chance(0.2) && { channels: [column(), column()] }),
    ...(r.chance(0.1) && { group: column() }),
    ...(r.chance(0.1) && { window: r.pick([1, 2, 5, 1e9]), hop: r.pick([1, 3]) }),
    ...(r.chance(0.05) && { header: false as const }),
  };
  return readCsv(new TextEncoder().encode(text), { name: "f.csv", ...options });
}

const FIT = {
  batch: 16,
  optimizer: { kind: "adam", learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
  schedule: { kind: "cosine", warmup: 0 },
  loss: { kind: "crossEntropy", classWeights: { a: 2, b: 1 }, labelSmoothing: 0.1 },
  normalize: "channel",
  keep: "last",
  seed: 0,
  split: { by: "class" },
  numerics: "strict",
  epochs: 3,
  augment: [{ kind: "jitter", sigma: 0.1 }],
  freeze: ["conv1d_1"],
};
const SCORED = { loss: 0.5, accuracy: 0.75 };
const RECORDS = {
  settings: {
    fit: FIT,
    members: 1,
    init: { file: "x", weightsSha256: "0".repeat(64) },
    data: { label: "class", channels: ["x", "y"], window: "2s", header: false, skip: 2 },
  },
  closedForm: { fit: { seed: 0, validation: 0.2, split: {}, prepare: { length: 9 } } },
  notes: {
    line: "train x --epochs 3",
    flags: {
      label: "class",
      seed: 0,
      keep: "last",
      augment: [{ kind: "jitter", sigma: 0.1 }],
      classWeights: { a: 2 },
    },
    title: "fcn",
    count: 1,
    recipe: {
      length: { epochs: 3 },
      batch: 16,
      optimizer: "adam",
      learningRate: 0.001,
      schedule: "cosine",
      loss: "crossEntropy",
      normalize: "channel",
    },
    settings: { ...FIT, backend: { name: "wasm" } },
  },
  result: {
    schema: 1,
    model: "fcn",
    parameters: 10,
    epochs: 3,
    steps: 30,
    seconds: 1,
    backend: "wasm",
    train: SCORED,
    validation: null,
    test: { ...SCORED, rmse: null },
  },
  epoch: { epoch: 1, steps: 3, loss: 1, accuracy: null, validation: SCORED, learningRate: 0.1, seconds: 1 },
};

/** What train records, read as reproduce, --resume and compare do. */
function tryRecord(r: Random, record: typeof RECORDS = mutated(r, RECORDS)): void {
  const text = (value: unknown): string => JSON.stringify(value) ?? "";
  const { settings, closedForm, notes, result, epoch } = Object(record) as Partial<typeof RECORDS>;
  const first = r.int(5);
  const reads: readonly (() => unknown)[] = [
    () => [readRecorded(text(settings), "f"), readingAgain(text(settings), {}, "f")],
    () => readClosedForm(text(closedForm), "f"),
    () => notesShape(parseJson(text(notes))),
    () => resultShape(parseJson(text(result))),
    () => epochShape(parseJson(text(epoch))),
  ];
  try {
    for (let i = 0; i < reads.length; i++) reads[(first + i) % reads.length]();
  } catch (error) {
    throw error instanceof Misfit ? new InputError(error.message) : error;
  }
}

/** Reads an ONNX file, and predicts by what it is where that is little work. */
async function tryOnnx(r: Random, bytes: Uint8Array): Promise<void> {
  const options = {
    ...(r.chance(0.2) && { length: r.pick([1, 24, 1000]) }),
    ...(r.chance(0.2) && { classes: ["a", "b", "c"] }),
    ...(r.chance(0.2) && { answers: "values" as const }),
  };
  const external = (): Uint8Array => new Uint8Array(64);
  const { model } = decodeOnnx(bytes, { file: "f.onnx", external, ...options });
  if (model.kind !== "rocket" && model.kind !== "ensemble" && workOf(model.model) > MOST_WORK) return;
  const file = encodeModel(model);
  // which is most of the time of a case
  if (r.chance(0.3)) await tryModel(file, r);
}

const fuzzer =
  (attempt: (r: Random) => unknown): Fuzzer =>
  (seed, index) =>
    outcomeOf(() => attempt(random(seed, index)));

export const fuzzers: Readonly<Record<string, Fuzzer>> = {
  models: fuzzer((r) => tryModel(fileOf(r, modelOf(r)), r)),
  headers: fuzzer(async (r) => {
    const { header, data } = apart(r.pick((await madeFiles()).models));
    await tryModel(together(mutated(r, header), data, r));
  }),
  pt: fuzzer(tryPt),
  stateDicts: fuzzer((r) =>
    tryStateDict(r, (bytes) => {
      const { header, data } = apart(bytes);
      return r.chance(0.05) ? bytes : together(mutated(r, header), data, r);
    }),
  ),
  keras: fuzzer(tryKeras),
  h5: fuzzer(tryH5),
  checkpoints: fuzzer(tryCheckpoint),
  records: fuzzer((r) => tryRecord(r)),
  tables: fuzzer(tryTable),
  onnx: fuzzer((r) => tryOnnx(r, changedOnnx(r))),
};

/** The files and records as they are, which have to be taken. */
export async function tryUnchanged(): Promise<void> {
  const { models, checkpoints } = await madeFiles();
  for (const bytes of models) await tryModel(bytes);
  for (const checkpoint of checkpoints) decodeCheckpoint(encodeCheckpoint(checkpoint), "checkpoint");
  tryRecord(random(0, 0), RECORDS);
}
