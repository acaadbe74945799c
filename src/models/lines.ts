/**
 * The steps of a preparation that change a line, which is one channel of one row: cut, fill, detrend, resample. NaN is a
 * missing value; `known` marks the values that were measured, and not made by a step, so that statistics count
 * measured values alone. A line on which a step has nothing to do is passed on as it is. + - x / in f64.
 */

export const fills = ["linear", "forward", "zero"] as const;
/**
 * What stands for a missing value: on the line between its neighbours, the last one before, or 0 with a channel that
 * says so.
 *
 * @useDeclaredType
 */
export type Fill = (typeof fills)[number];

export const places = ["end", "start", "centre"] as const;
/**
 * Where a row is padded, and where a longer one is cut.
 *
 * @useDeclaredType
 */
export type Place = (typeof places)[number];

export interface Line {
  readonly values: Float64Array;
  /** 1 where a value was measured; null: everywhere. */
  readonly known: Uint8Array | null;
}

/** The steps of a preparation that change a row, in the order cut, fill, detrend, resample. */
export interface LineSteps {
  /**
   * Missing values (NaN): `linear` between neighbours, `forward` from the one before, or `zero`: 0 after normalisation
   * and a channel more for each channel, 1 where a value was measured and 0 elsewhere. A channel of a row without any
   * value is 0 throughout. Default: `linear` where a value is missing.
   */
  readonly fill?: Fill;
  /** Subtracts the least-squares line of each row and channel. Default: not done. */
  readonly detrend?: "linear";
  /**
   * Stretches each row to so many values, at least 2, by straight lines between neighbours; goes without `length`,
   * `pad` and `at`. Default: not done.
   */
  readonly resample?: number;
  /** Cuts longer rows to so many values, and pads shorter ones. Default: the longest row's, where rows differ. */
  readonly length?: number;
  /** Where rows are cut and padded. Default: "end". */
  readonly at?: Place;
}

/** A line after all steps before normalisation. Without a fill, a missing value stays NaN and counts as known. */
export function shapeLine(raw: Float64Array, { fill, detrend, resample, length, at }: LineSteps): Line {
  let line: Line = { values: raw, known: null };
  if (length !== undefined) line = { ...line, values: cut(raw, length, at ?? "end") };
  if (fill) line = filled(line.values, fill);
  if (detrend) line = { ...line, values: detrended(line) };
  if (resample !== undefined && resample !== line.values.length) line = resampled(line, resample);
  return line;
}

/** The values before a row of `length` that stands in one of `whole`, on the side that `at` leaves. */
export function offsetOf(length: number, whole: number, at: Place): number {
  if (at === "end") return 0;
  return at === "start" ? whole - length : Math.floor((whole - length) / 2);
}

function cut(values: Float64Array, length: number, at: Place): Float64Array {
  if (values.length <= length) return values;
  const from = offsetOf(length, values.length, at);
  return values.subarray(from, from + length);
}

/** Before the first known value stands the first, after the last the last. A line without any stays NaN; so does `zero`. */
function filled(given: Float64Array, how: Fill): Line {
  const known = Uint8Array.from(given, (x) => Number(!Number.isNaN(x)));
  if (known.every((k) => k === 1)) return { values: given, known: null };
  const first = known.indexOf(1);
  if (how === "zero" || first < 0) return { values: given, known };
  const values = Float64Array.from(given).fill(given[first], 0, first);
  for (let left = first; left < values.length;) {
    const next = known.indexOf(1, left + 1);
    const right = next < 0 ? values.length : next;
    const step = next < 0 || how === "forward" ? 0 : (values[right] - values[left]) / (right - left);
    for (let t = left + 1; t < right; t++) values[t] = values[left] + (t - left) * step;
    left = right;
  }
  return { values, known };
}

/** Below this part of the largest value, what is left after subtracting a line is rounding. */
const ROUNDING = 1e-12;

/** Less the least-squares line through the known values; what is a line itself becomes 0. */
function detrended({ values, known }: Line): Float64Array {
  let count = 0;
  let sum = 0;
  let times = 0;
  let largest = 0;
  const each = (visit: (x: number, t: number) => void): void =>
    values.forEach((x, t) => {
      if (known === null || known[t] === 1) visit(x, t);
    });
  each((x, t) => {
    count++;
    sum += x;
    times += t;
    largest = Math.max(largest, Math.abs(x));
  });
  const mean = sum / count;
  const middle = times / count;
  let product = 0;
  let square = 0;
  each((x, t) => {
    product += (t - middle) * (x - mean);
    square += (t - middle) * (t - middle);
  });
  const slope = square > 0 ? product / square : 0;
  const out = values.map((x, t) => x - (mean + (t - middle) * slope));
  const isLine = out.every((x) => !(Math.abs(x) > ROUNDING * largest));
  return isLine ? out.map((x) => (Number.isNaN(x) ? x : 0)) : out;
}

/**
 * `length` values at even places from the first to the last, on the straight line between neighbours. The places are
 * quotients of whole numbers, so the ends are the line's own values. A value is known where those it is made of are.
 */
function resampled({ values, known }: Line, length: number): Line {
  const last = values.length - 1;
  const out = new Float64Array(length);
  if (last < 0) return { values: out, known: new Uint8Array(length) };
  const outKnown = known && new Uint8Array(length);
  for (let t = 0; t < length; t++) {
    const part = (t * last) % (length - 1);
    const left = (t * last - part) / (length - 1);
    const right = part > 0 ? left + 1 : left;
    const step = (part / (length - 1)) * (values[right] - values[left]);
    out[t] = part > 0 ? values[left] + step : values[left];
    if (outKnown) outKnown[t] = known[left] & known[right];
  }
  return { values: out, known: outKnown };
}
