import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ALPHAS, classTargets, ridge } from "../../src/numerics/ridge.ts";
import { factorShifted, tridiagonalise } from "../../src/numerics/tridiagonal.ts";

/** Solves A x = b by elimination with pivots. */
function solveDense(a: readonly (readonly number[])[], b: readonly number[]): number[] {
  const m = a.map((row, i) => [...row, b[i]]);
  const n = m.length;
  for (let i = 0; i < n; i++) {
    const pivot = m
      .slice(i)
      .reduce((best, row, r) => (Math.abs(row[i]) > Math.abs(m[best][i]) ? i + r : best), i);
    [m[i], m[pivot]] = [m[pivot], m[i]];
    for (let r = 0; r < n; r++) {
      if (r === i) continue;
      const factor = m[r][i] / m[i][i];
      for (let c = i; c <= n; c++) m[r][c] -= factor * m[i][c];
    }
  }
  return m.map((row, i) => row[n] / row[i]);
}

/** Ridge with a free intercept by its normal equations: weights, then the intercept. */
function normalEquations(x: readonly (readonly number[])[], y: readonly number[], alpha: number): number[] {
  const design = x.map((row) => [...row, 1]);
  const size = design[0].length;
  const a = Array.from({ length: size }, (_, p) =>
    Array.from(
      { length: size },
      (_, q) => design.reduce((sum, row) => sum + row[p] * row[q], 0) + (p === q && p < size - 1 ? alpha : 0),
    ),
  );
  return solveDense(
    a,
    Array.from({ length: size }, (_, p) => design.reduce((sum, row, i) => sum + row[p] * y[i], 0)),
  );
}

/** Each column at mean 0 and population deviation 1. */
function standardised(x: readonly (readonly number[])[]): number[][] {
  const columns = x[0].map((_, j) => {
    const column = x.map((row) => row[j]);
    const mean = column.reduce((a, b) => a + b) / x.length;
    const deviation = Math.sqrt(column.reduce((a, v) => a + (v - mean) ** 2, 0) / x.length);
    return column.map((v) => (v - mean) / deviation);
  });
  return x.map((_, i) => columns.map((column) => column[i]));
}

const X = [
  [0.5, 0.25, 1, 0],
  [0.75, 0.5, 0.125, 0.5],
  [0.25, 0.125, 0.5, 1],
  [0, 1, 0.75, 0.25],
  [1, 0.375, 0.25, 0.625],
  [0.125, 0.875, 0, 0.875],
  [0.625, 0, 0.375, 0.375],
];
const LABELS = [0, 1, 2, 0, 1, 2, 0];
const targets = (k: number): number[] => LABELS.map((label) => (label === k ? 1 : -1));
const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, v, i) => sum + v * b[i], 0);

describe("ridge", () => {
  it.each(ALPHAS)("gives what the normal equations give, with alpha %d", (alpha) => {
    const fitted = ridge(Float32Array.from(X.flat()), classTargets(LABELS, 3), 3, { alphas: [alpha] });
    const z = standardised(X);
    for (let k = 0; k < 3; k++) {
      const solution = normalEquations(z, targets(k), alpha);
      X.forEach((row, i) => {
        const score = fitted.intercepts[k] + dot(row, [...fitted.coefficients.subarray(4 * k, 4 * k + 4)]);
        expect(score).toBeCloseTo(dot([...z[i], 1], solution), 9);
      });
    }
  });

  it("leaves rows out exactly: as if it were fitted anew without each", () => {
    const errors = ALPHAS.map((alpha) => {
      const { leftOut, errors } = ridge(Float32Array.from(X.flat()), classTargets(LABELS, 3), 3, {
        alphas: [alpha],
      });
      const z = standardised(X);
      let error = 0;
      for (let k = 0; k < 3; k++) {
        for (let i = 0; i < X.length; i++) {
          const others = z.filter((_, r) => r !== i);
          const solution = normalEquations(
            others,
            targets(k).filter((_, r) => r !== i),
            alpha,
          );
          const predicted = dot([...z[i], 1], solution);
          expect(leftOut[3 * i + k]).toBeCloseTo(predicted, 8);
          error += (predicted - targets(k)[i]) ** 2 / (3 * X.length);
        }
      }
      expect(errors[0]).toBeCloseTo(error, 8);
      return error;
    });
    const fitted = ridge(Float32Array.from(X.flat()), classTargets(LABELS, 3), 3);
    expect(fitted.alpha).toBe(ALPHAS[errors.indexOf(Math.min(...errors))]);
  });

  it("gives a constant feature no weight, and equal rows no trouble", () => {
    const x = Float32Array.from([1, 0.5, 1, 0.5, 1, 0.25, 1, 0.25]);
    const { coefficients, intercepts } = ridge(x, classTargets([0, 0, 1, 1], 2), 2, { alphas: [1e-3] });
    expect([coefficients[0], coefficients[2]].map(Math.abs)).toEqual([0, 0]);
    expect(coefficients[1]).toBeCloseTo(8, 2); // from -1 at 0.25 to 1 at 0.5
    expect(intercepts[0] + 0.375 * coefficients[1]).toBeCloseTo(0, 9);
    const flat = ridge(new Float32Array(4).fill(1), classTargets([0, 0, 0, 1], 2), 2);
    expect(flat.intercepts[0]).toBeCloseTo(0.5, 9);
  });

  it("has the alphas of logspace(-3, 3, 10)", () => {
    expect(ALPHAS).toHaveLength(10);
    ALPHAS.forEach((alpha, i) => expect(alpha / 10 ** (-3 + (2 * i) / 3)).toBeCloseTo(1, 12));
  });
});

describe("tridiagonalise", () => {
  it("writes K as P T P^T with P orthogonal, and T + alpha I as L D L^T", () => {
    const matrix = fc
      .integer({ min: 1, max: 9 })
      .chain((n) => fc.array(fc.integer({ min: -9, max: 9 }), { minLength: n * n, maxLength: n * n }));
    fc.assert(
      fc.property(matrix, (values) => {
        const n = Math.round(Math.sqrt(values.length));
        const at = (i: number, j: number): number => values[Math.max(i, j) * n + Math.min(i, j)];
        const t = tridiagonalise(Float64Array.from(values), n);
        const entry = (i: number, j: number): number =>
          i === j ? t.diagonal[i] : Math.abs(i - j) === 1 ? t.beside[Math.min(i, j)] : 0;
        for (let i = 0; i < n; i++) {
          for (let j = 0; j < n; j++) {
            let k = 0;
            let unit = 0;
            for (let p = 0; p < n; p++) {
              unit += t.basis[p * n + i] * t.basis[p * n + j];
              for (let q = 0; q < n; q++) k += t.basis[i * n + p] * entry(p, q) * t.basis[j * n + q];
            }
            expect(k).toBeCloseTo(at(i, j), 9);
            expect(unit).toBeCloseTo(i === j ? 1 : 0, 12);
          }
        }
        const factor = factorShifted(t, 200); // beyond any eigenvalue of these matrices
        if (!factor) throw new Error("not positive definite");
        for (let j = 0; j < n; j++) {
          const before = j ? factor.lower[j - 1] ** 2 * factor.pivots[j - 1] : 0;
          expect(factor.pivots[j] + before).toBeCloseTo(t.diagonal[j] + 200, 9);
        }
        expect(factorShifted(t, -200)).toBeNull();
      }),
    );
  });
});
