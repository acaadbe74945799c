/** How each layer kind is computed in 8 bits: one total table. */
import type { Kind } from "../../layers/kinds.ts";
import type { Resolved } from "../../layers/model.ts";
import type { AveragePoolOptions } from "../../layers/pooling.ts";
import { paddingSides } from "../../layers/padding.ts";

/**
 * `linear`: w * x + b; `same`: the values that it reads, in another shape at most; `table`: a function of one value, tabulated; `float`:
 * between two conversions, as the float program computes it; the others as they are called.
 */
export type Form =
  "linear" | "same" | "table" | "sum" | "product" | "join" | "max" | "mean" | "move" | "float";

const forms: Readonly<Record<Kind, Form>> = {
  conv1d: "linear",
  dense: "linear",
  fixedConv1d: "linear",
  batchNorm: "linear",
  convTranspose1d: "float",
  logMel: "float",
  layerNorm: "float",
  instanceNorm: "float",
  groupNorm: "float",
  dropout: "same",
  channelDropout: "same",
  identity: "same",
  flatten: "same",
  relu: "table",
  tanh: "table",
  sigmoid: "table",
  gelu: "table",
  silu: "table",
  softplus: "table",
  leakyRelu: "table",
  elu: "table",
  celu: "table",
  selu: "table",
  mish: "table",
  softsign: "table",
  logSigmoid: "table",
  tanhshrink: "table",
  relu6: "table",
  hardsigmoid: "table",
  hardswish: "table",
  hardtanh: "table",
  softshrink: "table",
  hardshrink: "table",
  threshold: "table",
  prelu: "float",
  softmax: "float",
  logSoftmax: "float",
  add: "sum",
  multiply: "product",
  concat: "join",
  glu: "float",
  slice: "move",
  crop: "move",
  pad: "move",
  upsample: "move",
  globalAveragePool: "mean",
  averagePool: "mean",
  adaptiveAveragePool: "float",
  globalMaxPool: "max",
  maxPool: "max",
  adaptiveMaxPool: "float",
};

/** The form of a layer by its kind and options. */
export function formOf({ kind, options }: Resolved): Form {
  if (kind === "upsample" && (options as { readonly mode: string }).mode === "linear") return "float";
  if (kind === "averagePool") {
    const o = options as Required<AveragePoolOptions>;
    const [left, right] = paddingSides({ ...o, kernelSize: o.size, dilation: 1 });
    // each window has a count of its own
    if (!o.countPadding && left + right > 0) return "float";
  }
  return forms[kind];
}
