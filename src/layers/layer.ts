/**
 * What a layer kind is: plain options in, and from them shapes, parameters and graph nodes. Kinds are entries of one
 * table (kinds.ts); a model holds their names and options as JSON.
 */
import type { GraphBuilder } from "../graph/build.ts";
import type { Axis, NodeId } from "../graph/ops.ts";
import { size, type Shape } from "../numerics/tensor.ts";
import type { Init } from "./initialise.ts";
import type { OptionSource } from "./options.ts";

/** Channels and positions of one row. */
export interface Signal {
  /** Values at one position. */
  readonly channels: number;
  /** Positions. */
  readonly length: number;
}

export interface Parameter {
  readonly name: string;
  readonly shape: Shape;
  readonly init: Init;
}

/** Running statistics and the like: saved with the model, changed by training, but not by the optimizer. */
export interface State {
  readonly name: string;
  readonly shape: Shape;
  /** What all of it begins with, or each value of it. */
  readonly value: number | (() => Float32Array);
}

/** What a state begins with, row-major. */
export const firstValues = ({ shape, value }: State): Float32Array =>
  typeof value === "number" ? new Float32Array(size(shape)).fill(value) : value();

export type Mode = "train" | "predict";

export interface Site<O> {
  readonly b: GraphBuilder;
  readonly mode: Mode;
  readonly options: O;
  readonly inputs: readonly NodeId[];
  readonly shapes: readonly Signal[];
  readonly parameter: (name: string) => NodeId;
  readonly state: (name: string) => NodeId;
  /** Says what a state becomes after a training step. */
  readonly update: (name: string, value: NodeId) => void;
  /** `[1, 1, length]` a row, at the first input's positions: 1 where they are the row's own, 0 in its padding. */
  readonly own: () => NodeId;
  /** Sums over the rows that statistics are of, and how many rows those are: the batch, or the shard of it that the graph is for. */
  readonly rows: {
    readonly count: () => NodeId;
    readonly sum: (a: NodeId, axes: readonly Axis[]) => NodeId;
  };
  /** Uniform numbers in [0, 1) of a shape a row, new at every step, from the layer's own stream; one call a layer. */
  readonly random: (shape: Shape) => NodeId;
}

/** How far an output sees: positions of the input that one output covers, and from one output to the next. */
export interface Window {
  readonly size: number;
  readonly stride: number;
}

export interface LayerKind<O> {
  /** How many inputs the layer takes; several are two or more. */
  readonly inputs: number | "several";
  /** Options with their defaults, each asked for by name; throws LayerError where they do not go together. */
  readonly options: (o: OptionSource) => O;
  /** The result's shape; throws where the inputs do not fit. */
  readonly shape: (inputs: readonly Signal[], options: O) => Signal;
  readonly parameters?: (inputs: readonly Signal[], options: O) => readonly Parameter[];
  readonly state?: (inputs: readonly Signal[], options: O) => readonly State[];
  readonly nodes: (site: Site<O>) => NodeId;
  /** For summaries; a layer without one works position by position. "all" sees the whole input. */
  readonly window?: (inputs: readonly Signal[], options: O) => Window | "all";
  /** Positions x taps of its sparse maps along positions, at most; a layer without has no such map. */
  readonly terms?: (inputs: readonly Signal[], options: O) => number;
  /** Multiply-adds of a row; a layer without multiplies no filters. */
  readonly multiplyAdds?: (inputs: readonly Signal[], options: O) => number;
}
