/** Class weights and logit adjustments as they are asked for, as one number a class: what the loss multiplies by, and what it adds. */
import { log } from "../numerics/f64.ts";
import { NO_LABEL } from "../data/answers.ts";
import type { Dataset } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { quote } from "../data/quote.ts";
import type { Loss } from "../models/scores/loss.ts";

/** The loss with numbers a class in place of what only the rows say. Throws InputError as those it is made of. */
export const settledLoss = (loss: Loss, learned: Dataset): Loss => adjusted(weighted(loss, learned), learned);

/**
 * The loss with offsets of logits: tau log(share of the class) over the rows, or positions, that are learned from; a class
 * without rows counts as one of one row. Throws InputError for a tau out of range.
 */
function adjusted(loss: Loss, learned: Dataset): Loss {
  if (loss.kind !== "crossEntropy" || typeof loss.logitAdjustment !== "number") return loss;
  const { logitAdjustment: tau, ...plain } = loss;
  if (!(tau >= 0 && tau < Infinity))
    throw new InputError(`logitAdjustment is ${tau}; it is a finite number of at least 0`);
  if (tau === 0) return plain;
  const { counts, total } = classCounts(learned);
  return { ...loss, logitAdjustment: counts.map((count) => tau * log(Math.max(count, 1) / total)) };
}

/**
 * The loss with a weight a class. Weights by name are 1 where a class is not named; `balanced` is rows / (classes x rows of
 * the class), or so of positions, over the rows that are learned from: scikit-learn's. Throws InputError for the name of
 * no class.
 */
function weighted(loss: Loss, learned: Dataset): Loss {
  if (loss.kind !== "crossEntropy" || loss.classWeights === undefined) return loss;
  const { classWeights: asked } = loss;
  if (asked === "balanced") return { ...loss, classWeights: balanced(learned) };
  if (!isByName(asked)) return loss;
  const { classes, name } = learned;
  const unknown = Object.keys(asked).find((key) => !classes.includes(key));
  if (unknown !== undefined)
    throw new InputError(
      `classWeights names ${quote(unknown)}, which is no class of ${name}; its classes are ${classes.map((c) => quote(c)).join(", ")}`,
    );
  return { ...loss, classWeights: classes.map((key) => (Object.hasOwn(asked, key) ? asked[key] : 1)) };
}

type Asked = readonly number[] | Readonly<Record<string, number>>;
export const isByName = (asked: Asked): asked is Readonly<Record<string, number>> => !Array.isArray(asked);

function balanced(learned: Dataset): number[] {
  const { counts, total } = classCounts(learned);
  const present = counts.filter((count) => count > 0).length;
  return counts.map((count) => (count > 0 ? total / (present * count) : 1));
}

/** Labels of each class, and of all. */
function classCounts({ classes, labels }: Dataset): { readonly counts: number[]; readonly total: number } {
  const counts = classes.map(() => 0);
  for (const label of labels) if (label !== NO_LABEL) counts[label]++;
  return { counts, total: counts.reduce((sum, count) => sum + count, 0) };
}
