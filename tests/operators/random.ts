/** Random vectors, chains and comparisons that the operator tests share. */
import * as fc from "fast-check";
import { expect } from "vitest";
import {
  chainLengths,
  outputLength,
  type Activation,
  type IndexMap,
  type Layer,
} from "../../src/operators/index.ts";

/** Whole numbers from -9 to 9, with which every product and sum below is exact in f64. */
export function wholeNumbers(length: number): fc.Arbitrary<number[]> {
  return fc.array(fc.integer({ min: -9, max: 9 }), { minLength: length, maxLength: length });
}

/** A millionth part of -10^6..10^6, evenly: numbers from -1 to 1 whose products stay clear of the denormals. */
const real = fc.noBias(fc.integer({ min: -1_000_000, max: 1_000_000 })).map((k) => k / 1_000_000);

export function reals(length: number): fc.Arbitrary<number[]> {
  return fc.array(real, { minLength: length, maxLength: length });
}

/** v, w, y whose lengths belong together, in whole numbers. */
export const triples = fc
  .record({ f: fc.integer({ min: 1, max: 7 }), nL: fc.integer({ min: 1, max: 12 }) })
  .chain(({ f, nL }) => fc.record({ v: wholeNumbers(nL), w: wholeNumbers(f), y: wholeNumbers(nL + f - 1) }));

/** An index map, and tensors of its sizes in whole numbers. */
export interface MapCase {
  readonly map: IndexMap;
  readonly v: number[];
  readonly w: number[];
  readonly y: number[];
}

const small = fc.integer({ min: 1, max: 3 });
const maps: fc.Arbitrary<IndexMap> = fc
  .record({
    batch: small,
    perGroup: fc.record({ channels: small, filters: small }),
    groups: small,
    kernelSize: fc.integer({ min: 1, max: 4 }),
    stride: small,
    dilation: small,
    padding: fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 })),
    length: fc.integer({ min: 1, max: 9 }),
  })
  .map(({ perGroup, ...rest }) => ({
    ...rest,
    channels: perGroup.channels * rest.groups,
    filters: perGroup.filters * rest.groups,
  }))
  .filter(
    ({ length, padding, dilation, kernelSize }) =>
      dilation * (kernelSize - 1) < length + padding[0] + padding[1],
  );
export const mapCases: fc.Arbitrary<MapCase> = maps.chain((map) => {
  const { batch, channels, length, filters, kernelSize, groups = 1 } = map;
  return fc.record({
    map: fc.constant(map),
    v: wholeNumbers(batch * filters * outputLength(map)),
    w: wholeNumbers(((filters * channels) / groups) * kernelSize),
    y: wholeNumbers(batch * channels * length),
  });
});

export interface ChainCase {
  readonly layers: readonly Layer[];
  readonly x: readonly number[];
  readonly gL: readonly number[];
}

/**
 * Chains of 1 to 4 layers with filters of 1 to 5, outputs of 1 to 6, activations from the given ones. Filters are divided
 * by their length, so that signals stay about 1 and rounding is not amplified from layer to layer.
 */
export function chains(activations: readonly Activation[]): fc.Arbitrary<ChainCase> {
  const layer = fc.integer({ min: 1, max: 5 }).chain((f) =>
    fc.record({
      filter: reals(f).map((w) => w.map((wj) => wj / f)),
      bias: real,
      activation: fc.constantFrom(...activations),
    }),
  );
  return fc
    .record({ layers: fc.array(layer, { minLength: 1, maxLength: 4 }), nL: fc.integer({ min: 1, max: 6 }) })
    .chain(({ layers, nL }) => {
      const n0 = layers.reduce((n, { filter }) => n + filter.length - 1, nL);
      return fc.record({
        layers: fc.constant(layers),
        x: reals(n0),
        gL: reals(chainLengths(layers, n0).at(-1)!),
      });
    });
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((sum, ai, i) => sum + ai * b[i], 0);
}

/** matrix . vector */
export function times(matrix: readonly Float64Array[], vector: ArrayLike<number>): number[] {
  return matrix.map((row) => dot(row, vector));
}

/** vector . matrix */
export function rowTimes(vector: ArrayLike<number>, matrix: readonly Float64Array[]): number[] {
  return Array.from(matrix[0], (_, k) =>
    dot(
      vector,
      matrix.map((row) => row[k]),
    ),
  );
}

/** The largest difference is at most `tolerance` times `scale`, which is the expected tensor's largest entry unless given. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  scale = Math.max(...Array.from(expected, Math.abs)),
): void {
  expect(actual.length).toBe(expected.length);
  const difference = Math.max(...Array.from(actual, (a, i) => Math.abs(a - expected[i])));
  expect(difference).toBeLessThanOrEqual(tolerance * scale);
}
