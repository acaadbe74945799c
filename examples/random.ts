/** Random numbers with a seed (mulberry32), so that every example makes the same data each time. */
export interface Random {
  /** Evenly from 0 to below 1. */
  (): number;
  /** Gaussian, mean 0 and deviation 1. */
  normal(): number;
}

export function random(seed: number): Random {
  let state = seed;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return Object.assign(uniform, { normal });
}
