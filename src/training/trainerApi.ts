/** What a trainer is, and what one is made from. */
import type { Backend } from "../backends/backend.ts";
import type { Program } from "../vector/program.ts";
import type { Model } from "../layers/model.ts";
import type { Runtime } from "../models/runtime.ts";
import type { NamedVector, Weights } from "../models/weights.ts";
import type { Batch, RawRows } from "../data/dataset.ts";
import type { Loss } from "../models/scores/loss.ts";
import type { AnyOptimizer } from "./optimizers.ts";
import type { Preparation } from "../models/preparation.ts";
import type { TargetScales } from "../models/targets.ts";
import type { UpdateRules } from "./updateRules.ts";

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
