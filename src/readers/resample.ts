/**
 * Another sample rate for a signal: a band-limited interpolation, the same bits everywhere.
 *
 * y[j] = sum_i x[i] h(j from/to - i) with h(t) = sinc(c t) cos^2(pi c t / 2Z) for |c t| < Z, c = min(1, to/from), Z = 16 zero
 * crossings, and the taps of each residue scaled to sum 1, so that a constant stays what it is. x is 0 outside.
 * Source: J. O. Smith, "Digital audio resampling", with a Hann window.
 */
import { cos, sin } from "../numerics/f64.ts";
import { InputError } from "../data/errors.ts";

const ZERO_CROSSINGS = 16;
/** Filter taps of all residues together: rates without a small ratio, such as 44101 and 8000, take the most. */
const MOST_TAPS = 2 ** 22;

/**
 * `from` and `to` in samples a second; the result has `ceil(length to / from)` values. Throws InputError where the two rates
 * have no ratio that a table of filters can hold.
 */
export function resample(signal: Float64Array, from: number, to: number): Float64Array {
  if (from === to) return signal;
  const common = greatestCommon(from, to);
  const [up, down] = [to / common, from / common];
  const cut = Math.min(1, up / down);
  const reach = Math.ceil(ZERO_CROSSINGS / cut);
  const taps = 2 * reach + 1;
  if (up * taps > MOST_TAPS)
    throw new InputError(
      `${from} Hz to ${to} Hz is a ratio of ${up} to ${down}; such filters would take ${up * taps} numbers, more than ${MOST_TAPS}; ` +
        "convert the file with an audio program",
    );
  // output j stands at j down / up, which is position floor(.) and one of `up` residues after it
  const filters = new Float64Array(up * taps);
  for (let residue = 0; residue < up; residue++) {
    let sum = 0;
    for (let k = 0; k < taps; k++) sum += filters[residue * taps + k] = tap((residue / up + reach - k) * cut);
    for (let k = 0; k < taps; k++) filters[residue * taps + k] /= sum;
  }
  const out = new Float64Array(Math.ceil((signal.length * up) / down));
  for (let j = 0; j < out.length; j++) {
    const residue = (j * down) % up;
    const first = (j * down - residue) / up - reach;
    let sum = 0;
    for (let k = Math.max(0, -first); k < Math.min(taps, signal.length - first); k++)
      sum += signal[first + k] * filters[residue * taps + k];
    out[j] = sum;
  }
  return out;
}

/** sinc(x) under a Hann window. */
function tap(x: number): number {
  if (Math.abs(x) >= ZERO_CROSSINGS) return 0;
  if (x === 0) return 1;
  const window = cos((Math.PI * x) / (2 * ZERO_CROSSINGS));
  return (sin(Math.PI * x) / (Math.PI * x)) * window * window;
}

function greatestCommon(a: number, b: number): number {
  return b === 0 ? a : greatestCommon(b, a % b);
}
