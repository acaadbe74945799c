/** What is filled in: the model, and the options that differ from the recipe. */
import { computed, signal } from "@preact/signals";
import type { PartsChoice } from "../../session.ts";
import type { Field, ModelField, RecipeFields } from "../../engine/recipeFields.ts";

/** The choice of a model that somebody wrote. */
export const OWN = "own";

export const recipe = signal<RecipeFields | null>(null);
export const modelName = signal<string | null>(null);
export const options = signal<Readonly<Record<string, string>>>({});
export const own = signal<{ readonly text: string; readonly file: string }>({ text: "", file: "model.json" });

/** The model that is chosen, by itself or because nobody chose. */
export const chosen = computed(() => modelName.value ?? recipe.value?.model ?? null);

export const chosenField = computed((): ModelField | null => {
  const { value } = recipe;
  if (!value) return null;
  if (chosen.value === OWN)
    return {
      name: OWN,
      about: "layers as model() returns them, as JSON",
      kind: "network",
      defaults: value.ownDefaults,
    };
  return value.models.find(({ name }) => name === chosen.value) ?? null;
});

/** The fields that the model has. */
export const ownFields = computed((): readonly Field[] => {
  const model = chosenField.value;
  if (!recipe.value || !model) return [];
  return recipe.value.fields.filter(
    ({ name, models }) =>
      models.includes(model.kind) &&
      (model.name === "chain" || (name !== "filters" && name !== "activation")),
  );
});

/** The options that are given of those: a field that is empty again is none. */
export const given = computed((): Readonly<Record<string, string>> => {
  const names = new Set(ownFields.value.map(({ name }) => name));
  return Object.fromEntries(
    Object.entries(options.value).filter(([name, text]) => names.has(name) && text !== ""),
  );
});

export function give(name: string, text: string): void {
  options.value = { ...options.value, [name]: text };
}

let taken: PartsChoice | null = null;

/** What is held back follows from how the rows were divided, once for each time they were. */
export function takeParts(divided: PartsChoice | null): void {
  if (!divided || divided === taken) return;
  taken = divided;
  const { validation, seed, by, gap } = divided;
  options.value = {
    ...options.value,
    validation: validation > 0 ? String(validation) : "",
    seed: seed > 0 ? String(seed) : "",
    split: by,
    gap,
  };
}
