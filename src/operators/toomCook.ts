/**
 * The trilinear form with fewer products (section 5 of the mathematics). For a block of m outputs and a filter of r taps,
 * T is a tensor of rank t = m + r - 1, not m r:
 *
 *     T(v, w, y) = sum_p (A v)_p (G w)_p (B y)_p        v [m], w [r], y [t]
 *
 * A and G evaluate at t points (t - 1 numbers and infinity) the polynomials whose coefficients are v and w, and B = V^-T,
 * V the evaluation of those of degree t - 1. One decomposition serves all three derivatives. (Toom, Cook; in networks
 * Winograd's minimal filtering, F(m, r).) The matrices come from exact rationals and are rounded once.
 */
import type { Matrix } from "./convolution.ts";

/** The matrices of F(m, r). */
export interface ToomCook {
  /** Outputs of a block. */
  readonly m: number;
  /** Taps of a filter, or of a chunk of a longer one. */
  readonly r: number;
  /** Products of a block: m + r - 1. */
  readonly t: number;
  /** Where the polynomials are evaluated, beside infinity: t - 1 numbers. */
  readonly points: readonly number[];
  /** [t] rows of [m] */
  readonly A: Matrix;
  /** [t] rows of [r] */
  readonly G: Matrix;
  /** [t] rows of [t], whole numbers without a common divisor wherever the points allow it */
  readonly B: Matrix;
}

/** Small numbers with small products: whatever of them the others leave over. */
const POINTS = [0, 1, -1, 2, -2, 1 / 2, -1 / 2, 4, -4, 1 / 4, -1 / 4, 8, -8] as const;

/** A fraction of whole numbers, its denominator above 0. */
type Rational = readonly [over: bigint, under: bigint];

/**
 * The decomposition of T for blocks of m outputs and filters of r taps.
 *
 * @param m outputs of a block, at least 1
 * @param r taps, at least 1
 * @param points m + r - 2 different finite numbers; unless given, the first of 0, 1, -1, 2, -2, 1/2, -1/2, 4, ...
 * @throws RangeError when m or r is not a whole number of at least 1, or there are not as many different points
 */
export function toomCook(m: number, r: number, points?: readonly number[]): ToomCook {
  for (const [name, value] of Object.entries({ m, r }))
    if (!Number.isInteger(value) || value < 1)
      throw new RangeError(`${name} is ${value}; it must be a whole number of at least 1`);
  const t = m + r - 1;
  const chosen = points ?? POINTS.slice(0, t - 1);
  if (chosen.length !== t - 1 || new Set(chosen).size !== t - 1 || !chosen.every(Number.isFinite))
    throw new RangeError(
      `F(${m}, ${r}) evaluates at ${t - 1} different numbers and infinity, but the points are ${chosen.join(", ")}`,
    );
  const exact = chosen.map(rational);
  const scaled = exact.map((a, p) => primitive(lagrangeNumerator(exact, p), a, exact, p));
  const atInfinity = primitiveRow(product(exact));
  return {
    m,
    r,
    t,
    points: chosen,
    A: [...exact.map((a) => powers(a, m)), unit(m)].map(rounded),
    G: [
      ...exact.map((a, p) => powers(a, r).map((power) => divided(power, scaled[p].factor))),
      unit(r).map((one) => divided(one, atInfinity.factor)),
    ].map(rounded),
    B: [...scaled.map(({ row }) => [...row, ZERO]), atInfinity.row].map(rounded),
  };
}

const ZERO: Rational = [0n, 1n];
const ONE: Rational = [1n, 1n];

/** A float as the fraction that it is. */
function rational(x: number): Rational {
  let under = 1n;
  let value = x;
  while (!Number.isInteger(value)) {
    value *= 2;
    under *= 2n;
  }
  return [BigInt(value), under];
}

const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? (a < 0n ? -a : a) : gcd(b, a % b));

function reduced(over: bigint, under: bigint): Rational {
  const sign = under < 0n ? -1n : 1n;
  const common = gcd(over, under) * sign;
  return [over / common, under / common];
}

const times = (a: Rational, b: Rational): Rational => reduced(a[0] * b[0], a[1] * b[1]);
const minus = (a: Rational, b: Rational): Rational => reduced(a[0] * b[1] - b[0] * a[1], a[1] * b[1]);
const divided = (a: Rational, b: Rational): Rational => reduced(a[0] * b[1], a[1] * b[0]);

/** 1, a, a^2, ... */
function powers(a: Rational, count: number): Rational[] {
  const found: Rational[] = [ONE];
  while (found.length < count) found.push(times(found[found.length - 1], a));
  return found;
}

/** What evaluation at infinity reads: the last coefficient. */
const unit = (count: number): Rational[] =>
  Array.from({ length: count }, (_, i) => (i === count - 1 ? ONE : ZERO));

/** The coefficients of the product of (x - a) over some points, the lowest first. */
function product(points: readonly Rational[]): Rational[] {
  return points.reduce<Rational[]>(
    (of, a) => {
      const raised = [ZERO, ...of];
      return raised.map((c, i) => (i < of.length ? minus(c, times(a, of[i])) : c));
    },
    [ONE],
  );
}

const lagrangeNumerator = (points: readonly Rational[], p: number): Rational[] =>
  product(points.filter((_, q) => q !== p));

interface Scaled {
  readonly row: readonly Rational[];
  /** What the row was multiplied by, of which G takes the inverse. */
  readonly factor: Rational;
}

/** A row times the number that makes it whole numbers without a common divisor. */
function primitiveRow(row: readonly Rational[]): Scaled {
  const under = row.reduce((all, [, own]) => (all / gcd(all, own)) * own, 1n);
  const whole = row.map(([over, own]) => over * (under / own));
  const common = whole.reduce((all, own) => gcd(all, own), 0n);
  return { row: whole.map((over) => [over / common, 1n]), factor: reduced(under, common) };
}

/** A row of B: the Lagrange polynomial of a point, made whole; the factor holds its denominator too. */
function primitive(
  numerator: readonly Rational[],
  a: Rational,
  points: readonly Rational[],
  p: number,
): Scaled {
  const denominator = points.reduce((all, b, q) => (q === p ? all : times(all, minus(a, b))), ONE);
  const { row, factor } = primitiveRow(numerator);
  return { row, factor: times(factor, denominator) };
}

/** Fractions of small whole numbers, each rounded once. */
const rounded = (row: readonly Rational[]): Float64Array =>
  Float64Array.from(row, ([over, under]) => Number(over) / Number(under));
