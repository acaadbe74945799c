/** The loss of a run: --loss, or the recipe's for classes and the squared error for target values. */
import { answersOf, type Answers } from "../../data/answers.ts";
import type { Dataset } from "../../data/dataset.ts";
import { InputError } from "../../data/errors.ts";
import { losses } from "../../training/losses.ts";
import type { Loss } from "../../models/scores/loss.ts";
import type { Recipe } from "../../training/recipes.ts";

type LossName = keyof typeof losses;

const ofValues: readonly LossName[] = ["meanSquaredError", "meanAbsoluteError", "huber"];

/** What it is where nobody says. */
export const defaultLoss = (answers: Answers, recipe: Recipe): LossName =>
  answers === "values" ? "meanSquaredError" : recipe.loss;

/** Throws InputError for a loss that the rows' answers do not go with. */
export function lossFor(
  data: Dataset,
  recipe: Recipe,
  flags: { readonly loss?: LossName; readonly labelSmoothing?: number },
): Loss {
  const answers = answersOf(data);
  const { loss = defaultLoss(answers, recipe), labelSmoothing } = flags;
  if (answers !== "values" && loss !== "crossEntropy")
    throw new InputError(
      `--loss ${loss} wants rows with target values, but ${data.name} has classes; use --loss crossEntropy`,
    );
  if (answers === "values" && !ofValues.includes(loss))
    throw new InputError(
      `--loss ${loss} wants rows with classes, but ${data.name} has target values; use --loss ${ofValues.join(", ")}`,
    );
  if (labelSmoothing === undefined) return losses[loss]();
  if (answers === "values")
    throw new InputError(
      `--label-smoothing is for classes, but ${data.name} has target values; leave it out`,
    );
  return losses.crossEntropy({ labelSmoothing });
}
