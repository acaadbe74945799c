/** Elementwise activations; each is a composition of the graph's pointwise functions. */
import type { GraphBuilder } from "../graph/build.ts";
import type { NodeId } from "../graph/ops.ts";
import { OptionReader, type LayerKind } from "./layer.ts";

type None = Readonly<Record<never, never>>;

function activation<O>(
  options: (o: OptionReader) => O,
  value: (b: GraphBuilder, x: NodeId, options: O) => NodeId,
): LayerKind<O> {
  return {
    inputs: 1,
    options: (given) => {
      const o = new OptionReader(given);
      return o.done(options(o));
    },
    shape: ([x]) => x,
    nodes: ({ b, inputs, options: o }) => value(b, inputs[0], o),
  };
}

const plain = (value: (b: GraphBuilder, x: NodeId) => NodeId): LayerKind<None> =>
  activation(() => ({}), value);

export const relu = plain((b, x) => b.map("relu", x));
export const tanh = plain((b, x) => b.map("tanh", x));
export const sigmoid = plain((b, x) => b.map("sigmoid", x));
/** x Phi(x), the exact form (Hendrycks and Gimpel 2016). */
export const gelu = plain((b, x) => b.map("gelu", x));
/** x sigmoid(x) (Elfwing et al. 2017). */
export const silu = plain((b, x) => b.map("mul", x, b.map("sigmoid", x)));
/** log(1 + e^x) */
export const softplus = plain((b, x) => b.map("softplus", x));

export interface LeakyReluOptions {
  readonly slope: number;
}
/** x where x is positive, else slope x. */
export const leakyRelu = activation<LeakyReluOptions>(
  (o) => ({ slope: o.number("slope", 0, 0.01) }),
  (b, x, { slope }) => b.map("selectLt", b.constant(0), x, x, b.map("mul", b.constant(slope), x)),
);

export interface EluOptions {
  readonly alpha: number;
}
/** x where x is positive, else alpha (e^x - 1) (Clevert et al. 2015). */
export const elu = activation<EluOptions>(
  (o) => ({ alpha: o.number("alpha", 0, 1) }),
  (b, x, { alpha }) => {
    // the exponential sees no positive x, so that neither it nor its derivative overflows
    const below = b.map("sub", b.map("exp", b.map("min", x, b.constant(0))), b.constant(1));
    return b.map("selectLt", b.constant(0), x, x, b.map("mul", b.constant(alpha), below));
  },
);
