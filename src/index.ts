/** toeplitz: 1-D convolutional networks. The isomorphic core: runs unchanged in Node and browsers. */
export * as layers from "./layers/functions.ts";
export { model, type Tensor } from "./layers/functions.ts";
export { checkModel, ModelError, parameterCount, type LayerSpec, type Model } from "./layers/model.ts";
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
  type Source,
  type Spans,
} from "./training/dataset.ts";
export { fromArrays } from "./data/fromArrays.ts";
export { ettHourly, windows, type WindowOptions, type Windows } from "./data/windows.ts";
export { mnist1d } from "./data/mnist1d.ts";
export { parseDataset } from "./data/read.ts";
export { InputError } from "./training/errors.ts";
export { losses, type Loss } from "./training/losses.ts";
export { optimizers, type AnyOptimizer, type Optimizer } from "./training/optimizers.ts";
export * as metrics from "./training/metrics.ts";
export { type Augmentation } from "./training/augment.ts";
export { type Answers } from "./training/answers.ts";
export { type Monitor } from "./training/monitor.ts";
export { type UpdateRules } from "./training/updateRules.ts";
export { schedules, type Schedule } from "./training/schedules.ts";
export {
  preparedTask,
  type Normalization,
  type Preparation,
  type PrepareOptions,
} from "./training/preparation.ts";
export { type Takes } from "./training/takes.ts";
export { trainer, type StepResult, type Trainer, type TrainerOptions } from "./training/trainer.ts";
export { type BackendChoice, type Runtime } from "./training/backends.ts";
export { type Weights } from "./training/weights.ts";
export { type Checkpoint, type CheckpointOptions, type RunState } from "./training/checkpoint.ts";
export { decodeCheckpoint, encodeCheckpoint } from "./formats/checkpointFile.ts";
export {
  DivergedError,
  fit,
  type EpochEvent,
  type FitOptions,
  type Run,
  type Score,
  type StepEvent,
} from "./training/fit.ts";
export {
  network,
  type Evaluation,
  type Network,
  type NetworkFields,
  type Prediction,
  type Sample,
} from "./training/network.ts";
export { ensemble, type Ensemble } from "./training/ensemble.ts";
export { fitEnsemble, type EnsembleOptions, type EnsembleRun } from "./training/fitEnsemble.ts";
export {
  crossValidate,
  type CrossValidation,
  type CrossValidationOptions,
  type FoldRun,
} from "./training/crossValidate.ts";
export { foldRows, splitRows, type Parts, type SplitBy, type SplitRule } from "./training/split.ts";
export { baselines, type Baselines } from "./training/baselines.ts";
export { miniRocket, type MiniRocket, type MiniRocketOptions } from "./training/minirocket.ts";
export { encodeModel, load, type AnyModel } from "./formats/modelFile.ts";
export { VERSION } from "./training/version.ts";
