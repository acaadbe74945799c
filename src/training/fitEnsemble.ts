/** Trains an ensemble: the same model from several seeds, one after another. */
import type { Task } from "../layers/architectures/task.ts";
import type { Model } from "../layers/model.ts";
import type { CheckpointOptions, RunState } from "./state.ts";
import { alignClasses } from "../data/classes.ts";
import { dataHash } from "../data/dataHash.ts";
import type { Dataset } from "../data/dataset.ts";
import { ensemble, hashMembers, type Ensemble } from "../models/ensemble.ts";
import { InputError } from "../data/errors.ts";
import { brief, fit } from "./fit.ts";
import type { EpochEvent, Score, StepEvent } from "./history.ts";
import { fitDefaults, type FitOptions, type Run } from "./run.ts";
import { median } from "../numerics/median.ts";
import { checkInput, checkOptions, checkOutputs } from "./fitChecks.ts";
import { preparedTask, resolvePrepare } from "../models/preparation.ts";
import { holdOut } from "../data/split.ts";
import { VERSION } from "../models/version.ts";

/** InceptionTime's. */
export const DEFAULT_MEMBERS = 5;

/** Which member an event is of, from 1, of how many. */
export interface OfMember {
  readonly member: number;
  readonly members: number;
}

export interface EnsembleOptions extends Omit<FitOptions, "init" | "reinit" | "onEpoch" | "onStep"> {
  /** How many networks; 5. */
  readonly members?: number;
  /** Epochs and steps count from the start of the member. */
  readonly onEpoch?: (event: EpochEvent & OfMember) => void;
  readonly onStep?: (event: StepEvent & OfMember) => void;
}

/**
 * As `Run`: epochs, steps, seconds and parameters are sums over the members, `stepMs` is the median of their medians, `train`
 * and `validation` are of the ensemble (what its `evaluate` gives), and `weightsSha256` is the ensemble's. `stoppedEarly`: patience ended each of them.
 */
export interface EnsembleRun extends Omit<Run, "model" | "history"> {
  readonly model: Ensemble;
  readonly history: readonly (EpochEvent & OfMember)[];
}

/**
 * The seeds of the members: seed * members + i for i from 0, so that ensembles of one size and different seeds share
 * none. Throws InputError where they are not below 2^32, which is what a seed can be.
 */
export function memberSeeds(seed: number, members: number): number[] {
  if (!(Number.isInteger(members) && members >= 1))
    throw new InputError(`members is ${members}; it is a whole number of at least 1`);
  const most = Math.floor(2 ** 32 / members) - 1;
  if (!(Number.isInteger(seed) && seed >= 0 && seed <= most))
    throw new InputError(
      `seed is ${seed}; of an ensemble of ${members} it is a whole number from 0 to ${most}`,
    );
  return Array.from({ length: members }, (_, i) => seed * members + i);
}

/**
 * Trains `members` networks of the model that `build` gives for the prepared rows, each with `fit` and a seed of its own. They share the rows
 * that are held back for validation, which the ensemble's seed draws. Where the signal ends it, the ensemble is of the
 * members that were done by then, or of the first one as far as it came.
 */
export async function fitEnsemble(
  build: (task: Task) => Model,
  data: Dataset,
  options: EnsembleOptions = {},
): Promise<EnsembleRun> {
  const { members = DEFAULT_MEMBERS, seed = fitDefaults.seed, monitor = "loss" } = options;
  const { onEpoch, onStep, validation, split, signal, checkpoint, resume, ...rest } = options;
  // plain JavaScript may give them
  const { init, reinit } = options as EnsembleOptions & Pick<FitOptions, "init" | "reinit">;
  if (init || reinit)
    throw new InputError(
      "init and reinit do not apply to an ensemble: its members differ in where they start; leave them out",
    );
  const seeds = memberSeeds(seed, members);
  if (resume && !(resume.members.length >= 1 && resume.members.length <= members))
    throw new InputError(
      `the checkpoint is of ${resume.members.length} members, the ensemble has ${members}; give what the run was begun with or start it over`,
    );
  const states: RunState[] = [...(resume?.members ?? [])];
  const prepare = resolvePrepare(data, options.prepare);
  const model = build(preparedTask(data, prepare));
  const plain: FitOptions = { ...rest, validation };
  checkOptions(data, plain);
  checkInput(model, data, prepare);
  checkOutputs(model, data);
  const { train, held } =
    typeof validation === "number" && validation > 0
      ? holdOut(data, validation, seed, split)
      : { train: data, held: typeof validation === "object" ? validation : null };

  /** Hands out a member's state behind those of the members before it. */
  const saveMember =
    (i: number): CheckpointOptions["save"] =>
    (own) => {
      states.splice(i, 1, ...own.members);
      return checkpoint?.save({ members: [...states] });
    };

  const runs: Run[] = [];
  const history: (EpochEvent & OfMember)[] = [];
  for (const [i, own] of seeds.entries()) {
    if (i > 0 && signal?.aborted) break;
    const of: OfMember = { member: i + 1, members };
    const state = resume?.members.at(i);
    const before = runs.reduce((total, { seconds }) => total + seconds, 0);
    const ofEnsemble = (event: EpochEvent): EpochEvent & OfMember => ({
      ...event,
      ...of,
      seconds: Math.round(1000 * (before + event.seconds)) / 1000,
    });
    const run = await fit(model, train, {
      ...rest,
      prepare,
      seed: own,
      validation: held ?? undefined,
      signal,
      ...(state ? { resume: { members: [state] } } : {}),
      ...(checkpoint ? { checkpoint: { ...checkpoint, save: saveMember(i) } } : {}),
      onStep: (event) => onStep?.({ ...event, ...of }),
      onEpoch: (event) => onEpoch?.(ofEnsemble(event)),
    });
    if (run.aborted && i > 0) break;
    runs.push(run);
    history.push(...run.history.map(ofEnsemble));
    if (run.aborted) break;
  }

  const networks = runs.map((run) => run.model);
  const weightsSha256 = hashMembers(networks);
  const whole = ensemble(networks, {
    toeplitz: VERSION,
    numerics: options.numerics ?? "strict",
    seed: String(seed),
    members: String(runs.length),
    dataSha256: dataHash(data),
    weightsSha256,
    ...options.provenance,
  });
  const scored = (rows: Dataset): Score => brief(whole.evaluate(rows, options.loss), monitor);
  const sum = (of: (run: Run) => number): number => runs.reduce((total, run) => total + of(run), 0);
  return {
    model: whole,
    epochs: sum((run) => run.epochs),
    steps: sum((run) => run.steps),
    seconds: sum((run) => run.seconds),
    stepMs: median(runs.map((run) => run.stepMs)),
    backend: runs[0].backend,
    threads: runs[0].threads,
    parameters: sum((run) => run.parameters),
    train: scored(train),
    validation: held && scored(alignClasses(data, held)),
    weightsSha256,
    history,
    aborted: runs.length < members || runs.some((run) => run.aborted),
    stoppedEarly: runs.every((run) => run.stoppedEarly),
  };
}
