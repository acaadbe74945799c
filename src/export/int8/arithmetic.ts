/**
 * Numbers of 8 bits, as Jacob et al., "Quantization and training of neural networks for efficient integer-arithmetic-only inference"
 * (2018), have them. A scale becomes a whole number below 2^22 and a shift, so that products of it and 32 bits are exact both in
 * C's 64 bits and in a double: no platform rounds otherwise.
 */

/** Real numbers scale (q - zero) for q from -128 to 127; the scale is a float. */
export interface Grid {
  readonly scale: number;
  readonly zero: number;
}

/** multiplier / 2^shift. */
export interface Ratio {
  readonly multiplier: number;
  readonly shift: number;
}

export const LEAST = -128;
export const MOST = 127;
const clamp = (x: number, least: number, most: number): number => Math.min(Math.max(x, least), most);

/** The grid from the least to the most value, stretched to have 0 on it. */
export function gridOf(least: number, most: number): Grid {
  const low = Math.min(0, least);
  const scale = Math.fround((Math.max(0, most) - low) / (MOST - LEAST));
  // nothing but zeros, or nearly: any grid has them
  if (!(scale >= 2 ** -100)) return { scale: 1, zero: 0 };
  return { scale, zero: clamp(Math.round(LEAST - low / scale), LEAST, MOST) };
}

export const inverseOf = ({ scale }: Grid): number => Math.fround(1 / scale);

/** 1.5 2^23: a float of up to 2^22 that it is added to has no fraction left, rounded half to even. */
const ROUNDING = 12582912;

/** The place of a float on a grid, rounded half to even; what lies outside, and NaN, at an end. */
export function toGrid(x: number, grid: Grid, inverse = inverseOf(grid)): number {
  const y = Math.fround(x * inverse);
  const held = y >= -512 ? Math.min(y, 512) : -512;
  const whole = Math.fround(Math.fround(held + ROUNDING) - ROUNDING);
  return clamp(whole + grid.zero, LEAST, MOST);
}

export const fromGrid = (q: number, { scale, zero }: Grid): number => Math.fround((q - zero) * scale);

const MULTIPLIER_BITS = 21;
const LONGEST_SHIFT = 50;

/** The shift by which a number above 0 has 21 bits before its point, from 1 to 50. */
export const shiftOf = (x: number): number =>
  clamp(MULTIPLIER_BITS - 1 - Math.floor(Math.log2(x)), 1, LONGEST_SHIFT);

/** A number above 0 by a shift, as a whole number. */
export const multiplierOf = (x: number, shift: number): number =>
  Math.min(Math.round(x * 2 ** shift), 2 ** MULTIPLIER_BITS);

export function ratioOf(x: number): Ratio {
  const shift = shiftOf(x);
  return { multiplier: multiplierOf(x, shift), shift };
}

const POWERS = Float64Array.from({ length: LONGEST_SHIFT + 1 }, (_, shift) => 2 ** shift);

/** A whole number below 2^52 over 2^shift, rounded half away from 0, as a place on a grid. */
export function onGrid(x: number, shift: number, zero: number): number {
  const size = Math.floor((Math.abs(x) + POWERS[shift - 1]) / POWERS[shift]);
  return clamp((x < 0 ? -size : size) + zero, LEAST, MOST);
}
