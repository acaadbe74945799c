/**
 * The memory plan: temporaries whose lives do not meet share bytes. Largest first, each at the lowest place that is
 * free for its whole life.
 */
export interface Life {
  readonly bytes: number;
  /** The kernels that first write and last touch it. */
  readonly from: number;
  to: number;
}

/** An offset for each, and the bytes needed in all. */
export function planMemory<T extends Life>(lives: readonly T[]): { offsets: Map<T, number>; bytes: number } {
  const offsets = new Map<T, number>();
  let total = 0;
  for (const life of [...lives].sort((a, b) => b.bytes - a.bytes || a.from - b.from)) {
    const taken = [...offsets]
      .filter(([other]) => other.from <= life.to && life.from <= other.to)
      .map(([other, offset]) => [offset, offset + other.bytes] as const)
      .sort((a, b) => a[0] - b[0]);
    let at = 0;
    for (const [from, to] of taken) {
      if (from - at >= life.bytes) break;
      at = Math.max(at, to);
    }
    offsets.set(life, at);
    total = Math.max(total, at + life.bytes);
  }
  return { offsets, bytes: total };
}
