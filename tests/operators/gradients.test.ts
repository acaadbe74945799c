import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  chainLengths,
  elu,
  forward,
  gelu,
  identity,
  leakyRelu,
  preactivation,
  relu,
  reverse,
  sigmoid,
  silu,
  softplus,
  tanh,
  type Activation,
  type Layer,
} from "../../src/operators/index.ts";
import { complex, complexLoss, STEP, type Complex } from "./complex.ts";
import { chains, dot, expectClose, type ChainCase } from "./random.ts";

const analytic: readonly Activation[] = [identity, tanh, sigmoid, elu(), gelu, silu, softplus];
const kinked: readonly Activation[] = [relu, leakyRelu(), elu()];

/** Every parameter and input of a chain, one after the other: w_1..w_L, b, x. */
function tensors({ layers, x }: ChainCase): number[][] {
  return [...layers.map(({ filter }) => Array.from(filter)), layers.map(({ bias }) => bias), [...x]];
}

/** The reverse pass's gradients in the same order. */
function gradients({ layers, x, gL }: ChainCase): Float64Array[] {
  const { dw, db, dx } = reverse(layers, forward(layers, x), gL);
  return [...dw, db, dx];
}

function complexStep({ layers, x, gL }: ChainCase, tensor: number, index: number): number {
  const lift = (values: ArrayLike<number>, t: number): Complex[] =>
    Array.from(values, (value, k) => complex(value, t === tensor && k === index ? STEP : 0));
  const L = layers.length;
  const biases = lift(
    layers.map(({ bias }) => bias),
    L,
  );
  const lifted = layers.map(({ filter, activation }, l) => ({
    filter: lift(filter, l),
    bias: biases[l],
    activation: activation.name,
  }));
  return complexLoss(lifted, lift(x, L + 1), gL).im / STEP;
}

function centralDifference({ layers, x, gL }: ChainCase, tensor: number, index: number): number {
  const h = 1e-5;
  const L = layers.length;
  const loss = (step: number): number => {
    const move = (values: ArrayLike<number>, t: number): number[] =>
      Array.from(values, (value, k) => (t === tensor && k === index ? value + step : value));
    const biases = move(
      layers.map(({ bias }) => bias),
      L,
    );
    const moved: Layer[] = layers.map(({ filter, activation }, l) => ({
      filter: move(filter, l),
      bias: biases[l],
      activation,
    }));
    return dot(gL, forward(moved, move(x, L + 1)).y[L]);
  };
  return (loss(h) - loss(-h)) / (2 * h);
}

/**
 * The norm that each tensor of gradients would have if no two terms of any sum had opposite signs: the two passes over
 * absolute values. Rounding is relative to the terms, so that where they cancel the tensor's own norm says nothing.
 * gelu' and silu' are such sums themselves, of terms up to about 1, and are 0 near z = -0.75 and z = -1.28.
 */
function normsOfTerms({ layers, x, gL }: ChainCase): number[] {
  const { y, z } = forward(layers, x);
  const absolute: Layer[] = layers.map(({ filter, bias, activation: s }) => ({
    filter: Array.from(filter, Math.abs),
    bias: Math.abs(bias),
    activation: { ...s, derivative: (zi) => (s.derivativeFromOutput ? Math.abs(s.derivative(zi)) : 1) },
  }));
  const terms = [y[0].map(Math.abs)];
  for (const [l, layer] of absolute.entries()) {
    terms.push(preactivation(layer, terms[l]).map((sum, i) => Math.max(sum, Math.abs(y[l + 1][i]))));
  }
  const { dw, db, dx } = reverse(absolute, { y: terms, z }, gL.map(Math.abs));
  return [...dw, db, dx].map((tensor) => Math.max(...tensor));
}

function complexGradients(chain: ChainCase): number[][] {
  return tensors(chain).map((values, t) => values.map((_, k) => complexStep(chain, t, k)));
}

describe("every gradient (filters, biases, input; any g_L) of random chains", () => {
  const families = [...analytic.map((s) => [s.name, [s]] as const), ["mixed activations", analytic] as const];

  test.each(families)(
    "%s: equals the complex step within 1e-14 of the norm of its terms",
    (_name, activations) => {
      fc.assert(
        fc.property(chains(activations), (chain) => {
          const expected = complexGradients(chain);
          const norms = normsOfTerms(chain);
          for (const [t, gradient] of gradients(chain).entries()) {
            expectClose(gradient, expected[t], 1e-14, norms[t]);
          }
        }),
        { seed: 1, numRuns: 200 },
      );
    },
  );

  test.each(families)(
    "%s: with positive numbers throughout nothing cancels, and 1e-14 is of the tensor's own norm",
    (_name, activations) => {
      fc.assert(
        fc.property(chains(activations), ({ layers, x, gL }) => {
          const positive = {
            layers: layers.map(({ filter, bias, activation }) => ({
              filter: Array.from(filter, Math.abs),
              bias: Math.abs(bias),
              activation,
            })),
            x: x.map(Math.abs),
            gL: gL.map(Math.abs),
          };
          const expected = complexGradients(positive);
          for (const [t, gradient] of gradients(positive).entries())
            expectClose(gradient, expected[t], 1e-14);
        }),
        { seed: 1, numRuns: 200 },
      );
    },
  );

  test.each([
    ["analytic activations", analytic],
    ["kinked activations, away from the kink", kinked],
  ])("%s: equals central differences within 1e-8", (_name, activations) => {
    fc.assert(
      fc.property(chains(activations), (chain) => {
        const { z } = forward(chain.layers, chain.x);
        fc.pre(z.every((zl) => zl.every((zi) => Math.abs(zi) > 1e-3)));
        const expected = tensors(chain).map((values, t) =>
          values.map((_, k) => centralDifference(chain, t, k)),
        );
        for (const [t, gradient] of gradients(chain).entries()) expectClose(gradient, expected[t], 1e-8, 1);
      }),
      { seed: 1 },
    );
  });

  test("are linear in g_L: the gradient of 2 y_1 - 3 y_2 is 2 times that of y_1 minus 3 times that of y_2", () => {
    const layers: readonly Layer[] = [{ filter: [0.5, -0.25], bias: 0.1, activation: tanh }];
    const x = [0.3, -0.7, 0.9];
    expect(chainLengths(layers, 3)).toEqual([3, 2]);
    const dw = (gL: number[]): Float64Array => reverse(layers, forward(layers, x), gL).dw[0];
    const [first, second] = [dw([1, 0]), dw([0, 1])];
    expectClose(
      dw([2, -3]),
      Array.from(first, (d, j) => 2 * d - 3 * second[j]),
      1e-15,
    );
  });
});
