/** What is shown of a score: loss and accuracy of classes; loss, RMSE, MAE and R2 of values, which have no accuracy. */
import type { AnswerKind } from "../data/answers.ts";
import type { Confusion } from "../models/scores/confusion.ts";
import type { Scored } from "../models/scores/scored.ts";
import { decimals, percent } from "./format.ts";

export const isOfValues = ({ rmse }: Scored): boolean => rmse !== undefined;

/** As --json has it; an accuracy of NaN is null there. */
export function scoredOf(s: Scored): Scored {
  const { loss, accuracy, rmse, mae, r2 } = s;
  return rmse === undefined ? { loss, accuracy, ...classFigures(s) } : { loss, accuracy, rmse, mae, r2 };
}

/** What there is of classes beside the accuracy. */
const classFigures = ({ balancedAccuracy, f1, auroc, ece, accuracyInterval }: Scored): Partial<Scored> =>
  Object.fromEntries(
    Object.entries({ balancedAccuracy, f1, auroc, ece, accuracyInterval }).filter(([, x]) => x !== undefined),
  );

/** The figures and, of one class a row or position, the confusion. */
export const testedOf = (
  classes: readonly string[],
  e: Scored & { readonly confusion: Confusion },
): Tested => ({
  ...scoredOf(e),
  ...(e.confusion.classes > 0 && { confusion: confusionJson(classes, e.confusion) }),
});
export type Tested = Scored & { readonly confusion?: ReturnType<typeof confusionJson> };

/** The figures of classes beside the accuracy in a line; null where there are none. */
export function classFiguresLine(s: Scored): string | null {
  const { balancedAccuracy, f1, auroc, ece, accuracyInterval: interval } = s;
  if (balancedAccuracy === undefined) return null;
  const parts = [
    `balanced accuracy ${percent(balancedAccuracy)}`,
    ...(interval ? [`95 % interval of the accuracy ${percent(interval[0])} to ${percent(interval[1])}`] : []),
    `macro-F1 ${decimals(f1 ?? NaN)}`,
    ...(auroc === undefined || Number.isNaN(auroc) ? [] : [`AUROC ${decimals(auroc)}`]),
    ...(ece === undefined ? [] : [`calibration error (ECE) ${decimals(ece)}`]),
  ];
  return parts.join(", ");
}

/** The pairs of classes that occur, by name, as --json and result.json have them; null where no class was said. */
export const confusionJson = (
  classes: readonly string[],
  { pairs }: Confusion,
): { actual: string; predicted: string | null; count: number }[] =>
  pairs.map(({ actual, predicted, count }) => ({
    actual: classes[actual],
    predicted: classes[predicted] ?? null,
    count,
  }));

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
