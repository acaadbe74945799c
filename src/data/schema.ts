/**
 * What a file may hold, as data: a check of a kind of value gives the value with its type, or says what is wrong and where.
 * It is all that reads recorded settings, checkpoints, results and logs, which are input like any other. Checks copy
 * what they read into new objects, so that no key that a schema does not name gets through, and none is a prototype's.
 */

import { quote } from "./quote.ts";

/** What is wrong with a value; `path` is where, such as `fit.optimizer.beta1`. */
export class Misfit extends Error {
  readonly path: string;
  constructor(path: string, what: string) {
    super(path === "" ? what : `${path} ${what}`);
    this.path = path;
  }
}

/** Gives the value, checked; throws Misfit. */
export type Check<T> = (value: unknown, path?: string) => T;
export type Checked<C> = C extends Check<infer T> ? T : never;

/** Nested lists and objects: what toeplitz writes has some five levels. */
const MOST_DEEP = 32;

function told(value: unknown): string {
  if (value === undefined) return "is missing";
  if (Array.isArray(value)) return "is a list";
  if (typeof value === "object" && value !== null) return "is an object";
  if (typeof value === "number" || typeof value === "boolean") return `is ${value}`;
  if (value === null) return "is null";
  return `is ${typeof value === "string" ? quote(value) : typeof value}`;
}

const wrong = (path: string, value: unknown, rule: string): never => {
  throw new Misfit(path, `${told(value)}; it is ${rule}`);
};

export const whole =
  (least = 0, most = Number.MAX_SAFE_INTEGER): Check<number> =>
  (value, path = "") =>
    Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most
      ? Number(value)
      : wrong(path, value, `a whole number from ${least} to ${most}`);

/** A finite number. */
export const real =
  (least = -Number.MAX_VALUE, most = Number.MAX_VALUE): Check<number> =>
  (value, path = "") =>
    typeof value === "number" && value >= least && value <= most
      ? value
      : wrong(
          path,
          value,
          least === -Number.MAX_VALUE
            ? "a finite number"
            : `a number of at least ${least}${most === Number.MAX_VALUE ? "" : ` and at most ${most}`}`,
        );

/** Any number, infinities and NaN too. */
export const number: Check<number> = (value, path = "") =>
  typeof value === "number" ? value : wrong(path, value, "a number");

export const flag: Check<boolean> = (value, path = "") =>
  typeof value === "boolean" ? value : wrong(path, value, "true or false");

export const text =
  (most = 100_000): Check<string> =>
  (value, path = "") =>
    typeof value === "string" && value.length <= most
      ? value
      : wrong(path, value, `text of at most ${most} characters`);

export const matching =
  (pattern: RegExp, rule: string): Check<string> =>
  (value, path = "") =>
    typeof value === "string" && pattern.test(value) ? value : wrong(path, value, rule);

export const oneOf =
  <const W extends string | number | boolean>(words: readonly W[]): Check<W> =>
  (value, path = "") => {
    const found = words.find((word) => word === value);
    return found ?? wrong(path, value, `one of ${words.join(", ")}`);
  };

export const list =
  <T>(item: Check<T>, most: number): Check<T[]> =>
  (value, path = "") => {
    if (!Array.isArray(value)) return wrong(path, value, "a list");
    if (value.length > most) throw new Misfit(path, `has ${value.length} entries; the most is ${most}`);
    return value.map((each: unknown, i) => item(each, `${path}[${i}]`));
  };

export const nullable =
  <T>(check: Check<T>): Check<T | null> =>
  (value, path = "") =>
    value === null ? null : check(value, path);

/** The first of some checks that a value passes; the last says what is wrong. */
export const either =
  <A, B>(first: Check<A>, second: Check<B>): Check<A | B> =>
  (value, path = "") => {
    try {
      return first(value, path);
    } catch (error) {
      if (!(error instanceof Misfit)) throw error;
      return second(value, path);
    }
  };

const objectAt = (value: unknown, path: string): object =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? value
    : wrong(path, value, "an object");

const below = (path: string, key: string): string => (path === "" ? key : `${path}.${key}`);

type Checks = Readonly<Record<string, Check<unknown>>>;
type Object_<R extends Checks, O extends Checks> = { readonly [K in keyof R]: Checked<R[K]> } & {
  readonly [K in keyof O]?: Checked<O[K]>;
};

/** An object with these keys, the second ones where they are given, and no others. */
export const record =
  <const R extends Checks, const O extends Checks = Record<never, never>>(
    required: R,
    optional?: O,
  ): Check<Object_<R, O>> =>
  (value, path = "") => {
    const given = objectAt(value, path);
    const read: Record<string, unknown> = {};
    for (const [key, inner] of Object.entries(given)) {
      const check = Object.hasOwn(required, key)
        ? required[key]
        : optional && Object.hasOwn(optional, key)
          ? optional[key]
          : undefined;
      if (!check) throw new Misfit(path, `has ${quote(key)}, which this toeplitz does not know`);
      read[key] = check(inner, below(path, key));
    }
    for (const key of Object.keys(required))
      if (!Object.hasOwn(read, key)) required[key](undefined, below(path, key));
    return read as Object_<R, O>;
  };

/** The keys that are asked for, of an object that may have others. */
export const part =
  <const R extends Checks, const O extends Checks = Record<never, never>>(
    required: R,
    optional?: O,
  ): Check<Object_<R, O>> =>
  (value, path = "") => {
    const known = { ...required, ...optional };
    const own = Object.entries(objectAt(value, path)).filter(([key]) => Object.hasOwn(known, key));
    return record(required, optional)(Object.fromEntries(own), path);
  };

/** Keys that reach an object's prototype when some reader uses them. */
const PROTOTYPE_KEYS = ["__proto__", "constructor", "prototype"];

/** An object with keys of any name. */
export const dictionary =
  <T>(item: Check<T>, most: number): Check<Readonly<Record<string, T>>> =>
  (value, path = "") => {
    const entries = Object.entries(objectAt(value, path));
    if (entries.length > most) throw new Misfit(path, `has ${entries.length} entries; the most is ${most}`);
    const reserved = entries.find(([key]) => PROTOTYPE_KEYS.includes(key));
    if (reserved) throw new Misfit(path, `has ${quote(reserved[0])}, a reserved word of JavaScript`);
    return Object.fromEntries(entries.map(([key, inner]) => [key, item(inner, below(path, quote(key)))]));
  };

/** Of an object with `kind`, the check of that kind. */
export const byKind =
  <const K extends Readonly<Record<string, Check<unknown>>>>(kinds: K): Check<Checked<K[keyof K]>> =>
  (value, path = "") => {
    const { kind } = objectAt(value, path) as { readonly kind?: unknown };
    const known = typeof kind === "string" && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
    return known
      ? (known(value, path) as Checked<K[keyof K]>)
      : wrong(below(path, "kind"), kind, `one of ${Object.keys(kinds).join(", ")}`);
  };

/** JSON as it stands in a file, of a bounded depth; throws Misfit. Only then is it safe to walk by recursion. */
export function parseJson(json: string, reviver?: (key: string, value: unknown) => unknown): unknown {
  requireShallow(json);
  try {
    return JSON.parse(json, reviver) as unknown;
  } catch {
    throw new Misfit("", "is no JSON");
  }
}

/** Refuses (Misfit) text with brackets nested deeper than JSON of ours ever is. */
export function requireShallow(json: string, most = MOST_DEEP): void {
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const unit = json.charCodeAt(at);
    if (unit === 0x22) {
      for (at++; at < json.length && json.charCodeAt(at) !== 0x22; at++)
        if (json.charCodeAt(at) === 0x5c) at++;
    } else if (unit === 0x5b || unit === 0x7b) {
      if (++depth > most) throw new Misfit("", `is nested more than ${most} levels deep`);
    } else if (unit === 0x5d || unit === 0x7d) depth--;
  }
}
