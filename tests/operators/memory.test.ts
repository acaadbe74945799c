import { afterEach, describe, expect, test, vi } from "vitest";
import { forward, gelu, reverse, tanh, type Layer } from "../../src/operators/index.ts";

/**
 * Counts every number that any new Float64Array holds, freed or not: an upper bound of what is live at once, and the
 * same on every machine, whatever the garbage collector does.
 */
function countFloats(work: () => unknown): number {
  let floats = 0;
  const counting = new Proxy(Float64Array, {
    construct(target, parameters, newTarget) {
      const made = Reflect.construct(
        target,
        parameters,
        newTarget === counting ? target : newTarget,
      ) as Float64Array;
      floats += made.length;
      return made;
    },
  });
  vi.stubGlobal("Float64Array", counting);
  work();
  vi.unstubAllGlobals();
  return floats;
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("10 layers with filters of 9 on 100,000 samples", () => {
  const samples = 100_000;
  const layers: readonly Layer[] = Array.from({ length: 10 }, (_, l) => ({
    filter: Float64Array.from({ length: 9 }, (_unused, j) => ((l + 3 * j) % 7) / 20 - 0.1),
    bias: 0.01 * l,
    activation: l % 2 ? tanh : gelu,
  }));
  const x = Float64Array.from({ length: samples }, (_, t) => Math.sin(t / 50));
  const gL = new Float64Array(samples - 80).fill(1);
  /** n_0 + ... + n_10 and f_1 + ... + f_10: about 1.1 million numbers; one matrix A(w_1) would hold 10^10. */
  const sum = Array.from({ length: 11 }, (_, l) => samples - 8 * l).reduce((a, n) => a + n, 90);

  test("the counter counts: 3 + 4 numbers, and those that map and from make", () => {
    expect(countFloats(() => [new Float64Array(3), new Float64Array(4)])).toBe(7);
    expect(countFloats(() => Float64Array.from([1, 2]))).toBe(2);
  });

  test("forward makes 2 (sum n + sum f) numbers at most, y and z; reverse 3, g, v and dw", () => {
    expect(countFloats(() => forward(layers, x))).toBeLessThanOrEqual(2 * sum);
    const trace = forward(layers, x);
    expect(countFloats(() => reverse(layers, trace, gL))).toBeLessThanOrEqual(3 * sum);
  });

  test("recompute makes one z a layer more, for a trace that holds half", () => {
    const trace = forward(layers, x, { keep: "y" });
    expect(trace.y.reduce((total, y) => total + y.length, 0)).toBeLessThan(sum);
    expect(countFloats(() => reverse(layers, trace, gL, { derivative: "recompute" }))).toBeLessThanOrEqual(
      4 * sum,
    );
  });

  test("the process's array memory grows by less than 8 (sum n + sum f) numbers of 8 bytes: 70 MB, not 80 GB", () => {
    const before = process.memoryUsage().arrayBuffers;
    const trace = forward(layers, x);
    const { dx, dw } = reverse(layers, trace, gL);
    const grown = process.memoryUsage().arrayBuffers - before;
    expect(grown).toBeLessThan(8 * sum * 8);
    expect(dx.length).toBe(samples);
    expect(dw.every((d) => d.length === 9 && d.every(Number.isFinite))).toBe(true);
  });
});
