/**
 * The operations of the vector code, as an interface.
 *
 * One definition of an elementary function, written against `Ops<V>`, is both emitted as vector code by the
 * compiler (V is a value of the vector code) and run on scalars (`scalarOps`, V is a bit pattern). Both give
 * the same bits, because each operation has one meaning: floats are IEEE binary32 rounded to nearest even,
 * denormals count, masks are all ones or all zeros, integers wrap at 32 bits.
 */
export interface Ops<V> {
  /** A constant float; rounded to binary32 where it is not one. */
  float(value: number): V;
  /** A constant from its low 32 bits. */
  bits(value: number): V;
  add(a: V, b: V): V;
  sub(a: V, b: V): V;
  mul(a: V, b: V): V;
  div(a: V, b: V): V;
  sqrt(a: V): V;
  /** a < b, as a mask; false on NaN, as are `le` and `eq`. */
  lt(a: V, b: V): V;
  le(a: V, b: V): V;
  eq(a: V, b: V): V;
  /** mask ? a : b, bitwise. */
  select(mask: V, a: V, b: V): V;
  and(a: V, b: V): V;
  or(a: V, b: V): V;
  xor(a: V, b: V): V;
  /** a & ~b */
  andnot(a: V, b: V): V;
  /** Shifts by a constant count, 1 to 31: left, right with zeros, right with the sign. */
  shl(a: V, count: number): V;
  shr(a: V, count: number): V;
  sar(a: V, count: number): V;
  /** Left, with what leaves at the top coming in below. */
  rotl(a: V, count: number): V;
  iadd(a: V, b: V): V;
  isub(a: V, b: V): V;
  /** Integer equality and signed a > b, as masks. */
  ieq(a: V, b: V): V;
  igt(a: V, b: V): V;
  /** A signed integer as a float; |a| <= 2^24, so that it is exact. */
  toFloat(a: V): V;
}

/** b < a ? b : a, the pattern that back ends map to one instruction; the result is `a` if either is NaN. */
export function min<V>(o: Ops<V>, a: V, b: V): V {
  return o.select(o.lt(b, a), b, a);
}

/** a < b ? b : a, the pattern that back ends map to one instruction; the result is `a` if either is NaN. */
export function max<V>(o: Ops<V>, a: V, b: V): V {
  return o.select(o.lt(a, b), b, a);
}
