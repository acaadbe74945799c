/**
 * The chain network and its reverse pass (sections 1 and 3 of the mathematics): layer l has a filter w_l, one bias
 * b_l and an activation s_l,
 *
 *     z_l = A(w_l) y_{l-1} + b_l 1        y_l = s_l(z_l)        n_l = n_{l-1} - f_l + 1
 *
 * Forward keeps a vector or two a layer, reverse one; both take O(sum n_l + sum f_l) memory and form no matrix.
 */
import type { Activation } from "./activations.ts";
import { apply, convolvedLength, correlate, rowProduct, type Vector } from "./convolution.ts";

/** One layer y_l = s_l(A(w_l) y_{l-1} + b_l 1). */
export interface Layer {
  /** w_l [f_l] */
  readonly filter: Vector;
  /** b_l */
  readonly bias: number;
  /** s_l */
  readonly activation: Activation;
}

/** What a forward pass keeps for a reverse pass. */
export interface Trace {
  /** [x, y_1, ..., y_L] */
  readonly y: readonly Float64Array[];
  /** [z_1, ..., z_L], absent when only y was kept */
  readonly z?: readonly Float64Array[];
}

/**
 * Where the reverse pass has s_l'(z_l) from (section 3): from the z that was kept; from y_l, where the activation
 * allows it; or from z_l = A(w_l) y_{l-1} + b_l 1 computed again, a convolution more for a vector less.
 */
export type DerivativeFrom = "z" | "y" | "recompute";

/** The gradients of a loss over a chain. */
export interface ChainGradients {
  /** back-signals v_1..v_L, each [n_l] */
  readonly v: readonly Float64Array[];
  /** d(loss)/dw_1..dw_L, each [f_l] */
  readonly dw: readonly Float64Array[];
  /** d(loss)/db_1..db_L [L] */
  readonly db: Float64Array;
  /** d(loss)/dx [n_0] */
  readonly dx: Float64Array;
}

/**
 * The lengths n_0..n_L of a chain's signals (section 1): n_l = n_{l-1} - f_l + 1.
 *
 * @param n0 the input's length
 * @throws RangeError that names the first layer whose filter does not fit
 */
export function chainLengths(layers: readonly Layer[], n0: number): readonly number[] {
  const lengths = [n0];
  for (const [l, { filter }] of layers.entries()) {
    try {
      lengths.push(convolvedLength(lengths[l], filter.length));
    } catch (error) {
      throw new RangeError(`layer ${l + 1}: ${(error as RangeError).message}`, { cause: error });
    }
  }
  return lengths;
}

/**
 * z_l = A(w_l) y_{l-1} + b_l 1 of one layer (section 1).
 *
 * @param y signal [n]
 * @returns [n - f + 1]
 * @throws RangeError when the filter is empty or longer than the signal
 */
export function preactivation(layer: Layer, y: Vector): Float64Array {
  const z = apply(layer.filter, y);
  for (let i = 0; i < z.length; i++) z[i] += layer.bias;
  return z;
}

/**
 * The forward pass (section 1). The output is the last of the trace's y.
 *
 * With `keep: "both"`, the default, the trace holds every y and z, and serves every reverse pass. With `keep: "y"` each
 * z is gone as soon as its y is there: half the memory, for `derivative: "y"` and `"recompute"`.
 *
 * @param x input [n_0]; copied, so that the trace stays true if x changes
 * @throws RangeError that names the first layer whose filter does not fit
 */
export function forward(
  layers: readonly Layer[],
  x: Vector,
  options?: {
    /** What the trace holds: every y and z. Default: "both". */
    readonly keep?: "both";
  },
): Required<Trace>;
export function forward(
  layers: readonly Layer[],
  x: Vector,
  options: {
    /** What the trace holds: y and z, or y alone. Default: "both". */
    readonly keep?: "both" | "y";
  },
): Trace;
export function forward(
  layers: readonly Layer[],
  x: Vector,
  { keep = "both" }: { readonly keep?: "both" | "y" } = {},
): Trace {
  chainLengths(layers, x.length);
  const y = [Float64Array.from(x)];
  const kept: Float64Array[] = [];
  for (const [l, layer] of layers.entries()) {
    const z = preactivation(layer, y[l]);
    if (keep === "both") kept.push(z);
    const s = layer.activation;
    y.push(Float64Array.from(z, (zi) => s.value(zi)));
  }
  return keep === "both" ? { y, z: kept } : { y };
}

/**
 * The reverse pass (section 3), for l = L..1 from the row vector g_L:
 *
 *     v_l = g_l D_l      db_l = v_l 1      dw_l = C(v_l) y_{l-1}      g_{l-1} = v_l A(w_l)      D_l = diag(s_l'(z_l))
 *
 * @param trace what `forward` kept for the same layers
 * @param gL d(loss)/dy_L [n_L]
 * @param options where s' comes from; `"z"` unless said otherwise
 * @throws RangeError when the trace or g_L does not belong to the layers, when `"z"` is asked of a trace that kept only
 *   y, or `"y"` of an activation whose output does not give its derivative
 */
export function reverse(
  layers: readonly Layer[],
  trace: Trace,
  gL: Vector,
  {
    derivative = "z",
  }: {
    /** Where s' comes from. Default: "z". */
    readonly derivative?: DerivativeFrom;
  } = {},
): ChainGradients {
  requireTrace(layers, trace, gL);
  const slopes = slopesFrom(derivative, layers, trace);
  const v: Float64Array[] = Array.from(layers, () => new Float64Array(0));
  const dw: Float64Array[] = [...v];
  const db = new Float64Array(layers.length);
  let g: Float64Array = Float64Array.from(gL);
  for (let l = layers.length - 1; l >= 0; l--) {
    const slope = slopes(l);
    v[l] = g.map((gi, i) => gi * slope(i)); //              v_l = g_l D_l
    db[l] = v[l].reduce((sum, vi) => sum + vi, 0); //       v_l 1
    dw[l] = correlate(v[l], trace.y[l]); //                 C(v_l) y_{l-1}
    g = rowProduct(v[l], layers[l].filter); //              g_{l-1} = v_l A(w_l)
  }
  return { v, dw, db, dx: g };
}

/** For layer l (from 0), a function of i that gives s_l'(z_l)_i. */
function slopesFrom(
  from: DerivativeFrom,
  layers: readonly Layer[],
  { y, z }: Trace,
): (l: number) => (i: number) => number {
  if (from === "y") {
    const readings = layers.map(({ activation }, l) => {
      if (activation.derivativeFromOutput) return activation.derivativeFromOutput.bind(activation);
      throw new RangeError(
        `layer ${l + 1}: the output of ${activation.name} does not give its derivative; use derivative "z" or "recompute"`,
      );
    });
    return (l) => (i) => readings[l](y[l + 1][i]);
  }
  if (from === "z" && !z) {
    throw new RangeError(
      `derivative "z" of a trace that kept only y; run forward with keep "both", or use derivative "y" or "recompute"`,
    );
  }
  return (l) => {
    const zl = from === "z" && z ? z[l] : preactivation(layers[l], y[l]);
    return (i) => layers[l].activation.derivative(zl[i]);
  };
}

function requireTrace(layers: readonly Layer[], { y, z }: Trace, gL: Vector): void {
  if (y.length !== layers.length + 1 || (z && z.length !== layers.length)) {
    throw new RangeError(
      `trace of ${y.length - 1} layers does not belong to a chain of ${layers.length}; forward and reverse take the same layers`,
    );
  }
  const lengths = chainLengths(layers, y[0].length);
  for (const [l, n] of lengths.entries()) {
    if (y[l].length === n) continue;
    throw new RangeError(
      `trace holds y_${l} of ${y[l].length}, but these layers give ${n}; forward and reverse take the same layers`,
    );
  }
  const n = lengths[layers.length];
  if (gL.length !== n)
    throw new RangeError(`g_L of ${gL.length} does not fit an output of ${n}; g_L is [n_L]`);
}
