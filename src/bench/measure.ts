/**
 * Contenders take turns: all build a workload, warm up, and in each round every one of them runs the same measure for
 * a fixed time, so that a machine that slows down slows them all. A contender's figure is the median over its rounds.
 */
import { median } from "../numerics/median.ts";
import {
  isRefusal,
  measures,
  type Contender,
  type Measure,
  type Prepared,
  type Runner,
} from "./contender.ts";
import type { Workload } from "./workloads.ts";

export interface Plan {
  readonly rounds: number;
  /** Seconds that a contender runs in a round. */
  readonly roundSeconds: number;
  /** Seconds that one contender may spend on one measure; what is slower has fewer rounds. */
  readonly budgetSeconds: number;
}

/** One contender at one measure of one workload: either `refused`, or figures of its rounds. */
export interface Result {
  readonly workload: string;
  readonly measure: Measure;
  readonly contender: string;
  readonly threads: number;
  readonly refused?: string;
  /** Milliseconds of one step or one inference: the median over the rounds, and each round's. */
  readonly medianMs?: number;
  readonly roundsMs?: readonly number[];
  readonly note?: string;
}

/** A plan whose warm-up and rounds take a contender about `budgetSeconds` for one measure, where its work is short. */
export const planOf = (budgetSeconds: number, rounds: number): Plan => ({
  rounds,
  roundSeconds: Math.min(0.075, budgetSeconds / (rounds + WARM_ROUNDS)),
  budgetSeconds,
});
const WARM_ROUNDS = 3;

/** A measure of a contender on its way: how often it runs in a round, and the seconds of one run in each round. */
interface Lane {
  readonly contender: Contender;
  readonly prepared: Prepared;
  readonly run: Runner;
  count: number;
  spentSeconds: number;
  readonly seconds: number[];
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Five digits: more is noise. */
const short = (value: number): number => Number(value.toPrecision(5));

/** Runs for some rounds' time or 200 times, or until half the budget is spent, and sizes a round. */
async function warm(run: Runner, plan: Plan): Promise<Pick<Lane, "count" | "spentSeconds">> {
  const enough = WARM_ROUNDS * plan.roundSeconds;
  let spentSeconds = await run(1);
  let each = spentSeconds;
  let runs = 0;
  for (let count = 1, warmSeconds = 0; runs < 200 && warmSeconds < enough; count = Math.min(2 * count, 100)) {
    if (spentSeconds + each * count > plan.budgetSeconds / 2) break;
    const seconds = await run(count);
    each = seconds / count;
    runs += count;
    warmSeconds += seconds;
    spentSeconds += seconds;
  }
  return { count: Math.max(1, Math.round(plan.roundSeconds / each)), spentSeconds };
}

/** Runs the rounds of one measure over all its lanes. */
async function interleave(lanes: readonly Lane[], plan: Plan): Promise<void> {
  for (let round = 0; round < plan.rounds; round++)
    for (const lane of lanes) {
      const last = (lane.seconds.at(-1) ?? 0) * lane.count;
      if (lane.seconds.length > 0 && lane.spentSeconds + last > plan.budgetSeconds) continue;
      const seconds = await lane.run(lane.count);
      lane.spentSeconds += seconds;
      lane.seconds.push(seconds / lane.count);
    }
}

/** Every measure of one workload over all contenders. */
export async function measureWorkload(
  workload: Workload,
  contenders: readonly Contender[],
  plan: Plan,
  say: (text: string) => void,
): Promise<Result[]> {
  const results: Result[] = [];
  const built: { contender: Contender; prepared: Prepared }[] = [];
  const about = (measure: Measure, { name, threads }: Contender) => ({
    workload: workload.name,
    measure,
    contender: name,
    threads,
  });
  say(`${workload.name}: building`);
  for (const contender of contenders) {
    const prepared = await contender
      .prepare(workload, plan.budgetSeconds)
      .catch((error: unknown) => ({ refused: message(error) }));
    if (!isRefusal(prepared)) built.push({ contender, prepared });
    else
      for (const measure of measures)
        results.push({ ...about(measure, contender), refused: prepared.refused });
  }
  for (const measure of measures) {
    say(`${workload.name}: ${measure}`);
    const lanes: Lane[] = [];
    for (const { contender, prepared } of built) {
      const run = prepared.measures[measure];
      if (isRefusal(run)) results.push({ ...about(measure, contender), refused: run.refused });
      else
        try {
          lanes.push({ contender, prepared, run, seconds: [], ...(await warm(run, plan)) });
        } catch (error) {
          results.push({ ...about(measure, contender), refused: message(error) });
        }
    }
    await interleave(lanes, plan);
    for (const { contender, prepared, seconds } of lanes) {
      const note = prepared.note?.(measure);
      results.push({
        ...about(measure, contender),
        medianMs: short(1000 * median(seconds)),
        roundsMs: seconds.map((s) => short(1000 * s)),
        ...(note ? { note } : {}),
      });
    }
  }
  for (const { prepared } of built) await prepared.dispose();
  return inOrder(results, contenders);
}

/** By measure, then as the contenders stand. */
function inOrder(results: readonly Result[], contenders: readonly Contender[]): Result[] {
  const place = (r: Result): number =>
    measures.indexOf(r.measure) * 1000 +
    contenders.findIndex((c) => c.name === r.contender && c.threads === r.threads);
  return [...results].sort((a, b) => place(a) - place(b));
}
