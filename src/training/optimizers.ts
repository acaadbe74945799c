/**
 * Optimizers as data, and their step as a Graph over the whole parameter vector at once: one pass, whatever the model.
 * What changes from step to step comes in as scalars that the host computes in f64.
 */
import { GraphBuilder } from "../graph/build.ts";
import type { Graph, NodeId } from "../graph/ops.ts";
import { powi } from "../numerics/f64.ts";

export type Optimizer =
  | {
      readonly kind: "sgd";
      readonly learningRate: number;
      readonly momentum: number;
      readonly weightDecay: number;
    }
  | {
      readonly kind: "adam" | "adamW";
      readonly learningRate: number;
      readonly beta1: number;
      readonly beta2: number;
      readonly epsilon: number;
      readonly weightDecay: number;
    };

type AdamOptions = Partial<Omit<Extract<Optimizer, { kind: "adam" | "adamW" }>, "kind">>;
const adamDefaults = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

export const optimizers = {
  /** w -= lr u, u = momentum u + g (+ weightDecay w). */
  sgd: (o: { learningRate?: number; momentum?: number; weightDecay?: number } = {}): Optimizer => ({
    kind: "sgd",
    learningRate: 0.01,
    momentum: 0,
    weightDecay: 0,
    ...o,
  }),
  /** Kingma and Ba 2015; weight decay is added to the gradient. */
  adam: (o: AdamOptions = {}): Optimizer => ({ kind: "adam", ...adamDefaults, weightDecay: 0, ...o }),
  /** Loshchilov and Hutter 2019; weight decay shrinks the weights directly. */
  adamW: (o: AdamOptions = {}): Optimizer => ({ kind: "adamW", ...adamDefaults, weightDecay: 0.01, ...o }),
} as const;

/** Names in the arena. */
export const PARAMETERS = "parameters";
export const GRADIENT = "gradient";

/** State vectors of an optimizer, each as long as the parameters; they start at zero. */
export function optimizerState(o: Optimizer): readonly string[] {
  if (o.kind === "sgd") return o.momentum > 0 ? ["velocity"] : [];
  return ["moment1", "moment2"];
}

/** The step as a graph: parameters, gradient and state in, parameters and state out. */
export function optimizerGraph(o: Optimizer, floats: number): Graph {
  const b = new GraphBuilder();
  const whole = [1, 1, floats] as const;
  const w = b.input(PARAMETERS, "weight", whole);
  const state = (name: string): NodeId => b.input(name, "weight", whole);
  const scalar = (name: string): NodeId => b.input(name, "weight", [1, 1, 1]);
  const rate = scalar("learningRate");
  const decayed = (g: NodeId): NodeId =>
    o.weightDecay > 0 && o.kind !== "adamW" ? b.map("add", g, b.map("mul", b.constant(o.weightDecay), w)) : g;
  const g = decayed(b.input(GRADIENT, "weight", whole));
  if (o.kind === "sgd") {
    if (o.momentum === 0) return b.build({ [PARAMETERS]: b.map("sub", w, b.map("mul", rate, g)) });
    const velocity = b.map("add", b.map("mul", b.constant(o.momentum), state("velocity")), g);
    return b.build({ velocity, [PARAMETERS]: b.map("sub", w, b.map("mul", rate, velocity)) });
  }
  const blend = (name: string, beta: number, x: NodeId): NodeId => {
    const moved = b.map(
      "add",
      b.map("mul", b.constant(beta), state(name)),
      b.map("mul", b.constant(1 - beta), x),
    );
    // what has decayed below 2^-100 would end in denormals, which slow some processors down
    return b.map("selectLt", b.map("abs", moved), b.constant(2 ** -100), b.constant(0), moved);
  };
  const moment1 = blend("moment1", o.beta1, g);
  const moment2 = blend("moment2", o.beta2, b.map("mul", g, g));
  const root = b.map("sqrt", b.map("mul", moment2, scalar("correction2")));
  const direction = b.map(
    "div",
    b.map("mul", moment1, scalar("correction1")),
    b.map("add", root, b.constant(o.epsilon)),
  );
  const kept = o.kind === "adamW" && o.weightDecay > 0 ? b.map("mul", w, scalar("decay")) : w;
  return b.build({ moment1, moment2, [PARAMETERS]: b.map("sub", kept, b.map("mul", rate, direction)) });
}

/** The scalars of step `step` (from 1), by input name. */
export function optimizerScalars(
  o: Optimizer,
  learningRate: number,
  step: number,
): Readonly<Record<string, number>> {
  if (o.kind === "sgd") return { learningRate };
  return {
    learningRate,
    correction1: 1 / (1 - powi(o.beta1, step)),
    correction2: 1 / (1 - powi(o.beta2, step)),
    ...(o.kind === "adamW" && o.weightDecay > 0 ? { decay: 1 - learningRate * o.weightDecay } : {}),
  };
}
