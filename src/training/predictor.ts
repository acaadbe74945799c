/**
 * A model's outputs for prepared rows: 16 rows at a time with a row a lane, and, where it is cheaper, a few rows one by
 * one with channels or positions in the lanes. All give the same bits.
 */
import { readSamples, weightView, writeRows, writeSamples } from "../compiler/arena.ts";
import { compile } from "../compiler/compile.ts";
import { laneAxis } from "../compiler/lanes.ts";
import { LANES, type LaneAxis } from "../compiler/layout.ts";
import type { Graph } from "../graph/ops.ts";
import { tensorName, type Resolved } from "../layers/model.ts";
import { chooseBackend, loadProgram, type Runtime } from "./backends.ts";
import { InputError } from "./errors.ts";
import { predictGraph } from "./graphs.ts";
import type { Weights } from "./weights.ts";

/** Prepared rows `[rows, channels, length]` to outputs `[rows, outputs]`. */
export type Predictor = (values: Float32Array, rows: number) => Float32Array;

/** Compiles a model's prediction; throws InputError for weights that are not the model's. */
export async function predictor(
  layers: readonly Resolved[],
  weights: Weights,
  runtime: Runtime = {},
): Promise<Predictor> {
  const graph = predictGraph(layers);
  const few = mostOneByOne(graph);
  const load = (batch: number, lanes: LaneAxis): Promise<Part> =>
    loadPart(graph, layers, weights, { batch, lanes, ...runtime });
  const one = few > 0 ? await load(1, laneAxis([graph], 1)) : null;
  const many = await load(LANES, "samples");
  return (values, rows) => {
    const { width } = many;
    const outputs = new Float32Array(rows * width);
    const size = values.length / rows;
    for (let from = 0; from < rows;) {
      const left = rows - from;
      const [part, count] = one && left <= few ? [one, 1] : [many, Math.min(LANES, left)];
      outputs.set(part.run(values.subarray(from * size, (from + count) * size), count), from * width);
      from += count;
    }
    return outputs;
  };
}

/** The most rows for which one row after another costs less than 16 at once. */
function mostOneByOne(graph: Graph): number {
  let rows = 0;
  while (rows < LANES && laneAxis([graph], rows + 1) !== "samples") rows++;
  return rows;
}

interface Part {
  /** Outputs of a row. */
  readonly width: number;
  readonly run: Predictor;
}

async function loadPart(
  graph: Graph,
  layers: readonly Resolved[],
  weights: Weights,
  { batch, lanes, backend, numerics, threads }: Runtime & { batch: number; lanes: LaneAxis },
): Promise<Part> {
  const { schedule } = chooseBackend(backend);
  const program = compile({ predict: graph }, { batch, lanes, schedule, numerics, fixedWeights: true });
  const { floats, bits, run } = await loadProgram(program, backend, threads);
  const given = new Map(weights.map((w) => [w.name, w.data]));
  for (const layer of layers) {
    for (const [prefix, tensors] of [
      ["parameters", layer.parameters],
      ["state", layer.state],
    ] as const) {
      for (const tensor of tensors) {
        const name = tensorName(layer, tensor);
        const view = weightView(floats, program.tensors[`${prefix}/${name}`]);
        const data = given.get(name);
        if (data?.length !== view.length)
          throw new InputError(
            `weights of ${name} have ${data?.length ?? "no"} values; the model wants ${view.length}`,
          );
        view.set(data);
      }
    }
  }
  run("weights");
  const { input, output } = program.tensors;
  const [, channels, positions] = output.type.shape;
  let written = -1;
  return {
    width: channels * positions,
    run: (values, rows) => {
      const others = rows === written ? "keep" : "clear";
      if (others === "clear") writeRows(floats, bits, program, rows);
      written = rows;
      writeSamples(floats, input, batch, values, rows, others);
      run("predict");
      return readSamples(floats, output, rows);
    },
  };
}
