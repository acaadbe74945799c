/**
 * Elementwise activations y = s(z) with the two readings of s' that the reverse pass can use: from z, and, where s is
 * invertible enough, from y itself (section 3 of the mathematics). Each formula is arranged to keep its relative
 * accuracy in the tails. At a kink, z = 0, the derivative is the one from the left.
 */
import { normalDensity, normalDistribution } from "./normal.ts";

/** An elementwise activation y = s(z). */
export interface Activation {
  /** The name of its function here, for messages. */
  readonly name: string;
  /** s(z) */
  value(z: number): number;
  /** s'(z) */
  derivative(z: number): number;
  /** s'(z) computed from y = s(z); absent where y does not determine it. */
  derivativeFromOutput?(y: number): number;
}

/** s(z) = z; s' = 1 */
export const identity: Activation = {
  name: "identity",
  value: (z) => z,
  derivative: () => 1,
  derivativeFromOutput: () => 1,
};

/** s(z) = tanh z; s' = 1 / cosh^2 z = 1 - y^2 */
export const tanh: Activation = {
  name: "tanh",
  value: (z) => Math.tanh(z),
  derivative: (z) => 1 / Math.cosh(z) ** 2,
  derivativeFromOutput: (y) => (1 - y) * (1 + y),
};

/** s(z) = 1 / (1 + e^-z); s' = s(z) s(-z) = y (1 - y) */
export const sigmoid: Activation = {
  name: "sigmoid",
  value: logistic,
  derivative: (z) => logistic(z) * logistic(-z),
  derivativeFromOutput: (y) => y * (1 - y),
};

/** s(z) = max(z, 0); s' = 1 where z > 0, which is where y > 0, else 0 */
export const relu: Activation = {
  name: "relu",
  value: (z) => Math.max(z, 0),
  derivative: (z) => (z > 0 ? 1 : 0),
  derivativeFromOutput: (y) => (y > 0 ? 1 : 0),
};

/**
 * s(z) = z where z > 0, else slope z; s' = 1 or slope, by the sign of y as well.
 *
 * @throws RangeError when slope is negative: y would no longer have the sign of z
 */
export function leakyRelu(slope = 0.01): Activation {
  requireNotNegative("leakyRelu", "slope", slope);
  return {
    name: "leakyRelu",
    value: (z) => (z > 0 ? z : slope * z),
    derivative: (z) => (z > 0 ? 1 : slope),
    derivativeFromOutput: (y) => (y > 0 ? 1 : slope),
  };
}

/**
 * s(z) = z where z > 0, else alpha (e^z - 1); s' = 1 or alpha e^z = y + alpha.
 *
 * @throws RangeError when alpha is negative: y would no longer have the sign of z
 */
export function elu(alpha = 1): Activation {
  requireNotNegative("elu", "alpha", alpha);
  return {
    name: "elu",
    value: (z) => (z > 0 ? z : alpha * Math.expm1(z)),
    derivative: (z) => (z > 0 ? 1 : alpha * Math.exp(z)),
    derivativeFromOutput: (y) => (y > 0 ? 1 : y + alpha),
  };
}

/** s(z) = z Phi(z) with the normal distribution Phi (the exact form, by erf); s' = Phi(z) + z phi(z). Not monotonic, so y does not give s'. */
export const gelu: Activation = {
  name: "gelu",
  value: (z) => z * normalDistribution(z),
  derivative: (z) => normalDistribution(z) + z * normalDensity(z),
};

/** s(z) = z sigmoid(z); s' = sigmoid(z) (1 + z sigmoid(-z)). Not monotonic, so y does not give s'. */
export const silu: Activation = {
  name: "silu",
  value: (z) => z * logistic(z),
  derivative: (z) => logistic(z) * (1 + z * logistic(-z)),
};

/** s(z) = log(1 + e^z); s' = sigmoid(z) = 1 - e^-y */
export const softplus: Activation = {
  name: "softplus",
  value: (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))),
  derivative: logistic,
  derivativeFromOutput: (y) => -Math.expm1(-y),
};

function logistic(z: number): number {
  return z < 0 ? Math.exp(z) / (1 + Math.exp(z)) : 1 / (1 + Math.exp(-z));
}

function requireNotNegative(activation: string, name: string, value: number): void {
  if (!(value >= 0)) throw new RangeError(`${activation} with ${name} ${value}; ${name} must be at least 0`);
}
