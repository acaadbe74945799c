/**
 * Explains one row: what each layer makes of it, and of each convolution the derivation with this row's numbers: z, s'(z), v, the
 * matrices A(w), H(y), C(v) and the Jacobians, and the gradient of its filter three ways that have to agree.
 */
import { resolve, type Model, type Resolved } from "../layers/model.ts";
import type { Signal } from "../layers/layer.ts";
import { classesOf, labelled, type AnswerKind } from "../data/answers.ts";
import { InputError } from "../data/errors.ts";
import type { NetworkFields } from "../models/network.ts";
import { softmax } from "../models/scores/metrics.ts";
import type { ConvolveMap } from "../graph/ops.ts";
import { explainConvolution, type ConvolutionExplanation } from "./derivation.ts";
import { fieldsOf } from "./attribute/receptiveField.ts";
import { isSimple } from "./geometry.ts";
import { inputOf, lossGraph, type AnsweredRows, type Statistics } from "./lossGraph.ts";
import { compiledGradients, convolutionsOf, traceOf } from "./trace.ts";

/** The options of `explain`. */
export interface ExplainOptions {
  /**
   * Whose statistics batch norm takes, and whether dropout drops. Default: "prediction", the network that answers: loss and
   * probabilities are those of `evaluate`.
   */
  readonly statistics?: Statistics;
  /** The one layer whose derivation is told, by its name in `summary`. Default: every convolution. */
  readonly layer?: string;
  /** The output and the input channel of that layer, from 0. Default: the first that a back-signal reaches. */
  readonly channel?: readonly [output: number, input: number];
  /** The class that the loss is taken against, of a class a row. Default: the row's. */
  readonly target?: string;
}

/** A row explained, as plain data: text, HTML and LaTeX are renderings of it. */
export interface Explanation {
  /** The name of the model. */
  readonly model: string;
  /** `chain`: convolutions of one channel each, followed by elementwise layers and at last a dense one; told whole. */
  readonly form: "chain" | "network";
  /** What the model answers with. */
  readonly answers: AnswerKind;
  /** What the loss is measured against: the class, or the values, in words. */
  readonly target: string;
  /** The loss of this row in f64: in prediction as `evaluate` has it. */
  readonly loss: number;
  /** In prediction, of a calibrated model: what logits are divided by before loss and probabilities. */
  readonly temperature?: number;
  /** Whose statistics batch norm takes, and whether dropout drops. */
  readonly statistics: Statistics;
  /** Whether batch norm takes those of this row alone. */
  readonly batchStatistics: boolean;
  /** The outputs of the last layer, `[channels, length]`. */
  readonly outputs: readonly number[];
  /** Of a class a row: the probability of each, in the order of the model's classes, at `temperature`. */
  readonly probabilities?: readonly number[];
  /** The model's classes; none where it gives values. */
  readonly classes: readonly string[];
  /** The model's channels, where they have names; masks of missing values come after them in `input`. */
  readonly channelNames?: readonly string[];
  /** The prepared row, `[channels, length]`. */
  readonly input: readonly number[];
  /** Each layer, in order. */
  readonly layers: readonly LayerExplanation[];
}

/** A layer of an explained row. */
export interface LayerExplanation {
  /** Its name in `summary`. */
  readonly name: string;
  /** What it computes. */
  readonly kind: string;
  /** Channels and positions of what it reads first. */
  readonly input: Signal;
  /** Channels and positions of what it gives. */
  readonly output: Signal;
  /** Trainable values. */
  readonly parameters: number;
  /** Positions of the input that the middle position of the output can see, as `receptiveField` has them, and padding with them. */
  readonly receptiveField: number;
  /** The first channel of the output. */
  readonly signal: readonly number[];
  /** What only a convolution has (conv1d, dense); null of other layers, and of those that were not asked for. */
  readonly convolution: ConvolutionExplanation | null;
}

/**
 * Explains one row in raw units with its answer (`gather(data, [i])`).
 *
 * @throws InputError for rows that the model does not take, answers that it does not give, an unknown layer or channel
 */
export async function explain(
  fields: NetworkFields,
  row: AnsweredRows,
  { statistics = "prediction", layer, channel, target }: ExplainOptions = {},
): Promise<Explanation> {
  const { model, channelNames, classes } = fields;
  if (row.rows !== 1) throw new InputError(`${row.rows} rows; one row is explained at a time`);
  if (target !== undefined && row.answers.kind !== "classes" && row.answers.kind !== "none")
    throw new InputError("a target is a class, and these rows have another answer each; leave it out");
  const answers = target === undefined ? row.answers : labelled([target], Int32Array.of(0));
  const layers = resolve(model);
  const built = lossGraph(fields, layers, { ...row, answers }, statistics);
  const maps = convolutionsOf(built).map((c) => c?.map ?? null);
  const told = toldLayers(layers, maps, layer, channel);
  const trace = traceOf(built, layers, statistics);
  const compiled = await compiledGradients(built);
  const taps = tapBudget(maps.filter((_, l) => told[l]));
  const outputs = [...trace.outputs[layers.length - 1]];
  return {
    model: model.name,
    form: isChain(layers, maps) ? "chain" : "network",
    answers: answers.kind === "none" ? "classes" : answers.kind,
    target: targetText(answers),
    loss: trace.loss,
    ...(built.inverse !== 1 && { temperature: fields.temperature }),
    statistics,
    batchStatistics: statistics === "training" && layers.some((l) => l.kind === "batchNorm"),
    outputs,
    ...(answers.kind === "classes" && { probabilities: softmax(outputs.map((z) => z * built.inverse)) }),
    classes,
    ...(channelNames && { channelNames }),
    input: Array.from(inputOf(built)),
    layers: layers.map((l, at) => ({
      name: l.name,
      kind: l.kind,
      input: l.inputs[0],
      output: l.output,
      parameters: l.parameters.reduce((sum, { shape }) => sum + shape[0] * shape[1] * shape[2], 0),
      receptiveField: seenBy(model, l),
      signal: [...trace.outputs[at].subarray(0, l.output.length)],
      convolution: told[at]
        ? explainConvolution({ built, layers, trace, compiled, at, channel, taps })
        : null,
    })),
  };
}

/** How many positions of the input the middle one of a layer's output sees, padding as far as the input is long. */
function seenBy(model: Model, { name, output }: Resolved): number {
  const [from, to] = fieldsOf(model, name)(output.length >> 1) ?? [0, -1];
  return Math.min(model.input.length, to - from + 1);
}

/** Which layers' derivations are told; throws InputError for a layer or channel that is not there. */
function toldLayers(
  layers: readonly Resolved[],
  maps: readonly (ConvolveMap | null)[],
  layer: string | undefined,
  channel: ExplainOptions["channel"],
): boolean[] {
  const names = layers.filter((_, l) => maps[l] !== null).map(({ name }) => name);
  if (layer === undefined) {
    if (channel !== undefined)
      throw new InputError(`a channel is one of a layer; say which: ${names.join(", ")}`);
    return maps.map((m) => m !== null);
  }
  const at = layers.findIndex(({ name }) => name === layer);
  const map = maps[at] ?? null;
  if (map === null)
    throw new InputError(
      `layer ${JSON.stringify(layer)} is ${at < 0 ? "none of the model's" : "no convolution"}; its convolutions are ${names.join(", ") || "none"}`,
    );
  if (channel) requireChannel(layer, map, channel);
  return layers.map((_, l) => l === at);
}

function requireChannel(layer: string, m: ConvolveMap, [output, input]: readonly [number, number]): void {
  const isIn = (x: number, from: number, count: number): boolean =>
    Number.isInteger(x) && x >= from && x < from + count;
  if (!isIn(output, 0, m.filters))
    throw new InputError(`output channel ${output} of ${layer}: it has ${m.filters}, 0 to ${m.filters - 1}`);
  const each = m.channels / m.groups;
  const first = Math.floor(output / (m.filters / m.groups)) * each;
  if (!isIn(input, first, each))
    throw new InputError(
      `input channel ${input} of ${layer}: output channel ${output} reads ${first} to ${first + each - 1}`,
    );
}

/** Whether every convolution is A(w) y + b 1 of one channel, but for a dense layer at the end. */
function isChain(layers: readonly Resolved[], maps: readonly (ConvolveMap | null)[]): boolean {
  const simple = maps.every(
    (m, l) => m === null || isSimple(m) || (layers[l].kind === "dense" && m.channels === 1),
  );
  return (
    simple &&
    maps.some((m) => m !== null) &&
    layers.every(({ from }, l) => from.length === 1 && from[0] === l)
  );
}

/** Values of a target that are told. */
const MOST_VALUES = 8;

function targetText(answers: AnsweredRows["answers"]): string {
  switch (answers.kind) {
    case "classes":
      return answers.classes[answers.labels[0]];
    case "positions":
      return `a class at each of ${answers.positions} positions`;
    case "multiLabel":
      return (
        classesOf(answers)
          .filter((_, k) => answers.targets[k] >= 0.5)
          .join(", ") || "none of the classes"
      );
    case "values":
      return `${[...answers.targets.subarray(0, MOST_VALUES)].join(", ")}${answers.outputs > MOST_VALUES ? ", …" : ""}`;
    case "none":
      return "";
  }
}

/** Multiplications that central differences may cost in all: a few seconds. */
const BUDGET = 4e8;
const MOST_TAPS = 64;

/** Taps a layer for central differences: as many as the budget allows, at least two. */
function tapBudget(maps: readonly (ConvolveMap | null)[]): number {
  const convolutions = maps.filter((m) => m !== null);
  const products = convolutions.reduce(
    (sum, m) => sum + m.filters * m.outLength * (m.channels / m.groups) * m.taps,
    1,
  );
  return Math.max(2, Math.min(MOST_TAPS, Math.floor(BUDGET / (2 * convolutions.length * products))));
}
