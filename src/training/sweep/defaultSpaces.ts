/** What is searched where nobody says it: a space a model, around its recipe. */
import type { Answers } from "../../data/answers.ts";
import {
  architectureNames,
  ownModelRecipe,
  recipes,
  type ArchitectureName,
  type Recipe,
} from "../recipes.ts";
import type { Choice, Space } from "./space.ts";

const choice = (...values: Choice["values"]): Choice => ({
  kind: "choice",
  values,
});

/** What every network may be trained with otherwise. */
function common({ learningRate, batch, normalize }: Recipe, answers: Answers["kind"], rows: number): Space {
  // beyond all rows there is no larger batch
  const middle = Math.max(2, Math.min(batch, Math.floor(rows / 2)));
  return {
    lr: { kind: "logUniform", low: learningRate / 10, high: Math.min(1, learningRate * 10) },
    batch: choice(Math.floor(middle / 2), middle, 2 * middle),
    optimizer: choice("adam", "adamW"),
    weightDecay: choice(null, 0.0001, 0.001, 0.01, 0.1),
    schedule: choice("constant", "cosine", "oneCycle"),
    normalize: choice(normalize, normalize === "sample" ? "channel" : "sample"),
    ema: choice(null, 0.9, 0.99),
    // a class has a target that can be smoothed; values and several labels have none
    ...(answers === "classes" || answers === "positions"
      ? { labelSmoothing: choice(null, 0.05, 0.1, 0.2) }
      : {}),
    // those that go with labels of positions and with padded rows too
    augment: choice(null, "jitter=0.05", "scaling=0.1"),
  };
}

/** What an architecture has of its own. */
const own: Partial<Readonly<Record<ArchitectureName, Space>>> = {
  chain: {
    filters: choice("9,9,9,9,9", "5,5,5", "9,9,9", "17,9,5"),
    activation: choice("tanh", "relu"),
  },
};

/** The default space of a model for rows: of a model by a file, what every network may be trained with. */
export function defaultSpace(
  model: string,
  { rows, answers: { kind } }: { readonly rows: number; readonly answers: Pick<Answers, "kind"> },
): Space {
  const name = architectureNames.find((known) => known === model);
  const recipe: Recipe = name === undefined ? ownModelRecipe : recipes[name].recipe;
  return { ...common(recipe, kind, rows), ...(name === undefined ? {} : own[name]) };
}
