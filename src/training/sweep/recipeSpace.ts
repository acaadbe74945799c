/**
 * A space over the options of a recipe (training/options/recipeRows.ts): which of them trials may differ in, how a value
 * becomes one, and whether all of them go with the rows. A trial is then the run that `toeplitz train` makes of these options.
 */
import type { Dataset } from "../../data/dataset.ts";
import { InputError } from "../../data/errors.ts";
import { unknownWord } from "../../data/suggest.ts";
import { ModelError } from "../../layers/model.ts";
import type { Monitor } from "../monitor.ts";
import { takesValue, type Rows } from "../options/option.ts";
import { recipeRows, type RecipeFlags } from "../options/recipeRows.ts";
import { readRecipe, recipeRun, type RecipeRunGiven } from "../recipeRun.ts";
import { valueAt, valuesAt, type Parameter, type Space, type Values } from "./space.ts";
import type { Resolve } from "./trial.ts";

const rows: Rows = recipeRows;

/** Options that every trial has alike, and why. */
const apart: Readonly<Record<string, string>> = {
  seed: "every trial draws from the same",
  validation: "every trial is scored on the same rows",
  split: "every trial is scored on the same rows",
  gap: "every trial is scored on the same rows",
  monitor: "every trial is judged by the same figure",
  init: "trials begin from their seed",
  reinit: "trials begin from their seed",
};

/** Options in whose units the loss is. */
const scales = ["loss", "targets"];

/** What trials may differ in. */
export const sweptOptions: readonly string[] = Object.keys(rows).filter((name) => !(name in apart));

/** The options of a trial: those that all have, and its own values. */
export function flagsOf(base: RecipeFlags, values: Values): RecipeFlags {
  const texts = Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === false ? [] : [[name, String(value)]])),
  );
  const read = readRecipe(texts) as Readonly<Record<string, unknown>>;
  const own = Object.keys(values).map((name) => [name, read[name]]);
  return { ...base, ...Object.fromEntries(own) };
}

/** Trials of networks by their recipes. */
export const recipeTrials =
  (base: RecipeFlags, own?: RecipeRunGiven["own"]): Resolve =>
  (values, data, test) => {
    const run = recipeRun(data, flagsOf(base, values), { test, own });
    if (run.kind === "network") return run;
    throw new InputError(
      `the model ${run.title} is ${run.kind === "ensemble" ? "several networks" : "fitted in closed form"}; a sweep is of networks that take steps, one a trial`,
    );
  };

/**
 * Refuses (InputError) a parameter that is no option, that all trials have alike, or some of whose values the option does not
 * take.
 */
export function checkOptions(
  space: Space,
  base: Readonly<Record<string, unknown>>,
  monitor: Monitor,
  source: string,
): void {
  for (const [name, parameter] of Object.entries(space)) {
    if (parameter.of === "model") continue;
    const refuse = (what: string): never => {
      throw new InputError(`${source}: ${what}`);
    };
    if (!Object.hasOwn(rows, name)) refuse(unknownWord("parameter", name, sweptOptions));
    if (name in apart) refuse(`${name}: ${apart[name]}; leave it out`);
    if (scales.includes(name) && monitor === "loss")
      refuse(
        `${name}: trials with another one have losses that cannot be compared; judge them by another figure (monitor)`,
      );
    if (name === "epochs" && ("steps" in space || base.steps !== undefined))
      refuse("epochs: steps are given too, and win over epochs; give one of them");
    for (const value of probes(parameter)) checkValue(name, value, refuse);
  }
}

function checkValue(name: string, value: string | number | boolean, refuse: (what: string) => never): void {
  if (takesValue(rows[name]) === (typeof value === "boolean") && !(rows[name].bare && value === true))
    refuse(
      `${name}: ${JSON.stringify(value)} is none of its values; it is ${takesValue(rows[name]) ? "typed with a value" : "true, or null or false where it is not given"}`,
    );
  try {
    if (value !== false) readRecipe({ [name]: String(value) });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    refuse(`${name}: ${error.message}`);
  }
}

/** All values of a choice, and of a range its ends and one between, which is not whole where ranges are not. */
function probes(parameter: Parameter): (string | number | boolean)[] {
  const all =
    parameter.kind === "choice"
      ? parameter.values
      : [parameter.low, valueAt(parameter, 0.37), parameter.high];
  return all.filter((value) => value !== null);
}

/**
 * Has each value of each parameter make a trial, the others as they come first, so that an option that the model does not take
 * is known before the first step.
 *
 * @throws InputError
 */
export function checkTrials(space: Space, resolve: Resolve, data: Dataset, source: string): void {
  const list = Object.entries(space);
  const seen = new Set<string>();
  list.forEach(([, parameter], i) => {
    const count = parameter.kind === "choice" ? parameter.values.length : 2;
    for (let k = 0; k < count; k++) {
      const point = list.map((_, j) => (j === i ? (k + 0.5) / count : 0));
      // what another choice lets count
      const { when = {} } = parameter;
      for (const [other, wanted] of Object.entries(when)) {
        const at = list.findIndex(([found]) => found === other);
        const of = list[at][1];
        if (of.kind === "choice") point[at] = (of.values.indexOf(wanted[0]) + 0.5) / of.values.length;
      }
      const values = valuesAt(space, point);
      const key = JSON.stringify(values);
      if (seen.has(key)) continue;
      seen.add(key);
      try {
        resolve(values, data, null);
      } catch (error) {
        if (!(error instanceof InputError || error instanceof ModelError)) throw error;
        throw new InputError(
          `${source}: ${told(values)}: ${error.message}; of options that go with some values of another alone, "when" says which`,
        );
      }
    }
  });
}

/** `lr 0.01, batch 16`. */
export const told = (values: Values): string =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(", ") || "no value of the space";
