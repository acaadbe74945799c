/** Trains an ensemble: the same model from several seeds, one after another. */
import { append } from "../numerics/extremes.ts";
import type { Task } from "../layers/architectures/task.ts";
import type { Model } from "../layers/model.ts";
import type { CheckpointOptions, RunState } from "./state.ts";
import { dataHash } from "../data/dataHash.ts";
import type { Dataset } from "../data/dataset.ts";
import { ensemble, hashMembers, type Ensemble } from "../models/ensemble.ts";
import { InputError } from "../data/errors.ts";
import { fitPlan, type PlaceOptions } from "./fit.ts";
import { planAgain, planRows, planRun, type Plan, type PlannedRows } from "./plan.ts";
import { brief } from "./scoring.ts";
import type { EpochEvent, Score, StepEvent } from "./history.ts";
import { DEFAULT_MEMBERS } from "./options/modelNames.ts";
import { fitDefaults, type FitOptions, type Run } from "./run.ts";
import { median } from "../numerics/median.ts";
import { VERSION } from "../models/version.ts";

/** Which member an event is of, from 1, of how many. */
export interface OfMember {
  /** Which one, from 1. */
  readonly member: number;
  /** How many there are. */
  readonly members: number;
}

/** The options of `fitEnsemble`: its own, and `fit`'s for each member. */
export interface EnsembleOptions extends Omit<FitOptions, "init" | "reinit" | "onEpoch" | "onStep"> {
  /** How many networks. Default: 5. */
  readonly members?: number;
  /** Epochs and steps count from the start of the member. */
  readonly onEpoch?: (event: EpochEvent & OfMember) => void;
  /** Is called after each step. */
  readonly onStep?: (event: StepEvent & OfMember) => void;
}

/**
 * As `Run`: epochs, steps, seconds and parameters are sums over the members, `stepMs` is the median of their medians, `train`
 * and `validation` are of the ensemble (what its `evaluate` gives), and `weightsSha256` is the ensemble's. `stoppedEarly`: patience ended each of them.
 */
export interface EnsembleRun extends Omit<Run, "model" | "history"> {
  /** The trained networks as one. */
  readonly model: Ensemble;
  /** What each epoch ended with, member after member. */
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

/** What an ensemble's run is: one plan a member, which differ in their seeds alone and share the rows held back. */
export interface EnsemblePlan extends PlannedRows {
  readonly model: Model;
  readonly seed: number;
  readonly options: FitOptions;
  readonly members: readonly Plan[];
}

/** Plans an ensemble of `members` networks on its rows. Throws InputError for what `planRun` refuses. */
export function planEnsemble(
  model: Model,
  rows: PlannedRows,
  { members = DEFAULT_MEMBERS, resume, ...options }: FitOptions & Pick<EnsembleOptions, "members">,
): EnsemblePlan {
  if (options.init || options.reinit)
    throw new InputError(
      "init and reinit do not apply to an ensemble: its members differ in where they start; leave them out",
    );
  const { seed = fitDefaults.seed } = options;
  const [first, ...others] = memberSeeds(seed, members);
  if (resume && !(resume.members.length >= 1 && resume.members.length <= members))
    throw new InputError(
      `the checkpoint is of ${resume.members.length} members, the ensemble has ${members}; give what the run was begun with or start it over`,
    );
  // members learn from the part that is left, and validate on rows of their own: no seed of theirs draws them
  const own = { ...rows, data: rows.train, validation: rows.held };
  const { prepare, held, train } = rows;
  const told = { ...options, split: undefined, seed: first, prepare, validation: held ?? undefined };
  const plan = planRun(model, own, told);
  const state = (i: number): RunState | null => resume?.members.at(i) ?? null;
  const plans = [planAgain(plan, first, state(0))];
  others.forEach((other, i) => plans.push(planAgain(plan, other, state(i + 1))));
  return { ...rows, train, model, seed, options, members: plans };
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
  const { onEpoch: _onEpoch, onStep: _onStep, ...told } = options;
  const rows = planRows(data, told);
  return fitEnsemblePlan(planEnsemble(build(rows.task), rows, told), options);
}

/** What of an ensemble's options is not part of its plan. */
export type EnsemblePlace = Omit<PlaceOptions, "onEpoch" | "onStep"> &
  Pick<EnsembleOptions, "onEpoch" | "onStep">;

/** Trains an ensemble as planned. */
export async function fitEnsemblePlan(plan: EnsemblePlan, place: EnsemblePlace = {}): Promise<EnsembleRun> {
  const members = plan.members.length;
  const states: RunState[] = plan.members.flatMap(({ from }) => from ?? []);
  const runs: Run[] = [];
  const history: (EpochEvent & OfMember)[] = [];
  for (const [i, own] of plan.members.entries()) {
    // ranks agree on it in the next member's first step
    if (i > 0 && place.signal?.aborted && (place.ranks?.size ?? 1) === 1) break;
    const of: OfMember = { member: i + 1, members };
    const before = runs.reduce((total, { seconds }) => total + seconds, 0);
    const ofEnsemble = (event: EpochEvent): EpochEvent & OfMember => ({
      ...event,
      ...of,
      seconds: Math.round(1000 * (before + event.seconds)) / 1000,
    });
    /** Hands out a member's state behind those of the members before it. */
    const save: CheckpointOptions["save"] = (state) => {
      states.splice(i, 1, ...state.members);
      return place.checkpoint?.save({ members: [...states] });
    };
    const run = await fitPlan(own, {
      ...place,
      ...(place.checkpoint ? { checkpoint: { ...place.checkpoint, save } } : {}),
      onStep: (event) => place.onStep?.({ ...event, ...of }),
      onEpoch: (event) => place.onEpoch?.(ofEnsemble(event)),
    });
    if (run.aborted && i > 0) break;
    runs.push(run);
    append(history, run.history.map(ofEnsemble));
    if (run.aborted) break;
  }
  return runOf(plan, runs, history, place);
}

/** The members' runs as one. */
function runOf(
  plan: EnsemblePlan,
  runs: readonly Run[],
  history: EnsembleRun["history"],
  { provenance }: EnsemblePlace,
): EnsembleRun {
  const { data, train, held, options, seed } = plan;
  const { numerics = "strict", convolution = "fast", monitor = "loss" } = options;
  const networks = runs.map((run) => run.model);
  const weightsSha256 = hashMembers(networks);
  const whole = ensemble(networks, {
    toeplitz: VERSION,
    numerics,
    convolution,
    seed: String(seed),
    members: String(runs.length),
    dataSha256: dataHash(data),
    weightsSha256,
    ...provenance,
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
    validation: held && scored(held),
    weightsSha256,
    history,
    aborted: runs.length < plan.members.length || runs.some((run) => run.aborted),
    stoppedEarly: runs.every((run) => run.stoppedEarly),
  };
}
