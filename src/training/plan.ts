/**
 * What a run is, resolved once: the parts of the data, the steps of the preparation, the recipe in force, how long it is,
 * and the identity by which it is known again. `fit`, ensembles, cross-validation, `reproduce` and the command line take
 * plans; nobody after them asks again what was asked for.
 *
 * In two stages, since a model is built for what the preparation makes of the rows: `planRows` says what that is, and
 * `planRun` joins rows and model.
 */
import { hasClasses } from "../data/answers.ts";
import { alignClasses, requireTrainable } from "../data/classes.ts";
import { dataHash } from "../data/dataHash.ts";
import type { Dataset } from "../data/dataset.ts";
import { matchChannels } from "../data/matchChannels.ts";
import { InputError } from "../data/errors.ts";
import { holdOut } from "../data/split.ts";
import type { Task } from "../layers/architectures/task.ts";
import { resolve, type Model } from "../layers/model.ts";
import type { Network } from "../models/network.ts";
import {
  fitPreparation,
  prepareSteps,
  preparedTask,
  resolvePrepare,
  type Preparation,
  type PrepareOptions,
} from "../models/preparation.ts";
import {
  boundedBy,
  fitTargets,
  targetUnits,
  type TargetScales,
  type TargetUnits,
} from "../models/targets.ts";
import type { Loss } from "../models/scores/loss.ts";
import { requireData, takesOf } from "../models/takes.ts";
import { requireSame } from "./checkpoint.ts";
import {
  checkInput,
  checkLabelledPositions,
  checkOptions,
  checkOutputs,
  checkPaddedAugment,
} from "./fitChecks.ts";
import { identityOf } from "./identity.ts";
import { settledLoss } from "./classWeights.ts";
import { lossByAnswers } from "./losses.ts";
import { checkBatchNorms } from "./oneValueNorm.ts";
import { optimizers } from "./optimizers.ts";
import { alone } from "./ranks.ts";
import { checkShards } from "./shards.ts";
import { fitDefaults, type FitOptions } from "./run.ts";
import { schedules } from "./schedules.ts";
import type { Checkpoint, Identity, RunState } from "./state.ts";

/** The rows of a run, in parts, and what is done to them. */
export interface PlannedRows {
  /** All rows that the run was given, with their channels in the order of what it goes on from. */
  readonly data: Dataset;
  /** Those that are learned from, and those held back for validation. */
  readonly train: Dataset;
  readonly held: Dataset | null;
  /** Rows of their own to validate on, with their channels in the order of `data`. */
  readonly validation: Dataset | null;
  /** The steps of the preparation beside normalisation. */
  readonly prepare: PrepareOptions;
  /** The preparation of the network that the run starts from, where it is kept. */
  readonly kept: Preparation | null;
  /** What a model has to be built for. */
  readonly task: Required<Task>;
}

/** What decides a run's rows. */
export type RowOptions = Pick<FitOptions, "validation" | "split" | "seed" | "prepare" | "normalize" | "init">;

/** What `fit` is given, with nothing left out. */
type Resolved = Required<
  Pick<FitOptions, "loss" | "optimizer" | "schedule" | "batch" | "seed" | "keep" | "monitor" | "steps">
>;

export interface Plan extends PlannedRows {
  readonly model: Model;
  readonly options: FitOptions & Resolved;
  /** Steps of an epoch. */
  readonly perEpoch: number;
  readonly preparation: Preparation;
  /** What target values are standardised by, fitted on the rows that are learned from; absent where they are raw. */
  readonly targets?: TargetScales;
  readonly identity: Identity;
  /** The state that the run goes on from. */
  readonly from: RunState | null;
}

/**
 * The rows of a run. Channels are put into the order of the state or network that it goes on from. Throws InputError for
 * options that are out of range, data that nothing can be learned from, and channels of other names.
 */
export function planRows(given: Dataset, options: RowOptions & FitOptions = {}): PlannedRows {
  checkOptions(given, options);
  const data = inOrderOfStart(given, options);
  // a trained network may learn on from rows of one of its classes; planRun sees whether it does. What goes on has begun
  if (!isNetwork(options.init) && !options.resume) requireTrainable(data);
  const { validation, seed = fitDefaults.seed, split } = options;
  const own =
    typeof validation === "object"
      ? matchChannels(data.channelNames, validation, "the training rows").data
      : null;
  const parts =
    typeof validation === "number" && validation > 0
      ? holdOut(data, validation, seed, split)
      : { train: data, held: own && (hasClasses(data.answers.kind) ? alignClasses(data, own) : own) };
  const kept = keptPreparation(options);
  const prepare = kept ? prepareSteps(kept) : resolvePrepare(data, options.prepare);
  return { data, ...parts, validation: own, prepare, kept, task: preparedTask(data, prepare) };
}

/** The rows with their channels in the order of what the run starts from, as far as that has names. */
function inOrderOfStart(data: Dataset, { init, resume }: RowOptions & FitOptions): Dataset {
  const [names, whose] = resume
    ? [resume.members.at(0)?.channelNames, "the checkpoint"]
    : [init && "channelNames" in init ? init.channelNames : undefined, "the network to start from"];
  return matchChannels(names, data, whose).data;
}

/** The preparation of the network to start from, where the options ask for no other. */
function keptPreparation({ init, normalize, prepare }: RowOptions): Preparation | null {
  return init && "preparation" in init && normalize === undefined && prepare === undefined
    ? init.preparation
    : null;
}

/** A model's run on its rows. Throws InputError where they, or a state to go on from, do not go together. */
export function planRun(model: Model, planned: PlannedRows, options: FitOptions = {}): Plan {
  const rows = rowsOfStart(model, planned, options.init);
  const { data, train, prepare } = rows;
  checkOutputs(model, data);
  checkLabelledPositions(data, prepare);
  checkPaddedAugment(model, options.augment ?? [], prepare);
  const batch = Math.min(options.batch ?? fitDefaults.batch, train.rows);
  const perEpoch = Math.ceil(train.rows / batch);
  const resolved: Resolved = {
    loss: settledLoss(options.loss ?? lossByAnswers[data.answers.kind], train),
    optimizer: options.optimizer ?? optimizers.adam(),
    schedule: options.schedule ?? schedules.constant(),
    batch,
    seed: options.seed ?? fitDefaults.seed,
    keep: options.keep ?? "last",
    monitor: options.monitor ?? "loss",
    steps: options.steps ?? (options.epochs ?? fitDefaults.epochs) * perEpoch,
  };
  const { shards = 1, syncBatchNorm, ranks = alone } = options;
  if (shards !== 1 || ranks.size > 1) checkShards(shards, batch, ranks);
  if (syncBatchNorm && shards === 1)
    throw new InputError(
      "syncBatchNorm is of batches in shards, and there is one; give shards too, or leave it out",
    );
  checkBatchNorms(model, train.rows, batch, syncBatchNorm ? 1 : shards);
  const units = unitsOf(model, rows, { ...options, loss: resolved.loss });
  const own = { ...options, ...resolved, targets: units, prepare: options.prepare && prepare };
  const { channelNames } = data;
  const identity = {
    ...identityOf(model, dataHash(data), { ...own, validation: rows.validation ?? own.validation }),
    ...(channelNames && { channelNames }),
  };
  const from = options.resume ? onlyMember(options.resume) : null;
  if (from) requireSame(from, identity);
  const preparation = from?.preparation ?? preparationOf(model, rows, options);
  if (rows.validation) requireData(rows.validation, takesOf(preparation, model.input));
  const targets = from ? from.targets : scalesOf(units, rows, options);
  return {
    ...rows,
    model,
    options: own,
    perEpoch,
    preparation,
    targets,
    identity,
    from,
  };
}

/** The network to start from, where the units of its targets are kept: they are as many, and nobody asks for others. */
function keepsTargets({ data: { answers } }: PlannedRows, { init, targets }: FitOptions): Network | null {
  if (answers.kind !== "values" || targets !== undefined || !init || !("preparation" in init)) return null;
  const isSame = init.answers === "values" && outputsOf(init.model) === answers.outputs;
  return isSame ? init : null;
}

function outputsOf(model: Model): number {
  const layers = resolve(model);
  const { channels, length } = layers[layers.length - 1].output;
  return channels * length;
}

/**
 * The units in which the targets of rows are learned; undefined where they have none, and where those of the network to
 * start from are kept. Throws InputError for units that do not go with the rows or the loss.
 */
export function unitsOf(
  model: Model,
  rows: PlannedRows,
  options: FitOptions & { readonly loss: Loss },
): TargetUnits | undefined {
  const { name, answers } = rows.data;
  const { loss, targets: given } = options;
  if (given !== undefined && !targetUnits.includes(given))
    throw new InputError(`targets is ${JSON.stringify(given)}; it is one of ${targetUnits.join(", ")}`);
  if (answers.kind !== "values") {
    if (given === undefined) return undefined;
    throw new InputError(
      `targets is ${JSON.stringify(given)}, but rows of ${name} have no target values; leave it out`,
    );
  }
  if (keepsTargets(rows, options)) return undefined;
  const ofLogits = loss.kind === "crossEntropy" || loss.kind === "binaryCrossEntropy";
  if (ofLogits && given === "standardize")
    throw new InputError(
      `targets is "standardize", but the loss ${loss.kind} is of probabilities as they are; leave it out`,
    );
  return given ?? (ofLogits || boundedBy(model) !== null ? "raw" : "standardize");
}

/** Those that are kept, or new ones. */
function scalesOf(
  units: TargetUnits | undefined,
  rows: PlannedRows,
  options: FitOptions,
): TargetScales | undefined {
  const { answers } = rows.train;
  if (units === "standardize" && answers.kind === "values") return fitTargets(answers);
  return keepsTargets(rows, options)?.targets;
}

const isNetwork = (init: FitOptions["init"]): init is Network => init !== undefined && "weights" in init;

/**
 * Rows of some of the classes of the network that the run starts from, where the model has an output for each of them: their
 * labels count as that network's classes do, so that its head goes on as it is. Other rows stay as they are.
 */
function rowsOfStart(model: Model, rows: PlannedRows, init: FitOptions["init"]): PlannedRows {
  if (!isNetwork(init)) return rows;
  const { data } = rows;
  const layers = resolve(model);
  const { channels, length } = layers[layers.length - 1].output;
  const outputs = data.answers.kind === "positions" ? channels : channels * length;
  const own = init.classes;
  const known = own.length === outputs && data.classes.every((name) => own.includes(name));
  const isSame = own.length === data.classes.length && own.every((name, k) => data.classes[k] === name);
  if (!hasClasses(data.answers.kind) || !known) {
    requireTrainable(data);
    return rows;
  }
  if (isSame) return rows;
  const aligned = (part: Dataset): Dataset => alignClasses({ name: model.name, classes: own }, part);
  return {
    ...rows,
    data: aligned(data),
    train: aligned(rows.train),
    held: rows.held && aligned(rows.held),
    validation: rows.validation && aligned(rows.validation),
  };
}

/** The same run from another seed, or from a state. */
export function planAgain(plan: Plan, seed: number, from: RunState | null): Plan {
  const { identity: as, options } = plan;
  const identity = { ...as, settings: { ...as.settings, seed } };
  if (from) requireSame(from, identity);
  return {
    ...plan,
    options: { ...options, seed },
    identity,
    from,
    preparation: from?.preparation ?? plan.preparation,
    targets: from ? from.targets : plan.targets,
  };
}

/** The kept one, or a new one: its steps follow from all rows, its statistics from those that are learned from. */
function preparationOf(
  model: Model,
  { data, train, kept, prepare }: PlannedRows,
  o: FitOptions,
): Preparation {
  checkInput(model, data, prepare);
  if (!kept) return fitPreparation(o.normalize ?? "channel", train, prepare);
  requireData(data, takesOf(kept, model.input));
  return kept;
}

/** The state of a single network. */
function onlyMember({ members }: Checkpoint): RunState {
  if (members.length === 1) return members[0];
  throw new InputError(
    `the checkpoint is of an ensemble (${members.length} members); go on with it by fitEnsemble`,
  );
}
