/**
 * Sobol's sequence: points that fill the unit cube more evenly than random ones (Sobol' 1967), by the direction numbers of
 * Joe and Kuo (2008, new-joe-kuo-6), in Gray code's order (Antonov and Saleev 1979). A seed scrambles it by a digital shift:
 * each coordinate's bits are exchanged by the same random word, which keeps how evenly they lie.
 */
import { InputError } from "../../data/errors.ts";
import { randomBits } from "../../numerics/threefry.ts";

/** Of each dimension from the second on: the primitive polynomial's inner coefficients, and the first direction numbers. */
const DIRECTIONS: readonly (readonly [inner: number, first: readonly number[]])[] = [
  [0, [1]],
  [1, [1, 3]],
  [1, [1, 3, 1]],
  [2, [1, 1, 1]],
  [1, [1, 1, 3, 3]],
  [4, [1, 3, 5, 13]],
  [2, [1, 1, 5, 5, 17]],
  [4, [1, 1, 5, 5, 5]],
  [7, [1, 1, 7, 11, 19]],
  [11, [1, 1, 5, 1, 1]],
  [13, [1, 1, 1, 3, 11]],
  [14, [1, 3, 5, 5, 31]],
  [1, [1, 3, 3, 9, 7, 49]],
  [13, [1, 1, 1, 15, 21, 21]],
  [16, [1, 3, 1, 13, 27, 49]],
  [19, [1, 1, 1, 15, 7, 5]],
  [22, [1, 3, 1, 15, 13, 25]],
  [25, [1, 1, 5, 5, 19, 61]],
  [1, [1, 3, 7, 11, 23, 15, 103]],
  [4, [1, 3, 7, 13, 13, 15, 69]],
];

/** How many dimensions there are numbers for. */
export const SOBOL_DIMENSIONS = DIRECTIONS.length + 1;

const STREAM = 0x536f;
const BITS = 32;

/** v[k] of a dimension from 0: the word that bit k of the Gray code exchanges. */
function directionsOf(dimension: number): Uint32Array {
  const v = new Uint32Array(BITS);
  if (dimension === 0) {
    for (let k = 0; k < BITS; k++) v[k] = 2 ** (BITS - 1 - k);
    return v;
  }
  const [inner, first] = DIRECTIONS[dimension - 1];
  const degree = first.length;
  for (let k = 0; k < BITS; k++) {
    if (k < degree) {
      v[k] = first[k] * 2 ** (BITS - 1 - k);
      continue;
    }
    let word = v[k - degree] ^ (v[k - degree] >>> degree);
    for (let j = 1; j < degree; j++) if ((inner >>> (degree - 1 - j)) & 1) word ^= v[k - j];
    v[k] = word;
  }
  return v;
}

/** Point `index` (from 0) without scrambling, as words of 32 bits. */
function sobolWords(index: number, dimensions: number): number[] {
  const gray = (index ^ (index >>> 1)) >>> 0;
  return Array.from({ length: dimensions }, (_, d) => {
    const v = directionsOf(d);
    let word = 0;
    for (let k = 0; k < BITS; k++) if ((gray >>> k) & 1) word ^= v[k];
    return word >>> 0;
  });
}

/**
 * Point `index` of the sequence in [0, 1)^dimensions; with a seed, scrambled by it. Points 0 to 2^k - 1 have one in each of
 * the 2^k equal intervals of every coordinate.
 *
 * @throws InputError for more dimensions than there are numbers for
 */
export function sobol(index: number, dimensions: number, seed?: number): number[] {
  if (dimensions > SOBOL_DIMENSIONS)
    throw new InputError(
      `the space has ${dimensions} parameters; sobol is of at most ${SOBOL_DIMENSIONS}: take the sampler random, or fewer`,
    );
  return sobolWords(index, dimensions).map((word, d) => {
    const shift = seed === undefined ? 0 : randomBits(seed, STREAM, 0, d);
    return ((word ^ shift) >>> 0) / 2 ** BITS;
  });
}
