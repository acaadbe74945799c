/**
 * What the filters of a network let through: the magnitude of H(f) = sum_j w_j e^(-2 pi i f d j), f in cycles a sample of the
 * layer's input, d the dilation. A layer behind strides sees fewer samples a second, and so has a lower Nyquist frequency.
 */
import { largestOf } from "../../numerics/extremes.ts";
import { cos, log, sin } from "../../numerics/f64.ts";
import { InputError } from "../../data/errors.ts";
import { unknownWord } from "../../data/suggest.ts";
import { kindOf, resolve, type Resolved } from "../../layers/model.ts";
import type { NetworkFields } from "../../models/network.ts";

/** The options of `filterResponse`. */
export interface ResponseOptions {
  /** The one layer that is asked for, by its name. Default: every `conv1d` of the network. */
  readonly layer?: string;
  /** Frequencies from 0 to Nyquist's, 2 to 4,096. Default: 65. */
  readonly points?: number;
  /** Samples a second of the rows, in Hz. Default: that of the training rows, where it is known. */
  readonly rate?: number;
}

/** The response of one filter. */
export interface OneResponse {
  /** Its number in the layer, from 0. */
  readonly filter: number;
  /** The root of the sum over input channels of |H|^2, in dB (0 is a gain of 1, and -200 the least that is told). */
  readonly decibels: readonly number[];
  /** The frequency that it lets through best; of equal ones the lowest. */
  readonly peak: number;
}

/** The responses of a layer's filters. */
export interface LayerResponse {
  /** The layer's name. */
  readonly layer: string;
  /** Taps of a filter. */
  readonly taps: number;
  /** Samples of the layer's input from one tap to the next. */
  readonly dilation: number;
  /** Samples of a row from one position of the layer's input to the next: the strides before it. */
  readonly every: number;
  /** What frequencies are in: of rows whose rate is not known, cycles a sample of the row. */
  readonly unit: "Hz" | "cycles a sample";
  /** From 0 to half the rate of the layer's input. */
  readonly frequencies: readonly number[];
  /** Each filter's. */
  readonly filters: readonly OneResponse[];
}

/** The least gain that is told, 1e-10. */
const LEAST_POWER = 1e-20;
const LEAST_DECIBELS = -200;
/** More responses than that are not computed: a layer has fewer. */
const MOST_VALUES = 2 ** 24;

/**
 * The frequency responses of a network's convolutions, as they are applied: with weight norm, of the filter that comes of it. Of
 * deeper layers these are frequencies of the signal that the layer reads, which is no longer the row itself.
 *
 * @throws InputError for a name that no `conv1d` has, and for options out of range
 */
export function filterResponse(
  { model, weights, provenance, preparation }: NetworkFields,
  options: ResponseOptions = {},
): LayerResponse[] {
  const { layer: asked, points = 65 } = options;
  if (!(Number.isSafeInteger(points) && points >= 2 && points <= 4096))
    throw new InputError(`points is ${points}; it is a whole number from 2 to 4096`);
  const known = preparation.resample === undefined ? Number(provenance.rate ?? NaN) : NaN;
  const rate = options.rate ?? (known > 0 ? known : undefined);
  if (rate !== undefined && !(rate > 0 && rate < Infinity))
    throw new InputError(`rate is ${rate}; it is a number of samples a second above 0`);
  const layers = resolve(model);
  const convolutions = layers.filter(({ kind }) => kind === "conv1d");
  const names = convolutions.map(({ name }) => name);
  if (asked !== undefined && !names.includes(asked))
    throw new InputError(`the model ${model.name}: ${unknownWord("convolution", asked, names)}`);
  const jumps = jumpsOf(layers);
  const tensors = new Map(weights.map((w) => [w.name, w]));
  return convolutions
    .filter(({ name }) => asked === undefined || name === asked)
    .map((layer): LayerResponse => {
      const filter = tensors.get(`${layer.name}.filter`);
      if (!filter) throw new InputError(`the model ${model.name} has no weights of ${layer.name}`);
      const [count, channels, taps] = filter.shape;
      if (count * points > MOST_VALUES)
        throw new InputError(`${count} filters at ${points} frequencies are too many; ask for fewer points`);
      const { dilation } = layer.options as { readonly dilation: number };
      const every = jumps[layer.from[0]] ?? 1;
      const gains = gainsOf(filter.data, tensors.get(`${layer.name}.gain`)?.data, count);
      const frequencies = Array.from({ length: points }, (_, i) => i / (points - 1) / 2);
      const scale = (rate ?? 1) / every;
      const waves = wavesOf(frequencies, taps, dilation);
      return {
        layer: layer.name,
        taps,
        dilation,
        every,
        unit: rate === undefined ? "cycles a sample" : "Hz",
        frequencies: frequencies.map((f) => f * scale),
        filters: Array.from({ length: count }, (_, k) => {
          const own = filter.data.subarray(k * channels * taps, (k + 1) * channels * taps);
          const powers = powersOf(own, gains[k], taps, waves);
          const best = largestOf(powers);
          return {
            filter: k,
            decibels: powers.map((p) => (p > LEAST_POWER ? (10 / LN10) * log(p) : LEAST_DECIBELS)),
            peak: frequencies[powers.indexOf(best)] * scale,
          };
        }),
      };
    });
}

const LN10 = log(10);

/** Samples of a row from one output of each layer to the next, the input's first. */
function jumpsOf(layers: readonly Resolved[]): number[] {
  const jumps = [1];
  for (const { kind, from, inputs, options } of layers) {
    const window = kindOf(kind).window?.(inputs, options) ?? { stride: 1 };
    jumps.push(window === "all" ? 1 : largestOf(from.map((f) => jumps[f])) * window.stride);
  }
  return jumps;
}

/** What the stored numbers of each filter are times: 1, or with weight norm its gain over its norm. */
function gainsOf(filters: Float32Array, gains: Float32Array | undefined, count: number): number[] {
  const size = filters.length / count;
  return Array.from({ length: count }, (_, k) => {
    if (!gains) return 1;
    const squares = filters.subarray(k * size, (k + 1) * size).reduce((sum, w) => sum + w * w, 0);
    return gains[k] / Math.sqrt(squares);
  });
}

interface Waves {
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
  readonly count: number;
}

/** e^(-2 pi i f d j) of each frequency and tap. */
function wavesOf(frequencies: readonly number[], taps: number, dilation: number): Waves {
  const [real, imaginary] = [0, 1].map(() => new Float64Array(frequencies.length * taps));
  frequencies.forEach((f, i) => {
    for (let j = 0; j < taps; j++) {
      const turns = f * dilation * j;
      const angle = 2 * Math.PI * (turns - Math.floor(turns));
      real[i * taps + j] = cos(angle);
      imaginary[i * taps + j] = -sin(angle);
    }
  });
  return { real, imaginary, count: frequencies.length };
}

/** The sum over channels of |H|^2 at each frequency. */
function powersOf(w: Float32Array, gain: number, taps: number, { real, imaginary, count }: Waves): number[] {
  return Array.from({ length: count }, (_, i) => {
    let power = 0;
    for (let from = 0; from < w.length; from += taps) {
      let [re, im] = [0, 0];
      for (let j = 0; j < taps; j++) {
        re += w[from + j] * real[i * taps + j];
        im += w[from + j] * imaginary[i * taps + j];
      }
      power += re * re + im * im;
    }
    return gain * gain * power;
  });
}
