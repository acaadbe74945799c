/**
 * A model's outputs for rows: 16 rows at a time with a row a lane, or, where that costs no more, one row after another
 * (on several threads a row a thread) with channels or positions in the lanes. All give the same bits.
 */
import { samplesAt, weightView, writeRows } from "../vector/arena.ts";
import { compilePrediction } from "../compiler/compile.ts";
import { inBlocks } from "../compiler/fast.ts";
import { laneAxis, laneCost } from "../compiler/lanes.ts";
import { LANES, type LaneAxis } from "../vector/layout.ts";
import { millisecondsOf } from "../vector/partition.ts";
import type { Executable } from "../backends/backend.ts";
import type { Program } from "../vector/program.ts";
import type { Graph } from "../graph/ops.ts";
import { size } from "../numerics/tensor.ts";
import type { Signal } from "../layers/layer.ts";
import type { Resolved } from "../layers/model.ts";
import { chooseBackend, loadProgram, mostThreads, type Runtime } from "./runtime.ts";
import type { RawRows } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { INPUT, OUTPUT, parameterName, parametersOf, predictGraph, stateName, statesOf } from "./graphs.ts";
import { unscaled, type Preparation, type Unscaled } from "./preparation.ts";
import { extentOf, masksAt, type Extent } from "./masks.ts";
import { requireFinite, requireSize, takesOf } from "./takes.ts";
import type { Weights } from "./weights.ts";

/** Raw rows to outputs `[rows, outputs]`; throws InputError for rows that the model does not take. */
export type Predictor = (batch: RawRows) => Float32Array;

/** One row after another leaves signals in the nearest cache, which is worth that many operations more. */
const SLACK = 1.05;

/** Compiles a model's prediction; throws InputError for weights that are not the model's. */
export async function predictor(
  layers: readonly Resolved[],
  { input, weights, preparation }: { input: Signal; weights: Weights; preparation: Preparation },
  runtime: Runtime = {},
): Promise<Predictor> {
  const plain = predictGraph(layers);
  const graph = runtime.convolution === "direct" ? plain : inBlocks(plain);
  const load = (batch: number, lanes: LaneAxis, most?: number): Promise<Part> =>
    loadPart(graph, layers, weights, { ...runtime, batch, lanes, most });
  const axis = laneAxis([graph], 1, true);
  const one = axis === "samples" ? null : await load(1, axis);
  /** Rows one by one in the time of 16 at once, on as many threads. */
  const equal = (SLACK * laneCost([graph], LANES, "samples")) / laneCost([graph], 1, axis, true);
  const alone = one !== null && equal >= LANES;
  const { fewMs } = chooseBackend(runtime.backend);
  /** A row a thread, as many as 16 rows are worth. */
  const abreast = alone
    ? Math.min(LANES, mostThreads(runtime), Math.floor((LANES * one.milliseconds) / fewMs))
    : 1;
  const many = !alone ? await load(LANES, "samples") : abreast > 1 ? await load(abreast, axis, abreast) : one;
  /** The most rows that `one` is for: of all, or of those that are left. */
  const few =
    one === null ? 0 : alone ? Math.max(1, fewMs / one.milliseconds) : (equal * one.threads) / many.threads;
  return throughParts({ input, preparation }, many.width, (left, rows) =>
    one !== null && (alone ? rows : left) <= few ? one : many,
  );
}

/** Raw rows through programs: prepared as far as needed, then part after part, each for as many rows as it takes. */
export function throughParts(
  { input, preparation }: { readonly input: Signal; readonly preparation: Preparation },
  width: number,
  partFor: (left: number, rows: number) => Pass,
): Predictor {
  const takes = takesOf(preparation, input);
  return (batch) => {
    requireSize(batch, takes);
    const { rows } = batch;
    const given = unscaled(preparation, batch, input);
    // a preparation can cut a bad value away: it sees whole rows, as the pass that writes them does otherwise
    if (given.values !== batch.series) requireFinite(batch, takes);
    const outputs = new Float32Array(rows * width);
    const extent = extentOf(preparation, batch, input);
    for (let row = 0; row < rows;) {
      const left = rows - row;
      const part = partFor(left, rows);
      const count = Math.min(part.batch, left);
      const finite = part.run(given, row, count, outputs, extent);
      if (!finite) requireFinite(batch, takes);
      row += count;
    }
    return outputs;
  };
}

/** A program that is ready to take rows. */
export interface Pass {
  /** Rows at once. */
  readonly batch: number;
  /** Outputs of a row. */
  readonly width: number;
  /** The outputs of `count` rows from `row` on, to their place among all outputs; whether all values are finite. */
  run(given: Unscaled, row: number, count: number, outputs: Float32Array, extent: Extent): boolean;
}

/** Where a program takes rows and gives outputs. */
export type Ports = Pick<Program, "batch" | "tensors" | "rows">;

/** Rows into the arena of a program and outputs out of it. */
export function passOf(
  ports: Ports,
  { floats, bits, run }: Pick<Executable, "floats" | "bits" | "run">,
): Pass {
  const { batch, tensors } = ports;
  const input = samplesAt(floats, tensors[INPUT], batch);
  const output = samplesAt(floats, tensors[OUTPUT], batch);
  const mask = masksAt(floats, ports, tensors[INPUT].type.shape[2]);
  let written = -1;
  return {
    batch,
    width: output.size,
    run({ values, scales }, row, count, outputs, extent) {
      const others = count === written ? "keep" : "clear";
      if (others === "clear") writeRows(floats, bits, ports, count);
      written = count;
      const finite = input.write(values, count, { first: row * input.size, scales, others });
      mask?.(extent, count, row);
      run("predict");
      output.read(count, outputs, row * output.size);
      return finite;
    },
  };
}

interface Part extends Pass {
  readonly threads: number;
  /** About how long a run takes on one thread. */
  readonly milliseconds: number;
}

async function loadPart(
  graph: Graph,
  layers: readonly Resolved[],
  weights: Weights,
  {
    batch,
    lanes,
    backend,
    numerics,
    threads,
    most,
  }: Runtime & { batch: number; lanes: LaneAxis; most?: number },
): Promise<Part> {
  const { schedule } = chooseBackend(backend);
  const program = compilePrediction(
    { predict: graph },
    { batch, lanes, schedule, numerics, fixedWeights: true },
  );
  const executable = await loadProgram(program, backend, threads, most);
  for (const [name, data] of placedWeights(layers, weights, program))
    weightView(executable.floats, program.tensors[name]).set(data);
  executable.run("weights");
  return {
    ...passOf(program, executable),
    threads: executable.threads,
    milliseconds: millisecondsOf(program),
  };
}

/** The weights of a model under the names that a program has for them; throws InputError where they are not the model's. */
export function placedWeights(
  layers: readonly Resolved[],
  weights: Weights,
  { tensors }: Pick<Program, "tensors">,
): readonly (readonly [name: string, data: Float32Array])[] {
  const given = new Map(weights.map((w) => [w.name, w.data]));
  const placed = (name: string, at: string): (readonly [string, Float32Array])[] => {
    if (!Object.hasOwn(tensors, at)) return []; // nothing reads it
    const wanted = size(tensors[at].type.shape);
    const data = given.get(name);
    if (data?.length !== wanted)
      throw new InputError(
        `weights of ${name} have ${data?.length ?? "no"} values; the model wants ${wanted}`,
      );
    return [[at, data]];
  };
  return [
    ...parametersOf(layers).flatMap(({ name }) => placed(name, parameterName(name))),
    ...statesOf(layers).flatMap(({ name }) => placed(name, stateName(name))),
  ];
}
