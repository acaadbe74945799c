/**
 * How strong the back-signals are while a network learns: |v_l|, the Euclidean norm of d(loss)/dz_l over rows, channels
 * and positions, for each layer with filters, where z_l = A(w_l) y_{l-1} + b_l. It is measured by a program of its own,
 * with memory of its own, so a run's weights, random numbers and bits stay as they are.
 */
import { samplesAt, weightView, writeRows } from "../vector/arena.ts";
import { compile } from "../compiler/compile.ts";
import { GraphBuilder } from "../graph/build.ts";
import { gradient } from "../graph/gradient.ts";
import type { NodeId } from "../graph/ops.ts";
import { modelNodes, resolve, type Model } from "../layers/model.ts";
import { chooseBackend, loadProgram } from "../models/runtime.ts";
import type { BackendChoice } from "../backends/choose.ts";
import type { Answers } from "../data/answers.ts";
import { gather, type Dataset } from "../data/dataset.ts";
import type { BackSignals } from "../training/history.ts";
import { InputError } from "../data/errors.ts";
import { lossInputs, lossNode } from "../training/losses.ts";
import type { Loss } from "../models/scores/loss.ts";
import { extentOf, masksAt } from "../models/masks.ts";
import { prepare, type Preparation } from "../models/preparation.ts";
import { standardized, type TargetScales } from "../models/targets.ts";
import type { Weights } from "../models/weights.ts";

export interface FlowMeter {
  measure(weights: Weights, preparation: Preparation, targets?: TargetScales): BackSignals;
}

/** Rows of the batch that is measured: one group of lanes. */
const ROWS = 16;
const INPUT = "flow/input";
const TARGET = "flow/target";

/** Whether an epoch (from 1) is measured: the first ten, then five in each doubling, whatever the run's length. */
export function isMeasured(epoch: number): boolean {
  let every = 1;
  while (epoch > 10 * every) every *= 2;
  return epoch % every === 0;
}

/**
 * Compiles the measurement on at most 16 rows spread evenly over `data`, in training mode without augmentation; layers
 * that draw random numbers draw the same ones every time. Null where rows have a class a position, and where the
 * program would not fit in memory.
 */
export async function flowMeter(
  model: Model,
  data: Dataset,
  loss: Loss,
  backend?: BackendChoice,
): Promise<FlowMeter | null> {
  if (data.answers.kind === "positions") return null;
  const layers = resolve(model);
  const b = new GraphBuilder();
  const { channels, length } = model.input;
  const out = layers[layers.length - 1].output;
  const x = b.input(INPUT, "sample", [1, channels, length]);
  const nodes = modelNodes(b, layers, x, "train", (name, shape) => b.input(name, "weight", shape));
  const target = b.input(TARGET, "sample", [1, out.channels, out.length]);
  const value = lossNode(b, loss, nodes.output, target);
  const watched = layers.flatMap(({ name, parameters }, l) =>
    parameters.some((p) => /filter$/i.test(p.name)) ? [{ name, node: nodes.layers[l] }] : [],
  );
  const { graph, gradients } = gradient(
    b.build({ value }),
    value,
    watched.map(({ node }) => node),
  );
  const squares = new GraphBuilder(graph);
  const outputs: Record<string, NodeId> = {};
  watched.forEach(({ name }, i) => {
    const v = gradients[i];
    if (v !== null) outputs[name] = squares.sum(squares.map("mul", v, v), ["n", "c", "t"]);
  });
  const every = Math.max(1, Math.floor(data.rows / ROWS));
  const batch = gather(
    data,
    Array.from({ length: Math.min(ROWS, data.rows) }, (_, i) => i * every),
  );
  const program = compile(
    { flow: squares.build(outputs) },
    { batch: batch.rows, schedule: chooseBackend(backend).schedule },
  );
  const executable = await loadProgram(program, backend).catch((error: unknown) => {
    if (error instanceof InputError) return null;
    throw error;
  });
  if (executable === null) return null;
  const { floats, bits, run } = executable;
  const view = (name: string): Float32Array => weightView(floats, program.tensors[name]);
  for (const [name, values] of Object.entries(lossInputs(loss, out.channels))) view(name).set(values);
  return {
    measure(weights, preparation, targets) {
      for (const { name, data: values } of weights) if (name in program.tensors) view(name).set(values);
      writeRows(floats, bits, program, batch.rows);
      const write = (name: string, values: ArrayLike<number>): boolean =>
        samplesAt(floats, program.tensors[name], program.batch).write(values, batch.rows);
      write(INPUT, prepare(preparation, batch, model.input));
      write(TARGET, numbersOf(batch.answers, out.channels, targets));
      masksAt(floats, program, length)?.(extentOf(preparation, batch, model.input), batch.rows);
      run("flow");
      return Object.fromEntries(Object.keys(outputs).map((name) => [name, Math.sqrt(view(name)[0])]));
    },
  };
}

/** One-hot classes, or the targets as they are learned. */
function numbersOf(answers: Answers, outputs: number, scales?: TargetScales): ArrayLike<number> {
  switch (answers.kind) {
    case "classes":
    case "positions": {
      const values = new Float32Array(answers.labels.length * outputs);
      answers.labels.forEach((label, i) => (values[i * outputs + label] = 1));
      return values;
    }
    case "values":
      return scales ? standardized(answers.targets, scales) : answers.targets;
    case "multiLabel":
      return answers.targets;
    case "none":
      return [];
  }
}
