/**
 * What a model may be at most, before anything is built of it: a file of half a kilobyte must not take minutes or
 * gigabytes. One table; docs/limits.md shows it, and a test holds the two together.
 */

import { MOST_NODES, MOST_STRIDES } from "../graph/build.ts";
import { MOST_UNROLLED } from "../graph/mix.ts";

export interface Limit {
  readonly most: number;
  /** What is counted, as docs/limits.md has it. */
  readonly what: string;
  /** The same in an error, after the number. */
  readonly short: string;
}

export const limits = {
  layers: { most: 512, what: "layers of a model", short: "layers" },
  reads: {
    most: 10_000,
    what: "inputs of all layers together (a `concat` has several)",
    short: "inputs of layers",
  },
  option: {
    most: 2 ** 24,
    what: "a whole number among the options of a layer: filters, taps, stride, padding",
    short: "as an option",
  },
  rowValues: {
    most: 2 ** 24,
    what: "channels x positions of a row, of the input and of each layer's result",
    short: "values a row",
  },
  parameterValues: { most: 2 ** 26, what: "values of one parameter", short: "values of a parameter" },
  terms: {
    most: 2 ** 22,
    what: "positions x taps of all pools, pads, crops, upsamplings and fixed filters together",
    short: "terms (positions x taps) in pools, pads, upsamplings and fixed filters",
  },
  unrolled: {
    most: MOST_UNROLLED,
    what: "of the terms of one such layer, those that no shift repeats: each becomes instructions",
    short: "terms that no shift repeats",
  },
  work: { most: 2 ** 38, what: "multiplications of filters for one row", short: "multiplications a row" },
  members: { most: 100, what: "networks of an ensemble", short: "members" },
  nodes: {
    most: MOST_NODES,
    what: "operations of the graph of a model, or of its training step",
    short: "operations",
  },
  strides: {
    most: MOST_STRIDES,
    what: "strides of its transposed convolutions together; in training also of convolutions through which a gradient goes back",
    short: "strides of transposed convolutions",
  },
} as const satisfies Readonly<Record<string, Limit>>;

export type LimitName = keyof typeof limits;

/** What is wrong with so many of something, or null. Not a number is too many. */
export function above(name: LimitName, count: number): string | null {
  const { most, short } = limits[name];
  return count <= most ? null : `${count} ${short}; the most is ${most}`;
}
