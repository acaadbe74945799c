/**
 * What a run's figures say of the model, in words that nobody overlooks: where an answer that needs no training is at least as good on
 * the rows that it is judged by, and where it does not fit the rows that it learned from.
 */
import { hasClasses } from "../../data/answers.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { Scored } from "../../models/scores/scored.ts";
import { baselines as baselinesOn } from "../../training/baselines.ts";
import { percent } from "../format.ts";
import { isOfValues, mainWords } from "../scores.ts";
import type { RunBaselines } from "./baselineRun.ts";

/** One thing that is to be said; `code` is for scripts. */
export interface Verdict {
  readonly code: "commonest" | "nearest" | "misfit";
  readonly text: string;
}

export interface Figures {
  readonly train: Scored;
  readonly validation: Scored | null;
  readonly test: Scored | null;
  readonly baselines: RunBaselines | null;
}

/** Of what the commonest class leaves to be learned, or of the variance, a model that fits has learned more than this. */
const FITS = 0.1;

/** `rows` are those that the model learned from. */
export function verdictOf(figures: Figures, rows: Dataset): Verdict[] {
  // of rows of one class, as a trained network may go on from, the commonest class is always right
  if (rows.answers.kind === "classes" && new Set(rows.labels).size === 1) return [];
  return [...beaten(figures), ...misfit(figures.train, rows)];
}

function beaten({ validation, test, baselines }: Figures): Verdict[] {
  const score = test ?? validation;
  if (!score || !baselines) return [];
  const { on, majority, nearest } = baselines;
  const ofValues = isOfValues(score);
  const reached = score.rmse ?? score.accuracy;
  const figure = (x: number): string =>
    mainWords(ofValues ? { ...score, rmse: x } : { ...score, accuracy: x });
  const asGood = (x: number): boolean => (ofValues ? !(x > reached) : !(x < reached));
  const said = (code: Verdict["code"], who: string, x: number, remedy: string): Verdict => ({
    code,
    text: `${who} is at least as good as the model on the ${on} rows (${figure(x)}; the model ${figure(reached)}): ${remedy}`,
  });
  const simplest = ofValues ? "the mean value" : "the commonest class";
  return [
    ...(asGood(majority)
      ? [said("commonest", simplest, majority, "the model has learned nothing that holds for these rows")]
      : []),
    ...(nearest !== null && asGood(nearest)
      ? [
          said(
            "nearest",
            "the nearest neighbour",
            nearest,
            "such rows do not need this model, or it needs more rows or training",
          ),
        ]
      : []),
  ];
}

function misfit(train: Scored, rows: Dataset): Verdict[] {
  const remedy =
    "train longer, with another --lr or a larger model, or see whether the answers belong to the rows";
  if (isOfValues(train)) {
    const r2 = train.r2 ?? NaN;
    if (r2 >= FITS) return [];
    return [
      {
        code: "misfit",
        text: `the model does not fit its own training rows (R2 ${r2.toFixed(4)}): ${remedy}`,
      },
    ];
  }
  if (!hasClasses(rows.answers.kind)) return [];
  const { majority } = baselinesOn(rows, rows, { kind: "none" }, 0);
  if (train.accuracy >= majority + FITS * (1 - majority)) return [];
  const figures = `accuracy ${percent(train.accuracy)}, the commonest class ${percent(majority)}`;
  return [{ code: "misfit", text: `the model does not fit its own training rows (${figures}): ${remedy}` }];
}

/** Lines of a summary. */
export const verdictLines = (verdict: readonly Verdict[]): string[] =>
  verdict.map(({ text }) => `VERDICT    ${text}`);

/** The same of several runs: how many of them each is said of, in the words of the first. */
export function verdictLinesOf(runs: readonly (readonly Verdict[])[]): string[] {
  const codes = [...new Set(runs.flatMap((verdict) => verdict.map(({ code }) => code)))];
  return codes.map((code) => {
    const said = runs.flatMap((verdict) => verdict.filter((v) => v.code === code));
    return `VERDICT    in ${said.length} of ${runs.length} runs ${said[0].text}`;
  });
}
