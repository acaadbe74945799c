/**
 * toeplitz: 1-D convolutional networks. The isomorphic core: runs unchanged in Node and browsers.
 *
 * @module toeplitz
 */
export * as layers from "./layers/functions.ts";
export { model, type Tensor } from "./layers/functions.ts";
export { checkModel, ModelError, parameterCount, type LayerSpec, type Model } from "./layers/model.ts";
export type { Options, OptionValue, Signal } from "./layers/layer.ts";
export { summary, type LayerSummary, type Summary } from "./layers/summary.ts";
export * as architectures from "./layers/architectures/index.ts";
export {
  chunks,
  dataset,
  gather,
  rowsOf,
  type Batch,
  type Dataset,
  type DatasetFields,
  type RawRows,
  type Source,
  type Spans,
} from "./data/dataset.ts";
export { fromArrays, type Arrays } from "./data/fromArrays.ts";
export { ettHourly, windows, type WindowOptions, type Windows } from "./data/windows.ts";
export { mnist1d } from "./data/mnist1d.ts";
export { parseDataset } from "./readers/read.ts";
export { InputError } from "./data/errors.ts";
export { losses } from "./training/losses.ts";
export type { Loss } from "./models/scores/loss.ts";
export { optimizers, type AnyOptimizer, type Optimizer, type RmsProp } from "./training/optimizers.ts";
export * as metrics from "./models/scores/metrics.ts";
export { type Augmentation } from "./training/augment.ts";
export { type Answers } from "./data/answers.ts";
export { type Monitor } from "./training/monitor.ts";
export { type UpdateRules } from "./training/updateRules.ts";
export { schedules, type Plateau, type Schedule } from "./training/schedules.ts";
export {
  preparedTask,
  type Normalization,
  type Preparation,
  type PrepareOptions,
} from "./models/preparation.ts";
export { type Takes } from "./models/takes.ts";
export { trainer, type StepResult, type Trainer, type TrainerOptions } from "./training/trainer.ts";
export type { Shape } from "./numerics/tensor.ts";
export type { Numerics } from "./vector/program.ts";
export type { Runtime } from "./models/runtime.ts";
export type { Backend } from "./backends/backend.ts";
export type { BackendChoice } from "./backends/choose.ts";
export { type NamedVector, type Weights } from "./models/weights.ts";
export type { Checkpoint, CheckpointOptions, RunState } from "./training/state.ts";
export { decodeCheckpoint, encodeCheckpoint } from "./formats/checkpointFile.ts";
export { DivergedError, fit } from "./training/fit.ts";
export type { EpochEvent, Score, StepEvent } from "./training/history.ts";
export type { EpochState, FitOptions, Run } from "./training/run.ts";
export {
  network,
  type Evaluation,
  type Network,
  type NetworkFields,
  type Prediction,
  type Sample,
} from "./models/network.ts";
export { ensemble, type Ensemble, type EnsembleFields } from "./models/ensemble.ts";
export { fitEnsemble, type EnsembleOptions, type EnsembleRun } from "./training/fitEnsemble.ts";
export {
  crossValidate,
  type CrossValidation,
  type CrossValidationOptions,
  type FoldRun,
} from "./training/crossValidate.ts";
export { foldRows, splitRows, type Parts, type SplitBy, type SplitRule } from "./data/split.ts";
export { baselines, type Baselines } from "./training/baselines.ts";
export { miniRocket, type MiniRocketOptions } from "./training/minirocket.ts";
export type { MiniRocket, MiniRocketFields } from "./models/minirocket/minirocket.ts";
export { encodeModel, load, type AnyModel, type ModelFields } from "./formats/modelFile.ts";
export { VERSION } from "./models/version.ts";
