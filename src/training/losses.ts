/** Losses as data, and their nodes: the mean over the rows of the batch. */
import type { GraphBuilder } from "../graph/build.ts";
import type { NodeId } from "../graph/ops.ts";

export type Loss = { readonly kind: "crossEntropy" } | { readonly kind: "meanSquaredError" };

export const losses = {
  /** Softmax cross-entropy of logits against class probabilities. */
  crossEntropy: (): Loss => ({ kind: "crossEntropy" }),
  /** The mean of (output - target)^2 over outputs and rows. */
  meanSquaredError: (): Loss => ({ kind: "meanSquaredError" }),
} as const;

/** The loss of `output` against `target`, both `[rows, channels, positions]`, as a scalar node. */
export function lossNode(b: GraphBuilder, loss: Loss, output: NodeId, target: NodeId): NodeId {
  const [, channels, positions] = b.type(output).shape;
  const mean = (values: NodeId, perRow: number): NodeId =>
    b.map("div", b.sum(b.sum(values, ["c", "t"]), ["n"]), b.map("mul", b.rows(), b.constant(perRow)));
  switch (loss.kind) {
    case "crossEntropy": {
      // log p = x - max - log sum exp(x - max); the maximum is held still, since any shift gives the same p
      const shifted = b.map("sub", output, b.detach(b.max(output, ["c"])));
      const logSum = b.map("log", b.sum(b.map("exp", shifted), ["c"]));
      const logP = b.map("sub", shifted, logSum);
      return b.map("neg", mean(b.map("mul", target, logP), positions));
    }
    case "meanSquaredError": {
      const difference = b.map("sub", output, target);
      return mean(b.map("mul", difference, difference), channels * positions);
    }
  }
}
