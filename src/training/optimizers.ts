/**
 * Optimizers as data, and their step as a Graph over the whole parameter vector at once: one pass, whatever the model.
 * What changes from step to step comes in as scalars that the host computes in f64. The rules are PyTorch's.
 */
import { GraphBuilder } from "../graph/build.ts";
import type { Graph, NodeId } from "../graph/ops.ts";
import { GRADIENT, PARAMETERS } from "../models/graphs.ts";
import { powi } from "../numerics/f64.ts";
import { gradientNode, MASKS, type UpdateRules } from "./updateRules.ts";

/** The options of `optimizers.sgd`. */
export interface SgdOptions {
  /** The step's size, above 0; a schedule is a factor on it. Default: 0.01. */
  readonly learningRate?: number;
  /** The part of the last direction that stays in the next, at least 0. Default: 0. */
  readonly momentum?: number;
  /** Steps along g + momentum u instead of u (Nesterov's, in PyTorch's form); wants momentum. Default: false. */
  readonly nesterov?: boolean;
  /** Times the weights, added to the gradient, at least 0. Default: 0. */
  readonly weightDecay?: number;
}

/** The options of `optimizers.adam` and `optimizers.adamW`. */
export interface AdamOptions {
  /** The step's size, above 0; a schedule is a factor on it. Default: 0.001. */
  readonly learningRate?: number;
  /** Decay of the running mean of the gradient, at least 0 and below 1. Default: 0.9. */
  readonly beta1?: number;
  /** Decay of the running mean of its square, at least 0 and below 1. Default: 0.999. */
  readonly beta2?: number;
  /** Added to the root that divides, at least 0. Default: 1e-8. */
  readonly epsilon?: number;
  /** Of adam: times the weights, added to the gradient; of adamW: shrinks them itself. Default: 0; of adamW 0.01. */
  readonly weightDecay?: number;
}

/** The options of `optimizers.rmsProp`. */
export interface RmsPropOptions {
  /** The step's size, above 0; a schedule is a factor on it. Default: 0.01. */
  readonly learningRate?: number;
  /** Decay of the running mean of the gradient's square, at least 0 and below 1. Default: 0.99. */
  readonly alpha?: number;
  /** Added to the root that divides, at least 0. Default: 1e-8. */
  readonly epsilon?: number;
  /** The part of the last direction that stays in the next, at least 0. Default: 0. */
  readonly momentum?: number;
  /** Subtracts the square of the gradient's running mean: an estimate of its variance. Default: false. */
  readonly centered?: boolean;
  /** Times the weights, added to the gradient, at least 0. Default: 0. */
  readonly weightDecay?: number;
}

/** An optimizer as plain data (`optimizers` makes it); the rules are PyTorch's. */
export type Optimizer =
  | ({
      /** Stochastic gradient descent. */
      readonly kind: "sgd";
    } & Required<Omit<SgdOptions, "nesterov">> &
      Pick<SgdOptions, "nesterov">)
  | ({
      /** Steps by the gradient's running mean over the root of its running square. */
      readonly kind: "adam" | "adamW";
    } & Required<AdamOptions>);

/** RMSprop as plain data: steps by the gradient over the root of its running square. */
export interface RmsProp extends Required<RmsPropOptions> {
  /** Which optimizer it is. */
  readonly kind: "rmsProp";
}

/** What `fit` and `trainer` take as `optimizer`. */
export type AnyOptimizer = Optimizer | RmsProp;

const adamDefaults = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/**
 * Optimizers by name, each with its options; an optimizer is plain data. `fit` throws InputError for options out of
 * range.
 */
export const optimizers = {
  /** w -= lr u, u = momentum u + g (+ weightDecay w); with nesterov, w -= lr (g + momentum u). */
  sgd: (o: SgdOptions = {}): Optimizer => ({
    kind: "sgd",
    learningRate: 0.01,
    momentum: 0,
    weightDecay: 0,
    ...o,
  }),
  /** Kingma and Ba 2015; weight decay is added to the gradient. */
  adam: (o: AdamOptions = {}): Optimizer => ({
    kind: "adam",
    ...adamDefaults,
    weightDecay: 0,
    ...o,
  }),
  /** Loshchilov and Hutter 2019; weight decay shrinks the weights directly. */
  adamW: (o: AdamOptions = {}): Optimizer => ({
    kind: "adamW",
    ...adamDefaults,
    weightDecay: 0.01,
    ...o,
  }),
  /**
   * Tieleman and Hinton 2012: v = alpha v + (1 - alpha) g^2, w -= lr g / (sqrt(v) + epsilon). Centred (Graves 2013), the
   * root is of v - m^2, where m = alpha m + (1 - alpha) g; with momentum, u = momentum u + g / (...) and w -= lr u.
   */
  rmsProp: (o: RmsPropOptions = {}): RmsProp => ({
    kind: "rmsProp",
    learningRate: 0.01,
    alpha: 0.99,
    epsilon: 1e-8,
    momentum: 0,
    centered: false,
    weightDecay: 0,
    ...o,
  }),
} as const;

/** Names in the arena. */
/** The running average of the parameters. */
export const AVERAGE = "average";

/** State vectors of an optimizer, each as long as the parameters; they start at zero. */
export function optimizerState(o: AnyOptimizer): readonly string[] {
  switch (o.kind) {
    case "sgd":
      return o.momentum > 0 ? ["velocity"] : [];
    case "rmsProp":
      return ["square", ...(o.centered ? ["mean"] : []), ...(o.momentum > 0 ? ["velocity"] : [])];
    case "adam":
    case "adamW":
      return ["moment1", "moment2"];
  }
}

/** The step as a graph: parameters, gradient and state in, parameters and state out. */
export function optimizerGraph(
  o: AnyOptimizer,
  floats: number,
  rules: UpdateRules & { readonly shared?: boolean } = {},
): Graph {
  const b = new GraphBuilder();
  const whole = [1, 1, floats] as const;
  const vector = (name: string): NodeId => b.input(name, "weight", whole);
  const scalar = (name: string): NodeId => b.input(name, "weight", [1, 1, 1]);
  const w = vector(PARAMETERS);
  const masked = rules.decay === "filters" || (rules.freeze?.length ?? 0) > 0;
  /** What decays becomes `shrunk`, the rest stays as it was. */
  const whereDecayed = (shrunk: NodeId, kept: NodeId): NodeId =>
    masked ? b.map("selectLt", b.constant(0), vector(MASKS.decayed), shrunk, kept) : shrunk;
  const decayed = (g: NodeId): NodeId =>
    o.weightDecay > 0 && o.kind !== "adamW"
      ? whereDecayed(b.map("add", g, b.map("mul", b.constant(o.weightDecay), w)), g)
      : g;
  const rate = scalar("learningRate");
  const g = decayed(gradientNode(b, vector(GRADIENT), rules));
  const outputs = ((): Record<string, NodeId> => {
    if (o.kind === "sgd") return sgd(b, o, { w, g, rate, vector });
    if (o.kind === "rmsProp") return rmsProp(b, o, { w, g, rate, vector });
    const shrink = o.kind === "adamW" && o.weightDecay > 0;
    const kept = shrink ? whereDecayed(b.map("mul", w, scalar("decay")), w) : w;
    return adam(b, o, { w: kept, g, rate, vector, scalar });
  })();
  if (rules.ema === undefined) return b.build(outputs);
  const average = vector(AVERAGE);
  const apart = b.map("sub", outputs[PARAMETERS], average);
  return b.build({ ...outputs, [AVERAGE]: b.map("add", average, b.map("mul", scalar("averaging"), apart)) });
}

interface Site {
  readonly w: NodeId;
  readonly g: NodeId;
  readonly rate: NodeId;
  readonly vector: (name: string) => NodeId;
}
type Of<K extends AnyOptimizer["kind"]> = Extract<AnyOptimizer, { kind: K }>;

function sgd(b: GraphBuilder, o: Of<"sgd">, { w, g, rate, vector }: Site): Record<string, NodeId> {
  if (o.momentum === 0) return { [PARAMETERS]: b.map("sub", w, b.map("mul", rate, g)) };
  const velocity = b.map("add", b.map("mul", b.constant(o.momentum), vector("velocity")), g);
  const direction = o.nesterov ? b.map("add", g, b.map("mul", b.constant(o.momentum), velocity)) : velocity;
  return { velocity, [PARAMETERS]: b.map("sub", w, b.map("mul", rate, direction)) };
}

/** beta state + (1 - beta) x. */
function blend(b: GraphBuilder, state: NodeId, beta: number, x: NodeId): NodeId {
  const moved = b.map("add", b.map("mul", b.constant(beta), state), b.map("mul", b.constant(1 - beta), x));
  // what has decayed below 2^-100 would end in denormals, which slow some processors down
  return b.map("selectLt", b.map("abs", moved), b.constant(2 ** -100), b.constant(0), moved);
}

function adam(
  b: GraphBuilder,
  o: Of<"adam" | "adamW">,
  { w, g, rate, vector, scalar }: Site & { readonly scalar: (name: string) => NodeId },
): Record<string, NodeId> {
  const moment1 = blend(b, vector("moment1"), o.beta1, g);
  const moment2 = blend(b, vector("moment2"), o.beta2, b.map("mul", g, g));
  const root = b.map("sqrt", b.map("mul", moment2, scalar("correction2")));
  const direction = b.map(
    "div",
    b.map("mul", moment1, scalar("correction1")),
    b.map("add", root, b.constant(o.epsilon)),
  );
  return { moment1, moment2, [PARAMETERS]: b.map("sub", w, b.map("mul", rate, direction)) };
}

function rmsProp(b: GraphBuilder, o: Of<"rmsProp">, site: Site): Record<string, NodeId> {
  const { w, g, rate, vector } = site;
  const outputs: Record<string, NodeId> = { square: blend(b, vector("square"), o.alpha, b.map("mul", g, g)) };
  let variance = outputs.square;
  if (o.centered) {
    outputs.mean = blend(b, vector("mean"), o.alpha, g);
    // rounding may bring the difference below 0, which has no root
    variance = b.map("max", b.map("sub", variance, b.map("mul", outputs.mean, outputs.mean)), b.constant(0));
  }
  let direction = b.map("div", g, b.map("add", b.map("sqrt", variance), b.constant(o.epsilon)));
  if (o.momentum > 0) {
    direction = b.map("add", b.map("mul", b.constant(o.momentum), vector("velocity")), direction);
    outputs.velocity = direction;
  }
  return { ...outputs, [PARAMETERS]: b.map("sub", w, b.map("mul", rate, direction)) };
}

/** The scalars of step `step` (from 1), by input name. */
export function optimizerScalars(
  o: AnyOptimizer,
  learningRate: number,
  step: number,
  rules: UpdateRules = {},
): Readonly<Record<string, number>> {
  const averaging: Record<string, number> =
    rules.ema === undefined ? {} : { averaging: 1 - Math.min(rules.ema, (1 + step) / (10 + step)) };
  switch (o.kind) {
    case "sgd":
    case "rmsProp":
      return { learningRate, ...averaging };
    case "adam":
    case "adamW":
      return {
        learningRate,
        correction1: 1 / (1 - powi(o.beta1, step)),
        correction2: 1 / (1 - powi(o.beta2, step)),
        ...(o.kind === "adamW" && o.weightDecay > 0 ? { decay: 1 - learningRate * o.weightDecay } : {}),
        ...averaging,
      };
  }
}
