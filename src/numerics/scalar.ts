/**
 * The operations of the vector code on one lane. A value is the signed 32-bit integer that has its bits, so
 * that NaN payloads and masks survive moves; floats are read through one shared typed array.
 */
import type { Ops } from "./ops.ts";

const asFloat = new Float32Array(1);
const asInt = new Int32Array(asFloat.buffer);

/** The bits of x rounded to binary32, as a signed 32-bit integer. */
export function toBits(x: number): number {
  asFloat[0] = x;
  return asInt[0];
}

/** The binary32 number that has these bits. */
export function fromBits(bits: number): number {
  asInt[0] = bits;
  return asFloat[0];
}

const mask = (condition: boolean): number => (condition ? -1 : 0);

// f64 arithmetic rounded to binary32 equals binary32 arithmetic for + - x / sqrt (Figueroa 1995, 53 >= 2 * 24 + 2).
export const scalarOps: Ops<number> = {
  float: toBits,
  bits: (value) => value | 0,
  add: (a, b) => toBits(fromBits(a) + fromBits(b)),
  sub: (a, b) => toBits(fromBits(a) - fromBits(b)),
  mul: (a, b) => toBits(fromBits(a) * fromBits(b)),
  div: (a, b) => toBits(fromBits(a) / fromBits(b)),
  sqrt: (a) => toBits(Math.sqrt(fromBits(a))),
  lt: (a, b) => mask(fromBits(a) < fromBits(b)),
  le: (a, b) => mask(fromBits(a) <= fromBits(b)),
  eq: (a, b) => mask(fromBits(a) === fromBits(b)),
  select: (m, a, b) => (m & a) | (~m & b),
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  andnot: (a, b) => a & ~b,
  shl: (a, count) => a << count,
  shr: (a, count) => (a >>> count) | 0,
  sar: (a, count) => a >> count,
  rotl: (a, count) => (a << count) | (a >>> (32 - count)),
  iadd: (a, b) => (a + b) | 0,
  isub: (a, b) => (a - b) | 0,
  ieq: (a, b) => mask(a === b),
  igt: (a, b) => mask(a > b),
  toFloat: (a) => toBits(a),
};
