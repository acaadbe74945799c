/** Spectral features as frozen convolutions, so that what prepares audio trains, streams and leaves with the model. */
import { convolveMap } from "../graph/build.ts";
import { cos, expm1, log1p, sin } from "../numerics/f64.ts";
import type { LayerKind } from "./layer.ts";
import { LayerError } from "./options.ts";

/** The options of `logMel`; `rate` has to be given. */
export interface LogMelOptions {
  /** Positions a second. */
  readonly rate: number;
  /** Positions of a window. Default: 25 ms of them. */
  readonly size?: number;
  /** Positions from one window to the next. Default: 10 ms of them. */
  readonly hop?: number;
  /** Bands, channels of the result. Default: 40. */
  readonly bands?: number;
  /** Where the lowest band begins, in Hz. Default: 20. */
  readonly low?: number;
  /** Where the highest band ends, in Hz. Default: half of `rate`. */
  readonly high?: number;
  /** The least power that the logarithm sees, of signals of about 1. Default: 1e-5. */
  readonly floor?: number;
}

/**
 * log(max(floor, mel |DFT(hann x)|^2 / size)) of the sum x of all channels: a power spectrum a window (Hann's, periodic), summed by triangles that are
 * evenly spaced on the mel scale 2595 log10(1 + f / 700) (O'Shaughnessy 1987; the filters of HTK). `dft` `[2 bins, 1, size]`
 * (cosines, then sines) and `mel` `[bands, bins, 1]` are states that nothing changes: of the bins just those that a band sees.
 */
export const logMel: LayerKind<Required<LogMelOptions>> = {
  inputs: 1,
  options: (o) => {
    const rate = o.number("rate", 1);
    const options = {
      rate,
      size: o.whole("size", 2, Math.max(2, Math.round(0.025 * rate))),
      hop: o.whole("hop", 1, Math.max(1, Math.round(0.01 * rate))),
      bands: o.whole("bands", 1, 40),
      low: o.number("low", 0, 20),
      high: o.number("high", 0, rate / 2),
      floor: o.positive("floor", 1e-5),
    };
    check(options);
    return options;
  },
  shape: ([x], o) => {
    checkBands(o);
    if (o.size > x.length)
      throw new LayerError(
        `size ${o.size} does not fit ${x.length} positions; take a smaller size, or longer rows`,
      );
    return { channels: o.bands, length: Math.floor((x.length - o.size) / o.hop) + 1 };
  },
  state: (_, o) => {
    const bins = binsOf(o);
    return [
      { name: "dft", shape: [2 * bins.length, 1, o.size], value: () => fourier(o, bins) },
      { name: "mel", shape: [o.bands, bins.length, 1], value: () => triangles(o, bins) },
    ];
  },
  nodes: ({ b, inputs, shapes: [x], options: o, state }) => {
    const bins = binsOf(o).length;
    const { length } = logMel.shape([x], o);
    const waves = b.convolve(
      "output",
      state("dft"),
      b.sum(inputs[0], ["c"]),
      convolveMap([1, 1, x.length], [2 * bins, 1, o.size], { stride: o.hop }),
    );
    const square = (first: number) => {
      const part = b.slice(waves, first, bins);
      return b.map("mul", part, part);
    };
    const power = b.map("add", square(0), square(bins));
    const mel = b.convolve("output", state("mel"), power, convolveMap([1, bins, length], [o.bands, bins, 1]));
    return b.map("log", b.map("max", mel, b.constant(o.floor)));
  },
  window: (_, o) => ({ size: o.size, stride: o.hop }),
  multiplyAdds: ([x], o) => {
    const bins = binsOf(o).length;
    return logMel.shape([x], o).length * bins * (2 * o.size + o.bands);
  },
};

/** Bands times positions of a window. */
const MOST_WEIGHTS = 2 ** 20;

type Checked = Required<LogMelOptions>;

function check(o: Checked): void {
  if (o.high > o.rate / 2 || o.low >= o.high)
    throw new LayerError(
      `low ${o.low} and high ${o.high} are no range below half of rate ${o.rate}; give 0 <= low < high <= ${o.rate / 2}`,
    );
  if (o.bands * o.size > MOST_WEIGHTS)
    throw new LayerError(
      `${o.bands} bands of windows of ${o.size} are more than ${MOST_WEIGHTS} weights; take less of either`,
    );
}

/** Refuses (LayerError) bands without a frequency. */
function checkBands(o: Checked): void {
  const edges = edgesOf(o);
  const empty = edges.slice(2).findIndex((_, k) => weightsOf(o, edges, k).every((w) => w === 0));
  if (empty >= 0)
    throw new LayerError(
      `band ${empty} lies between two of the ${Math.floor(o.size / 2) + 1} frequencies of a window of ${o.size}; take fewer bands, or a larger size`,
    );
}

const MEL = 2595 / Math.LN10;
const toMel = (hertz: number): number => MEL * log1p(hertz / 700);
const toHertz = (mel: number): number => 700 * expm1(mel / MEL);

/** Where bands begin, peak and end: `bands` + 2 of them. */
function edgesOf({ low, high, bands }: Checked): number[] {
  const [from, to] = [toMel(low), toMel(high)];
  return Array.from({ length: bands + 2 }, (_, i) => toHertz(from + ((to - from) * i) / (bands + 1)));
}

/** A band's weight of each frequency of a window. */
function weightsOf({ size, rate }: Checked, edges: readonly number[], band: number): number[] {
  const [left, peak, right] = edges.slice(band, band + 3);
  return Array.from({ length: Math.floor(size / 2) + 1 }, (_, bin) => {
    const hertz = (bin * rate) / size;
    return Math.max(0, Math.min((hertz - left) / (peak - left), (right - hertz) / (right - peak)));
  });
}

/** The frequencies of a window that a band sees, by number. */
export function binsOf({ size, rate, low, high }: Checked): number[] {
  const bins = Array.from({ length: Math.floor(size / 2) + 1 }, (_, bin) => bin);
  return bins.filter((bin) => (bin * rate) / size > low && (bin * rate) / size < high);
}

/** Cosines, then sines, of each bin under Hann's window; divided so that squares are powers over the size. */
function fourier({ size }: Checked, bins: readonly number[]): Float32Array {
  const scale = 1 / Math.sqrt(size);
  const hann = (j: number): number => 0.5 - 0.5 * cos((2 * Math.PI * j) / size);
  const rows = [cos, sin].flatMap((wave) =>
    bins.map((bin) =>
      // whole turns are left out exactly
      Array.from(
        { length: size },
        (_, j) => scale * hann(j) * wave((2 * Math.PI * ((bin * j) % size)) / size),
      ),
    ),
  );
  return Float32Array.from(rows.flat());
}

function triangles(o: Checked, bins: readonly number[]): Float32Array {
  const edges = edgesOf(o);
  return Float32Array.from(
    Array.from({ length: o.bands }, (_, band) => {
      const weights = weightsOf(o, edges, band);
      return bins.map((bin) => weights[bin]);
    }).flat(),
  );
}
