/** What an int8 program does of a row: steps over values, as plain data. The reference and C are made of the same steps. */
import type { Schedule } from "../../vector/schedule.ts";
import type { Signal } from "../../layers/layer.ts";
import type { OneRow } from "../oneRow.ts";
import type { Grid, Ratio } from "./arithmetic.ts";

/** `[channels, length]`, row-major, in 8 bits on a grid, or in floats. */
export interface Value extends Signal {
  /** The number of its memory, which values of other shapes may share. */
  readonly memory: number;
  /** Absent of floats. */
  readonly grid?: Grid;
}

/** Windows along positions: output t reads from stride t - left on, `size` values that stand apart by `dilation`. */
export interface Windows {
  readonly size: number;
  readonly stride: number;
  readonly dilation: number;
  readonly left: number;
}

/** y = w * x + b by whole numbers: int8 filters `[filters, channels of a group, taps]`, a scale a filter. */
export interface Linear {
  readonly windows: Windows;
  readonly groups: number;
  readonly filters: Int8Array;
  /** In units of the input's scale times the filter's. */
  readonly biases: Int32Array;
  /** By which sums become places on the result's grid; or floats, which they are multiplied by where the result has none. */
  readonly scales: readonly Ratio[] | Float32Array;
}

/** Where the positions of a moved signal come from; -1 is a zero. The C is an expression of t. */
export interface Move {
  readonly source: (t: number) => number;
  readonly text: string;
  /** The first channel that is taken. */
  readonly channel: number;
}

/** Its values are numbers into the list of them. */
interface Between {
  readonly from: number;
  readonly to: number;
  /** The layer, for comments. */
  readonly name: string;
}

export type Step =
  | (Between & { readonly kind: "quantise" | "dequantise" })
  | (Between & { readonly kind: "linear"; readonly linear: Linear })
  | (Between & {
      readonly kind: "sum";
      readonly other: number;
      readonly multipliers: readonly [number, number];
      readonly shift: number;
    })
  | (Between & { readonly kind: "product"; readonly other: number; readonly ratio: Ratio })
  /** Into the result from a channel on. */
  | (Between & { readonly kind: "rescale"; readonly channel: number; readonly ratio: Ratio })
  | (Between & { readonly kind: "max"; readonly windows: Windows })
  | (Between & { readonly kind: "mean"; readonly windows: Windows; readonly ratio: Ratio })
  | (Between & { readonly kind: "table"; readonly table: Int8Array })
  | (Between & { readonly kind: "move"; readonly move: Move })
  /** A layer that stays in float: a program of its own. */
  | (Between & { readonly kind: "float"; readonly island: IslandOf });

/** A layer by itself, compiled for one row; the bits are the same by any schedule. */
export type IslandOf = (schedule?: Schedule) => OneRow;

export interface Plan {
  readonly values: readonly Value[];
  readonly steps: readonly Step[];
  /** The prepared row and the outputs: values in floats. */
  readonly input: number;
  readonly output: number;
}

/** The value that a step reads beside `from`, if any. */
export const readBy = (step: Step): readonly number[] =>
  step.kind === "sum" || step.kind === "product" ? [step.from, step.other] : [step.from];
