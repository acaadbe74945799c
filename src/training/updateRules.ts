/**
 * What happens to the gradient before the optimizer sees it, and to which parameters: clipping, freezing, the reach of
 * weight decay, and the running average of weights. Part of the optimizer's graph; masks are vectors as long as the
 * parameters, written once.
 */
import type { GraphBuilder } from "../graph/build.ts";
import type { NodeId } from "../graph/ops.ts";
import { InputError } from "../data/errors.ts";

/**
 * What happens to the gradient before the optimizer sees it, and to which parameters. Values out of range are an
 * InputError.
 */
export interface UpdateRules {
  /**
   * The most Euclidean norm of the whole gradient, above 0: a longer one is scaled by clipNorm / (norm + 1e-6), as
   * PyTorch's `clip_grad_norm_` does. Frozen parameters do not count. Default: no bound.
   */
  readonly clipNorm?: number;
  /**
   * Each gradient value is held within -clipValue and clipValue, above 0; before `clipNorm` where both are given.
   * Default: no bound.
   */
  readonly clipValue?: number;
  /**
   * What weight decay shrinks: everything, as in PyTorch, or filters alone (not biases, scales and shifts). Default:
   * "all".
   */
  readonly decay?: "all" | "filters";
  /**
   * Parameters that stay as they are, by prefixes of their full names: `conv1d` is every conv1d, `conv1d_1` that layer
   * (not `conv1d_10`), `conv1d_1.bias` one tensor. A layer whose parameters are all frozen runs as in prediction, so
   * its batch-norm statistics stay too. Default: none.
   */
  readonly freeze?: readonly string[];
  /**
   * Decay d of an exponential average of the weights, at least 0 and below 1: average += (1 - min(d, (1 + k) / (10 +
   * k))) (w - average) after step k (from 1); it starts at the initial weights. The average is what is evaluated, kept
   * and saved. Default: no average.
   */
  readonly ema?: number;
}

/** By what the sum of the shards' gradients is multiplied: one over what their loss is divided by. */
export const SHARE = "share";

/** Names of the masks in the arena: 1 where a parameter learns, or decays, else 0. */
export const MASKS = { learning: "mask/learning", decayed: "mask/decayed" } as const;

/** Masks that a step reads. */
export function masksOf(rules: UpdateRules, weightDecay: number): readonly (keyof typeof MASKS)[] {
  const frozen = (rules.freeze?.length ?? 0) > 0;
  return [
    ...(frozen ? (["learning"] as const) : []),
    ...(weightDecay > 0 && (frozen || rules.decay === "filters") ? (["decayed"] as const) : []),
  ];
}

/** Throws InputError for a rule that is out of range. */
export function checkRules({ clipNorm, clipValue, ema }: UpdateRules): void {
  const positive = (name: string, value: number | undefined): void => {
    if (value !== undefined && !(value > 0 && value < Infinity))
      throw new InputError(`${name} is ${value}; it is a number above 0`);
  };
  positive("clipNorm", clipNorm);
  positive("clipValue", clipValue);
  if (ema !== undefined && !(ema >= 0 && ema < 1))
    throw new InputError(`ema is ${ema}; it is the decay of an average, at least 0 and below 1`);
}

/** The gradient that the optimizer sees. */
export function gradientNode(
  b: GraphBuilder,
  gradient: NodeId,
  rules: UpdateRules & { readonly shared?: boolean },
): NodeId {
  let g = rules.shared ? b.map("mul", gradient, b.input(SHARE, "weight", [1, 1, 1])) : gradient;
  const { shape } = b.type(gradient);
  if (rules.freeze?.length) {
    const zero = b.constant(0);
    g = b.map("selectLt", zero, b.input(MASKS.learning, "weight", shape), g, zero);
  }
  if (rules.clipValue !== undefined)
    g = b.map("max", b.map("min", g, b.constant(rules.clipValue)), b.constant(-rules.clipValue));
  if (rules.clipNorm !== undefined) {
    const norm = b.map("sqrt", b.sum(b.map("mul", g, g), ["t"]));
    const factor = b.map("div", b.constant(rules.clipNorm), b.map("add", norm, b.constant(1e-6)));
    g = b.map("mul", b.map("min", factor, b.constant(1)), g);
  }
  return g;
}

/** Whether a prefix names a tensor: it ends at the name's end, at a dot, or inside a word, but not inside a number. */
export function names(prefix: string, tensor: string): boolean {
  if (prefix === "" || !tensor.startsWith(prefix)) return false;
  return !(/\d$/.test(prefix) && /^\d/.test(tensor.slice(prefix.length)));
}
