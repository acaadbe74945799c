/** Where a training run went wrong. */
import { samplesAt, weightView, writeRows, type Samples } from "../vector/arena.ts";
import { compile } from "../compiler/compile.ts";
import { GraphBuilder } from "../graph/build.ts";
import { modelNodes, resolve, type Model } from "../layers/model.ts";
import { masksAt } from "../models/masks.ts";
import { loadProgram } from "../models/runtime.ts";
import type { Weights } from "../models/weights.ts";

/** What of a run is no number (NaN, or infinite). */
export type Diverged = "loss" | "outputs" | "weights";

const SAID: Readonly<Record<Diverged, string>> = {
  loss: "the loss is not a number",
  outputs: "outputs are not numbers, though the loss is one",
  weights: "weights are not numbers, though the loss is one",
};

/**
 * Training met a loss, outputs or weights that are no numbers; `step` says when, `layer` where: a layer, or a parameter or
 * running statistic of one.
 */
export class DivergedError extends Error {
  /** The name of the class, to tell errors apart by. */
  override readonly name = "DivergedError";
  /** The step, from 1, whose loss was no number, or after which outputs or weights were found to be none. */
  readonly step: number;
  /** The name of the layer, or of its parameter, where the first such value stood. */
  readonly layer: string;

  constructor(step: number, layer: string, learningRate: number, what: Diverged = "loss") {
    super(
      `training diverged at step ${step}: ${SAID[what]}, first seen in ${layer}; lower the learning rate (it was ${learningRate}) or normalise the data`,
    );
    this.step = step;
    this.layer = layer;
  }
}

const finite = (x: Float32Array): boolean => x.every(Number.isFinite);

/** The name of the first of some weights that are not all numbers, running statistics too; null where all are. */
export const nonFiniteWeights = (weights: Weights): string | null =>
  weights.find(({ data }) => !finite(data))?.name ?? null;

/**
 * Where a forward pass, as in training or in prediction, first meets a value that is no number: a parameter, or the output
 * of a layer. In training the weights are those before the step, since a step with a loss that is no number changes none
 * but running statistics, which it does not read.
 */
export async function firstNonFinite(
  model: Model,
  weights: Weights,
  values: Float32Array,
  mode: "train" | "predict" = "train",
): Promise<string> {
  const read = weights.filter(({ name }) => mode === "predict" || !/\.(mean|variance)$/.test(name));
  const tensor = nonFiniteWeights(read);
  if (tensor !== null) return tensor;
  const { channels, length } = model.input;
  const rows = values.length / (channels * length);
  const b = new GraphBuilder();
  const layers = resolve(model);
  const x = b.input("input", "sample", [1, channels, length]);
  const nodes = modelNodes(b, layers, x, mode, (name, shape) => b.input(name, "weight", shape));
  const outputs = Object.fromEntries(
    layers.flatMap(({ name }, i) => (nodes.layers[i] === x ? [] : [[`output of ${name}`, nodes.layers[i]]])),
  );
  const program = compile({ main: b.build(outputs) }, { batch: rows });
  const { floats, bits, run } = await loadProgram(program);
  writeRows(floats, bits, program, rows);
  const samples = (name: string): Samples => samplesAt(floats, program.tensors[name], rows);
  samples("input").write(values, rows);
  masksAt(floats, program, length)?.(() => [0, length], rows);
  for (const { name, data } of weights)
    if (program.tensors[name]) weightView(floats, program.tensors[name]).set(data);
  run("main");
  const found = Object.keys(outputs).find((name) => !finite(samples(name).read(rows)));
  return found?.replace("output of ", "") ?? (mode === "train" ? "the loss" : "the outputs");
}
