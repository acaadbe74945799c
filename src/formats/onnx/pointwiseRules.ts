/** Activations as nodes; what ONNX came to have after opset 11 is composed of what it has there. */
import type { Kind } from "../../layers/kinds.ts";
import type { Attributes, GraphWriter, Value } from "./graphWriter.ts";
import type { OptionsOf, Rules, Site } from "./layerSite.ts";

type Pointwise = Extract<
  Kind,
  | "relu"
  | "tanh"
  | "sigmoid"
  | "gelu"
  | "silu"
  | "softplus"
  | "leakyRelu"
  | "elu"
  | "celu"
  | "selu"
  | "mish"
  | "softsign"
  | "logSigmoid"
  | "tanhshrink"
  | "relu6"
  | "hardsigmoid"
  | "hardswish"
  | "hardtanh"
  | "softshrink"
  | "hardshrink"
  | "threshold"
  | "prelu"
  | "softmax"
  | "logSoftmax"
>;

/** A rule from what an activation makes of a value of any shape. */
const by =
  <O>(make: (g: GraphWriter, x: string, options: O) => string) =>
  ({ g, inputs: [x], options }: Site<O>): Value => ({ ...x, name: make(g, x.name, options) });

const one = (op: string, attributes: Attributes = {}) => by<unknown>((g, x) => g.node(op, [x], attributes));

const clip = (g: GraphWriter, x: string, least: number, most: number): string =>
  g.node("Clip", [x, g.scalar(least), g.scalar(most)]);
const hardsigmoid = (g: GraphWriter, x: string): string =>
  g.node("HardSigmoid", [x], { alpha: { float: 1 / 6 }, beta: { float: 0.5 } });

function gelu(g: GraphWriter, x: string, { approximate }: OptionsOf<"gelu">): string {
  const gate =
    approximate === "none"
      ? g.node("Erf", [g.node("Mul", [x, g.scalar(Math.SQRT1_2)])])
      : g.node("Tanh", [
          g.node("Mul", [
            g.node("Add", [
              g.node("Mul", [g.node("Mul", [g.node("Mul", [x, x]), x]), g.scalar(0.044715)]),
              x,
            ]),
            g.scalar(Math.sqrt(2 / Math.PI)),
          ]),
        ]);
  return g.node("Mul", [g.node("Mul", [x, g.scalar(0.5)]), g.node("Add", [gate, g.scalar(1)])]);
}

/** Over the channels of each position: until opset 13 the op takes all axes from the given one on as one. */
const overChannels =
  (op: "Softmax" | "LogSoftmax") =>
  ({ g, inputs: [x] }: Site<unknown>): Value => ({ ...x, name: softmaxNode(g, op, x) });

/** Softmax, or its logarithm, over the channels of a value. */
export function softmaxNode(g: GraphWriter, op: "Softmax" | "LogSoftmax", x: Value): string {
  if (x.flat) return g.node(op, [x.name], { axis: 1 });
  const last = g.node("Transpose", [x.name], { perm: [0, 2, 1] });
  return g.node("Transpose", [g.node(op, [last], { axis: 2 })], { perm: [0, 2, 1] });
}

export const pointwise: Rules<Pointwise> = {
  relu: one("Relu"),
  tanh: one("Tanh"),
  sigmoid: one("Sigmoid"),
  softplus: one("Softplus"),
  softsign: one("Softsign"),
  gelu: by(gelu),
  silu: by((g, x) => g.node("Mul", [x, g.node("Sigmoid", [x])])),
  mish: by((g, x) => g.node("Mul", [x, g.node("Tanh", [g.node("Softplus", [x])])])),
  logSigmoid: by((g, x) => g.node("Neg", [g.node("Softplus", [g.node("Neg", [x])])])),
  tanhshrink: by((g, x) => g.node("Sub", [x, g.node("Tanh", [x])])),
  leakyRelu: by((g, x, { slope }) => g.node("LeakyRelu", [x], { alpha: { float: slope } })),
  elu: by((g, x, { alpha }) => g.node("Elu", [x], { alpha: { float: alpha } })),
  celu: by((g, x, { alpha }) => {
    const curve = g.node("Elu", [g.node("Div", [x, g.scalar(alpha)])], { alpha: { float: 1 } });
    return g.node("Mul", [curve, g.scalar(alpha)]);
  }),
  selu: one("Selu", { alpha: { float: 1.6732632423543772 }, gamma: { float: 1.0507009873554805 } }),
  relu6: by((g, x) => clip(g, x, 0, 6)),
  hardtanh: by((g, x, { least, most }) => clip(g, x, least, most)),
  hardsigmoid: by(hardsigmoid),
  hardswish: by((g, x) => g.node("Mul", [x, hardsigmoid(g, x)])),
  softshrink: by((g, x, { lambda }) =>
    g.node("Shrink", [x], { lambd: { float: lambda }, bias: { float: lambda } }),
  ),
  hardshrink: by((g, x, { lambda }) => g.node("Shrink", [x], { lambd: { float: lambda } })),
  threshold: by((g, x, { threshold, value }) =>
    g.node("Where", [g.node("Greater", [x, g.scalar(threshold)]), x, g.scalar(value)]),
  ),
  prelu: ({ g, inputs: [x], tensor }) => g.node("PRelu", [g.wide(x), tensor("alpha")]),
  softmax: overChannels("Softmax"),
  logSoftmax: overChannels("LogSoftmax"),
};
