/** The loss of a run: --loss, or the recipe's for classes and the squared error for target values. */
import { hasClasses, type Answers } from "../../data/answers.ts";
import type { Dataset } from "../../data/dataset.ts";
import { InputError } from "../../data/errors.ts";
import { losses, lossesOfValues } from "../losses.ts";
import type { Loss } from "../../models/scores/loss.ts";
import type { RuleFlags } from "./ruleOptions.ts";
import type { Recipe } from "../recipes.ts";

type LossName = keyof typeof losses;

/** What it is where nobody says. */
export function defaultLoss(answers: Answers["kind"], recipe: Recipe): LossName {
  if (answers === "multiLabel") return "binaryCrossEntropy";
  return hasClasses(answers) ? recipe.loss : "meanSquaredError";
}

/** Throws InputError for a loss that the rows' answers do not go with. */
export function lossFor(
  data: Dataset,
  recipe: Recipe,
  flags: { readonly loss?: LossName } & Pick<RuleFlags, "labelSmoothing" | "classWeights" | "balance">,
): Loss {
  const classed = hasClasses(data.answers.kind);
  const { loss = defaultLoss(data.answers.kind, recipe), labelSmoothing, classWeights, balance } = flags;
  const several = data.answers.kind === "multiLabel";
  if (several && loss !== "binaryCrossEntropy")
    throw new InputError(
      `--loss ${loss} does not go with several classes at once, which ${data.name} has; use --loss binaryCrossEntropy`,
    );
  const byClass = classWeights !== undefined ? "--class-weights" : balance !== undefined ? "--balance" : null;
  if (byClass !== null && data.answers.kind !== "classes" && data.answers.kind !== "positions")
    throw new InputError(
      `${byClass} is for one class a row or position, but ${data.name} has ${several ? "several at once" : "target values"}; leave it out`,
    );
  if (several && labelSmoothing !== undefined)
    throw new InputError(
      `--label-smoothing is for one class a row, but ${data.name} has several at once; leave it out`,
    );
  if (classed && !several && loss !== "crossEntropy")
    throw new InputError(
      `--loss ${loss} wants rows with target values, but ${data.name} has classes; use --loss crossEntropy`,
    );
  if (!classed && !lossesOfValues.includes(loss))
    throw new InputError(
      `--loss ${loss} wants rows with classes, but ${data.name} has target values; use --loss ${lossesOfValues.join(", ")}`,
    );
  if (labelSmoothing === undefined && byClass === null) return losses[loss]();
  if (!classed)
    throw new InputError(
      `--label-smoothing is for classes, but ${data.name} has target values; leave it out`,
    );
  return losses.crossEntropy({
    ...(classWeights === undefined ? {} : { classWeights }),
    ...(balance === undefined ? {} : { logitAdjustment: balance }),
    ...(labelSmoothing === undefined ? {} : { labelSmoothing }),
  });
}
