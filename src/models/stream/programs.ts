/** What streams run on, compiled: a plan's chunks, or the prediction of one window. Beside each program stands how to run it. */
import { compilePrediction, slidEntry } from "../../compiler/compile.ts";
import { laneAxis } from "../../compiler/lanes.ts";
import type { Graph } from "../../graph/ops.ts";
import { maskLength, type Resolved } from "../../layers/model.ts";
import type { LaneAxis } from "../../vector/layout.ts";
import { millisecondsOf } from "../../vector/partition.ts";
import type { Numerics, Program } from "../../vector/program.ts";
import type { Schedule } from "../../vector/schedule.ts";
import { INPUT, OUTPUT, predictGraph } from "../graphs.ts";
import type { ChunkSheet } from "./chunks.ts";
import { positionsOf } from "./flow.ts";
import type { Start } from "./frames.ts";
import { chunkGraph, chunkInput, chunkOutput, existsName, historyName } from "./graphs.ts";
import type { StreamPlan } from "./plan.ts";
import type { WholeSheet } from "./windows.ts";

/** Samples of a large chunk, about: its tiles are full. */
const LARGE = 64;
/** Samples before histories are moved back, about, within so many steps: each is an entry, and room in every history. */
const SLIDE = 256;
const STEPS = { least: 4, most: 64 } as const;

/** How a stream's program is compiled. */
export interface Target {
  readonly schedule: Schedule;
  readonly numerics: Numerics;
  /** Default: along the axis that is faster for one row. */
  readonly lanes?: LaneAxis;
  /** The most steps before histories are moved back. Default: 64. */
  readonly steps?: number;
}

/** The chunks of a program, from the largest on, in blocks; and what each computes. */
export interface ChunkGraphs {
  readonly blocks: readonly number[];
  readonly graphOf: (blocks: number) => Graph;
}

/** A chunk of one block, and one of about `LARGE` samples. */
export function byPosition(plan: StreamPlan): ChunkGraphs {
  const large = Math.floor(LARGE / plan.block);
  return chunksOf(plan, large > 1 ? [large, 1] : [1]);
}

/** A chunk of one block alone. */
export const blockByBlock = (plan: StreamPlan): ChunkGraphs => chunksOf(plan, [1]);

const chunksOf = (plan: StreamPlan, blocks: readonly number[]): ChunkGraphs => ({
  blocks,
  graphOf: (size) => chunkGraph(plan, size, blocks[0]),
});

/** Compiles a plan's chunks; weights are still to be written. */
export function chunkProgram(
  plan: StreamPlan,
  { blocks, graphOf }: ChunkGraphs,
  { schedule, numerics, lanes, steps = STEPS.most }: Target,
): { readonly program: Program; readonly sheet: ChunkSheet } {
  const stepsOf = (size: number): number[] => {
    const enough = Math.floor(SLIDE / (size * plan.block));
    const length = Math.max(STEPS.least, Math.min(steps, enough));
    return Array.from({ length }, (_, i) => i * size);
  };
  const entryOf = (size: number): string => `chunk ${size}`;
  const graphs = Object.fromEntries(blocks.map((size) => [entryOf(size), graphOf(size)]));
  const by = Object.fromEntries(
    plan.histories.map(({ signal }, h) => [historyName(h), positionsOf(plan.flows[signal], plan, 1)]),
  );
  const program = compilePrediction(graphs, {
    batch: 1,
    lanes: lanes ?? laneAxis(Object.values(graphs), 1, true),
    schedule,
    numerics,
    fixedWeights: true,
    slides: { by, at: Object.fromEntries(blocks.map((size) => [entryOf(size), stepsOf(size)])) },
  });
  const { tensors } = program;
  const sizes = blocks.map((size): ChunkSheet["sizes"][number] => ({
    blocks: size,
    input: tensors[chunkInput(size)],
    output: tensors[chunkOutput(size)],
    exists: plan.flows.flatMap((_, signal) => {
      const name = existsName(signal, size);
      return Object.hasOwn(tensors, name) ? [{ signal, frames: tensors[name] }] : [];
    }),
    entries: stepsOf(size).map((step) => slidEntry(entryOf(size), step)),
  }));
  const smallest = sizes[sizes.length - 1];
  const { block, flows, histories } = plan;
  return {
    program,
    sheet: {
      ...startOf(program, smallest.entries[0], smallest.blocks * block),
      plan: { block, flows, histories },
      histories: histories.map((_, h) => tensors[historyName(h)]),
      sizes,
    },
  };
}

/** Compiles a model's prediction of one window; weights are still to be written. */
export function windowProgram(
  layers: readonly Resolved[],
  { schedule, numerics, lanes }: Target,
): { readonly program: Program; readonly sheet: WholeSheet } {
  const predict = predictGraph(layers);
  const program = compilePrediction(
    { predict },
    {
      batch: 1,
      lanes: lanes ?? laneAxis([predict], 1, true),
      schedule,
      numerics,
      fixedWeights: true,
    },
  );
  const { [INPUT]: input, [OUTPUT]: output } = program.tensors;
  return { program, sheet: { ...startOf(program, "predict", 1), input, output } };
}

function startOf(program: Program, entry: string, samples: number): Start {
  const { tensors, entries, rows, arenaBytes } = program;
  return {
    rows,
    masks: Object.entries(tensors).flatMap(([name, place]) => (maskLength(name) === null ? [] : [place])),
    bytes: arenaBytes,
    microseconds: (1000 * millisecondsOf({ ...program, entries: { [entry]: entries[entry] } })) / samples,
  };
}
