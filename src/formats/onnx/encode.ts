/**
 * A trained model as an ONNX file, for inference elsewhere: rows in raw units in, what the model says of them out. The
 * metadata hold everything else that the model file has, under `toeplitz.`, and the hash of the graph, by which `decodeOnnx`
 * knows whether it may take the model from them.
 */
import type { Signal } from "../../layers/layer.ts";
import { resolve, tensorName, type Resolved } from "../../layers/model.ts";
import { InputError } from "../../data/errors.ts";
import type { NetworkFields } from "../../models/network.ts";
import type { AnswerKind } from "../../data/answers.ts";
import { fieldsWithLength } from "../../models/withLength.ts";
import { ensembleName, type EnsembleFields } from "../../models/ensemble.ts";
import { rocketTelling, type RocketFields } from "../../models/rocket/rocket.ts";
import { tellingOf, type Telling } from "../../models/predictions.ts";
import { rawChannels, type Preparation } from "../../models/preparation.ts";
import { ignoringLayers } from "../../layers/ignorePadding.ts";
import { VERSION } from "../../models/version.ts";
import { inverseOf } from "../../models/temperature.ts";
import type { Weights } from "../../models/weights.ts";
import { sha256 } from "../../numerics/sha256.ts";
import { modelParts, type ModelFields } from "../modelFile.ts";
import { GraphWriter, IR_VERSION, OPSET, type Value } from "./graphWriter.ts";
import { GRAPH_KEY, PREFIX } from "./metadata.ts";
import { layerRules } from "./layerRules.ts";
import type { Rule } from "./layerSite.ts";
import { miniRocketNodes } from "./minirocketNodes.ts";
import { softmaxNode } from "./pointwiseRules.ts";
import { leftOut, prepareNodes, rawLength, type Prepared } from "./prepareRules.ts";
import { ELEMENT, type Message } from "./schema.ts";
import { encode } from "./wire.ts";

/** The options of `encodeOnnx`. */
export interface OnnxOptions {
  /**
   * The length of rows: `fixed`, that of the model's training, or `any`, where no layer holds to it. Rows that the
   * preparation pads, cuts or resamples are of any length anyway. Default: "fixed".
   */
  readonly length?: "fixed" | "any";
}

/**
 * The bytes of an ONNX file (opset 11, IR 6) of a trained model. Input `input` `[n, channels, time]`: rows in raw units, all
 * of one length; the preparation is part of the graph. Outputs: `logits` and `probabilities`, `[n, classes]` or of a class
 * a position `[n, classes, time]`; of a regression `values` `[n, outputs]` in the targets' own units. Equal models give
 * equal bytes. float32 throughout, so results differ from `predict` in their last digits.
 *
 * @throws InputError for MultiRocket-Hydra, for a MiniRocket of very many channels, and with `length: "any"` for a model with a layer that holds to its length
 */
export function encodeOnnx(fields: ModelFields, options: OnnxOptions = {}): Uint8Array {
  const any = options.length === "any";
  const g = new GraphWriter();
  const { ends, name, preparation, input } =
    fields.kind === "rocket" ? rocketGraph(g, fields, any) : networkGraph(g, fields, any);
  const time = any ? null : rawLength(preparation, input);
  const graph = encode("Graph", {
    nodes: g.nodes,
    name,
    tensors: g.tensors,
    inputs: [valueOf("input", [rawChannels(preparation, input.channels), time ?? "time"])],
    outputs: ends.map((end) =>
      valueOf(end.name, any && end.dims.length > 1 ? [end.dims[0], "positions"] : end.dims),
    ),
  });
  const metadata = Object.entries(modelParts(fields).metadata).map(([key, value]) => ({
    key: PREFIX + key,
    value,
  }));
  return encode("Model", {
    irVersion: IR_VERSION,
    producer: "toeplitz",
    producerVersion: VERSION,
    graph,
    opsets: [{ domain: "", version: OPSET }],
    metadata: [...metadata, { key: GRAPH_KEY, value: sha256(graph) }],
  });
}

interface Made {
  readonly ends: readonly End[];
  readonly name: string;
  readonly preparation: Preparation;
  readonly input: Signal;
}

function networkGraph(g: GraphWriter, fields: NetworkFields | EnsembleFields, any: boolean): Made {
  const isEnsemble = fields.kind === "ensemble";
  const members = isEnsemble ? fields.members : [fields];
  const [{ model, preparation }] = members;
  if (any) for (const member of members) requireAnyLength(member);
  const outputs = members.map((member, i) => memberNodes(g, member, isEnsemble ? `${i}/` : "", any));
  const { temperature } = fields;
  const ends = answerNodes(g.within(""), outputs, { ...tellingOf(members[0]), temperature }, members);
  return { ends, name: isEnsemble ? ensembleName(model.name) : model.name, preparation, input: model.input };
}

function rocketGraph(g: GraphWriter, fields: RocketFields, any: boolean): Made {
  const { model, preparation, transform } = fields;
  if (transform.kind !== "minirocket")
    throw new InputError(
      `${model.name} has no graph of ONNX's operators; predict with toeplitz, or export a minirocket or a network`,
    );
  if (any) throw new InputError("a minirocket is of one length; export it with its own");
  const { value } = prepareNodes(g.within("prepare/"), "input", preparation, model.input);
  const scores = miniRocketNodes(g, value, transform, fields);
  const ends = answerNodes(g, [scores], rocketTelling(fields), [{}]);
  return { ends, name: model.name, preparation, input: model.input };
}

/** What whoever runs the graph has to know of it, a line each. */
export function onnxNotes(fields: ModelFields): string[] {
  const { preparation } = fields.kind === "ensemble" ? fields.members[0] : fields;
  const missing = leftOut(preparation);
  return [
    ...(missing === null ? [] : [missing]),
    ...(preparation.length !== undefined || preparation.resample !== undefined
      ? [
          "rows of a call are of one length, whichever that is: of unequal rows, give those of each length by themselves",
        ]
      : []),
  ];
}

/** Refuses a model that is of one length. */
function requireAnyLength(member: NetworkFields): void {
  if (member.preparation.length !== undefined || member.preparation.resample !== undefined) return;
  const held = member.model.layers.find(
    ({ kind }) => kind === "adaptiveAveragePool" || kind === "adaptiveMaxPool",
  );
  if (held)
    throw new InputError(
      `the model ${member.model.name} has ${held.kind}, whose windows follow from the length; export it with its own length`,
    );
  fieldsWithLength(member, 2 * member.model.input.length);
}

/** `[n, ...dims]` of float32; words are names of open dimensions. */
const valueOf = (name: string, dims: readonly (number | string)[]): Message<"Value"> => ({
  name,
  type: {
    tensor: {
      element: ELEMENT.float,
      shape: { dims: ["n", ...dims].map((d) => (typeof d === "string" ? { name: d } : { value: d })) },
    },
  },
});

/** The nodes of one network, from raw rows to its last layer. */
function memberNodes(g: GraphWriter, fields: NetworkFields, scope: string, anyLength: boolean): Value {
  const { model, weights, preparation } = fields;
  const layers = resolve(model);
  const prepared = prepareNodes(g.within(`${scope}prepare/`), "input", preparation, model.input);
  const own = masks(g, prepared, model.input, ignoringLayers(layers).length > 0);
  const data = new Map(weights.map((w) => [w.name, w.data]));
  const values: Value[] = [prepared.value];
  for (const layer of layers) {
    g.within(`${scope}${layer.name}/`);
    const rule = layerRules[layer.kind] as Rule<unknown>;
    const made = rule({
      g,
      options: layer.options,
      inputs: layer.from.map((f) => values[f]),
      output: layer.output,
      tensor: (name, dims) => layerTensor(g, layer, name, dims, scope, data),
      anyLength,
      own,
    });
    values.push(typeof made === "string" ? { ...layer.output, name: made, flat: false } : made);
  }
  return values[values.length - 1];
}

function layerTensor(
  g: GraphWriter,
  layer: Resolved,
  name: string,
  dims: readonly number[] | undefined,
  scope: string,
  data: ReadonlyMap<string, Weights[number]["data"]>,
): string {
  const declared = [...layer.parameters, ...layer.state].find((t) => t.name === name);
  if (!declared) throw new Error(`${layer.name} has no ${name}`);
  const full = tensorName(layer, declared);
  const values = data.get(full);
  const count = declared.shape[0] * declared.shape[1] * declared.shape[2];
  if (values?.length !== count)
    throw new InputError(
      `weights of ${full} have ${values?.length ?? "no"} values; the model wants ${count}`,
    );
  return g.tensor(scope + full, dims ?? declared.shape, values);
}

/** Which positions of a layer are a row's own, by their number, as models/masks.ts has it. */
function masks(
  g: GraphWriter,
  { extent }: Prepared,
  { length }: Signal,
  asked: boolean,
): (positions: number) => string {
  if (!asked) return () => "";
  const made = new Map<number, string>();
  return (n) => {
    const known = made.get(n);
    if (known !== undefined) return known;
    const ends = (round: (x: number) => number, more: number): string =>
      g.longs(...Array.from({ length: n }, (_, p) => round(((p + more) * length) / n)));
    const mask = extent
      ? g.node("And", [
          g.node("Less", [ends(Math.floor, 0), extent[1]]),
          g.node("Greater", [ends(Math.ceil, 1), extent[0]]),
        ])
      : g.node("Cast", [g.floats(Array.from({ length: n }, () => 1))], { to: ELEMENT.bool });
    const wide = g.node("Reshape", [mask, g.longs(1, 1, n)]);
    made.set(n, wide);
    return wide;
  };
}

interface End {
  readonly name: string;
  readonly dims: readonly number[];
}

/** From the last layers of the members to what the model says. */
function answerNodes(
  g: GraphWriter,
  outputs: readonly Value[],
  {
    answers,
    classes,
    positions,
    temperature,
  }: Pick<Telling, "answers" | "classes" | "positions" | "temperature">,
  members: readonly Pick<NetworkFields, "targets">[],
): End[] {
  const each =
    answers === "positions"
      ? outputs.map((y) => ({ ...y, name: g.wide(y), flat: false }))
      : flats(g, outputs);
  const dims = answers === "positions" ? [classes.length, positions] : [each[0].channels];
  if (answers === "values") {
    const own = each.map((y, i) => inOwnUnits(g, y.name, members[i].targets));
    return [{ name: named(g, mean(g, own), "values"), dims }];
  }
  const [logits, probabilities] =
    temperature !== undefined
      ? calibrated(g, each, temperature)
      : each.length === 1
        ? alone(g, each[0], answers)
        : together(g, each, answers);
  return [
    { name: named(g, logits, "logits"), dims },
    { name: named(g, probabilities, "probabilities"), dims },
  ];
}

const flats = (g: GraphWriter, outputs: readonly Value[]): Value[] =>
  outputs.map((y) => ({ name: g.flat(y), channels: y.channels * y.length, length: 1, flat: true }));

/** The same value under a name that users see. */
const named = (g: GraphWriter, x: string, name: string): string => g.node("Identity", [x], {}, name);
const mean = (g: GraphWriter, values: readonly string[]): string =>
  values.length === 1 ? values[0] : g.node("Mean", values);

function inOwnUnits(g: GraphWriter, y: string, targets: NetworkFields["targets"]): string {
  if (!targets) return y;
  return g.node("Add", [g.node("Mul", [y, g.floats(targets.deviation)]), g.floats(targets.mean)]);
}

type Outputs = [logits: string, probabilities: string];

const probabilitiesOf = (g: GraphWriter, y: Value, answers: AnswerKind): string =>
  answers === "multiLabel" ? g.node("Sigmoid", [y.name]) : softmaxNode(g, "Softmax", y);

const alone = (g: GraphWriter, y: Value, answers: AnswerKind): Outputs => [
  y.name,
  probabilitiesOf(g, y, answers),
];

/** Logits, and the softmax of them at a temperature. */
function calibrated(g: GraphWriter, each: readonly Value[], temperature: number): Outputs {
  const logits = each.length === 1 ? each[0].name : logMeanOfClasses(g, each);
  const scaled = g.node("Mul", [logits, g.scalar(inverseOf(temperature))]);
  return [logits, softmaxNode(g, "Softmax", { ...each[0], name: scaled })];
}

const logMeanOfClasses = (g: GraphWriter, each: readonly Value[]): string =>
  logMean(
    g,
    each.map((y) => softmaxNode(g, "LogSoftmax", y)),
  );

/** The mean probability of members, and its logarithm or log odds, finite where the members' outputs are. */
function together(g: GraphWriter, each: readonly Value[], answers: AnswerKind): Outputs {
  const probabilities = mean(
    g,
    each.map((y) => probabilitiesOf(g, y, answers)),
  );
  if (answers !== "multiLabel") return [logMeanOfClasses(g, each), probabilities];
  const negative = (x: string): string => g.node("Neg", [x]);
  const logSigmoid = (x: string): string => negative(g.node("Softplus", [negative(x)]));
  const yes = logMean(
    g,
    each.map((y) => logSigmoid(y.name)),
  );
  const no = logMean(
    g,
    each.map((y) => logSigmoid(negative(y.name))),
  );
  return [g.node("Sub", [yes, no]), probabilities];
}

/** The logarithm of the mean of what these are logarithms of. */
function logMean(g: GraphWriter, logs: readonly string[]): string {
  const most = g.node("Max", logs);
  const parts = logs.map((x) => g.node("Exp", [g.node("Sub", [x, most])]));
  return g.node("Add", [most, g.node("Log", [g.node("Mean", parts)])]);
}
