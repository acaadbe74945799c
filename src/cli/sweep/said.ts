/** What a sweep says: a line a job, a table at the end, one JSON object. */
import { decimals, duration, grouped, percent, plural } from "../format.ts";
import { table } from "../../inspect/table.ts";
import type { Monitor } from "../../training/monitor.ts";
import type { Importance } from "../../training/sweep/importance.ts";
import { told } from "../../training/sweep/recipeSpace.ts";
import type { Space } from "../../training/sweep/space.ts";
import type { Finished, Search, Searched, Trial } from "../../training/sweep/sweep.ts";

/** A sweep that has ended. */
export interface Ended {
  readonly data: string;
  readonly model: string;
  readonly space: Space;
  readonly how: Search;
  readonly searched: Searched;
  readonly importances: readonly Importance[];
  /** How trials are scored, in words. */
  readonly scoring: string;
  readonly folder: string;
  /** The config file; null where no trial came to its end. */
  readonly bestFile: string | null;
  /** The report; null where it could not be written. */
  readonly report: string | null;
  /** The command line that trains by it. */
  readonly next: string;
}

/** Accuracies and their kin as percent, losses as numbers. */
export const scoreText = (monitor: Monitor, score: number): string =>
  ["accuracy", "balancedAccuracy", "f1", "auroc"].includes(monitor) ? percent(score) : decimals(score);

/** `trial 12  rung 2 of 3  loss 0.1234  0.8 s  lr 0.01, batch 16`. */
export function jobLine({ trial, rung, values, outcome }: Finished, { rungs, monitor }: Search): string {
  const what =
    outcome.kind === "scored" ? `${monitor} ${scoreText(monitor, outcome.score)}` : `failed: ${outcome.why}`;
  return `trial ${trial}  rung ${rung + 1} of ${rungs}  ${what}  ${duration(outcome.seconds)}  ${told(values)}`;
}

const spent = (finished: readonly Finished[], what: "steps" | "seconds"): number =>
  finished.reduce((sum, { outcome }) => sum + outcome[what], 0);

const trialJson = ({ trial, rung, values, outcome, outcomes }: Trial): object => ({
  trial,
  rung,
  values,
  score: outcome.kind === "scored" ? outcome.score : null,
  ...(outcome.kind === "scored"
    ? { figures: outcome.figures, weightsSha256: outcome.weightsSha256 }
    : { why: outcome.why }),
  steps: outcomes.reduce((sum, { steps }) => sum + steps, 0),
  seconds: Math.round(outcomes.reduce((sum, { seconds }) => sum + 1000 * seconds, 0)) / 1000,
});

/** Schema 1 of `sweep --json`. */
export function sweepJson({
  data,
  model,
  space,
  how,
  searched,
  importances,
  folder,
  bestFile,
}: Ended): object {
  const { ranked, best, finished } = searched;
  return {
    schema: 1,
    data,
    model,
    space,
    ...how,
    best: best && trialJson(best),
    ranked: ranked.map(trialJson),
    jobs: finished.length,
    steps: spent(finished, "steps"),
    seconds: Math.round(1000 * spent(finished, "seconds")) / 1000,
    importances,
    config: bestFile,
    out: folder,
  };
}

const SHOWN = 10;

export function sweepText(ended: Ended): string {
  const { data, model, space, how, searched, importances, scoring, bestFile, report, next } = ended;
  const { ranked, finished } = searched;
  const names = Object.keys(space);
  const failed = ranked.filter(({ outcome }) => outcome.kind === "failed").length;
  const rows = ranked
    .slice(0, SHOWN)
    .map(({ trial, rung, values, outcome }) => [
      String(trial),
      `${rung + 1}/${how.rungs}`,
      outcome.kind === "scored" ? scoreText(how.monitor, outcome.score) : "failed",
      ...names.map((name) => String(values[name] ?? "-")),
    ]);
  const mattered = importances
    .filter(({ part }) => part !== null)
    .map(({ name, part }) => `${name} ${percent(part ?? 0)}`);
  return [
    `${model} on ${data}: ${plural(ranked.length, "trial")}, ${plural(finished.length, "rung")}, ${grouped(spent(finished, "steps"))} steps in ` +
      `${duration(spent(finished, "seconds"))} of work, scored by ${how.monitor} on ${scoring}`,
    table([["trial", "rung", how.monitor, ...names], ...rows]),
    ...(ranked.length > SHOWN ? [`           and ${plural(ranked.length - SHOWN, "further trial")}`] : []),
    ...(failed > 0 ? [`failed     ${plural(failed, "trial")}, which count as the worst`] : []),
    ...(mattered.length > 0 ? [`mattered   ${mattered.join(", ")}`] : []),
    ...(bestFile === null ? [] : [`recipe     ${bestFile}`]),
    ...(report === null ? [] : [`report     ${report}`]),
    ...(bestFile === null ? [] : [`next       ${next}`]),
  ].join("\n");
}
