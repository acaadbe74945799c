/**
 * The loss of some rows as one graph, in the mode of training or of prediction: what explanations and certificates evaluate
 * in f64, in complex numbers and compiled.
 */
import { GraphBuilder } from "../graph/build.ts";
import type { Graph, NodeId } from "../graph/ops.ts";
import { size } from "../numerics/tensor.ts";
import { maskLength, modelNodes, type Resolved } from "../layers/model.ts";
import type { Signal } from "../layers/layer.ts";
import { hasUnlabelled, NO_LABEL, type Answers } from "../data/answers.ts";
import type { Batch } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { matchRows } from "../data/matchChannels.ts";
import { parametersOf } from "../models/graphs.ts";
import { extentOf, maskOf } from "../models/masks.ts";
import type { NetworkFields } from "../models/network.ts";
import { prepare } from "../models/preparation.ts";
import { requireRows, takesOf } from "../models/takes.ts";
import { standardized } from "../models/targets.ts";
import { inverseOf } from "../models/temperature.ts";
import { lossNode, lossByAnswers } from "../training/losses.ts";

/**
 * Whose statistics batch norm takes, and whether dropout drops: `prediction`, the running ones and no dropout, as a trained
 * network answers; `training`, those of the rows themselves and the dropout of a first step.
 */
export type Statistics = "prediction" | "training";

/** Rows in raw units with their answers; `gather` takes them from a data set. */
export type AnsweredRows = Pick<Batch, "series" | "rows" | "lengths" | "first" | "channelNames" | "answers">;

export interface LossGraph {
  readonly graph: Graph;
  readonly loss: NodeId;
  /** The output of each layer. */
  readonly layers: readonly NodeId[];
  /** Every parameter, in model order. */
  readonly parameters: readonly { readonly name: string; readonly node: NodeId }[];
  /** What every input of the graph is, by name. */
  readonly inputs: Readonly<Record<string, ArrayLike<number>>>;
  readonly rows: number;
  /** What logits are multiplied by before the loss: 1 / T of a calibrated model in prediction, else 1. */
  readonly inverse: number;
}

const INPUT = "explain/input";
export const TARGET = "explain/target";
export const inputOf = (g: LossGraph): ArrayLike<number> => g.inputs[INPUT];

/** The graph of the loss; throws InputError for rows that the model does not take and answers that it does not give. */
export function lossGraph(
  fields: NetworkFields,
  layers: readonly Resolved[],
  given: AnsweredRows,
  statistics: Statistics,
): LossGraph {
  const { model, preparation, weights } = fields;
  const batch = matchRows(fields.channelNames, given, "the model");
  requireRows(batch, takesOf(preparation, model.input));
  const { output } = layers[layers.length - 1];
  const target = targetOf(fields, batch.answers, output, batch.rows);
  const b = new GraphBuilder();
  const { channels, length } = model.input;
  const x = b.input(INPUT, "sample", [1, channels, length]);
  const mode = statistics === "training" ? "train" : "predict";
  const nodes = modelNodes(b, layers, x, mode, (name, shape) => b.input(name, "weight", shape));
  // what is trained is without a temperature; `evaluate` and `predict` are at the model's
  const inverse = statistics === "prediction" ? inverseOf(fields.temperature) : 1;
  const loss = lossNode(
    b,
    lossByAnswers[batch.answers.kind],
    inverse === 1 ? nodes.output : b.map("mul", nodes.output, b.constant(inverse)),
    b.input(TARGET, "sample", [1, output.channels, output.length]),
    hasUnlabelled(batch.answers) ? { unlabelled: "ignored" } : {},
  );
  const parameters = parametersOf(layers).map(({ name, shape }) => ({
    name,
    node: b.input(name, "weight", shape),
  }));
  const graph = b.build({ loss });
  const inputs: Record<string, ArrayLike<number>> = {
    [INPUT]: Float64Array.from(prepare(preparation, batch, model.input)),
    [TARGET]: target,
  };
  for (const { name, data } of weights) inputs[name] = data;
  const extent = extentOf(preparation, batch, model.input);
  // whatever else a step counts, such as the step that random numbers are drawn for, begins at 0
  for (const { op, type } of graph.nodes)
    if (op.op === "input" && !(op.name in inputs)) {
      const n = maskLength(op.name);
      inputs[op.name] =
        n === null ? new Float64Array(size(type.shape)) : maskOf(extent, batch.rows, length, n);
    }
  return { graph, loss, layers: nodes.layers, parameters, inputs, rows: batch.rows, inverse };
}

/** Targets `[rows, channels, positions]` as the loss takes them: one-hot classes, or values as they are learned. */
function targetOf(
  { classes, targets: scales }: NetworkFields,
  answers: Answers,
  { channels, length }: Signal,
  rows: number,
): Float64Array {
  const one = channels * length;
  const requireEach = (each: number): void => {
    if (each !== one)
      throw new InputError(`the rows have ${each} numbers as answers, and the model has ${one} outputs`);
  };
  switch (answers.kind) {
    case "none":
      throw new InputError("the rows have no answers to take a loss against; give labelled rows");
    case "values":
      requireEach(answers.outputs);
      return scales ? standardized(answers.targets, scales) : Float64Array.from(answers.targets);
    case "multiLabel": {
      requireEach(answers.classes.length);
      const places = answers.classes.map((name) => classAt(classes, name));
      const target = new Float64Array(rows * one);
      answers.targets.forEach((t, i) => (target[i - (i % one) + places[i % one]] = t));
      return target;
    }
    case "classes":
    case "positions": {
      const positions = answers.kind === "classes" ? 1 : answers.positions;
      if (channels * length !== classes.length * positions)
        throw new InputError(
          `the rows have ${positions} of ${classes.length} classes each, and the model has ${channels} x ${length} outputs`,
        );
      const target = new Float64Array(rows * one);
      answers.labels.forEach((label, i) => {
        if (label === NO_LABEL) return;
        const k = classAt(classes, answers.classes[label]);
        target[Math.floor(i / positions) * one + k * positions + (i % positions)] = 1;
      });
      return target;
    }
  }
}

/** The number of a class; throws InputError for one that the model does not have. */
function classAt(classes: readonly string[], name: string): number {
  const k = classes.indexOf(name);
  if (k < 0)
    throw new InputError(
      `class ${JSON.stringify(name)} is none of the model's; they are ${classes.join(", ")}`,
    );
  return k;
}
