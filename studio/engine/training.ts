/**
 * Training in the worker, one run after another: with the recipe that the command line has, and so to its bits. A run gives
 * way to other questions every 50 ms, ends after a step where it is told to, and goes on from the state that it then left.
 */
import {
  InputError,
  readRecipe,
  recipeRun,
  type AnyModel,
  type Checkpoint,
  type Dataset,
  type EpochEvent,
  type FitOptions,
  type RateCurve,
  type RecipeRun,
  type Score,
} from "toeplitz";
import type { Context } from "./context.ts";
import { modelSummary, type ModelSummary } from "./models.ts";
import { recipeFields } from "./recipeFields.ts";
import { dataShelf, heldRows, modelShelf } from "./shelf.ts";

export interface TrainAsked {
  /** What the page calls the run; one that goes on has the same. */
  readonly run: string;
  readonly data: string;
  readonly test: string | null;
  /** Options that were given, as texts by their names (`recipeOptions`). */
  readonly options: Readonly<Record<string, string>>;
  /** A model of one's own, in place of `options.model`. */
  readonly own?: { readonly text: string; readonly file: string };
  /** The command line that does the same. */
  readonly command: string;
  /** Default: as many as the work feeds. */
  readonly threads?: number;
  /** Goes on from the state that the run was stopped in. */
  readonly from?: "state";
}

/** What is said on the way. */
export type TrainTold =
  | { readonly kind: "waits"; readonly behind: number }
  | { readonly kind: "begun"; readonly title: string; readonly history: readonly EpochEvent[] }
  /** `loss`: the mean over the steps since the last that was told. */
  | { readonly kind: "steps"; readonly step: number; readonly steps: number; readonly loss: number }
  | { readonly kind: "epoch"; readonly event: EpochEvent }
  | { readonly kind: "note"; readonly text: string };

/** What came of a run. */
export interface Trained {
  readonly model: ModelSummary;
  readonly title: string;
  readonly epochs: number;
  readonly steps: number;
  readonly seconds: number;
  readonly stepMs: number;
  readonly backend: string;
  readonly threads: number;
  readonly train: Scored;
  readonly validation: Scored | null;
  readonly test: Scored | null;
  /** Pairs of classes that occur in the test rows, else in the training rows. */
  readonly confusion: ConfusionCounts | null;
  readonly history: readonly EpochEvent[];
  /** Whether it was stopped before its end, and can go on. */
  readonly isStopped: boolean;
}

export interface Scored {
  readonly loss: number;
  readonly accuracy: number;
  readonly rmse?: number;
}

export interface ConfusionCounts {
  readonly of: "test" | "train";
  readonly classes: readonly string[];
  readonly pairs: readonly { readonly actual: number; readonly predicted: number; readonly count: number }[];
}

/** What this needs of the core, loaded when it is first asked for. */
const fitting = () => import("./fitting.ts");

/** Milliseconds between two tellings of steps. */
const TELL_MS = 100;

/** The states of the runs that were stopped. */
const states = new Map<string, Checkpoint>();
let queue: Promise<unknown> = Promise.resolve();
let inQueue = 0;

/** Waits for the runs before it. Null where it was stopped before its first step. */
async function train(asked: TrainAsked, context: Context<TrainTold>): Promise<Trained | null> {
  const { data, test } = rowsOf(asked);
  // what is wrong is said at once, and not when the run's turn has come
  const run = recipeRun(data, readRecipe(asked.options), { test, own: asked.own });
  if (inQueue > 0) context.tell({ kind: "waits", behind: inQueue });
  inQueue++;
  const before = queue;
  const turn = (async () => {
    await before;
    return context.signal.aborted && asked.from === undefined ? null : trainNow(run, asked, context);
  })();
  queue = turn.catch(() => undefined);
  try {
    return await turn;
  } finally {
    inQueue--;
  }
}

const rowsOf = ({ data, test }: TrainAsked): { data: Dataset; test: Dataset | null } => ({
  data: dataShelf.get(data),
  test: test === null ? null : dataShelf.get(test),
});

type Outcome = Omit<Trained, "model" | "test" | "confusion" | "title"> & { readonly trained: AnyModel };

async function trainNow(
  run: RecipeRun,
  asked: TrainAsked,
  context: Context<TrainTold>,
): Promise<Trained | null> {
  const { data, test } = rowsOf(asked);
  const from = asked.from && states.get(asked.run);
  if (asked.from && !from) throw new InputError("the run's state is gone; train it anew");
  context.tell({ kind: "begun", title: run.title, history: from?.members[0].progress.history ?? [] });
  const { trained, ...outcome } =
    run.kind === "rocket" ? await rocketRun(run, asked, data) : await inSteps(run, asked, context, from);
  if (outcome.isStopped && outcome.steps === 0) return null;
  if (run.held) heldRows.set(trained, run.held);
  const looked = test ?? data;
  const evaluation = trained.evaluate(looked);
  const classes = trained.classes;
  return {
    ...outcome,
    title: run.title,
    model: modelSummary(modelShelf.add(trained), asked.run, trained),
    test: test && evaluation,
    confusion:
      evaluation.confusion.pairs.length > 0
        ? { of: test ? "test" : "train", classes, pairs: evaluation.confusion.pairs }
        : null,
  };
}

const provenance = (
  asked: TrainAsked,
  data: Dataset,
  recorded: object,
): Readonly<Record<string, string>> => ({
  command: asked.command,
  data: data.name,
  rows: String(data.rows),
  settings: JSON.stringify(recorded),
});

/** One network or several, step by step. */
async function inSteps(
  run: Extract<RecipeRun, { kind: "network" | "ensemble" }>,
  asked: TrainAsked,
  { tell, signal }: Context<TrainTold>,
  resume: Checkpoint | undefined,
): Promise<Outcome> {
  const { data } = rowsOf(asked);
  const { model, options, members } = run;
  let state: Checkpoint | null = null;
  const steps = stepTeller(tell);
  const shared: FitOptions = {
    ...options,
    ...(resume && { resume }),
    ...(asked.threads !== undefined && { threads: asked.threads }),
    signal,
    // the state is wanted at the end alone: fit hands it out there whatever the interval
    checkpoint: { everySeconds: 1e9, save: (checkpoint) => void (state = checkpoint) },
    onNote: (text) => tell({ kind: "note", text }),
    provenance: provenance(asked, data, { fit: options, members }),
  };
  const onEpoch = (event: EpochEvent): void => {
    steps.flush();
    tell({ kind: "epoch", event });
  };
  const { fit, fitEnsemble } = await fitting();
  const made =
    run.kind === "network"
      ? await fit(model, data, {
          ...shared,
          onEpoch,
          onStep: ({ step, steps: all, loss }) => steps.add(step, all, loss),
        })
      : await fitEnsemble(() => model, data, {
          ...shared,
          members,
          onEpoch,
          onStep: ({ step, steps: all, loss, member }) =>
            steps.add((member - 1) * all + step, members * all, loss),
        });
  steps.flush();
  states.delete(asked.run);
  if (made.aborted && state) states.set(asked.run, state);
  return {
    trained: made.model,
    epochs: made.epochs,
    steps: made.steps,
    seconds: made.seconds,
    stepMs: made.stepMs,
    backend: made.backend,
    threads: made.threads,
    train: made.train,
    validation: made.validation,
    history: made.history,
    isStopped: made.aborted,
  };
}

/** Fixed features and a linear map; the worker answers nothing else meanwhile. */
async function rocketRun(
  run: Extract<RecipeRun, { kind: "rocket" }>,
  asked: TrainAsked,
  data: Dataset,
): Promise<Outcome> {
  const { miniRocket, multiRocketHydra } = await fitting();
  const fitted = { minirocket: miniRocket, "multirocket-hydra": multiRocketHydra }[run.title];
  const start = performance.now();
  const trained = fitted(run.train, {
    ...run.options,
    provenance: provenance(asked, data, run.recorded),
  });
  const score = (rows: Dataset): Score => trained.evaluate(rows);
  return {
    trained: { ...trained, kind: "rocket" },
    epochs: 0,
    steps: 0,
    seconds: (performance.now() - start) / 1000,
    stepMs: 0,
    backend: "javascript",
    threads: 1,
    train: score(run.train),
    validation: run.held && score(run.held),
    history: [],
    isStopped: false,
  };
}

/** Tells of steps now and then: a message a step would keep both threads busy with messages. */
function stepTeller(tell: Context<TrainTold>["tell"]): {
  add: (step: number, steps: number, loss: number) => void;
  flush: () => void;
} {
  let told = performance.now();
  let sum = 0;
  let count = 0;
  let at = { step: 0, steps: 0 };
  const flush = (): void => {
    if (count > 0) tell({ kind: "steps", ...at, loss: sum / count });
    told = performance.now();
    sum = count = 0;
  };
  return {
    add(step, steps, loss) {
      at = { step, steps };
      sum += loss;
      count++;
      if (performance.now() - told >= TELL_MS) flush();
    },
    flush,
  };
}

/** Steps at rising rates from the seed's weights, as the run would take its first ones; nothing of them is kept. */
async function findRate(
  asked: Pick<TrainAsked, "data" | "test" | "options" | "own">,
  { signal }: Context,
): Promise<RateCurve> {
  const data = dataShelf.get(asked.data);
  const test = asked.test === null ? null : dataShelf.get(asked.test);
  const run = recipeRun(data, readRecipe(asked.options), { test, own: asked.own });
  if (run.kind === "rocket")
    throw new InputError(`${run.title} has a fit of its own, without a learning rate to choose`);
  const { learningRateRange } = await fitting();
  return learningRateRange(run.model, data, { ...run.options, signal });
}

/** Drops the state of a run that goes on no more, and its model. */
async function forgetRun({ run, model }: { readonly run: string; readonly model?: string }): Promise<void> {
  states.delete(run);
  if (model !== undefined) modelShelf.remove(model);
}

export const trainingHandlers = { train, findRate, forgetRun, recipeFields };
