/**
 * toeplitz: 1-D convolutional networks. The isomorphic core: runs unchanged in Node and browsers.
 *
 * @module toeplitz
 */

/**
 * What models are written with: a function a layer kind, which adds a layer behind its input, and named blocks of them.
 * Each throws ModelError for an option that is unknown or out of range, and for inputs of different models.
 */
export * as layers from "./layers/functions.ts";
export { model, type Tensor } from "./layers/functions.ts";
export type { Signal } from "./layers/layer.ts";
export type { Options as LayerOptions, OptionValue } from "./layers/options.ts";
export { checkModel, ModelError, parameterCount, type LayerSpec, type Model } from "./layers/model.ts";
export { ignorePadding } from "./layers/ignorePadding.ts";
export { summary, type LayerSummary, type Summary } from "./layers/summary.ts";
/** Published networks by name: each is a function of the data (`architectures.fcn(train)`) that gives a model as plain data. */
export * as architectures from "./layers/architectures/index.ts";
export type { Answered, Task } from "./layers/architectures/task.ts";
export {
  chunks,
  dataset,
  gather,
  readRow,
  rowsOf,
  type Batch,
  type Dataset,
  type DatasetFields,
  type RawRows,
  type Source,
  type Spans,
} from "./data/dataset.ts";
export { chooseChannels, matchChannels, type Matched } from "./data/matchChannels.ts";
export { fromArrays, type Arrays, type Row } from "./data/fromArrays.ts";
export { intervals, type Interval } from "./data/intervals.ts";
export { ettHourly, windows, type WindowOptions, type Windows } from "./data/windows.ts";
export { slidingWindows, type SlidingOptions } from "./data/slidingWindows.ts";
export { mnist1d, type Mnist1dOptions } from "./data/mnist1d.ts";
export { parseDataset, type ParseOptions } from "./readers/read.ts";
export { readFiles, type DataFile, type ReadFilesOptions } from "./readers/readFiles.ts";
export type { Parts as DataParts } from "./readers/numpyData.ts";
export { annotationsText } from "./readers/annotationsText.ts";
export {
  annotatedIntervals,
  labelsAt,
  parseAnnotations,
  type AnnotationOptions,
  type LabelsAtOptions,
} from "./readers/annotations.ts";
export { parseEdf } from "./readers/edf.ts";
export { parseWfdb, parseWfdbHeader, type WfdbHeader, type WfdbSignal } from "./readers/wfdb.ts";
export type { Annotation, Annotations, AnnotationUnit, SignalOptions, Signals } from "./readers/signals.ts";
export type { WfdbKind } from "./readers/wfdbAnnotations.ts";
export { csvColumns, readCsv, type CsvColumns, type ReadCsvOptions } from "./readers/csv/readCsv.ts";
export type { ColumnRole, TableColumn, TableColumns } from "./readers/tables/tableColumns.ts";
export { positionsOf, type Positions } from "./data/durations.ts";
export type { CsvOptions, Separator } from "./readers/csv/dialect.ts";
export type { TableOptions } from "./readers/tables/columns.ts";
export type { Axes } from "./readers/numpyData.ts";
export type { AnswerWord } from "./readers/numpyAnswers.ts";
export { InputError } from "./data/errors.ts";
export { losses } from "./training/losses.ts";
export type {
  BinaryCrossEntropyOptions,
  CrossEntropyOptions,
  HuberOptions,
  Loss,
} from "./models/scores/loss.ts";
export {
  optimizers,
  type AnyOptimizer,
  type Optimizer,
  type AdamOptions,
  type RmsProp,
  type RmsPropOptions,
  type SgdOptions,
} from "./training/optimizers.ts";
/**
 * Metrics in f64, of predictions against what is true, as scikit-learn defines them; one that is not defined (no rows, one
 * class alone for AUROC) is NaN.
 */
export * as metrics from "./models/scores/metrics.ts";
export { type Augmentation } from "./training/augment.ts";
export { type AnswerKind, type Answers } from "./data/answers.ts";
export type { Monitor, PatienceState } from "./training/monitor.ts";
export { type UpdateRules } from "./training/updateRules.ts";
export {
  schedules,
  type Plateau,
  type PlateauState,
  type Schedule,
  type StepOptions,
  type ExponentialOptions,
  type CosineOptions,
  type OneCycleOptions,
  type PlateauOptions,
  type Warmup,
} from "./training/schedules.ts";
export {
  preparedTask,
  type Normalization,
  type Normalizer,
  type Pad,
  type Preparation,
  type PrepareOptions,
} from "./models/preparation.ts";
export type { TargetScales, TargetUnits } from "./models/targets.ts";
export type { Fill, LineSteps, Place } from "./models/lines.ts";
export { type Takes } from "./models/takes.ts";
export { trainer } from "./training/trainer.ts";
export type { StepResult, Trainer, TrainerOptions } from "./training/trainerApi.ts";
export type { Runtime } from "./models/runtime.ts";
export type { Numerics } from "./vector/program.ts";
export type { Backend } from "./backends/backend.ts";
export type { BackendChoice } from "./backends/choose.ts";
export type { NamedVector, Weights } from "./models/weights.ts";
export type { Shape } from "./numerics/tensor.ts";
export type {
  Checkpoint,
  CheckpointOptions,
  Identity as RunIdentity,
  Progress as RunProgress,
  RunState,
} from "./training/state.ts";
export { decodeCheckpoint, encodeCheckpoint } from "./formats/checkpointFile.ts";
export {
  ownModelRecipe,
  recipes,
  type Architecture,
  type ArchitectureName,
  type Recipe,
} from "./training/recipes.ts";
export { recipeRows as recipeOptions, type RecipeFlags } from "./training/options/recipeRows.ts";
export { takesValue, type ModelKind, type Row as RecipeOption } from "./training/options/option.ts";
export {
  modelKindOf,
  readRecipe,
  recipeRun,
  type RecipeRun,
  type RecipeRunGiven,
} from "./training/recipeRun.ts";
export { aboutOthers, defaultModel } from "./training/options/modelNames.ts";
export { defaultLoss } from "./training/options/lossOption.ts";
export { fit } from "./training/fit.ts";
export { DivergedError, type Diverged } from "./training/diverged.ts";
export type { BackSignals, Epoch, EpochEvent, Score, StepEvent } from "./training/history.ts";
export type { EpochState, FitOptions, Run } from "./training/run.ts";
export { RankError, type PendingSum, type RankPart, type Ranks } from "./training/ranks.ts";
export type { Span } from "./training/shardTree.ts";
export type { RunEntry, RunList, RunLog, RunScore, RunStateName } from "./training/runsApi.ts";
export {
  network,
  type Embedding,
  type Evaluation,
  type Network,
  type NetworkFields,
  type Prediction,
  type Sample,
} from "./models/network.ts";
export type { Stream } from "./models/stream/engineStream.ts";
export type { StreamOptions } from "./models/stream/stream.ts";
export {
  events,
  scoreEvents,
  type EventOptions,
  type Events,
  type EventScore,
  type Said,
  type StreamEvent,
} from "./models/stream/events.ts";
export type { StreamAnswer, StreamAnswers } from "./models/stream/answers.ts";
export { JoinedIntervals, type JoinedInterval } from "./models/joinedIntervals.ts";
export type { Predictions } from "./models/predictions.ts";
export { ensemble, type Ensemble, type EnsembleFields } from "./models/ensemble.ts";
export {
  calibrate,
  fitTemperature,
  knownFromUnknown,
  reliabilityOf,
  unknownThreshold,
  type Classifier,
  type Separation,
  type UnknownOptions,
  type UnknownThreshold,
} from "./models/calibrate.ts";
export { evaluateGroups, type GroupEvaluation } from "./models/scores/byGroup.ts";
export {
  learningRateRange,
  type RateCurve,
  type RateRange,
  type RateRangeOptions,
} from "./training/learningRateRange.ts";
export { diagnose, type DiagnoseOptions, type Finding } from "./inspect/health/diagnose.ts";
export {
  deadUnits,
  type DeadKind,
  type DeadUnitOptions,
  type DeadUnits,
} from "./inspect/health/deadUnits.ts";
export {
  filterResponse,
  type LayerResponse,
  type OneResponse,
  type ResponseOptions,
} from "./inspect/health/filterResponse.ts";
export { plane, type Plane } from "./inspect/health/plane.ts";
export {
  fitEnsemble,
  type EnsembleOptions,
  type EnsembleRun,
  type OfMember,
} from "./training/fitEnsemble.ts";
export {
  crossValidate,
  type CrossValidation,
  type CrossValidationOptions,
  type FoldRun,
} from "./training/crossValidate.ts";
export { sweep, type BuildTrial, type Sweep, type SweepOptions } from "./training/sweep/sweepModels.ts";
export { defaultSpace as defaultSweepSpace } from "./training/sweep/defaultSpaces.ts";
export type {
  Choice as SweepChoice,
  Parameter as SweepParameter,
  Point as SweepPoint,
  Range as SweepRange,
  Space as SweepSpace,
  Value as SweepValue,
  Values as SweepValues,
} from "./training/sweep/space.ts";
export type { SamplerName } from "./training/sweep/samplers.ts";
export type { Importance as SweepImportance } from "./training/sweep/importance.ts";
export type {
  Finished as SweepFinished,
  Searched,
  SweepHooks,
  Trial as SweepTrial,
} from "./training/sweep/sweep.ts";
export type {
  Executor as SweepExecutor,
  Job as SweepJob,
  Outcome as SweepOutcome,
  States as SweepStates,
} from "./training/sweep/trial.ts";
export type { Rung as SweepRung } from "./training/sweep/halving.ts";
export { foldRows, splitRows, type Parts, type SplitBy, type SplitRule } from "./data/split.ts";
export { baselines, type Baselines } from "./training/baselines.ts";
export { miniRocket, multiRocketHydra, type RocketOptions, type RocketSolver } from "./training/rocket.ts";
export { chooseModel, type Choice, type ChooseOptions, type Trial } from "./training/autoModel.ts";
export type { StreamedLook } from "./training/streamedHead.ts";
export type { Rocket, RocketFields } from "./models/rocket/rocket.ts";
export type { RocketName, RocketTransform } from "./models/rocket/transforms.ts";
export type { BiasedKernels } from "./models/rocket/biasedKernels.ts";
export type { Hydra } from "./models/rocket/hydra.ts";
export type { FeaturePlan } from "./models/rocket/kernels.ts";
export type { MiniRocketTransform } from "./models/rocket/minirocket.ts";
export type { MultiRocketHydraTransform } from "./models/rocket/multirocketHydra.ts";
export { load, type LoadOptions } from "./formats/load.ts";
export { encodeModel, type AnyModel, type ModelFields } from "./formats/modelFile.ts";
export {
  exporters,
  type Exported,
  type Exporter,
  type ExportOptions,
  type ExportOrder,
} from "./export/exporters.ts";
export { encodeOnnx, type OnnxOptions } from "./formats/onnx/encode.ts";
export { decodeOnnx, type Imported, type ImportOptions } from "./formats/onnx/decode.ts";
export type { External } from "./formats/onnx/tensors.ts";
export { attribute, attributor, type Attributable, type Attributor } from "./inspect/attribute/attribute.ts";
export type {
  AttributeOptions,
  Attribution,
  AttributionMethod,
  Completeness,
} from "./inspect/attribute/types.ts";
export type { PositionAxis } from "./inspect/attribute/rows.ts";
export type { Quantity } from "./inspect/attribute/target.ts";
export { receptiveField, type ReceptiveField } from "./inspect/attribute/receptiveField.ts";
export { stretches, type Stretch } from "./inspect/attribute/stretches.ts";
export { explain, type ExplainOptions, type Explanation, type LayerExplanation } from "./inspect/explain.ts";
export type {
  ConvolutionExplanation,
  FilterGradient,
  PairNumbers,
  SlopeWay,
  TransposeReadings,
} from "./inspect/derivation.ts";
export { entryFormula, type MatrixView } from "./inspect/matrices.ts";
export type { BlockExplanation } from "./inspect/blocks.ts";
export type { AnsweredRows, Statistics } from "./inspect/lossGraph.ts";
export { explanationHtml } from "./inspect/explainHtml.ts";
export { explanationLatex } from "./inspect/explainLatex.ts";
export { explanationText, type TextOptions } from "./inspect/explainText.ts";
export { certify, type Certificate, type CertifyOptions, type TensorCertificate } from "./inspect/certify.ts";
export { certificateText } from "./inspect/certificateText.ts";
export { VERSION } from "./models/version.ts";
