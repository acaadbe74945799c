/**
 * The training loop: batches from the seed, a schedule, the best or last weights. Asynchronous so that a page stays
 * alive: control goes back to the event loop after a step whenever 50 ms have passed.
 */
import { readSamples, weightView, writeRows, writeSamples } from "../compiler/arena.ts";
import { compile } from "../compiler/compile.ts";
import { GraphBuilder } from "../graph/build.ts";
import { modelNodes, parameterCount, resolve, type Model } from "../layers/model.ts";
import { requireTrainable } from "./classes.ts";
import { loadProgram, type BackendChoice } from "./backends.ts";
import { epochOrder, gather, type Dataset } from "./dataset.ts";
import { dataHash } from "./dataHash.ts";
import { InputError } from "./errors.ts";
import { losses, type Loss } from "./losses.ts";
import { argmax, network, score, scoreValues, type Network } from "./network.ts";
import { optimizers, type AnyOptimizer } from "./optimizers.ts";
import { fitPreparation, normalizations, prepare, type Normalization } from "./preparation.ts";
import { scheduleFactor, schedules, type Schedule } from "./schedules.ts";
import { holdOut } from "./split.ts";
import { trainer, type Trainer, type Weights } from "./trainer.ts";
import { VERSION } from "./version.ts";

export interface FitOptions {
  /** Passes over the training rows. */
  readonly epochs?: number;
  /** Steps in all; wins over `epochs`. */
  readonly steps?: number;
  readonly batch?: number;
  readonly seed?: number;
  /** The fraction of training rows to hold back. */
  readonly validation?: number;
  /** The weights to end with: the last, or those of the epoch with the best validation (else training) loss. */
  readonly keep?: "last" | "best";
  readonly loss?: Loss;
  readonly optimizer?: AnyOptimizer;
  readonly schedule?: Schedule;
  readonly normalize?: Normalization;
  readonly backend?: BackendChoice;
  /** Ends training after the current step; the run then says `aborted`. */
  readonly signal?: AbortSignal;
  readonly onEpoch?: (event: EpochEvent) => void;
  readonly onStep?: (event: StepEvent) => void;
  /** Added to the model's provenance. */
  readonly provenance?: Readonly<Record<string, string>>;
}

export interface StepEvent {
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly learningRate: number;
  readonly rows: number;
}

export interface EpochEvent {
  /** From 1. */
  readonly epoch: number;
  readonly steps: number;
  /** Means over the epoch's steps, each before its update. */
  readonly loss: number;
  readonly accuracy: number;
  readonly validation: Score | null;
}

export interface Score {
  readonly loss: number;
  readonly accuracy: number;
}

export interface Run {
  readonly model: Network;
  /** Epochs begun and steps taken. */
  readonly epochs: number;
  readonly steps: number;
  readonly seconds: number;
  /** The median training step. */
  readonly stepMs: number;
  readonly backend: Trainer["backend"];
  readonly parameters: number;
  /** The kept weights on the training rows, in prediction mode. */
  readonly train: Score;
  readonly validation: Score | null;
  readonly weightsSha256: string;
  readonly history: readonly EpochEvent[];
  readonly aborted: boolean;
}

/** Training met a loss that is no number; `step` says when, `layer` where: a layer, or a parameter of one. */
export class DivergedError extends Error {
  override readonly name = "DivergedError";
  readonly step: number;
  readonly layer: string;

  constructor(step: number, layer: string, learningRate: number) {
    super(
      `training diverged at step ${step}: the loss is not a number, first seen in ${layer}; lower the learning rate (it was ${learningRate}) or normalise the data`,
    );
    this.step = step;
    this.layer = layer;
  }
}

export const fitDefaults = { epochs: 100, batch: 16, seed: 0 } as const;
const YIELD_MS = 50;

/** Trains a model on a data set. */
export async function fit(model: Model, data: Dataset, options: FitOptions = {}): Promise<Run> {
  const {
    batch = fitDefaults.batch,
    seed = fitDefaults.seed,
    keep = "last",
    normalize = "channel",
    signal,
  } = options;
  const {
    loss = losses.crossEntropy(),
    optimizer = optimizers.adam(),
    schedule = schedules.constant(),
  } = options;
  checkOptions(model, data, options);
  checkOutputs(model, data);
  if (data.classes.length > 0) requireTrainable(data);
  const { train, held } = options.validation
    ? holdOut(data, options.validation, seed)
    : { train: data, held: null };
  const preparation = fitPreparation(normalize, train);
  const size = Math.min(batch, train.rows);
  const perEpoch = Math.ceil(train.rows / size);
  const steps = options.steps ?? (options.epochs ?? fitDefaults.epochs) * perEpoch;

  const t = await trainer(model, {
    loss,
    optimizer,
    batch: size,
    seed,
    backend: options.backend,
    preparation,
  });
  const durations: number[] = [];
  const history: EpochEvent[] = [];
  let best: { loss: number; weights: Weights } | null = null;
  const start = performance.now();
  let yielded = start;
  let aborted = false;

  for (let epoch = 0; t.steps < steps && !aborted; epoch++) {
    let lossSum = 0;
    let right = 0;
    let rows = 0;
    for (const order of epochOrder(train.rows, size, seed, epoch)) {
      if (t.steps >= steps) break;
      if (signal?.aborted) {
        aborted = true;
        break;
      }
      t.learningRate = optimizer.learningRate * scheduleFactor(schedule, t.steps, steps);
      const rowsOfStep = gather(train, order);
      const before = performance.now();
      const result = t.step(rowsOfStep);
      const now = performance.now();
      durations.push(now - before);
      if (!Number.isFinite(result.loss)) {
        const where = await firstNonFinite(
          model,
          t.weights(),
          prepare(preparation, rowsOfStep, data.channels, data.length),
        );
        throw new DivergedError(t.steps + 1, where, t.learningRate);
      }
      lossSum += result.loss * order.length;
      right += countRight(result.outputs, rowsOfStep.labels);
      rows += order.length;
      options.onStep?.({
        step: t.steps,
        steps,
        loss: result.loss,
        learningRate: t.learningRate,
        rows: order.length,
      });
      if (now - yielded >= YIELD_MS) {
        await new Promise((resume) => setTimeout(resume, 0));
        yielded = performance.now();
      }
    }
    if (rows === 0) break;
    const validation = held ? brief(scoreRows(t, loss, held)) : null;
    const event = {
      epoch: epoch + 1,
      steps: t.steps,
      loss: lossSum / rows,
      accuracy: data.classes.length > 0 ? right / rows : NaN,
      validation,
    };
    history.push(event);
    const measure = validation?.loss ?? event.loss;
    if (keep === "best" && (best === null || measure < best.loss))
      best = { loss: measure, weights: t.weights() };
    options.onEpoch?.(event);
  }
  const seconds = (performance.now() - start) / 1000;

  if (best) t.setWeights(best.weights);
  const weightsSha256 = t.weightsSha256();
  const provenance = {
    toeplitz: VERSION,
    numerics: "strict",
    seed: String(seed),
    dataSha256: dataHash(data),
    weightsSha256,
    ...options.provenance,
  };
  const trained = await network(
    { model, classes: data.classes, preparation, weights: t.weights(), provenance },
    options.backend,
  );
  return {
    model: trained,
    epochs: history.length,
    steps: t.steps,
    seconds,
    stepMs: median(durations),
    backend: t.backend,
    parameters: parameterCount(model),
    train: brief(scoreRows(t, loss, train)),
    validation: held ? brief(scoreRows(t, loss, held)) : null,
    weightsSha256,
    history,
    aborted,
  };
}

function checkOptions(model: Model, data: Dataset, o: FitOptions): void {
  const refuse = (what: string): never => {
    throw new InputError(what);
  };
  const whole = (name: "epochs" | "steps" | "batch", value: number | undefined): void => {
    if (value !== undefined && (!Number.isInteger(value) || value < 1))
      refuse(`${name} is ${value}; it is a whole number of at least 1`);
  };
  whole("epochs", o.epochs);
  whole("steps", o.steps);
  whole("batch", o.batch);
  const { validation, optimizer, normalize, seed = 0 } = o;
  if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32))
    refuse(`seed is ${seed}; it is a whole number from 0 to 4294967295`);
  if (validation !== undefined && !(validation >= 0 && validation < 1))
    refuse(`validation is ${validation}; it is a fraction of the rows, at least 0 and below 1`);
  if (optimizer && !(optimizer.learningRate > 0 && optimizer.learningRate < Infinity))
    refuse(`the learning rate is ${optimizer.learningRate}; it is a number above 0`);
  if (normalize && !normalizations.includes(normalize))
    refuse(`normalize is ${JSON.stringify(normalize)}; it is one of ${normalizations.join(", ")}`);
  if (data.rows === 0) refuse(`${data.name} has no rows; training needs at least one`);
  if (model.input.channels !== data.channels || model.input.length !== data.length)
    refuse(
      `${data.name} has rows of ${data.channels} x ${data.length} (channels x length); the model ${model.name} takes ${model.input.channels} x ${model.input.length}`,
    );
}

/** One output a class, or a value a target. */
function checkOutputs(model: Model, data: Dataset): void {
  const layers = resolve(model);
  const { channels, length } = layers[layers.length - 1].output;
  const want = data.classes.length > 0 ? data.classes.length : data.targets.length / data.rows;
  if (channels * length !== want)
    throw new InputError(
      `the model ${model.name} has ${channels * length} outputs; ${data.name} has ${want} ${data.classes.length > 0 ? "classes" : "targets a row"}`,
    );
}

/**
 * Where a forward pass first meets a value that is no number: a parameter, or the output of a layer. The weights are
 * those before the step, since a step with such a loss changes none.
 */
async function firstNonFinite(model: Model, weights: Weights, values: Float32Array): Promise<string> {
  const finite = (x: Float32Array): boolean => x.every(Number.isFinite);
  const tensor = weights.find(({ name, data }) => !/\.(mean|variance)$/.test(name) && !finite(data));
  if (tensor) return tensor.name;
  const { channels, length } = model.input;
  const rows = values.length / (channels * length);
  const b = new GraphBuilder();
  const layers = resolve(model);
  const x = b.input("input", "sample", [1, channels, length]);
  const nodes = modelNodes(b, layers, x, "train", (name, shape) => b.input(name, "weight", shape));
  const outputs = Object.fromEntries(
    layers.flatMap(({ name }, i) => (nodes.layers[i] === x ? [] : [[`output of ${name}`, nodes.layers[i]]])),
  );
  const program = compile({ main: b.build(outputs) }, { batch: rows });
  const { floats, bits, run } = await loadProgram(program);
  writeRows(floats, bits, program, rows);
  writeSamples(floats, program.tensors.input, rows, values, rows);
  for (const { name, data } of weights)
    if (program.tensors[name]) weightView(floats, program.tensors[name]).set(data);
  run("main");
  const found = Object.keys(outputs).find(
    (name) => !finite(readSamples(floats, program.tensors[name], rows)),
  );
  return found?.replace("output of ", "") ?? "the loss";
}

const brief = ({ loss, accuracy }: Score): Score => ({ loss, accuracy });

function countRight(outputs: Float32Array, labels: ArrayLike<number>): number {
  const classes = outputs.length / labels.length;
  let right = 0;
  for (let i = 0; i < labels.length; i++)
    if (argmax(outputs.subarray(i * classes, (i + 1) * classes)) === labels[i]) right++;
  return right;
}

/** Loss and accuracy of rows in prediction mode, with the weights as they stand. */
function scoreRows(t: Trainer, loss: Loss, data: Dataset): Score {
  const outputs: number[] = [];
  for (let from = 0; from < data.rows; from += t.program.batch) {
    const rows = Array.from({ length: Math.min(t.program.batch, data.rows - from) }, (_, i) => from + i);
    outputs.push(...t.forward(gather(data, rows)));
  }
  if (loss.kind === "crossEntropy") return score(outputs, data.labels, outputs.length / data.rows);
  return scoreValues(outputs, data.targets, data);
}

function median(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
