/** Softmax over the channels of each position. The largest is taken off first; it changes no value, so no gradient. */
import type { GraphBuilder } from "../graph/build.ts";
import type { NodeId } from "../graph/ops.ts";
import { plain } from "./activation.ts";

function shifted(b: GraphBuilder, x: NodeId): { y: NodeId; e: NodeId; sum: NodeId } {
  const y = b.map("sub", x, b.detach(b.max(x, ["c"])));
  const e = b.map("exp", y);
  return { y, e, sum: b.sum(e, ["c"]) };
}

/** e^x over the sum of e^x. */
export const softmax = plain((b, x) => {
  const { e, sum } = shifted(b, x);
  return b.map("div", e, sum);
});

/** The logarithm of softmax: x - log(sum e^x). */
export const logSoftmax = plain((b, x) => {
  const { y, sum } = shifted(b, x);
  return b.map("sub", y, b.map("log", sum));
});
/** The input as it is: a name for a place in a block. */
export const identity = plain((_, x) => x);
