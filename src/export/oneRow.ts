/** A network as a program for one row: what the files that leave are made of. Its bits are those of `predict`. */
import { compile } from "../compiler/compile.ts";
import { inBlocks } from "../compiler/fast.ts";
import { laneAxis } from "../compiler/lanes.ts";
import type { LaneAxis } from "../vector/layout.ts";
import type { Program } from "../vector/program.ts";
import type { Schedule } from "../vector/schedule.ts";
import { resolve, type Resolved } from "../layers/model.ts";
import { predictGraph } from "../models/graphs.ts";
import type { NetworkFields } from "../models/network.ts";
import { placedWeights } from "../models/predictor.ts";
import type { Convolution } from "../models/runtime.ts";
import type { Weights } from "../models/weights.ts";

export interface OneRow {
  /** Its entries: `weights` once, then `predict` for each row, or what a stream runs. */
  readonly program: Program;
  /** What stands in the arena from the start: constants and weights, in bytes from its beginning. */
  readonly data: readonly { readonly offset: number; readonly words: Int32Array }[];
}

interface How {
  /** Along which axis lanes are, by default the one that `predict` takes for a row. */
  readonly lanes?: LaneAxis;
  readonly schedule?: Schedule;
  /** Default: fast, as `predict` has it. */
  readonly convolution?: Convolution;
}

/** Compiles a network for one row. */
export const oneRow = ({ model, weights }: NetworkFields, how?: How): OneRow =>
  rowOfLayers(resolve(model), weights, how);

/** The same of layers that are resolved, the first of which reads the input. */
export function rowOfLayers(
  layers: readonly Resolved[],
  weights: Weights,
  { lanes, schedule, convolution }: How = {},
): OneRow {
  const plain = predictGraph(layers);
  const graph = convolution === "direct" ? plain : inBlocks(plain);
  const program = compile(
    { predict: graph },
    { batch: 1, lanes: lanes ?? laneAxis([graph], 1, true), schedule, fixedWeights: true },
  );
  return { program, data: dataOf(program, placedWeights(layers, weights, program)) };
}

/** A program's constants and weights, where they lie. */
export function dataOf(program: Program, weights: ReturnType<typeof placedWeights>): OneRow["data"] {
  const placed = weights.map(([name, values]) => ({
    offset: program.tensors[name].offset,
    words: new Int32Array(Float32Array.from(values).buffer),
  }));
  return [...program.constants, ...placed];
}
