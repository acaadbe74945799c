/**
 * What a model may be at most, before anything is built of it: a file of half a kilobyte must not take minutes or
 * gigabytes. One table; docs/limits.md shows it, and a test holds the two together.
 */

import { MOST_NODES } from "../graph/build.ts";
import { MOST_UNROLLED } from "../graph/mix.ts";

export interface Limit {
  readonly most: number;
  /** What is counted, as docs/limits.md has it. */
  readonly what: string;
}

export const limits = {
  layers: { most: 512, what: "layers of a model" },
  reads: { most: 10_000, what: "inputs of all layers together (a `concat` has several)" },
  option: { most: 2 ** 24, what: "as a whole number among a layer's options" },
  rowValues: { most: 2 ** 24, what: "channels x positions of the input and of each layer's result" },
  parameterValues: { most: 2 ** 26, what: "values of one parameter" },
  terms: {
    most: 2 ** 22,
    what: "positions x taps of all pools, pads, crops, upsamplings and fixed filters together",
  },
  unrolled: {
    most: MOST_UNROLLED,
    what: "of those terms, the ones that no shift repeats: each becomes an instruction",
  },
  work: { most: 2 ** 38, what: "multiplications of filters for one row" },
  nodes: { most: MOST_NODES, what: "operations of the graph of a model, or of its training step" },
} as const satisfies Readonly<Record<string, Limit>>;

export type LimitName = keyof typeof limits;

/** What is wrong with so many of something, or null. Not a number is too many. */
export const above = (name: LimitName, count: number): string | null =>
  count <= limits[name].most
    ? null
    : `${count} ${limits[name].what.replaceAll("`", "")}; the most is ${limits[name].most}`;
