/** Random choices from a seed and a case's number, so that any case can be made again alone. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  /** From 0 to below `n`. */
  int(n: number): number;
  pick<T>(list: readonly T[]): T;
  chance(p: number): boolean;
}

/** Mulberry32. */
export function random(seed: number, index: number): Random {
  let state = Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  for (let i = 0; i < 4; i++) next();
  const int = (n: number): number => Math.floor(next() * n);
  return { next, int, pick: (list) => list[int(list.length)], chance: (p) => next() < p };
}

/** Numbers at which code goes wrong. */
export const NUMBERS = [
  0,
  -0,
  1,
  2,
  3,
  7,
  16,
  17,
  255,
  1000,
  65_536,
  1e6,
  2 ** 24,
  2 ** 24 + 1,
  2 ** 26,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  1e15,
  1e20,
  1.7e308,
  5e-324,
  -1,
  -2,
  -(2 ** 31),
  -1e20,
  0.5,
  1.5,
  -0.5,
  0.1,
  1e-9,
] as const;

const WORDS = [
  "",
  "a",
  "valid",
  "same",
  "causal",
  "none",
  "channel",
  "sum",
  "x".repeat(3000),
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "\u001b[2J",
  "\u202e",
  "\n",
  "NaN",
  "Infinity",
  "1",
  "null",
  "{}",
  "[",
  "é\ud800",
  "0/1",
  "../../etc",
] as const;

/** Any JSON value of a nasty kind. */
export function nasty(r: Random, depth = 0): unknown {
  switch (r.int(depth > 2 ? 5 : 9)) {
    case 0:
    case 1:
      return r.pick(NUMBERS);
    case 2:
      return r.pick(WORDS);
    case 3:
      return r.chance(0.5);
    case 4:
      return null;
    case 5:
      return Array.from({ length: r.int(4) }, () => nasty(r, depth + 1));
    case 6:
      return Object.fromEntries(Array.from({ length: r.int(3) }, () => [r.pick(WORDS), nasty(r, depth + 1)]));
    case 7: {
      let deep: unknown = 1;
      for (let i = r.pick([2, 40, 500]); i > 0; i--) deep = r.chance(0.5) ? [deep] : { a: deep };
      return deep;
    }
    default:
      return Array.from({ length: r.pick([0, 1, 100, 5000]) }, () => r.int(10));
  }
}

type Json = Record<string, unknown> | unknown[];
const isJson = (value: unknown): value is Json => typeof value === "object" && value !== null;

/** Every object and list within a value. */
function places(value: unknown, found: Json[] = []): Json[] {
  if (!isJson(value)) return found;
  found.push(value);
  for (const inner of Object.values(value)) places(inner, found);
  return found;
}

/** The same data with one to three things in it changed: a value, a key, an entry more or less, two exchanged. */
export function mutated<T>(r: Random, value: T): T {
  const copy = structuredClone(value);
  for (let edits = 1 + r.int(3); edits > 0; edits--) {
    const all = places(copy);
    if (all.length === 0) return nasty(r) as T;
    const at = r.pick(all) as Record<string, unknown>;
    const keys = Object.keys(at);
    const key = keys.length > 0 ? r.pick(keys) : "a";
    const own = at[key];
    switch (r.int(9)) {
      case 0:
        at[key] = nasty(r);
        break;
      case 1:
        if (Array.isArray(at)) at.splice(Number(key), 1);
        else delete at[key];
        break;
      case 2:
        Object.defineProperty(at, Array.isArray(at) ? String(at.length) : r.pick(WORDS), {
          value: nasty(r),
          enumerable: true,
          configurable: true,
          writable: true,
        });
        break;
      case 3:
        at[key] = at[r.pick(keys.length > 0 ? keys : ["a"])];
        break;
      case 4:
        if (typeof own === "number") at[key] = own + r.pick([-1, 1, 0.5, 2 ** 31]);
        else if (typeof own === "string") at[key] = own.slice(0, r.int(own.length + 1)) + r.pick(WORDS);
        else at[key] = nasty(r);
        break;
      case 5:
        if (typeof own === "number") at[key] = r.pick(NUMBERS);
        else if (Array.isArray(own)) own.push(...(own.length > 0 ? [r.pick(own)] : [nasty(r)]));
        break;
      case 6:
        at[key] = structuredClone(r.pick(all));
        break;
      case 7:
        if (typeof own === "number") at[key] = -own;
        else if (typeof own === "string") at[key] = mutatedText(r, own);
        break;
      default:
        if (typeof own === "string") at[key] = mutatedText(r, own);
        else at[key] = nasty(r);
    }
  }
  return copy;
}

/** JSON within a text is changed as data, other text by a word. */
function mutatedText(r: Random, text: string): string {
  try {
    return JSON.stringify(mutated(r, JSON.parse(text) as unknown)) ?? "";
  } catch {
    return r.chance(0.1) ? r.pick(["[", '{"a":']).repeat(50_000) : text + r.pick(WORDS);
  }
}
