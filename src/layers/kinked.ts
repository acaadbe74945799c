/** Activations made of straight lines, and the parametric relu. Where a line breaks, the derivative is PyTorch's. */
import type { GraphBuilder } from "../graph/build.ts";
import type { NodeId } from "../graph/ops.ts";
import { activation, plain } from "./activation.ts";
import type { LayerKind } from "./layer.ts";
import { LayerError } from "./options.ts";

const clamp = (b: GraphBuilder, x: NodeId, least: number, most: number): NodeId =>
  b.map("min", b.map("max", x, b.constant(least)), b.constant(most));

/** The same, with the derivative 0 at `least` and `most` too, where clamp's own is 1. */
function clampWithin(b: GraphBuilder, x: NodeId, least: number, most: number): NodeId {
  const held = b.detach(clamp(b, x, least, most)); // which NaN passes, as it would not by a constant
  return b.map("selectLt", b.constant(least), x, b.map("selectLt", x, b.constant(most), x, held), held);
}

/** A constant, but NaN where x is: a run that diverges must not look as if it were well. */
const still = (b: GraphBuilder, x: NodeId, value: number): NodeId =>
  b.map("add", b.map("mul", b.detach(clamp(b, x, 0, 1)), b.constant(0)), b.constant(value));

const relu6Node = (b: GraphBuilder, x: NodeId): NodeId => clampWithin(b, x, 0, 6);
/** min(max(x + 3, 0), 6) / 6 */
const hardsigmoidNode = (b: GraphBuilder, x: NodeId): NodeId =>
  b.map("mul", relu6Node(b, b.map("add", x, b.constant(3))), b.constant(1 / 6));

/** min(max(x, 0), 6) */
export const relu6 = plain(relu6Node);
/** A sigmoid of three lines: 0 below -3, 1 above 3. */
export const hardsigmoid = plain(hardsigmoidNode);
/** x hardsigmoid(x) (Howard et al. 2019). */
export const hardswish = plain((b, x) => b.map("mul", x, hardsigmoidNode(b, x)));

/** The options of `hardtanh`. */
export interface HardtanhOptions {
  /** The smallest result. Default: -1. */
  readonly least?: number;
  /** The largest result. Default: 1. */
  readonly most?: number;
}
/** min(max(x, least), most) */
export const hardtanh = activation<Required<HardtanhOptions>>(
  (o) => {
    const least = o.real("least", -1);
    const most = o.real("most", 1);
    if (least >= most) throw new LayerError(`least ${least} is not below most ${most}; exchange them`);
    return { least, most };
  },
  (b, x, { least, most }) => clampWithin(b, x, least, most),
);

/** The options of `softshrink` and `hardshrink`. */
export interface ShrinkOptions {
  /** How far from 0 a value has to be to count, at least 0. Default: 0.5. */
  readonly lambda?: number;
}
const lambda = 0.5;
/** x moved towards 0 by lambda, 0 within lambda of it. */
export const softshrink = activation<Required<ShrinkOptions>>(
  (o) => ({ lambda: o.number("lambda", 0, lambda) }),
  (b, x, o) => b.map("sub", x, clamp(b, x, -o.lambda, o.lambda)),
);
/** x, but 0 within lambda of 0. */
export const hardshrink = activation<Required<ShrinkOptions>>(
  (o) => ({ lambda: o.number("lambda", 0, lambda) }),
  (b, x, o) => b.map("selectLt", b.constant(o.lambda), b.map("abs", x), x, still(b, x, 0)),
);

/** The options of `threshold`. */
export interface ThresholdOptions {
  /** Values above it stay. Default: 0. */
  readonly threshold?: number;
  /** What stands for the other values. Default: 0. */
  readonly value?: number;
}
/** x above the threshold, else the value. */
export const threshold = activation<Required<ThresholdOptions>>(
  (o) => ({ threshold: o.real("threshold", 0), value: o.real("value", 0) }),
  (b, x, o) => b.map("selectLt", b.constant(o.threshold), x, x, still(b, x, o.value)),
);

/** The options of `prelu`. */
export interface PreluOptions {
  /** One slope for all, as PyTorch begins with, or one a channel. Default: "one". */
  readonly slopes?: "one" | "channels";
}
/** x where x is positive, else alpha x, alpha learned from 0.25 on (He et al. 2015). */
export const prelu: LayerKind<Required<PreluOptions>> = {
  inputs: 1,
  options: (o) => ({ slopes: o.word("slopes", ["one", "channels"], "one") }),
  shape: ([x]) => x,
  parameters: ([x], { slopes }) => [
    {
      name: "alpha",
      shape: [1, slopes === "one" ? 1 : x.channels, 1],
      init: { kind: "constant", value: 0.25 },
    },
  ],
  nodes: ({ b, inputs: [x], parameter }) =>
    b.map("selectLt", b.constant(0), x, x, b.map("mul", parameter("alpha"), x)),
};
