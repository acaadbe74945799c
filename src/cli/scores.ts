/** What is shown of a score: loss and accuracy of classes; loss, RMSE, MAE and R2 of values, which have no accuracy. */
import type { AnswerKind } from "../data/answers.ts";
import type { Scored } from "../models/scores/scored.ts";
import { decimals, percent } from "./format.ts";

export const isOfValues = ({ rmse }: Scored): boolean => rmse !== undefined;

/** As --json has it; an accuracy of NaN is null there. */
export const scoredOf = ({ loss, accuracy, rmse, mae, r2 }: Scored): Scored =>
  rmse === undefined ? { loss, accuracy } : { loss, accuracy, rmse, mae, r2 };

/** What is to be said of rows whose outputs are no numbers; null where there are none. */
export function unansweredNote(
  { unanswered, rows }: { readonly unanswered?: number; readonly rows: number },
  answers: AnswerKind,
): string | null {
  if (unanswered === undefined) return null;
  const of = answers === "classes" ? ` of ${rows}` : "";
  const what = { classes: "rows", positions: "positions", multiLabel: "labels", values: "values" }[answers];
  const counted = answers === "values" ? "" : " and count as wrong";
  return (
    `the model's outputs for ${unanswered}${of} ${what} are no numbers (NaN or infinite)${counted}: ` +
    "the rows are far outside of what it was trained on, or its training went wrong"
  );
}

/** The figure that a run is judged by. */
export const mainName = (s: Scored): string => (isOfValues(s) ? "RMSE" : "accuracy");
export const mainText = (s: Scored): string =>
  s.rmse === undefined ? percent(s.accuracy) : decimals(s.rmse);
/** The same within a line: 97.33 %, or RMSE 0.0415. */
export const mainWords = (s: Scored): string => `${isOfValues(s) ? "RMSE " : ""}${mainText(s)}`;

/** Names and texts of all figures, for a table. */
export const figureNames = (s: Scored): string[] =>
  isOfValues(s) ? ["loss", "RMSE", "MAE", "R2"] : ["loss", "accuracy"];
export const figureTexts = (s: Scored): string[] => [
  decimals(s.loss),
  mainText(s),
  ...(isOfValues(s) ? [decimals(s.mae ?? NaN), decimals(s.r2 ?? NaN)] : []),
];
/** All of them in a line: loss 0.1021, accuracy 97.33 %. */
export const figuresLine = (s: Scored): string => {
  const texts = figureTexts(s);
  return figureNames(s)
    .map((name, i) => `${name} ${texts[i]}`)
    .join(", ");
};
