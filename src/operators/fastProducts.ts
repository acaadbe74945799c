/**
 * The three derivatives of T under an index map by a decomposition F(m, r) (section 5): the same numbers as convolveOutput,
 * convolveInput and convolveFilter up to rounding, by t products where those take m r.
 *
 * Stride s and dilation d leave nothing but plain forms: with D = d / gcd(s, d) and S = s / gcd(s, d), output i = D i' + rho and
 * tap j = S j' + sigma meet at position lcm(s, d) (i' + j') + s rho + d sigma - left, which is T of every D-th output, every
 * S-th tap and a phase of y. A filter longer than r is cut into chunks of r taps; chunk k of block b meets y from b m + k r on.
 * Sums over channels, chunks and rows stay in the transformed domain.
 */
import type { Matrix, Vector } from "./convolution.ts";
import { complete, requireV, requireW, requireY, type CompleteMap, type IndexMap } from "./sizes.ts";
import type { ToomCook } from "./toomCook.ts";

/**
 * dT/dv, forward: A^T [(G w) . (B y)], summed over channels and chunks before A^T.
 *
 * @param w [filters, channels / groups, kernelSize]
 * @param y [batch, channels, length]
 * @returns [batch, filters, n_out]
 * @throws RangeError when the map is not legal or a tensor does not have its size
 */
export function fastOutput(w: Vector, y: Vector, map: IndexMap, form: ToomCook): Float64Array {
  const m = complete(map);
  requireW(w, m);
  requireY(y, m);
  const out = new Float64Array(m.batch * m.filters * m.outputs);
  for (const plain of plainForms(m, form))
    for (let n = 0; n < m.batch; n++)
      for (let o = 0; o < m.filters; o++)
        for (let b = 0; b < plain.blocks; b++) {
          const sum = new Float64Array(form.t);
          forEachInput(m, o, (c, channel) => {
            for (let k = 0; k < plain.chunks; k++)
              addProducts(
                sum,
                applied(form.G, plain.w(w, o, c, k)),
                applied(form.B, plain.y(y, n, channel, b, k)),
              );
          });
          plain.addV(out, n, o, b, transposedApplied(form.A, sum));
        }
  return out;
}

/**
 * dT/dw, the filter's gradient: G^T [(A v) . (B y)], summed over rows and blocks before G^T.
 *
 * @param v [batch, filters, n_out]
 * @param y [batch, channels, length]
 * @returns [filters, channels / groups, kernelSize]
 * @throws RangeError when the map is not legal or a tensor does not have its size
 */
export function fastFilter(v: Vector, y: Vector, map: IndexMap, form: ToomCook): Float64Array {
  const m = complete(map);
  requireV(v, m);
  requireY(y, m);
  const out = new Float64Array(m.filters * m.groupChannels * m.kernelSize);
  for (const plain of plainForms(m, form))
    for (let o = 0; o < m.filters; o++)
      forEachInput(m, o, (c, channel) => {
        for (let k = 0; k < plain.chunks; k++) {
          const sum = new Float64Array(form.t);
          for (let n = 0; n < m.batch; n++)
            for (let b = 0; b < plain.blocks; b++)
              addProducts(
                sum,
                applied(form.A, plain.v(v, n, o, b)),
                applied(form.B, plain.y(y, n, channel, b, k)),
              );
          plain.addW(out, o, c, k, transposedApplied(form.G, sum));
        }
      });
  return out;
}

/**
 * dT/dy, the signal going back: B^T [(A v) . (G w)], summed over filters before B^T; what blocks and chunks give to one
 * position adds up.
 *
 * @param v [batch, filters, n_out]
 * @param w [filters, channels / groups, kernelSize]
 * @returns [batch, channels, length]
 * @throws RangeError when the map is not legal or a tensor does not have its size
 */
export function fastInput(v: Vector, w: Vector, map: IndexMap, form: ToomCook): Float64Array {
  const m = complete(map);
  requireV(v, m);
  requireW(w, m);
  const out = new Float64Array(m.batch * m.channels * m.length);
  for (const plain of plainForms(m, form))
    for (let n = 0; n < m.batch; n++)
      for (let channel = 0; channel < m.channels; channel++)
        for (let b = 0; b < plain.blocks; b++)
          for (let k = 0; k < plain.chunks; k++) {
            const sum = new Float64Array(form.t);
            forEachOutput(m, channel, (o, c) =>
              addProducts(sum, applied(form.A, plain.v(v, n, o, b)), applied(form.G, plain.w(w, o, c, k))),
            );
            plain.addY(out, n, channel, b, k, transposedApplied(form.B, sum));
          }
  return out;
}

/** Products that a map takes of one row, channel and filter. */
export interface Products {
  /** By the decomposition: t a block and chunk. */
  readonly fast: number;
  /** By T itself: outputs x taps. */
  readonly direct: number;
}

/**
 * How many products the forms of a map take, and how many T itself has.
 *
 * @throws RangeError when the map is not legal
 */
export function products(map: IndexMap, form: ToomCook): Products {
  const m = complete(map);
  const fast = plainForms(m, form).reduce((all, { blocks, chunks }) => all + blocks * chunks * form.t, 0);
  return { fast, direct: m.outputs * m.kernelSize };
}

/** A form with neither stride nor dilation, in blocks and chunks: which numbers of v, w and y each of them has. */
interface PlainForm {
  readonly blocks: number;
  readonly chunks: number;
  v(v: Vector, n: number, o: number, b: number): Float64Array;
  w(w: Vector, o: number, c: number, k: number): Float64Array;
  y(y: Vector, n: number, channel: number, b: number, k: number): Float64Array;
  addV(out: Float64Array, n: number, o: number, b: number, values: Float64Array): void;
  addW(out: Float64Array, o: number, c: number, k: number, values: Float64Array): void;
  addY(out: Float64Array, n: number, channel: number, b: number, k: number, values: Float64Array): void;
}

function plainForms(m: CompleteMap, form: ToomCook): PlainForm[] {
  const common = gcd(m.stride, m.dilation);
  const [D, S] = [m.dilation / common, m.stride / common];
  const forms: PlainForm[] = [];
  for (let rho = 0; rho < Math.min(D, m.outputs); rho++)
    for (let sigma = 0; sigma < Math.min(S, m.kernelSize); sigma++)
      forms.push(plainForm(m, form, { D, S, rho, sigma }));
  return forms;
}

interface Phase {
  readonly D: number;
  readonly S: number;
  readonly rho: number;
  readonly sigma: number;
}

function plainForm(m: CompleteMap, form: ToomCook, { D, S, rho, sigma }: Phase): PlainForm {
  const step = m.stride * D;
  const first = m.stride * rho + m.dilation * sigma - m.padding[0];
  /** Every `by`-th number of a row of `length` from `from` on, `count` of them: where each stands, -1 where there is none. */
  const places = (row: number, length: number, from: number, by: number, count: number): number[] =>
    Array.from({ length: count }, (_, i) => {
      const at = from + by * i;
      return at >= 0 && at < length ? row * length + at : -1;
    });
  const vAt = (n: number, o: number, b: number): number[] =>
    places(n * m.filters + o, m.outputs, D * b * form.m + rho, D, form.m);
  const wAt = (o: number, c: number, k: number): number[] =>
    places(o * m.groupChannels + c, m.kernelSize, S * k * form.r + sigma, S, form.r);
  const yAt = (n: number, channel: number, b: number, k: number): number[] =>
    places(n * m.channels + channel, m.length, first + step * (b * form.m + k * form.r), step, form.t);
  return {
    blocks: Math.ceil(Math.ceil((m.outputs - rho) / D) / form.m),
    chunks: Math.ceil(Math.ceil((m.kernelSize - sigma) / S) / form.r),
    v: (v, n, o, b) => taken(v, vAt(n, o, b)),
    w: (w, o, c, k) => taken(w, wAt(o, c, k)),
    y: (y, n, channel, b, k) => taken(y, yAt(n, channel, b, k)),
    addV: (out, n, o, b, values) => added(out, vAt(n, o, b), values),
    addW: (out, o, c, k, values) => added(out, wAt(o, c, k), values),
    addY: (out, n, channel, b, k, values) => added(out, yAt(n, channel, b, k), values),
  };
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

const taken = (from: Vector, places: readonly number[]): Float64Array =>
  Float64Array.from(places, (at) => (at < 0 ? 0 : from[at]));

function added(out: Float64Array, places: readonly number[], values: Float64Array): void {
  places.forEach((at, i) => {
    if (at >= 0) out[at] += values[i];
  });
}

/** The channels that a filter reads: within its group, and of all. */
function forEachInput(m: CompleteMap, o: number, visit: (c: number, channel: number) => void): void {
  const group = Math.floor(o / m.groupFilters);
  for (let c = 0; c < m.groupChannels; c++) visit(c, group * m.groupChannels + c);
}

/** The filters that read a channel, and its number within their group. */
function forEachOutput(m: CompleteMap, channel: number, visit: (o: number, c: number) => void): void {
  const group = Math.floor(channel / m.groupChannels);
  const c = channel % m.groupChannels;
  for (let i = 0; i < m.groupFilters; i++) visit(group * m.groupFilters + i, c);
}

function addProducts(sum: Float64Array, a: Float64Array, b: Float64Array): void {
  for (let p = 0; p < sum.length; p++) sum[p] += a[p] * b[p];
}

/** matrix . vector */
const applied = (matrix: Matrix, vector: Float64Array): Float64Array =>
  Float64Array.from(matrix, (row) => row.reduce((sum, a, i) => sum + a * vector[i], 0));

/** vector . matrix */
function transposedApplied(matrix: Matrix, vector: Float64Array): Float64Array {
  const out = new Float64Array(matrix[0].length);
  matrix.forEach((row, p) => row.forEach((a, i) => (out[i] += a * vector[p])));
  return out;
}
