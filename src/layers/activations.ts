/** Elementwise activations; each is a composition of the graph's pointwise functions. Those with kinks only: kinked.ts. */
import type { GraphBuilder } from "../graph/build.ts";
import type { NodeId } from "../graph/ops.ts";
import { activation, plain } from "./activation.ts";

export const relu = plain((b, x) => b.map("relu", x));
export const tanh = plain((b, x) => b.map("tanh", x));
export const sigmoid = plain((b, x) => b.map("sigmoid", x));

/** The options of `gelu`. */
export interface GeluOptions {
  /**
   * The formula: `none` is exact, by erf; `tanh` is x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))). Default: "none".
   */
  readonly approximate?: "none" | "tanh";
}
/** x Phi(x) (Hendrycks and Gimpel 2016), exact or x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))). */
export const gelu = activation<Required<GeluOptions>>(
  (o) => ({ approximate: o.word("approximate", ["none", "tanh"], "none") }),
  (b, x, { approximate }) => {
    if (approximate === "none") return b.map("gelu", x);
    const square = b.map("mul", x, x);
    const inner = b.map("add", b.map("mul", b.map("mul", square, x), b.constant(0.044715)), x);
    const t = b.map("tanh", b.map("mul", inner, b.constant(Math.sqrt(2 / Math.PI))));
    return b.map("mul", b.map("mul", x, b.constant(0.5)), b.map("add", t, b.constant(1)));
  },
);
/** x sigmoid(x) (Elfwing et al. 2017). */
export const silu = plain((b, x) => b.map("mul", x, b.map("sigmoid", x)));
/** log(1 + e^x) */
export const softplus = plain((b, x) => b.map("softplus", x));

/** The options of `leakyRelu`. */
export interface LeakyReluOptions {
  /** The factor of negative values, at least 0. Default: 0.01. */
  readonly slope?: number;
}
/** x where x is positive, else slope x. */
export const leakyRelu = activation<Required<LeakyReluOptions>>(
  (o) => ({ slope: o.number("slope", 0, 0.01) }),
  (b, x, { slope }) => b.map("selectLt", b.constant(0), x, x, b.map("mul", b.constant(slope), x)),
);

/** The options of `elu`. */
export interface EluOptions {
  /** Minus the limit of very negative values, at least 0. Default: 1. */
  readonly alpha?: number;
}
/** x where x is positive, else alpha (e^x - 1) (Clevert et al. 2015). */
export const elu = activation<Required<EluOptions>>(
  (o) => ({ alpha: o.number("alpha", 0, 1) }),
  (b, x, { alpha }) => {
    return b.map("selectLt", b.constant(0), x, x, b.map("mul", b.constant(alpha), below(b, x)));
  },
);

/** e^x - 1 where x is negative, else 0: the exponential sees no positive x, so nothing overflows. */
function below(b: GraphBuilder, x: NodeId): NodeId {
  return b.map("sub", b.map("exp", b.map("min", x, b.constant(0))), b.constant(1));
}

/** The options of `celu`. */
export interface CeluOptions {
  /** Minus the limit of very negative values, above 0. Default: 1. */
  readonly alpha?: number;
}
/** x where x is positive, else alpha (e^(x / alpha) - 1) (Barron 2017). */
export const celu = activation<Required<CeluOptions>>(
  (o) => ({ alpha: o.positive("alpha", 1) }),
  (b, x, { alpha }) => {
    const curve = below(b, b.map("div", x, b.constant(alpha)));
    return b.map("selectLt", b.constant(0), x, x, b.map("mul", b.constant(alpha), curve));
  },
);

/** 1.0507 times the elu with alpha 1.6733, which keeps mean 0 and variance 1 (Klambauer et al. 2017). */
export const selu = plain((b, x) => {
  const curve = b.map("mul", b.constant(1.6732632423543772), below(b, x));
  return b.map("mul", b.constant(1.0507009873554805), b.map("selectLt", b.constant(0), x, x, curve));
});
/** x tanh(log(1 + e^x)) (Misra 2019). */
export const mish = plain((b, x) => b.map("mul", x, b.map("tanh", b.map("softplus", x))));
/** x / (1 + |x|) */
export const softsign = plain((b, x) => b.map("div", x, b.map("add", b.constant(1), b.map("abs", x))));
/** log(sigmoid(x)) */
export const logSigmoid = plain((b, x) => b.map("neg", b.map("softplus", b.map("neg", x))));
/** x - tanh(x) */
export const tanhshrink = plain((b, x) => b.map("sub", x, b.map("tanh", x)));
