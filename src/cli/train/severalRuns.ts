/** The results of several runs: each, their mean, and their deviation (n - 1 in the denominator). */
import type { Scored } from "../../models/scores/scored.ts";
import { spread } from "../../numerics/spread.ts";
import { baselinesText, type RunBaselines } from "./baselineRun.ts";
import { decimals, duration, plural } from "../format.ts";
import { table } from "../../inspect/table.ts";
import type { RunResult } from "./reportFile.ts";
import { verdictLinesOf } from "./verdict.ts";
import { isOfValues, mainName, mainText } from "../scores.ts";

/** A run under the name of its folder. */
export type NamedRun = { readonly name: string; readonly fold?: number } & RunResult;

const parts = ["train", "validation", "test"] as const;
type Scores = Readonly<Record<(typeof parts)[number], Scored | null>>;
type Statistic = "mean" | "deviation";

/** The figures of each part, over the runs; null where they have none. */
function over(runs: readonly RunResult[], what: Statistic): Scores {
  const of = (part: (typeof parts)[number]): Scored | null => {
    const scores = runs.map((run) => run[part]).filter((score) => score !== null);
    if (scores.length === 0) return null;
    const figure = (of: (score: Scored) => number | undefined): number =>
      spread(scores.map((score) => of(score) ?? NaN))[what];
    const both = { loss: figure((s) => s.loss), accuracy: figure((s) => s.accuracy) };
    if (!isOfValues(scores[0])) return both;
    return { ...both, rmse: figure((s) => s.rmse), mae: figure((s) => s.mae), r2: figure((s) => s.r2) };
  };
  return { train: of("train"), validation: of("validation"), test: of("test") };
}

/** Means of the runs' baselines; the nearest neighbour's only where every run has it. */
function meanBaselines(runs: readonly RunResult[]): RunBaselines | null {
  const all = runs.map((run) => run.baselines).filter((b) => b !== null);
  if (all.length === 0) return null;
  const nearest = all.map((b) => b.nearest).filter((n) => n !== null);
  return {
    on: all[0].on,
    majority: spread(all.map((b) => b.majority)).mean,
    nearest: nearest.length === all.length ? spread(nearest).mean : null,
  };
}

/** Schema 1 of `train --seeds --json` and `train --folds --json`. */
export function severalJson(runs: readonly NamedRun[], out: string): object {
  return {
    schema: 1,
    runs,
    mean: { ...over(runs, "mean"), baselines: meanBaselines(runs) },
    deviation: over(runs, "deviation"),
    seconds: secondsOf(runs),
    out,
  };
}

const secondsOf = (runs: readonly RunResult[]): number => runs.reduce((sum, run) => sum + run.seconds, 0);

export function severalText(runs: readonly NamedRun[], source: string, out: string): string {
  const present = parts.filter((part) => runs[0][part] !== null);
  const cells = (of: Scores): string[] =>
    present.flatMap((part) => {
      const score = of[part];
      return score && !Number.isNaN(score.loss) ? [decimals(score.loss), mainText(score)] : ["-", "-"];
    });
  const rows = [
    ["", ...present.flatMap((part) => [`${part} loss`, mainName(runs[0].train)])],
    ...runs.map((run) => [run.name, ...cells(run)]),
    ["mean", ...cells(over(runs, "mean"))],
    ["deviation", ...cells(over(runs, "deviation"))],
  ];
  const baselines = meanBaselines(runs);
  return [
    `${runs[0].model} on ${source}: ${plural(runs.length, "run")} in ${duration(secondsOf(runs))}`,
    table(rows),
    ...(baselines ? [baselinesText(baselines, isOfValues(runs[0].train))] : []),
    `models     ${out}/${runs[0].name}/model.safetensors${runs.length > 1 ? " and so on" : ""}`,
    ...verdictLinesOf(runs.map(({ verdict }) => verdict)),
  ].join("\n");
}
