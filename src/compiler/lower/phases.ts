/** A convolution's loops over positions: which taps meet which results, by form, and the zeros that they read. */
import type { ConvolveMap, ConvolveOf } from "../../graph/ops.ts";
import type { Halo } from "../../vector/layout.ts";

/** A tap: where its filter value lies among the filter's taps, and its position relative to the result's. */
export interface Tap {
  readonly tap: number;
  readonly shift: number;
}

/**
 * The loops of one form of T over positions: results `first, first + every, ...` (`count` of them), each the sum over
 * `taps` of the other tensor at `q * step + shift`. A strided transposed convolution has a phase a residue, so that no
 * zero is ever multiplied.
 */
export interface PositionPhase {
  readonly first: number;
  readonly every: number;
  readonly count: number;
  readonly step: number;
  readonly taps: readonly Tap[];
  /** Taps that the filter moves on by from one result to the next: 0, but for a dense layer's input. */
  readonly filterStep: number;
}

export function positionPhases(of: Exclude<ConvolveOf, "filter">, m: ConvolveMap): PositionPhase[] {
  const taps = Array.from({ length: m.taps }, (_, tap) => tap);
  if (of === "output") {
    const all = taps.map((tap) => ({ tap, shift: m.dilation * tap - m.padding }));
    return [{ first: 0, every: 1, count: m.outLength, step: m.stride, taps: all, filterStep: 0 }];
  }
  // a dense layer: each position meets its own tap, and v's one position
  if (m.outLength === 1 && m.padding === 0 && m.dilation === 1 && m.taps === m.length)
    return [{ first: 0, every: 1, count: m.length, step: 0, taps: [{ tap: 0, shift: 0 }], filterStep: 1 }];
  return Array.from({ length: Math.min(m.stride, m.length) }, (_, first) => ({
    first,
    every: m.stride,
    count: Math.ceil((m.length - first) / m.stride),
    step: 1,
    taps: taps
      .map((tap) => ({ tap, shift: (first + m.padding - m.dilation * tap) / m.stride }))
      .filter(({ shift }) => Number.isInteger(shift)),
    filterStep: 0,
  }));
}

/** The zeros that a convolve reads around an operand (0 or 1 in its order); filters have none. */
export function haloOf(of: ConvolveOf, m: ConvolveMap, operand: 0 | 1): Halo {
  const reads = { output: [null, "y"], input: ["v", null], filter: ["v", "y"] } as const;
  const what = reads[of][operand];
  if (what === null || (of === "filter" && what === "v")) return { left: 0, right: 0 };
  const length = what === "y" ? m.length : m.outLength;
  const phases = what === "y" ? positionPhases("output", m) : positionPhases("input", m);
  let left = 0;
  let right = 0;
  for (const { count, step, taps } of phases) {
    for (const { shift } of taps) {
      left = Math.max(left, -shift);
      right = Math.max(right, (count - 1) * step + shift - (length - 1));
    }
  }
  return { left, right };
}
