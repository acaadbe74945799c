/**
 * A model that learns, compiled: gradients, optimizer step and prediction share one arena, where the parameters and
 * the optimizer's state are contiguous.
 */
import type { Backend, Executable } from "../backends/backend.ts";
import { samplesAt, weightView, writeRows, type Samples } from "../vector/arena.ts";
import { compile } from "../compiler/compile.ts";
import { inBlocks } from "../compiler/fast.ts";
import { laneAxis } from "../compiler/lanes.ts";
import type { Program } from "../vector/program.ts";
import type { Shape } from "../numerics/tensor.ts";
import { initialValues } from "../layers/initialise.ts";
import { firstValues } from "../layers/layer.ts";
import { RANDOM_SEED, RANDOM_STEP, resolve, type Model, type Resolved } from "../layers/model.ts";
import { chooseBackend, loadProgram, type Runtime } from "../models/runtime.ts";
import { type NamedVector, hashParameters, type Weights } from "../models/weights.ts";
import { labelsOf, NO_LABEL, targetsOf } from "../data/answers.ts";
import type { Batch, RawRows } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { oneValueNorm } from "./oneValueNorm.ts";
import type { Graph } from "../graph/ops.ts";
import { trainingGraphs } from "./graphs.ts";
import {
  gradientName,
  INPUT,
  OUTPUT,
  parameterName,
  parametersOf,
  stateName,
  statesOf,
  TARGET,
  GRADIENT,
  PARAMETERS,
  ROW_WEIGHTS,
} from "../models/graphs.ts";
import { lossInputs, losses } from "./losses.ts";
import type { Loss } from "../models/scores/loss.ts";
import { AVERAGE, optimizers, optimizerScalars, optimizerState, type AnyOptimizer } from "./optimizers.ts";
import { unscaled, type Preparation, type Unscaled } from "../models/preparation.ts";
import { inOwnUnits, standardized, type TargetScales } from "../models/targets.ts";
import { extentOf, masksAt, type MaskWriter } from "../models/masks.ts";
import { requireSize, takesOf, type Takes } from "../models/takes.ts";
import { checkFreeze } from "./transfer.ts";
import { checkRules, MASKS, masksOf, names, type UpdateRules } from "./updateRules.ts";

/** What `trainer` is given beside the model; `batch` has to be given. */
export interface TrainerOptions extends UpdateRules, Runtime {
  /** What training lowers. Default: `losses.crossEntropy()`. */
  readonly loss?: Loss;
  /** How weights follow the gradient. Default: `optimizers.adam()`. */
  readonly optimizer?: AnyOptimizer;
  /** The most rows of a step, at least 1. */
  readonly batch: number;
  /** Draws first weights and dropout: a whole number below 2^32. Default: 0. */
  readonly seed?: number;
  /** How raw rows become inputs. Default: they are taken as they are. */
  readonly preparation?: Preparation;
  /** `rows`: batches may have a weight a row (`rowWeights`), by which its terms of the loss count. Default: none has. */
  readonly weighted?: "rows";
  /**
   * `ignored`: of a class a position, positions of batches may have no label (-1), and cross-entropy is the mean over the
   * others. Default: each position has one.
   */
  readonly unlabelled?: "ignored";
  /**
   * What target values of batches are standardised by, one number an output; outputs are then in the targets' own units.
   * Default: nothing; targets and outputs are as they are.
   */
  readonly targets?: TargetScales;
}

/** What a step or its gradients give. */
export interface StepResult {
  /** The mean loss of the batch, before the step. */
  readonly loss: number;
  /** Outputs of the last layer, `[rows, outputs]`; with `targets`, in the targets' own units. */
  readonly outputs: Float32Array;
}

/**
 * A model that learns a step at a time, compiled: `fit` is a loop over one. Batches are `[rows, channels, length]` in
 * raw units.
 */
export interface Trainer {
  /** What it trains. */
  readonly model: Model;
  /** The kernels of its steps and the plan of their memory. */
  readonly program: Program;
  /** What it runs on. */
  readonly backend: Backend["name"];
  /** How many threads a step takes. */
  readonly threads: number;
  /** The rate of the next step. */
  learningRate: number;
  /** Steps taken. */
  readonly steps: number;
  /** One step: gradients, then apply. A loss that is not a number changes no parameter and is no step. */
  step(batch: Batch): StepResult;
  /** Loss, outputs and gradients of a batch, running statistics moved on; parameters stay. */
  gradients(batch: Batch): StepResult & {
    /** A copy of the gradient of each parameter, by name, in model order. */
    readonly gradients: Weights;
  };
  /** One optimizer step with the gradients that stand in the arena. */
  apply(): void;
  /** Outputs in prediction mode, `[rows, outputs]`; with `ema`, of the averaged parameters. */
  forward(batch: RawRows): Float32Array;
  /** Copies of the parameters and state: with `ema`, of the averaged parameters, unless the current ones are asked for. */
  weights(which?: "kept" | "current"): Weights;
  /** Replaces parameters and state; an average starts again from them. */
  setWeights(weights: Weights): void;
  /** SHA-256 of the (averaged) parameters in model order as little-endian float32. */
  weightsSha256(): string;
  /** Copies of everything that steps change: parameters, running statistics, the optimizer's vectors, the average. */
  snapshot(): readonly NamedVector[];
  /** Goes back to a snapshot that was taken after `steps` steps, to the same bits from there on. */
  restore(tensors: readonly NamedVector[], steps: number): void;
  /** Ends its threads and frees its code now; nothing can be run any more. A trainer that nobody uses goes by itself. */
  dispose(): void;
}

/**
 * Compiles a model for training and draws its first weights from the seed.
 *
 * @throws InputError for options out of range and a model without parameters, ModelError where the model is none
 */
export async function trainer(model: Model, options: TrainerOptions): Promise<Trainer> {
  const { loss = losses.crossEntropy(), optimizer = optimizers.adam() } = options;
  const layers = trainable(model, options);
  const graphs = trainingGraphs(layers, loss, optimizer, options);
  const [learner] = await learnersOf(model, layers, graphs, options, 1);
  return learner;
}

/** A model's layers, where it can be trained with these options; throws InputError. */
export function trainable(model: Model, options: TrainerOptions): readonly Resolved[] {
  const { batch, seed = 0 } = options;
  if (!Number.isInteger(batch) || batch < 1)
    throw new InputError(`batch is ${batch}; it is a whole number of at least 1`);
  if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32))
    throw new InputError(`seed is ${seed}; it is a whole number from 0 to 4294967295`);
  const layers = resolve(model);
  if (parametersOf(layers).length === 0)
    throw new InputError(`the model ${model.name} has no parameters to train`);
  checkRules(options);
  checkFreeze(layers, options.freeze ?? []);
  return layers;
}

/** Training graphs compiled, and so many arenas that run them, each with first weights from the seed. */
export async function learnersOf(
  model: Model,
  layers: readonly Resolved[],
  plain: Readonly<Record<string, Graph>>,
  options: TrainerOptions,
  count: number,
): Promise<Learner[]> {
  const {
    loss = losses.crossEntropy(),
    optimizer = optimizers.adam(),
    batch,
    seed = 0,
    preparation = { kind: "none" },
    targets,
  } = options;
  const parameters = parametersOf(layers);
  const inputs = lossInputs(loss, layers[layers.length - 1].output.channels);
  const backend = chooseBackend(options.backend);
  const graphs =
    options.convolution === "direct"
      ? plain
      : Object.fromEntries(Object.entries(plain).map(([name, graph]) => [name, inBlocks(graph)]));
  const program = compile(graphs, {
    batch,
    lanes: laneAxis(Object.values(graphs), batch),
    schedule: backend.schedule,
    numerics: options.numerics,
    packs: {
      [PARAMETERS]: parameters.map((p) => parameterName(p.name)),
      [GRADIENT]: parameters.map((p) => gradientName(p.name)),
    },
  });
  const learners: Learner[] = [];
  for (let k = 0; k < count; k++) {
    const executable = await loadProgram(program, options.backend, options.threads);
    const learner = new Learner(model, layers, executable, backend.name, {
      loss,
      optimizer,
      preparation,
      targets,
      unlabelled: options.unlabelled,
      rules: options,
    });
    learner.write(inputs);
    learner.initialise(seed);
    learners.push(learner);
  }
  return learners;
}

/** A trainer that shows what stands in its arena: what shards are put together from. */
export class Learner implements Trainer {
  readonly model: Model;
  readonly program: Program;
  readonly backend: Backend["name"];
  learningRate: number;
  readonly #layers: readonly Resolved[];
  readonly #executable: Executable;
  readonly #loss: Loss;
  readonly #optimizer: AnyOptimizer;
  readonly #preparation: Preparation;
  readonly #scales: TargetScales | undefined;
  readonly #rules: UpdateRules;
  readonly #samples: Readonly<Record<"input" | "target" | "output", Samples>>;
  /** Where the weights of rows go; null where rows have none. */
  readonly #rowWeights: Samples | null;
  readonly #mask: MaskWriter | null;
  readonly #unlabelled: boolean;
  #seed = 0;
  #steps = 0;

  constructor(
    model: Model,
    layers: readonly Resolved[],
    executable: Executable,
    backend: Backend["name"],
    given: {
      loss: Loss;
      optimizer: AnyOptimizer;
      preparation: Preparation;
      targets: TargetScales | undefined;
      unlabelled: "ignored" | undefined;
      rules: UpdateRules;
    },
  ) {
    this.model = model;
    this.program = executable.program;
    this.backend = backend;
    this.learningRate = given.optimizer.learningRate;
    this.#layers = layers;
    this.#executable = executable;
    this.#loss = given.loss;
    this.#optimizer = given.optimizer;
    this.#preparation = given.preparation;
    this.#scales = given.targets;
    this.#rules = given.rules;
    const samples = (name: string): Samples =>
      samplesAt(executable.floats, this.#place(name), this.program.batch);
    this.#samples = { input: samples(INPUT), target: samples(TARGET), output: samples(OUTPUT) };
    this.#mask = masksAt(executable.floats, this.program, model.input.length);
    this.#unlabelled = given.unlabelled !== undefined;
    this.#rowWeights = ROW_WEIGHTS in executable.program.tensors ? samples(ROW_WEIGHTS) : null;
  }

  get threads(): number {
    return this.#executable.threads;
  }

  dispose(): void {
    this.#executable.dispose();
  }

  get steps(): number {
    return this.#steps;
  }

  initialise(seed: number): void {
    parametersOf(this.#layers).forEach((p, i) =>
      this.view(parameterName(p.name)).set(initialValues(p.shape, p.init, seed, i)),
    );
    for (const s of statesOf(this.#layers)) this.view(stateName(s.name)).set(firstValues(s));
    for (const name of optimizerState(this.#optimizer)) this.view(name).fill(0);
    for (const mask of masksOf(this.#rules, this.#optimizer.weightDecay)) this.#writeMask(mask);
    this.#startAverage();
    this.#seed = seed;
    this.#steps = 0;
  }

  /** Named values that graphs read and nothing changes. */
  write(values: Readonly<Record<string, Float32Array>>): void {
    for (const [name, data] of Object.entries(values)) this.view(name).set(data);
  }

  #writeMask(mask: keyof typeof MASKS): void {
    const { freeze = [], decay } = this.#rules;
    const view = this.view(MASKS[mask]);
    view.fill(0);
    for (const { name } of parametersOf(this.#layers)) {
      const learns = !freeze.some((prefix) => names(prefix, name));
      const decays = decay !== "filters" || /filter$/i.test(name);
      if (learns && (mask === "learning" || decays)) this.#within(view, name).fill(1);
    }
  }

  /** A parameter's part of a vector as long as all of them. */
  #within(vector: Float32Array, parameter: string): Float32Array {
    const at = (this.#place(parameterName(parameter)).offset - this.#place(PARAMETERS).offset) / 4;
    return vector.subarray(at, at + this.view(parameterName(parameter)).length);
  }

  #startAverage(): void {
    if (this.#rules.ema !== undefined) this.view(AVERAGE).set(this.view(PARAMETERS));
  }

  /** Exchanges the parameters and their average, where there is one. */
  #exchangeAverage(): void {
    if (this.#rules.ema === undefined) return;
    const current = this.view(PARAMETERS).slice();
    this.view(PARAMETERS).set(this.view(AVERAGE));
    this.view(AVERAGE).set(current);
  }

  step(batch: Batch): StepResult {
    const result = this.#backward(batch);
    if (Number.isFinite(result.loss)) this.apply();
    return result;
  }

  gradients(batch: Batch): StepResult & { gradients: Weights } {
    const result = this.#backward(batch);
    const gradients = parametersOf(this.#layers).map(({ name, shape }) => ({
      name,
      shape,
      data: this.view(gradientName(name)).slice(),
    }));
    return { ...result, gradients };
  }

  #backward(batch: Batch): StepResult {
    this.load(batch, this.#steps);
    this.run("gradients");
    return { loss: this.view("loss")[0], outputs: this.outputs(batch.rows) };
  }

  /** Writes a batch, prepared, with its answers; `draw` is what dropout counts by beside the place of a value. */
  load(batch: Batch, draw: number): void {
    const norm = batch.rows === 1 ? oneValueNorm(this.#layers) : undefined;
    if (norm)
      throw new InputError(
        `a batch of one row gives layer ${norm.name} (batchNorm) one value a channel; it is expected more than 1 value per channel in ` +
          "training; give batches of at least 2 rows",
      );
    this.#input(batch);
    this.#samples.target.write(this.#targets(batch), batch.rows);
    this.#weigh(batch);
    this.#word(RANDOM_SEED, this.#seed);
    this.#word(RANDOM_STEP, draw);
  }

  /** Runs an entry of the program. */
  run(entry: string): void {
    this.#executable.run(entry);
  }

  #weigh({ rows, rowWeights }: Batch): void {
    if (rowWeights && rowWeights.length !== rows)
      throw new InputError(`${rowWeights.length} row weights for ${rows} rows; each row has one`);
    if (this.#rowWeights) this.#rowWeights.write(rowWeights ?? new Float64Array(rows).fill(1), rows);
    else if (rowWeights)
      throw new InputError(
        'the batch has row weights, which this trainer does not read; make it with weighted: "rows"',
      );
  }

  /** Outputs of the rows that were loaded last, as `StepResult` has them. */
  outputs(rows: number): Float32Array {
    return inOwnUnits(this.#samples.output.read(rows), this.#scales);
  }

  apply(): void {
    this.#steps++;
    const scalars = optimizerScalars(this.#optimizer, this.learningRate, this.#steps, this.#rules);
    for (const [name, value] of Object.entries(scalars)) this.view(name)[0] = value;
    this.#executable.run("apply");
  }

  forward(batch: RawRows): Float32Array {
    this.#input(batch);
    this.#exchangeAverage();
    this.#executable.run("predict");
    this.#exchangeAverage();
    return this.outputs(batch.rows);
  }

  weights(which: "kept" | "current" = "kept"): Weights {
    if (which === "kept") this.#exchangeAverage();
    const copies = this.#tensors().map(({ name, shape, at }) => ({
      name,
      shape,
      data: this.view(at).slice(),
    }));
    if (which === "kept") this.#exchangeAverage();
    return copies;
  }

  setWeights(weights: Weights): void {
    const given = new Map(weights.map((w) => [w.name, w]));
    for (const { name, shape, at } of this.#tensors()) {
      const data = given.get(name)?.data;
      const view = this.view(at);
      if (data?.length !== view.length)
        throw new InputError(
          `weights of ${name} have ${data?.length ?? "no"} values; the model wants ${shape.join(" x ")}`,
        );
      view.set(data);
    }
    this.#startAverage();
  }

  weightsSha256(): string {
    return hashParameters(this.weights(), parametersOf(this.#layers).length);
  }

  snapshot(): readonly NamedVector[] {
    return this.#changing().map((name) => ({ name, data: this.view(name).slice() }));
  }

  restore(tensors: readonly NamedVector[], steps: number): void {
    const given = new Map(tensors.map(({ name, data }) => [name, data]));
    for (const name of this.#changing()) {
      const data = given.get(name);
      const view = this.view(name);
      if (data?.length !== view.length)
        throw new InputError(
          `the snapshot has ${data?.length ?? "no"} values of ${name}, the trainer ${view.length}; restore one of the same model and options`,
        );
      view.set(data);
    }
    this.#steps = steps;
  }

  /** Names in the arena of what steps change. */
  #changing(): readonly string[] {
    return [
      PARAMETERS,
      ...statesOf(this.#layers).map(({ name }) => stateName(name)),
      ...optimizerState(this.#optimizer),
      ...(this.#rules.ema === undefined ? [] : [AVERAGE]),
    ];
  }

  #tensors(): { name: string; shape: Shape; at: string }[] {
    return [
      ...parametersOf(this.#layers).map(({ name, shape }) => ({ name, shape, at: parameterName(name) })),
      ...statesOf(this.#layers).map(({ name, shape }) => ({ name, shape, at: stateName(name) })),
    ];
  }

  #input(batch: RawRows & Pick<Batch, "prepared">): void {
    const { floats, bits } = this.#executable;
    const { input } = this.model;
    const takes: Takes = batch.prepared
      ? { ...input, lengths: "one", missing: "refused" }
      : takesOf(this.#preparation, input);
    if (batch.rows < 1 || batch.rows > this.program.batch)
      throw new InputError(`a batch of ${batch.rows} rows; this trainer takes 1 to ${this.program.batch}`);
    requireSize(batch.prepared ? { series: batch.series, rows: batch.rows } : batch, takes);
    writeRows(floats, bits, this.program, batch.rows);
    const { values, scales }: Unscaled = batch.prepared
      ? { values: batch.series, scales: null }
      : unscaled(this.#preparation, batch, input);
    this.#samples.input.write(values, batch.rows, { scales });
    this.#mask?.(extentOf(this.#preparation, batch, input), batch.rows);
  }

  /** Class probabilities (one-hot, or as they are given), or the targets as they are. */
  #targets(batch: Batch): Float64Array {
    const [, outputs, positions] = this.#place(TARGET).type.shape;
    if (this.#loss.kind !== "crossEntropy") {
      const targets = targetsOf(batch.answers);
      if (targets.length !== batch.rows * outputs * positions)
        throw new InputError(
          `${targets.length} target values; ${batch.rows} rows of ${outputs * positions} outputs want ${batch.rows * outputs * positions}`,
        );
      return this.#scales ? standardized(targets, this.#scales) : targets;
    }
    const values = new Float64Array(batch.rows * outputs * positions);
    if (batch.soft) {
      if (batch.soft.length === values.length) return batch.soft;
      throw new InputError(
        `${batch.soft.length} class probabilities; ${batch.rows} rows of ${outputs} x ${positions} outputs want ${values.length}`,
      );
    }
    const labels = labelsOf(batch.answers);
    if (labels.length !== batch.rows * positions)
      throw new InputError(`${labels.length} labels for ${batch.rows * positions} outputs; each has one`);
    labels.forEach((label, i) => {
      if (label === NO_LABEL && this.#unlabelled) return;
      if (label < 0 || label >= outputs)
        throw new InputError(`label ${label} of a model with ${outputs} outputs`);
      values[(Math.floor(i / positions) * outputs + label) * positions + (i % positions)] = 1;
    });
    return values;
  }

  #place(name: string): Program["tensors"][string] {
    return this.program.tensors[name];
  }

  /** A weight of the program as it stands in the arena. */
  view(name: string): Float32Array {
    return weightView(this.#executable.floats, this.#place(name));
  }

  /** Writes a whole number as the bits of a scalar, where the program has it: it draws random numbers. */
  #word(name: string, value: number): void {
    const place = this.program.tensors[name] as Program["tensors"][string] | undefined;
    if (place) this.#executable.bits[place.offset / 4] = value;
  }
}
