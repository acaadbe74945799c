/**
 * The search for a recipe: trials of a space, in generations of jobs that are decided together, from finished rungs alone. So
 * a sweep is the same sequence of trials, with the same winner, on any number of workers, and one that goes on from what it
 * had finished is the one that was never stopped.
 */
import { costOf, type Monitor } from "../monitor.ts";
import { promotions, ranking, type Costed, type Rung } from "./halving.ts";
import { samplers, type SamplerName } from "./samplers.ts";
import { valuesAt, type Point, type Space, type Values } from "./space.ts";
import { Interrupted, type Executor, type Job, type Outcome } from "./trial.ts";

/** How a sweep searches: with the space and the data, all that its trials follow from. */
export interface Search {
  /** Trials in all. */
  readonly trials: number;
  /** Where trials come from. */
  readonly sampler: SamplerName;
  /** Of how many trials one goes on to the next rung. */
  readonly eta: number;
  /** How often a trial is judged on its way, the whole length included. 1: every trial runs the whole length. */
  readonly rungs: number;
  /** New trials of a generation. */
  readonly generation: number;
  /** Draws points, and what trials draw. */
  readonly seed: number;
  /** What trials are judged by. */
  readonly monitor: Monitor;
}

/** A job that has an outcome. */
export interface Finished extends Job {
  /** What came of it. */
  readonly outcome: Outcome;
}

/** What is called as a sweep goes, and what may end it. */
export interface SweepHooks {
  /** The outcome of a job that an earlier sweep has finished; null where it has to be run. */
  readonly known?: (job: Job) => Outcome | null;
  /** Is called as each job ends, in the order of the clock, and waited for before the next generation. */
  readonly onFinished?: (finished: Finished) => void | Promise<void>;
  /** Ends the sweep: jobs that run are given up. */
  readonly signal?: AbortSignal;
}

/** A trial with all that came of it. */
export interface Trial {
  /** From 0, in the order in which trials were drawn. */
  readonly trial: number;
  /** What it was given. */
  readonly values: Values;
  /** How far it came, from 0. */
  readonly rung: number;
  /** What came of it there. */
  readonly outcome: Outcome;
  /** The outcome of each rung. */
  readonly outcomes: readonly Outcome[];
}

/** What a search gives. */
export interface Searched {
  /** All trials that were judged, the best first. */
  readonly ranked: readonly Trial[];
  /** The first of them, where it has run the whole length. */
  readonly best: Trial | null;
  /** The jobs in the order in which they were decided. */
  readonly finished: readonly Finished[];
  /** Where each trial lies in the unit cube of the space. */
  readonly points: readonly Point[];
  /** Whether the signal ended it. */
  readonly aborted: boolean;
}

/** Runs a sweep to its end, or to the signal. */
export async function search(
  space: Space,
  how: Search,
  executor: Executor,
  hooks: SweepHooks = {},
): Promise<Searched> {
  const finished: Finished[] = [];
  const points: Point[] = [];
  for (;;) {
    const jobs = nextGeneration(space, how, finished, points);
    if (jobs.length === 0) break;
    const outcomes = await runAll(jobs, executor, hooks);
    // in the order of the jobs, whoever was first
    for (const [i, job] of jobs.entries()) {
      const outcome = outcomes[i];
      if (outcome) finished.push({ ...job, outcome });
    }
    if (outcomes.includes(null)) return { ...resultOf(how, finished), points, aborted: true };
  }
  return { ...resultOf(how, finished), points, aborted: false };
}

/** Those that go on, the longest first, and new trials while there are more. */
function nextGeneration(space: Space, how: Search, finished: readonly Finished[], points: Point[]): Job[] {
  const { trials, generation, sampler, seed, rungs, eta } = how;
  const done = finished.map((job) => costed(job, how.monitor));
  const isLast = points.length >= trials;
  const jobOf = (at: Rung): Job => ({ ...at, values: valuesAt(space, points[at.trial]) });
  const going = promotions(done, { rungs, eta, isLast }).map(jobOf);
  const ranked = ranking(done).map(({ trial }) => points[trial]);
  const first = points.length;
  for (let trial = first; trial < Math.min(trials, first + generation); trial++)
    points.push(samplers[sampler](space, seed, trial, { ranked, pending: points.slice(first) }));
  const fresh = points.slice(first).map((_, i) => jobOf({ trial: first + i, rung: 0 }));
  return [...going, ...fresh];
}

/** A job's outcome as a cost: less is better, Infinity failed. */
function costed({ trial, rung, outcome }: Finished, monitor: Monitor): Costed {
  return { trial, rung, cost: outcome.kind === "failed" ? Infinity : costOf(monitor, outcome.score) };
}

/** All outcomes, as many jobs at a time as there are workers; null of those that were given up. */
async function runAll(
  jobs: readonly Job[],
  executor: Executor,
  { known, onFinished, signal }: SweepHooks,
): Promise<(Outcome | null)[]> {
  const outcomes = jobs.map((job) => known?.(job) ?? null);
  const open = [...jobs.keys()].filter((i) => outcomes[i] === null);
  let fault: { readonly error: unknown } | null = null;
  const work = async (): Promise<void> => {
    for (;;) {
      const i = open.shift();
      if (i === undefined || fault || signal?.aborted) return;
      try {
        const outcome = await executor.run(jobs[i]);
        await onFinished?.({ ...jobs[i], outcome });
        outcomes[i] = outcome;
      } catch (error) {
        if (!(error instanceof Interrupted)) fault ??= { error };
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, executor.workers) }, work));
  const { error } = (fault as { readonly error: unknown } | null) ?? {};
  if (error !== undefined) throw error;
  return outcomes;
}

function resultOf(how: Search, finished: readonly Finished[]): Omit<Searched, "aborted" | "points"> {
  const done = finished.map((job) => costed(job, how.monitor));
  const ranked = ranking(done).map(({ trial, rung }): Trial => {
    const own = finished.filter((job) => job.trial === trial).toSorted((a, b) => a.rung - b.rung);
    const last = own[own.length - 1];
    return { trial, rung, values: last.values, outcome: last.outcome, outcomes: own.map((o) => o.outcome) };
  });
  const [first] = ranked;
  const isWhole = first?.rung === how.rungs - 1 && first.outcome.kind === "scored";
  return { ranked, best: isWhole ? first : null, finished };
}
