/**
 * One trial of a sweep, from where its last rung ended to the end of the next. A trial is a run as any other, planned for its
 * whole length, so that every rate follows from that; a rung ends it by the signal, which leaves its state, and the next goes on
 * from there to the bits of a run that never stopped. So a trial that comes to the last rung has the weights of `fit`.
 */
import { rowsOf, type Dataset } from "../../data/dataset.ts";
import { InputError } from "../../data/errors.ts";
import { foldRows, type SplitRule } from "../../data/split.ts";
import { ModelError, type Model } from "../../layers/model.ts";
import { MemoryError, type Runtime } from "../../models/runtime.ts";
import { spread } from "../../numerics/spread.ts";
import { DivergedError } from "../diverged.ts";
import { Course } from "../course.ts";
import { stepperOf } from "../begin.ts";
import type { Score } from "../history.ts";
import type { Monitor } from "../monitor.ts";
import { planRows, planRun, type Plan } from "../plan.ts";
import type { FitOptions } from "../run.ts";
import { brief, scoreOutputs } from "../scoring.ts";
import type { Checkpoint } from "../state.ts";
import type { Rung } from "./halving.ts";
import type { Values } from "./space.ts";

/** A trial at a rung, to be run. */
export interface Job extends Rung {
  /** What the trial was given. */
  readonly values: Values;
}

/** What came of a job. */
export type Outcome =
  | {
      /** It has a score. */
      readonly kind: "scored";
      /** The watched figure of the rows that score, of folds the mean. */
      readonly score: number;
      /** Loss and accuracy of these rows, of folds the means. */
      readonly figures: Score;
      /** Steps that this rung took, over all folds. */
      readonly steps: number;
      /** Seconds of it, of the clock. */
      readonly seconds: number;
      /** The weights, as `Run` has it; one a fold. */
      readonly weightsSha256: readonly string[];
    }
  | {
      /** It diverged, or model, options and rows do not go together: it counts as the worst. */
      readonly kind: "failed";
      /** What was said. */
      readonly why: string;
      /** Steps that were taken before. */
      readonly steps: number;
      /** Seconds of it, of the clock. */
      readonly seconds: number;
    };

/** Where jobs run: in this process, in others, on other machines. Which of them is free first must decide nothing. */
export interface Executor {
  /** Jobs that run at the same time. */
  readonly workers: number;
  /** Runs one. Rejects where it was interrupted, or by a fault; what the trial itself did wrong is its outcome. */
  readonly run: (job: Job) => Promise<Outcome>;
}

/** Where the states of trials are kept between their rungs, by a name such as `3-1` or, of folds, `3-1-fold-2`. */
export interface States {
  /** Null where there is none: the trial is run from its beginning, to the same bits. */
  readonly load: (name: string) => Promise<Checkpoint | null>;
  /** Keeps one, in place of another of that name. */
  readonly save: (name: string, state: Checkpoint) => Promise<void>;
}

/** States in memory. */
export function statesInMemory(): States {
  const kept = new Map<string, Checkpoint>();
  return {
    load: (name) => Promise.resolve(kept.get(name) ?? null),
    save: (name, state) => Promise.resolve(void kept.set(name, state)),
  };
}

/** The model of a trial and what `fit` is given; throws InputError or ModelError where they do not go together. */
export type Resolve = (
  values: Values,
  data: Dataset,
  test: Dataset | null,
) => { readonly model: Model; readonly options: FitOptions };

/** Which rows score a trial. */
export type Scoring =
  | {
      /** A part of the rows that is held back from every trial alike. */
      readonly kind: "validation";
      /** How many of them. */
      readonly fraction: number;
    }
  | {
      /** Each of so many parts in turn. */
      readonly kind: "folds";
      /** How many. */
      readonly folds: number;
    };

/** What every job of a sweep shares. */
export interface TrialSite {
  readonly data: Dataset;
  readonly resolve: Resolve;
  readonly scoring: Scoring;
  readonly monitor: Monitor;
  /** Draws folds and held-back rows, and every trial's weights. */
  readonly seed: number;
  readonly split?: SplitRule;
  /** Where rungs end, as parts of the whole length. */
  readonly fractions: readonly number[];
  readonly place?: Pick<Runtime, "backend" | "threads">;
  readonly states: States;
  readonly signal?: AbortSignal;
}

/** That a job was given up: it has no outcome, and is run again. */
export class Interrupted extends Error {}

/** Runs a job. Rejects with Interrupted where the signal ends it. */
export async function runJob(job: Job, site: TrialSite): Promise<Outcome> {
  const began = performance.now();
  const took = (): number => Math.round(performance.now() - began) / 1000;
  let steps = 0;
  const count = (): void => void steps++;
  try {
    const parts = await runParts(job, site, count);
    const mean = (name: keyof Score): number => spread(parts.map(({ figures }) => figures[name] ?? NaN)).mean;
    const score = mean(site.monitor);
    if (!Number.isFinite(score))
      return { kind: "failed", why: `its ${site.monitor} is no number`, steps, seconds: took() };
    const figures = { loss: mean("loss"), accuracy: mean("accuracy"), [site.monitor]: score };
    const weightsSha256 = parts.map((part) => part.weightsSha256);
    return { kind: "scored", score, figures, steps, seconds: took(), weightsSha256 };
  } catch (error) {
    if (error instanceof NotKept) throw error.cause;
    if (!isOfTrial(error)) throw error;
    return { kind: "failed", why: error.message, steps, seconds: took() };
  }
}

/** That a state could not be kept, which is no fault of the trial. */
class NotKept extends Error {}

const kept = (saving: Promise<void>): Promise<void> =>
  saving.catch((cause: unknown) => {
    throw new NotKept("a state could not be kept", { cause });
  });

const isOfTrial = (error: unknown): error is Error =>
  error instanceof DivergedError ||
  error instanceof InputError ||
  error instanceof ModelError ||
  error instanceof MemoryError;

interface Scored {
  readonly figures: Score;
  readonly weightsSha256: string;
}

async function runParts(job: Job, site: TrialSite, onStep: () => void): Promise<Scored[]> {
  const { data, scoring, seed, split, resolve } = site;
  if (scoring.kind === "validation") {
    const { model, options } = resolve(job.values, data, null);
    return [await runTo(job, site, { model, rows: data, tested: null, options, name: "", onStep })];
  }
  const done: Scored[] = [];
  for (const [i, parts] of foldRows(data, scoring.folds, seed, split).entries()) {
    const rows = rowsOf(data, parts.train);
    const tested = rowsOf(data, parts.test);
    const { model, options } = resolve(job.values, rows, tested);
    done.push(await runTo(job, site, { model, rows, tested, options, name: `-fold-${i + 1}`, onStep }));
  }
  return done;
}

interface Part {
  readonly model: Model;
  readonly rows: Dataset;
  /** What it is scored on; null: what its plan holds back. */
  readonly tested: Dataset | null;
  readonly options: FitOptions;
  /** Of its state, behind the trial's and the rung's. */
  readonly name: string;
  readonly onStep: () => void;
}

/**
 * Trains on from the rung before to the end of this one, keeps the state there, and scores the weights. What `fit` does beyond
 * that, a network that predicts and the figures of its training rows, is not wanted of a trial.
 */
async function runTo({ trial, rung }: Job, site: TrialSite, part: Part): Promise<Scored> {
  const { fractions, states, signal, place = {}, monitor } = site;
  const stateOf = (at: number): string => `${trial}-${at}${part.name}`;
  const resume = rung > 0 ? await states.load(stateOf(rung - 1)) : null;
  const plan = planOf(part, resume);
  const { steps, loss } = plan.options;
  const end = Math.max(1, Math.ceil(steps * fractions[rung]));
  const stop = new AbortController();
  // the last step ends a run by itself
  const endsAt = (step: number): void => void (step >= end && end < steps && stop.abort());
  endsAt(plan.from?.progress.steps ?? 0);
  const interrupt = (): void => stop.abort();
  signal?.addEventListener("abort", interrupt);
  if (signal?.aborted) interrupt();
  let state: Checkpoint | null = resume;
  const stepper = await stepperOf(plan, place);
  const { trainer: t } = stepper;
  try {
    const course = new Course(plan, stepper, {
      signal: stop.signal,
      onNote: () => undefined,
      checkpoint: { everySeconds: Infinity, save: (taken) => void (state = taken) },
      onStep: ({ step }) => {
        part.onStep();
        endsAt(step);
      },
    });
    await course.run();
    if (signal?.aborted) throw new Interrupted();
    if (rung < fractions.length - 1 && state) await kept(states.save(stateOf(rung), state));
    if (course.best) t.setWeights(course.best);
    const tested = part.tested ?? requireHeld(plan);
    const figures = scoreOutputs(
      await stepper.outputs(tested),
      { loss, monitor, units: plan.targets },
      tested,
    );
    return { figures: brief(figures, monitor), weightsSha256: t.weightsSha256() };
  } finally {
    signal?.removeEventListener("abort", interrupt);
    stepper.dispose();
  }
}

function requireHeld({ held }: Plan): Dataset {
  if (held === null)
    throw new InputError("no rows are held back to score trials on; give a validation fraction or folds");
  return held;
}

function planOf({ model, rows, options }: Part, resume: Checkpoint | null): Plan {
  const own = { ...options, ...(resume && { resume }) };
  return planRun(model, planRows(rows, own), own);
}
