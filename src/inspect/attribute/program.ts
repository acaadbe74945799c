/**
 * A network and the gradient of its outputs by its input as one compiled program, in prediction mode: batch norms by their
 * running statistics, no dropout. The gradient is Graph to Graph, as training's is: dT/dx of T = seed . outputs, so that one
 * program serves each class, position and value. No sum runs over rows, and a row has the same bits on every back end.
 */
import { samplesAt, weightView, writeRows } from "../../vector/arena.ts";
import { compile, type CompileOptions } from "../../compiler/compile.ts";
import { inBlocks } from "../../compiler/fast.ts";
import { LANES } from "../../vector/layout.ts";
import { millisecondsOf } from "../../vector/partition.ts";
import { GraphBuilder } from "../../graph/build.ts";
import { gradient } from "../../graph/gradient.ts";
import type { Graph } from "../../graph/ops.ts";
import { InputError } from "../../data/errors.ts";
import { modelNodes, resolve, type Model, type Resolved } from "../../layers/model.ts";
import { size } from "../../numerics/tensor.ts";
import { ends, INPUT, OUTPUT, predictGraph, tensorInput } from "../../models/graphs.ts";
import { masksAt, type Extent } from "../../models/masks.ts";
import { placedWeights } from "../../models/predictor.ts";
import { chooseBackend, loadProgram, type Runtime } from "../../models/runtime.ts";
import type { Weights } from "../../models/weights.ts";

/** What T is the product of, with the outputs. */
export const SEED = "seed";
/** dT/dx. */
export const INPUT_GRADIENT = "gradient/input";

/** Prepared rows `[count, channels, length]`, and where in them a row's own values stand. */
export interface Points {
  readonly values: Float32Array;
  readonly count: number;
  readonly extent: Extent;
}

/** A network that can be asked for outputs and for gradients by its input. */
export interface Engine {
  /** Outputs of a row. */
  readonly width: number;
  /** Prepared values of a row. */
  readonly size: number;
  /** About how long the gradients of `batch` points take on one thread, in milliseconds. */
  readonly milliseconds: number;
  /** Points that a run takes. */
  readonly batch: number;
  /** The last layer's outputs, `[count, outputs]`. */
  outputs(points: Points): Float32Array;
  /** dT/dx `[count, channels, length]` for T = seed . outputs, seeds `[count, outputs]`; and the outputs. */
  gradients(points: Points, seeds: Float32Array): { outputs: Float32Array; gradients: Float32Array };
}

/** Outputs and dT/dx of a model as a graph; throws InputError where no output depends on the input. */
export function inputGradientGraph(layers: readonly Resolved[]): Graph {
  const b = new GraphBuilder();
  const { input, output: out } = ends(layers);
  const x = b.input(INPUT, "sample", input);
  const { output } = modelNodes(b, layers, x, "predict", tensorInput(b, layers));
  const seed = b.input(SEED, "sample", out);
  const { graph, gradients } = gradient(b.build({ [OUTPUT]: output }), output, [x], seed);
  const [g] = gradients;
  if (g === null)
    throw new InputError("the model's outputs do not depend on its input, so there is nothing to attribute");
  const { op } = graph.nodes[g];
  // a gradient that is the seed itself, as of a model that adds a bias, still wants a place of its own
  if (op.op !== "input") return { nodes: graph.nodes, outputs: { [OUTPUT]: output, [INPUT_GRADIENT]: g } };
  const again = new GraphBuilder(graph);
  const copy = again.map("neg", again.map("sub", again.constant(0), g));
  return again.build({ [OUTPUT]: output, [INPUT_GRADIENT]: copy });
}

/** Compiles a network; throws InputError for weights that are not the model's, and where it needs too much memory. */
export async function engineOf(
  { model, weights }: { readonly model: Model; readonly weights: Weights },
  runtime: Runtime = {},
): Promise<Engine> {
  const layers = resolve(model);
  const graphs = { predict: predictGraph(layers), gradients: inputGradientGraph(layers) };
  const direct = runtime.convolution === "direct";
  const own = direct ? graphs : { predict: inBlocks(graphs.predict), gradients: inBlocks(graphs.gradients) };
  const { schedule } = chooseBackend(runtime.backend);
  const options: CompileOptions = {
    batch: LANES,
    lanes: "samples",
    schedule,
    numerics: runtime.numerics,
    fixedWeights: true,
  };
  const program = compile(own, options);
  const executable = await loadProgram(program, runtime.backend, runtime.threads);
  const { floats, bits, run } = executable;
  for (const [name, data] of placedWeights(layers, weights, program))
    weightView(floats, program.tensors[name]).set(data);
  run("weights");
  const { batch, tensors } = program;
  const at = (name: string): ReturnType<typeof samplesAt> => samplesAt(floats, tensors[name], batch);
  const [input, output, seed, slope] = [at(INPUT), at(OUTPUT), at(SEED), at(INPUT_GRADIENT)];
  const mask = masksAt(floats, program, model.input.length);

  /** Batch after batch: what goes in, a run, what comes out. */
  const each = ({ values, count, extent }: Points, visit: (first: number, rows: number) => void): void => {
    for (let first = 0; first < count; first += batch) {
      const rows = Math.min(batch, count - first);
      writeRows(floats, bits, program, rows);
      input.write(values, rows, { first: first * input.size });
      mask?.(extent, rows, first);
      visit(first, rows);
    }
  };
  return {
    width: output.size,
    size: size([1, model.input.channels, model.input.length]),
    milliseconds: millisecondsOf(program),
    batch,
    outputs(points) {
      const outputs = new Float32Array(points.count * output.size);
      each(points, (first, rows) => {
        run("predict");
        output.read(rows, outputs, first * output.size);
      });
      return outputs;
    },
    gradients(points, seeds) {
      const outputs = new Float32Array(points.count * output.size);
      const gradients = new Float32Array(points.count * input.size);
      each(points, (first, rows) => {
        seed.write(seeds, rows, { first: first * output.size });
        run("gradients");
        output.read(rows, outputs, first * output.size);
        slope.read(rows, gradients, first * input.size);
      });
      return { outputs, gradients };
    },
  };
}
