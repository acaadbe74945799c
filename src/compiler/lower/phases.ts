/** A convolution's loops over positions: which taps meet which results, by form, and the zeros that they read. */
import { commonDivisor } from "../../numerics/commonDivisor.ts";
import type { ConvolveMap, ConvolveOf } from "../../graph/ops.ts";
import type { Halo } from "../../vector/layout.ts";

/**
 * Taps in order, evenly spaced: the k-th has the filter value `tap + k tapStep` among the filter's, and the position
 * `shift + k shiftStep` relative to the result's. A filter may have millions, so they are never listed.
 */
export interface Taps {
  readonly count: number;
  readonly tap: number;
  readonly tapStep: number;
  readonly shift: number;
  readonly shiftStep: number;
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
  readonly taps: Taps;
  /** Taps that the filter moves on by from one result to the next: 0, but for a dense layer's input. */
  readonly filterStep: number;
}

export function positionPhases(of: Exclude<ConvolveOf, "filter">, m: ConvolveMap): PositionPhase[] {
  if (of === "output") {
    const all = { count: m.taps, tap: 0, tapStep: 1, shift: -m.padding, shiftStep: m.dilation };
    return [{ first: 0, every: 1, count: m.outLength, step: m.stride, taps: all, filterStep: 0 }];
  }
  // a dense layer: each position meets its own tap, and v's one position
  if (m.outLength === 1 && m.padding === 0 && m.dilation === 1 && m.taps === m.length)
    return [{ first: 0, every: 1, count: m.length, step: 0, taps: ONE, filterStep: 1 }];
  return Array.from({ length: Math.min(m.stride, m.length) }, (_, first) => ({
    first,
    every: m.stride,
    count: Math.ceil((m.length - first) / m.stride),
    step: 1,
    taps: tapsOfPhase(first, m),
    filterStep: 0,
  }));
}

const ONE: Taps = { count: 1, tap: 0, tapStep: 0, shift: 0, shiftStep: 0 };

/** The taps of a transposed convolution that meet whole positions from results `first`, `first + stride`, ... */
function tapsOfPhase(first: number, { taps, stride, dilation, padding }: ConvolveMap): Taps {
  const period = stride / commonDivisor(stride, dilation);
  let tap = 0;
  while (tap < period && (first + padding - dilation * tap) % stride !== 0) tap++;
  return {
    count: tap < period ? Math.ceil(Math.max(0, taps - tap) / period) : 0,
    tap,
    tapStep: period,
    shift: Math.floor((first + padding - dilation * tap) / stride),
    shiftStep: (-dilation * period) / stride,
  };
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
    if (taps.count === 0) continue;
    for (const shift of [taps.shift, taps.shift + (taps.count - 1) * taps.shiftStep]) {
      left = Math.max(left, -shift);
      right = Math.max(right, (count - 1) * step + shift - (length - 1));
    }
  }
  return { left, right };
}
