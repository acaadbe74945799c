/**
 * Jacobians of the chain as dense matrices (section 2 of the mathematics), to look at and to test against: the three
 * of one layer, and the whole one made in two independent ways. Training never needs any of them.
 */
import { forward, preactivation, reverse, type Layer } from "./chain.ts";
import { denseA, denseH, type Matrix, type Vector } from "./convolution.ts";

/**
 * dy_l/dy_{l-1} = D_l A(w_l) (section 2).
 *
 * @param y the layer's input y_{l-1} [n_{l-1}]
 * @returns [n_l] rows of [n_{l-1}]
 * @throws RangeError when the filter does not fit
 */
export function jacobianInput(layer: Layer, y: Vector): Matrix {
  return scaleRows(jacobianBias(layer, y), denseA(layer.filter, y.length));
}

/**
 * dy_l/dw_l = D_l H(y_{l-1}), with entries s_l'(z_l)_i (y_{l-1})_{i+j} (section 2).
 *
 * @param y the layer's input y_{l-1} [n_{l-1}]
 * @returns [n_l] rows of [f_l]
 * @throws RangeError when the filter does not fit
 */
export function jacobianFilter(layer: Layer, y: Vector): Matrix {
  return scaleRows(jacobianBias(layer, y), denseH(y, layer.filter.length));
}

/**
 * (dy_l/db_l)_i = s_l'(z_l)_i, also the diagonal of D_l (section 2).
 *
 * @param y the layer's input y_{l-1} [n_{l-1}]
 * @returns [n_l]
 * @throws RangeError when the filter does not fit
 */
export function jacobianBias(layer: Layer, y: Vector): Float64Array {
  return preactivation(layer, y).map((z) => layer.activation.derivative(z));
}

/**
 * dy_L/dx by n_L reverse passes, one from each row of the identity (sections 3 and 5): row i is the gradient of (y_L)_i.
 *
 * @param x input [n_0]
 * @returns [n_L] rows of [n_0]
 * @throws RangeError that names the first layer whose filter does not fit
 */
export function wholeJacobian(layers: readonly Layer[], x: Vector): Matrix {
  const trace = forward(layers, x);
  return identityMatrix(trace.y[layers.length].length).map((row) => reverse(layers, trace, row).dx);
}

/**
 * dy_L/dx as the product of dense matrices D_L A_L ... D_1 A_1 (section 5): the same numbers as `wholeJacobian`, in
 * O(sum n_l n_{l-1}) memory.
 *
 * @param x input [n_0]
 * @returns [n_L] rows of [n_0]
 * @throws RangeError that names the first layer whose filter does not fit
 */
export function wholeJacobianDense(layers: readonly Layer[], x: Vector): Matrix {
  const { y } = forward(layers, x, { keep: "y" });
  return layers.reduce<Matrix>(
    (product, layer, l) => multiply(jacobianInput(layer, y[l]), product),
    identityMatrix(x.length),
  );
}

function identityMatrix(n: number): Matrix {
  return Array.from({ length: n }, (_, i) => new Float64Array(n).fill(1, i, i + 1));
}

function scaleRows(diagonal: Float64Array, matrix: Matrix): Matrix {
  return matrix.map((row, i) => row.map((entry) => diagonal[i] * entry));
}

/** [m, k] times [k, n] */
function multiply(a: Matrix, b: Matrix): Matrix {
  return a.map((row) =>
    b[0].map((_, column) => row.reduce((sum, entry, k) => sum + entry * b[k][column], 0)),
  );
}
