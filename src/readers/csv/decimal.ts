/**
 * Decimal numbers of 16 to 19 digits as the nearest double, without a string: what programs write that print every digit. The
 * quotient of exact parts has an error term; where that stands too near to the middle of two doubles, nobody is sure (NaN).
 */
/** Powers of ten that doubles hold exactly. */
export const TENS = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

const SPLITTER = 2 ** 27 + 1;
const number = new Float64Array(1);
const words = new Uint32Array(number.buffer);
/** Whether the first word of a double is the lower one. */
const isLittle = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
const [LOW, HIGH] = isLittle ? [0, 1] : [1, 0];

/** What rounding took from p = fl(a b) (Dekker 1971). */
function productError(a: number, b: number, p: number): number {
  const aBig = SPLITTER * a;
  const a1 = aBig - (aBig - a);
  const bBig = SPLITTER * b;
  const b1 = bBig - (bBig - b);
  const a2 = a - a1;
  const b2 = b - b1;
  return a2 * b2 - (p - a1 * b1 - a2 * b1 - a1 * b2);
}

/**
 * The double nearest to (first 10^more + rest) / 10^decimals, or NaN where that cannot be told; `first` is a whole number below
 * 10^15, `rest` one of `more` digits, at most 4, and there are at most 22 decimals.
 */
export function nearest(first: number, rest: number, more: number, decimals: number): number {
  const scaled = first * TENS[more];
  const high = scaled + rest;
  const low = productError(first, TENS[more], scaled) + (rest - (high - scaled));
  const divisor = TENS[decimals];
  const quotient = high / divisor;
  const product = quotient * divisor;
  const left = high - product - productError(quotient, divisor, product) + low;
  const correction = left / divisor;
  const sum = quotient + correction;
  const error = quotient - sum + correction;
  number[0] = sum;
  // next to a power of two the doubles below are closer
  if (words[LOW] === 0xffffffff || (words[LOW] === 0 && (words[HIGH] & 0xfffff) === 0)) return NaN;
  words[LOW]++;
  return Math.abs(error) < 0.4999 * (number[0] - sum) ? sum : NaN;
}
