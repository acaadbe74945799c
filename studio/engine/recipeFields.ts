/** The options of a recipe as fields to fill in: names, words, defaults and meanings are the command line's. */
import {
  aboutOthers,
  defaultLoss,
  defaultModel,
  modelKindOf,
  ownModelRecipe,
  recipeOptions,
  recipes,
  takesValue,
  type Architecture,
  type ArchitectureName,
  type ModelKind,
  type Recipe,
  type RecipeOption,
} from "toeplitz";
import { dataShelf } from "./shelf.ts";

/** An option as a field. */
export interface Field {
  readonly name: string;
  /** As it is typed: `--batch`. */
  readonly flag: string;
  readonly about: string;
  readonly group: string;
  /** words: one of them; flag: on or off; text: anything that its reader takes. */
  readonly kind: "words" | "flag" | "text";
  readonly words: readonly string[];
  /** What holds where nothing is given; by the model where that has it. */
  readonly fallback: string | null;
  /** What it stands for on a command line without a value; off where the field is empty. */
  readonly usual: string | null;
  readonly models: readonly ModelKind[];
}

/** A model that can be chosen. */
export interface ModelField {
  readonly name: string;
  readonly about: string;
  readonly kind: ModelKind;
  /** Defaults by the name of the option. */
  readonly defaults: Readonly<Record<string, string>>;
}

export interface RecipeFields {
  readonly fields: readonly Field[];
  readonly models: readonly ModelField[];
  /** The model where none is chosen. */
  readonly model: string;
  /** Of a model of one's own. */
  readonly ownDefaults: Readonly<Record<string, string>>;
}

/** Those that have places of their own, or that begin with a saved model. */
const elsewhere: readonly string[] = ["model", "init", "reinit"];

export async function recipeFields({ data }: { readonly data: string }): Promise<RecipeFields> {
  const { name: source, answers } = dataShelf.get(data);
  const options: Readonly<Record<string, RecipeOption>> = recipeOptions;
  const others: Readonly<Record<string, string>> = aboutOthers;
  const defaults = (recipe: Recipe): ModelField["defaults"] => ({
    ...Object.fromEntries(Object.entries(recipe.length).map(([unit, count]) => [unit, String(count)])),
    batch: String(recipe.batch),
    lr: String(recipe.learningRate),
    optimizer: recipe.optimizer,
    schedule: recipe.schedule,
    loss: defaultLoss(answers.kind, recipe),
    normalize: recipe.normalize,
  });
  const modelField = (name: string): ModelField => {
    const kind = modelKindOf(name);
    const known = architectureNamed(kind === "ensemble" ? "inception" : name);
    const about = others[name] ?? known?.about ?? "";
    return { name, about, kind, defaults: known ? defaults(known.recipe) : {} };
  };
  return {
    fields: Object.entries(options).flatMap(([name, option]) =>
      elsewhere.includes(name) ? [] : [fieldOf(name, option)],
    ),
    models: wordsOf(options.model).map(modelField),
    model: defaultModel(source, answers.kind),
    ownDefaults: defaults(ownModelRecipe),
  };
}

const architectureNamed = (name: string): Architecture | null =>
  Object.hasOwn(recipes, name) ? recipes[name as ArchitectureName] : null;

/** The words that its reader knows. */
const wordsOf = ({ parse }: RecipeOption): readonly string[] =>
  (parse as { readonly words?: readonly string[] } | undefined)?.words ?? [];

function fieldOf(name: string, option: RecipeOption): Field {
  const { flags, about, fallback, group, models } = option;
  const words = wordsOf(option);
  return {
    name,
    flag: flags.split(" ")[0],
    about,
    group,
    kind: words.length > 0 ? "words" : takesValue(option) ? "text" : "flag",
    words,
    usual: option.bare ?? null,
    fallback: typeof fallback === "string" || typeof fallback === "number" ? `${fallback}` : null,
    models,
  };
}
