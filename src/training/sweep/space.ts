/**
 * The space of a sweep as plain data: parameters by name, each of one kind. A sampler knows none of it: it draws a point of
 * the unit cube, a number in [0, 1) a parameter in the space's order, and `valuesAt` says which values these are.
 */
import { InputError } from "../../data/errors.ts";
import { quote } from "../../data/quote.ts";
import {
  byKind,
  dictionary,
  either,
  flag,
  list,
  Misfit,
  nullable,
  oneOf,
  parseJson,
  real,
  record,
  text,
  whole,
  type Check,
} from "../../data/schema.ts";
import { exp, log } from "../../numerics/f64.ts";

/** What an option is given; null leaves it as it is without. */
export type Value = number | string | boolean | null;

/** A parameter that is a number between two ends, both of which belong to it. */
export interface Range {
  /** How it is drawn: evenly, evenly in the logarithm, and whole numbers alike. */
  readonly kind: "uniform" | "logUniform" | "integer" | "logInteger";
  /** The least value. */
  readonly low: number;
  /** The largest value. */
  readonly high: number;
  /** As a choice has it. */
  readonly when?: Choice["when"];
  /** As a choice has it. */
  readonly of?: Choice["of"];
}

/** A parameter that is one of a list of values. */
export interface Choice {
  /** One of a list. */
  readonly kind: "choice";
  /** What it may be. */
  readonly values: readonly Value[];
  /**
   * The parameter counts only where these choices have one of these values: `{ "model": ["chain"] }`. Elsewhere it is not
   * given. Default: it counts always.
   */
  readonly when?: Readonly<Record<string, readonly Value[]>>;
  /** In code: a number or choice for `build`, in place of an option of training. Default: an option of training. */
  readonly of?: "model";
}

/** One thing that trials differ in. Numbers that are not whole have four significant digits. */
export type Parameter = Range | Choice;

/** Parameters by name: an option of training (`lr`, `weightDecay`), `model`, or with `of: "model"` a name for `build`. */
export type Space = Readonly<Record<string, Parameter>>;

/** A number in [0, 1) a parameter, in the space's order. */
export type Point = readonly number[];

/** What a trial was given: the parameters that count, but those that are null. */
export type Values = Readonly<Record<string, string | number | boolean>>;

/** More than a search of some hundred trials can tell apart. */
export const MOST_PARAMETERS = 50;
export const MOST_VALUES = 1000;

export const parameterKinds = ["uniform", "logUniform", "integer", "logInteger", "choice"] as const;

const value: Check<Value> = nullable(either(either(real(), flag), text(1000)));
const common = {
  when: dictionary(list(value, MOST_VALUES), MOST_PARAMETERS),
  of: oneOf(["model"]),
} as const;
const range = (of: Check<number>, kind: Range["kind"]): Check<Parameter> =>
  record({ kind: oneOf([kind]), low: of, high: of }, common) as Check<Parameter>;

const kinds = {
  uniform: range(real(), "uniform"),
  logUniform: range(real(), "logUniform"),
  integer: range(whole(-Number.MAX_SAFE_INTEGER), "integer"),
  logInteger: range(whole(-Number.MAX_SAFE_INTEGER), "logInteger"),
  choice: record({ kind: oneOf(["choice"]), values: list(value, MOST_VALUES) }, common),
} satisfies { readonly [K in Parameter["kind"]]: Check<Parameter> };
const shape: Check<Readonly<Record<string, Parameter>>> = dictionary(byKind(kinds), MOST_PARAMETERS);

/**
 * A space, checked by itself: whether its names are options is for who trains with them. `source` is what errors call it.
 *
 * @throws InputError
 */
export function checkSpace(given: unknown, source = "space"): Space {
  const refuse = (what: string): never => {
    throw new InputError(`${source}: ${what}`);
  };
  let space: Space;
  try {
    space = shape(given);
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    return refuse(`${error.message}; a space is parameters by name, such as ${EXAMPLE}`);
  }
  if (Object.keys(space).length === 0) refuse(`it has no parameter; give one at least, such as ${EXAMPLE}`);
  for (const [name, parameter] of Object.entries(space)) {
    if (parameter.kind === "choice") checkValues(parameter.values, (what) => refuse(`${name}: ${what}`));
    else checkRange(parameter, (what) => refuse(`${name}: ${what}`));
    checkWhen(space, name, (what) => refuse(`${name}: ${what}`));
  }
  return space;
}

/** A space from the text of its file. Throws InputError. */
export function readSpace(json: string, source: string): Space {
  try {
    return checkSpace(parseJson(json), source);
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    throw new InputError(`${source}: ${error.message}; a space is an object, such as ${EXAMPLE}`);
  }
}

const EXAMPLE = '{"lr": {"kind": "logUniform", "low": 0.0001, "high": 0.1}}';

type Refuse = (what: string) => never;

function checkValues(values: readonly Value[], refuse: Refuse): void {
  if (values.length === 0) refuse("its values are none; a choice has one at least");
  if (new Set(values).size < values.length) refuse("a value stands in it twice; give each once");
}

function checkRange({ kind, low, high }: Range, refuse: Refuse): void {
  if (low >= high) refuse(`low is ${low} and high ${high}; low is below high`);
  if (kind.startsWith("log") && !(low > 0))
    refuse(`low is ${low}, which has no logarithm; ${kind} wants numbers above 0`);
  if (!Number.isFinite(high - low)) refuse("its range is beyond what doubles hold; give a smaller one");
}

function checkWhen(space: Space, name: string, refuse: Refuse): void {
  for (const [other, wanted] of Object.entries(space[name].when ?? {})) {
    const found = Object.hasOwn(space, other) ? space[other] : undefined;
    if (found?.kind !== "choice" || found.when || other === name)
      return refuse(`when names ${quote(other)}; it names another choice of the space that always counts`);
    const unknown = wanted.find((v) => !found.values.includes(v));
    if (unknown !== undefined)
      refuse(`when has ${JSON.stringify(unknown)}, which is no value of ${other}; give one of its values`);
    if (wanted.length === 0) refuse(`when has no value of ${other}; give one at least`);
  }
}

/** The index of a choice among `count`. */
export const choiceAt = (u: number, count: number): number => Math.min(count - 1, Math.floor(u * count));

/** What a number of [0, 1) is of a parameter. */
export function valueAt(parameter: Parameter, u: number): Value {
  if (parameter.kind === "choice") return parameter.values[choiceAt(u, parameter.values.length)];
  const { kind, low, high } = parameter;
  const within = (x: number): number => Math.min(high, Math.max(low, x));
  const between = (a: number, b: number): number => exp(log(a) + u * (log(b) - log(a)));
  switch (kind) {
    case "uniform":
      return within(brief(low + u * (high - low)));
    case "logUniform":
      return within(brief(between(low, high)));
    case "integer":
      return within(low + Math.floor(u * (high - low + 1)));
    case "logInteger":
      return within(Math.floor(between(low, high + 1)));
  }
}

/** Four significant digits: what a person reads and copies, and all that matters. */
const brief = (x: number): number => Number(x.toPrecision(4));

/** Which parameters count at a point, in the space's order. */
export function activeAt(space: Space, point: Point): readonly boolean[] {
  const names = Object.keys(space);
  return Object.values(space).map(({ when }) =>
    Object.entries(when ?? {}).every(([other, wanted]) =>
      wanted.includes(valueAt(space[other], point[names.indexOf(other)])),
    ),
  );
}

/** The values of a point. */
export function valuesAt(space: Space, point: Point): Values {
  const active = activeAt(space, point);
  const given = Object.entries(space).flatMap(
    ([name, parameter], i): [string, string | number | boolean][] => {
      const at = active[i] ? valueAt(parameter, point[i]) : null;
      return at === null ? [] : [[name, at]];
    },
  );
  return Object.fromEntries(given);
}
