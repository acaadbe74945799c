/**
 * What of a model's outputs is explained: a number f(z) of the outputs z, and df/dz, the seed that its gradient by the input
 * begins with. In f64 by numerics' own functions, rounded once.
 */
import { InputError } from "../../data/errors.ts";
import { unknownWord } from "../../data/suggest.ts";
import { inverseOf } from "../../models/temperature.ts";
import { softmax } from "../../models/scores/metrics.ts";
import { classOf, logistic, NO_CLASS } from "../../models/scores/score.ts";
import type { Telling } from "../../models/predictions.ts";

/**
 * Which number of an output is explained: the `logit` of a class (its log odds but for a constant), its `probability`, or, of
 * a regression, the `value` in the target's own units.
 */
export type Quantity = "logit" | "probability" | "value";

/** A number that is explained. */
export interface Explained {
  readonly quantity: Quantity;
  /** f of one row's outputs. */
  value(outputs: ArrayLike<number>): number;
  /** df/dz to its place among seeds. */
  seed(outputs: ArrayLike<number>, seeds: Float32Array, at: number): void;
}

/** What decides which output is asked for. */
export interface Outputs extends Pick<
  Telling,
  "answers" | "classes" | "positions" | "targets" | "temperature"
> {
  /** Numbers of a row's output. */
  readonly width: number;
}

/** What is asked for; absent: what the model says. */
export interface Asked {
  readonly target?: string | number;
  readonly position?: number;
  readonly of?: "logit" | "probability";
}

/** The output that a row is explained by: its number among classes or values, and the position that it belongs to. */
export interface Target {
  readonly index: number;
  readonly position: number;
}

/** Refuses (InputError) what no row could be asked for. */
export function checkAsked({ target, position, of }: Asked, told: Outputs): void {
  const { answers, classes, positions, width } = told;
  if (answers === "positions" && position === undefined)
    throw new InputError(
      `the model says a class at each of ${positions} positions; give position, from 0 to ${positions - 1}`,
    );
  if (answers !== "positions" && position !== undefined)
    throw new InputError("position is for models of a class a position; leave it out");
  if (position !== undefined && !(Number.isInteger(position) && position >= 0 && position < positions))
    throw new InputError(`position is ${position}; it is a whole number from 0 to ${positions - 1}`);
  if (of !== undefined && of !== "logit" && of !== "probability")
    throw new InputError(unknownWord("of", String(of), ["logit", "probability"]));
  if (answers === "values") {
    if (of !== undefined) throw new InputError(`of is ${of}; the model gives values; leave it out`);
    if (typeof target === "string")
      throw new InputError(
        `target is ${JSON.stringify(target)}; the model gives values; give the number of an output, from 0 to ${width - 1}`,
      );
    if (target === undefined && width > 1)
      throw new InputError(`the model gives ${width} values; give target, from 0 to ${width - 1}`);
  }
  const most = answers === "values" ? width : classes.length;
  if (typeof target === "number" && !(Number.isInteger(target) && target >= 0 && target < most))
    throw new InputError(`target is ${target}; it is a whole number from 0 to ${most - 1}`);
  if (typeof target === "string" && !classes.includes(target))
    throw new InputError(unknownWord("class", target, classes));
}

/** The target of one row: as asked, else the class that its outputs say; `where` is for errors. */
export function targetOf(
  { target, position = 0 }: Asked,
  { answers, classes, positions }: Pick<Outputs, "answers" | "classes" | "positions">,
  outputs: ArrayLike<number>,
  where: string,
): Target {
  if (typeof target === "number") return { index: target, position };
  if (target !== undefined) return { index: classes.indexOf(target), position };
  if (answers === "values") return { index: 0, position };
  const index = classOf(classes.map((_, k) => outputs[k * positions + position]));
  if (index === NO_CLASS)
    throw new InputError(`${where}: the model's outputs are no numbers, so it says no class; give target`);
  return { index, position };
}

/** f and df/dz of a target. */
export function explainedBy(
  { index, position }: Target,
  of: "logit" | "probability",
  { answers, classes, positions, targets, temperature }: Omit<Outputs, "width">,
): Explained {
  const at = index * positions + position;
  if (answers === "values") {
    const [mean, deviation] = targets ? [targets.mean[index], targets.deviation[index]] : [0, 1];
    return {
      quantity: "value",
      value: (z) => mean + deviation * z[at],
      seed: (_, seeds, first) => void (seeds[first + at] = deviation),
    };
  }
  if (of === "logit")
    return {
      quantity: "logit",
      value: (z) => z[at],
      seed: (_, seeds, first) => void (seeds[first + at] = 1),
    };
  if (answers === "multiLabel")
    return {
      quantity: "probability",
      value: (z) => logistic(z[at]),
      seed: (z, seeds, first) => void (seeds[first + at] = logistic(z[at]) * (1 - logistic(z[at]))),
    };
  const places = classes.map((_, k) => k * positions + position);
  const inverse = inverseOf(temperature);
  const all = (z: ArrayLike<number>): number[] => softmax(places.map((p) => z[p] * inverse));
  return {
    quantity: "probability",
    value: (z) => all(z)[index],
    seed: (z, seeds, first) => {
      const p = all(z);
      places.forEach((place, k) => {
        seeds[first + place] = inverse * p[index] * (Number(k === index) - p[k]);
      });
    },
  };
}
