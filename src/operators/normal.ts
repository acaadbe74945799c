/**
 * The normal density phi and distribution Phi in f64, for gelu. Phi is a series of positive terms near 0 and a
 * continued fraction in the tails (Abramowitz and Stegun, 26.2.11 and 26.2.14), so that small values keep their digits.
 */

/** Where the fraction below reaches f64 sooner than the series loses digits of the tail. */
const TAIL = 2;
/** Terms of the continued fraction that reach f64 at |z| = TAIL; it converges faster beyond. */
const FRACTION_TERMS = 100;

/** phi(z) = e^(-z^2 / 2) / sqrt(2 pi) */
export function normalDensity(z: number): number {
  return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
}

/** Phi(z) = integral of phi up to z */
export function normalDistribution(z: number): number {
  if (z > TAIL) return 1 - upperTail(z);
  if (z < -TAIL) return upperTail(-z);
  return 1 / 2 + normalDensity(z) * oddSeries(z);
}

/** z + z^3/3 + z^5/(3 5) + z^7/(3 5 7) + ... = (Phi(z) - 1/2) / phi(z) */
function oddSeries(z: number): number {
  let sum = 0;
  let term = z;
  for (let odd = 3; Math.abs(term) > Number.EPSILON * Math.abs(sum) * 0.25; odd += 2) {
    sum += term;
    term *= (z * z) / odd;
  }
  return sum;
}

/** 1 - Phi(z) = phi(z) / (z + 1/(z + 2/(z + 3/(z + ...)))) for z > 0 */
function upperTail(z: number): number {
  let fraction = z;
  for (let k = FRACTION_TERMS; k >= 1; k--) fraction = z + k / fraction;
  return normalDensity(z) / fraction;
}
