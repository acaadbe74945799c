/**
 * The Mersenne Twister MT19937 (Matsumoto & Nishimura 1998) with the draws of NumPy's legacy generator
 * (`RandomState`), for data sets that were published with it. Same bits on every engine: its one elementary
 * function is numerics' log.
 */
import { log } from "../numerics/f64.ts";

const N = 624;
const M = 397;

export interface Mt19937 {
  /** A whole number, 0 <= u < 2^32. */
  u32(): number;
  /** Uniform in [0, 1), with 53 bits. */
  uniform(): number;
  /** Standard normal by the polar method (Marsaglia); draws come in pairs, and the second is kept. */
  normal(): number;
  /** A whole number, 0 <= i < n <= 2^32, by masks and rejection; n = 1 draws nothing. */
  below(n: number): number;
  /** A permutation of 0 .. n-1 (Fisher and Yates, from the end). */
  permutation(n: number): Int32Array;
}

/** A generator in the state that the seed, a whole number below 2^32, gives. */
export function mt19937(seed: number): Mt19937 {
  const state = new Int32Array(N);
  state[0] = seed;
  for (let i = 1; i < N; i++) {
    const before = state[i - 1] ^ (state[i - 1] >>> 30);
    state[i] = Math.imul(1812433253, before) + i;
  }
  let at = N;
  let kept: number | null = null;

  const u32 = (): number => {
    if (at === N) {
      twist(state);
      at = 0;
    }
    let y = state[at++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  };

  const uniform = (): number => {
    const high = u32() >>> 5;
    const low = u32() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  };

  const normal = (): number => {
    if (kept !== null) {
      const value = kept;
      kept = null;
      return value;
    }
    for (;;) {
      const x1 = 2 * uniform() - 1;
      const x2 = 2 * uniform() - 1;
      const square = x1 * x1 + x2 * x2;
      if (square >= 1 || square === 0) continue;
      const factor = Math.sqrt((-2 * log(square)) / square);
      kept = factor * x1;
      return factor * x2;
    }
  };

  const below = (n: number): number => {
    if (n === 1) return 0;
    const mask = -1 >>> Math.clz32(n - 1);
    for (;;) {
      const value = (u32() & mask) >>> 0;
      if (value < n) return value;
    }
  };

  const permutation = (n: number): Int32Array => {
    const order = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = below(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  };

  return { u32, uniform, normal, below, permutation };
}

/** The next 624 words of the recurrence, in place. */
function twist(state: Int32Array): void {
  for (let i = 0; i < N; i++) {
    const y = (state[i] & 0x80000000) | (state[(i + 1) % N] & 0x7fffffff);
    state[i] = state[(i + M) % N] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
  }
}
