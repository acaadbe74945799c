/** Class weights as they are asked for, by name or balanced, as one number a class: what the loss multiplies by. */
import { NO_LABEL } from "../data/answers.ts";
import type { Dataset } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { quote } from "../data/quote.ts";
import type { Loss } from "../models/scores/loss.ts";

/**
 * The loss with a weight a class. Weights by name are 1 where a class is not named; `balanced` is rows / (classes x rows of
 * the class), or so of positions, over the rows that are learned from: scikit-learn's. Throws InputError for the name of
 * no class.
 */
export function settledLoss(loss: Loss, learned: Dataset): Loss {
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

function balanced({ classes, labels }: Dataset): number[] {
  const counts = classes.map(() => 0);
  const labelled = labels.filter((label) => label !== NO_LABEL);
  for (const label of labelled) counts[label]++;
  const present = counts.filter((count) => count > 0).length;
  return counts.map((count) => (count > 0 ? labelled.length / (present * count) : 1));
}
