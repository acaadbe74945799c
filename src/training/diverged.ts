/** Where a training run went wrong. */
import { samplesAt, weightView, writeRows, type Samples } from "../vector/arena.ts";
import { compile } from "../compiler/compile.ts";
import { GraphBuilder } from "../graph/build.ts";
import { modelNodes, resolve, type Model } from "../layers/model.ts";
import { masksAt } from "../models/masks.ts";
import { loadProgram } from "../models/runtime.ts";
import type { Weights } from "../models/weights.ts";

/** Training met a loss that is no number; `step` says when, `layer` where: a layer, or a parameter of one. */
export class DivergedError extends Error {
  /** The name of the class, to tell errors apart by. */
  override readonly name = "DivergedError";
  /** The step, from 1, whose loss was no number. */
  readonly step: number;
  /** The name of the layer, or of its parameter, where the first such value stood. */
  readonly layer: string;

  constructor(step: number, layer: string, learningRate: number) {
    super(
      `training diverged at step ${step}: the loss is not a number, first seen in ${layer}; lower the learning rate (it was ${learningRate}) or normalise the data`,
    );
    this.step = step;
    this.layer = layer;
  }
}

/**
 * Where a forward pass first meets a value that is no number: a parameter, or the output of a layer. The weights are
 * those before the step, since a step with such a loss changes none.
 */
export async function firstNonFinite(model: Model, weights: Weights, values: Float32Array): Promise<string> {
  const finite = (x: Float32Array): boolean => x.every(Number.isFinite);
  const tensor = weights.find(({ name, data }) => !/\.(mean|variance)$/.test(name) && !finite(data));
  if (tensor) return tensor.name;
  const { channels, length } = model.input;
  const rows = values.length / (channels * length);
  const b = new GraphBuilder();
  const layers = resolve(model);
  const x = b.input("input", "sample", [1, channels, length]);
  const nodes = modelNodes(b, layers, x, "train", (name, shape) => b.input(name, "weight", shape));
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
  return found?.replace("output of ", "") ?? "the loss";
}
