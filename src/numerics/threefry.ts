/**
 * Random numbers as a function of where they are used: Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror and
 * Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
 *
 * The project's convention: the key is (seed, stream), the counter is (step, logical flat index), and a draw is
 * output word 0. No state: a number does not depend on layout, threads or what was drawn before it.
 */
import { cos, log } from "./f64.ts";
import type { Ops } from "./ops.ts";

const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24] as const;
const PARITY = 0x1bd11bda;
const TWO_32 = 4294967296;

/** Both output words, unsigned, of Threefry-2x32-20. Arguments are taken modulo 2^32. */
export function threefry2x32(
  key0: number,
  key1: number,
  counter0: number,
  counter1: number,
): [number, number] {
  const key = [key0 | 0, key1 | 0, PARITY ^ key0 ^ key1];
  let x0 = (counter0 + key[0]) | 0;
  let x1 = (counter1 + key[1]) | 0;
  for (let round = 0; round < 20; round++) {
    const r = ROTATIONS[round % 8];
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << r) | (x1 >>> (32 - r))) ^ x0;
    if (round % 4 === 3) {
      const injection = (round + 1) / 4;
      x0 = (x0 + key[injection % 3]) | 0;
      x1 = (x1 + key[(injection + 1) % 3] + injection) | 0;
    }
  }
  return [x0 >>> 0, x1 >>> 0];
}

/** Word 0 of the same function in vector code. 86 operations, or fewer where keys and counter0 are constants. */
export function threefryWord<V>(o: Ops<V>, key0: V, key1: V, counter0: V, counter1: V): V {
  const key = [key0, key1, o.xor(o.xor(key0, key1), o.bits(PARITY))];
  let x0 = o.iadd(counter0, key[0]);
  let x1 = o.iadd(counter1, key[1]);
  for (let round = 0; round < 20; round++) {
    const r = ROTATIONS[round % 8];
    x0 = o.iadd(x0, x1);
    if (round < 19) x1 = o.xor(o.rotl(x1, r), x0);
    if (round % 4 === 3) {
      const injection = (round + 1) / 4;
      x0 = o.iadd(x0, key[injection % 3]);
      if (round < 19) x1 = o.iadd(x1, o.iadd(key[(injection + 1) % 3], o.bits(injection)));
    }
  }
  return x0;
}

function words(seed: number, stream: number, step: number, index: number): [number, number] {
  checkUint32("seed", seed);
  checkUint32("stream", stream);
  checkUint32("step", step);
  checkUint32("index", index);
  return threefry2x32(seed, stream, step, index);
}

function checkUint32(name: string, value: number): void {
  if (value >>> 0 !== value)
    throw new RangeError(`${name} must be an integer from 0 to 4294967295, got ${value}`);
}

/** A uniform 32-bit word, unsigned. Throws RangeError unless all four are integers from 0 to 2^32 - 1. */
export function randomBits(seed: number, stream: number, step: number, index: number): number {
  return words(seed, stream, step, index)[0];
}

/** A uniform number in [0, 1): word 0 divided by 2^32, so a multiple of 2^-32, exact in f64. */
export function uniform(seed: number, stream: number, step: number, index: number): number {
  return words(seed, stream, step, index)[0] / TWO_32;
}

/**
 * A standard normal number by Box and Muller (1958) from both words of one counter:
 * sqrt(-2 log((word0 + 1) / 2^32)) cos(2 pi word1 / 2^32). Its magnitude is at most sqrt(64 log 2) = 6.66.
 */
export function normal(seed: number, stream: number, step: number, index: number): number {
  const [word0, word1] = words(seed, stream, step, index);
  return Math.sqrt(-2 * log((word0 + 1) / TWO_32)) * cos(2 * Math.PI * (word1 / TWO_32));
}

/**
 * A permutation of 0 .. n-1 by Fisher-Yates, from the top down: i is exchanged with j = floor(word (i + 1) / 2^32),
 * where word is the draw of index i. The bias of one choice is below n / 2^32.
 */
export function permutation(n: number, seed: number, stream: number, step: number): Int32Array {
  if (!(Number.isInteger(n) && n >= 0 && n < 2 ** 31)) {
    throw new RangeError(`a permutation needs an integer length from 0 to 2147483647, got ${n}`);
  }
  const order = new Int32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  for (let i = n - 1; i > 0; i--) {
    const j = scaleWord(randomBits(seed, stream, step, i), i + 1);
    const kept = order[i];
    order[i] = order[j];
    order[j] = kept;
  }
  return order;
}

/** floor(word * n / 2^32), exactly: both halves of the word times n stay below 2^53. */
function scaleWord(word: number, n: number): number {
  const low = Math.floor(((word & 0xffff) * n) / 65536);
  return Math.floor(((word >>> 16) * n + low) / 65536);
}
