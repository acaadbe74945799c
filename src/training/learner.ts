/** A trainer over one executable, which shows what stands in its arena: a whole batch's, or a shard's. */
import type { Backend, Executable } from "../backends/backend.ts";
import { samplesAt, weightView, writeRows, type Samples } from "../vector/arena.ts";
import type { Program } from "../vector/program.ts";
import type { Shape } from "../numerics/tensor.ts";
import { initialValues } from "../layers/initialise.ts";
import { firstValues } from "../layers/layer.ts";
import { RANDOM_SEED, RANDOM_STEP, type Model, type Resolved } from "../layers/model.ts";
import { type NamedVector, hashParameters, type Weights } from "../models/weights.ts";
import { labelsOf, NO_LABEL, targetsOf } from "../data/answers.ts";
import type { Batch, RawRows } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { oneValueNorm } from "./oneValueNorm.ts";
import {
  gradientName,
  INPUT,
  OUTPUT,
  parameterName,
  parametersOf,
  stateName,
  statesOf,
  TARGET,
  PARAMETERS,
  ROW_WEIGHTS,
} from "../models/graphs.ts";
import type { Loss } from "../models/scores/loss.ts";
import { AVERAGE, optimizerScalars, optimizerState, type AnyOptimizer } from "./optimizers.ts";
import { unscaled, type Preparation, type Unscaled } from "../models/preparation.ts";
import { inOwnUnits, standardized, type TargetScales } from "../models/targets.ts";
import { extentOf, masksAt, type MaskWriter } from "../models/masks.ts";
import { requireSize, takesOf, type Takes } from "../models/takes.ts";
import { MASKS, masksOf, names, type UpdateRules } from "./updateRules.ts";

import type { StepResult, Trainer } from "./trainerApi.ts";

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
    const norm = batch.rows === 1 ? oneValueNorm(this.#layers) : undefined;
    if (norm)
      throw new InputError(
        `a batch of one row gives layer ${norm.name} (batchNorm) one value a channel; it is expected more than 1 value per channel in ` +
          "training; give batches of at least 2 rows",
      );
    this.load(batch, this.#steps);
    this.run("gradients");
    return { loss: this.view("loss")[0], outputs: this.outputs(batch.rows) };
  }

  /** Writes a batch, prepared, with its answers; `draw` is what dropout counts by beside the place of a value. */
  load(batch: Batch, draw: number): void {
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
