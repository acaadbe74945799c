/**
 * A certificate of every gradient of a model: the closed forms that training compiles, evaluated in f64, against complex-step
 * derivatives of the same loss, which know no rule of differentiation. Of every tensor random directions are tried, each of
 * which sees all of its entries at once, and entries by themselves: all of them where the budget allows, else a sample.
 */
import { evaluate } from "../graph/evaluate.ts";
import { gradient } from "../graph/gradient.ts";
import type { Graph } from "../graph/ops.ts";
import { size, type Shape } from "../numerics/tensor.ts";
import { randomBits } from "../numerics/threefry.ts";
import { resolve } from "../layers/model.ts";
import type { NetworkFields } from "../models/network.ts";
import { InputError } from "../data/errors.ts";
import { complexEvaluator } from "./complexEvaluate.ts";
import { lossGraph, type AnsweredRows, type Statistics } from "./lossGraph.ts";

/** The options of `certify`. */
export interface CertifyOptions {
  /** The mode that is certified. Default: "training", whose batch statistics have the harder gradients. */
  readonly statistics?: Statistics;
  /** Draws directions and sampled entries: a whole number below 2^32. Default: 0. */
  readonly seed?: number;
  /** The largest relative difference that still holds. Default: 1e-9. */
  readonly bound?: number;
  /**
   * About how many multiply-adds all steps may cost, each of which is a forward pass; a direction a tensor is tried whatever
   * that costs. Default: 4e9.
   */
  readonly budget?: number;
}

/** What was compared of one tensor. */
export interface TensorCertificate {
  /** The layer and the tensor, such as `conv1d_1.filter`. */
  readonly name: string;
  /** Its sizes. */
  readonly shape: Shape;
  /** The Euclidean norm of its gradient by the closed form. */
  readonly norm: number;
  /** What differences are relative to: the norm, or 1e-4 of the norm of all gradients where that is larger. */
  readonly scale: number;
  /** Entries that were compared one by one; the others by directions alone. */
  readonly entries: number;
  /** The norm of the difference over these entries, relative to the scale. */
  readonly entryDifference: number;
  /** The largest difference of an inner product with a direction of entries +-1, relative to the scale. */
  readonly directionDifference: number;
}

/** Whether the gradients of a model are what complex steps say, and how nearly. */
export interface Certificate {
  /** Whether the worst difference is within the bound. */
  readonly holds: boolean;
  /** The worst relative difference of all tensors. */
  readonly worst: number;
  /** The tensor that has it. */
  readonly worstTensor: string;
  /** The largest difference that holds. */
  readonly bound: number;
  /** The mode. */
  readonly statistics: Statistics;
  /** Rows of the batch. */
  readonly rows: number;
  /** The loss of the batch, in f64. */
  readonly loss: number;
  /** The imaginary step. */
  readonly step: number;
  /** Random directions a tensor. */
  readonly directions: number;
  /** Entries of all tensors. */
  readonly parameters: number;
  /** Entries that were compared one by one. */
  readonly entries: number;
  /** What drew directions and entries. */
  readonly seed: number;
  /** Each tensor, in model order. */
  readonly tensors: readonly TensorCertificate[];
}

const STEP = 1e-30;
const MOST_DIRECTIONS = 2;
/** What a pointwise operation on a complex number costs, in multiply-adds. */
const POINTWISE = 40;
/** A gradient that is nothing but rounding, as of a bias before batch norm, is compared to this part of all gradients. */
const FLOOR = 1e-4;

/**
 * Compares every parameter's gradient on some rows with complex steps. It takes some seconds for a network of a hundred
 * thousand parameters, and runs to its end without a pause: in a page, in a worker.
 *
 * @throws InputError for rows that the model does not take, answers that it does not give, options out of range and a model
 *   without parameters
 */
export function certify(
  fields: NetworkFields,
  rows: AnsweredRows,
  { statistics = "training", seed = 0, bound = 1e-9, budget = 4e9 }: CertifyOptions = {},
): Certificate {
  if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32))
    throw new InputError(`seed is ${seed}; it is a whole number from 0 to 4294967295`);
  for (const [name, value] of Object.entries({ bound, budget }))
    if (!(value > 0)) throw new InputError(`${name} is ${value}; it is a number above 0`);
  const layers = resolve(fields.model);
  const built = lossGraph(fields, layers, rows, statistics);
  const { graph, loss, inputs, parameters } = built;
  if (parameters.length === 0)
    throw new InputError(
      `the model ${fields.model.name} has no parameters whose gradients could be compared`,
    );
  const closed = closedForms(built);
  const steps = complexEvaluator(graph, inputs, built.rows);
  const derivative = (name: string, direction: Float64Array): number =>
    (steps.at(name, direction, loss)?.[0] ?? 0) / STEP;

  const sizes = closed.gradients.map((g) => g.length);
  const cost = costOf(graph, built.rows);
  const passes = Math.floor(budget / cost);
  const directions = passes >= 2 * MOST_DIRECTIONS * sizes.length ? MOST_DIRECTIONS : 1;
  const counts = entryCounts(sizes, Math.max(0, passes - directions * sizes.length));
  const whole = norm(closed.gradients.flatMap((g) => [norm(g)]));
  const tensors = parameters.map(({ name, node }, t): TensorCertificate => {
    const g = closed.gradients[t];
    const own = norm(g);
    const scale = Math.max(own, FLOOR * whole);
    const relative = (difference: number): number => (difference === 0 ? 0 : difference / scale);
    const places = entriesOf(g.length, counts[t], seed, t);
    const entry = norm(
      places.map((i) => {
        const direction = new Float64Array(g.length);
        direction[i] = STEP;
        return derivative(name, direction) - g[i];
      }),
    );
    let along = 0;
    for (let d = 0; d < directions; d++) {
      const direction = Float64Array.from(g, (_, i) => (randomBits(seed, t, d + 1, i) & 1 ? STEP : -STEP));
      const product = g.reduce((sum, gi, i) => sum + (direction[i] > 0 ? gi : -gi), 0);
      along = larger(along, Math.abs(derivative(name, direction) - product));
    }
    return {
      name,
      shape: graph.nodes[node].type.shape,
      norm: own,
      scale,
      entries: places.length,
      entryDifference: relative(entry),
      directionDifference: relative(along),
    };
  });
  const worsts = tensors.map((t) => larger(t.entryDifference, t.directionDifference));
  const at = worsts.reduce((best, w, t) => (larger(worsts[best], w) === worsts[best] ? best : t), 0);
  return {
    holds: worsts[at] <= bound,
    worst: worsts[at],
    worstTensor: tensors[at].name,
    bound,
    statistics,
    rows: built.rows,
    loss: closed.loss,
    step: STEP,
    directions,
    parameters: sizes.reduce((a, b) => a + b, 0),
    entries: tensors.reduce((sum, t) => sum + t.entries, 0),
    seed,
    tensors,
  };
}

/** The loss and every gradient by the rules of differentiation, in f64. */
function closedForms({ graph, loss, parameters, inputs, rows }: ReturnType<typeof lossGraph>): {
  readonly loss: number;
  readonly gradients: readonly Float64Array[];
} {
  const derived = gradient(
    graph,
    loss,
    parameters.map((p) => p.node),
  );
  const outputs: Record<string, number> = { loss };
  derived.gradients.forEach((g, t) => {
    if (g !== null) outputs[`g${t}`] = g;
  });
  const values = evaluate({ nodes: derived.graph.nodes, outputs }, inputs, rows);
  return {
    loss: values.loss[0],
    gradients: parameters.map(
      ({ node }, t) => values[`g${t}`] ?? new Float64Array(size(graph.nodes[node].type.shape)),
    ),
  };
}

/** About the multiply-adds of one complex evaluation. */
function costOf(graph: Graph, rows: number): number {
  return graph.nodes.reduce((sum, { op, type }) => {
    if (op.op === "convolve") {
      const { filters, outLength, channels, groups, taps } = op.map;
      return sum + rows * filters * outLength * (channels / groups) * taps;
    }
    return sum + POINTWISE * size(type.shape) * (type.space === "sample" ? rows : 1);
  }, 1);
}

/** How many entries of each tensor are compared one by one: all of small ones, of larger ones equally many. */
function entryCounts(sizes: readonly number[], budget: number): number[] {
  const counts = sizes.map(() => 0);
  const order = sizes.map((_, t) => t).sort((a, b) => sizes[a] - sizes[b]);
  let left = budget;
  order.forEach((t, done) => {
    const fair = Math.floor(left / (order.length - done));
    counts[t] = Math.min(sizes[t], fair);
    left -= counts[t];
  });
  return counts;
}

/** `count` different entries of `n`: one at random of each of as many stretches. */
function entriesOf(n: number, count: number, seed: number, tensor: number): number[] {
  return Array.from({ length: count }, (_, k) => {
    const from = Math.floor((k * n) / count);
    const to = Math.floor(((k + 1) * n) / count);
    return from + (randomBits(seed, tensor, 0, k) % (to - from));
  });
}

/** The larger of two differences; what is no number is larger than any. */
const larger = (a: number, b: number): number => (Number.isNaN(a) || a > b ? a : b);

function norm(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] * values[i];
  return Math.sqrt(sum);
}
