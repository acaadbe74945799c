/**
 * The convolution of the Rocket family (Dempster, Schmidt, Webb 2021, section 3.3): with weights -1 and 2,
 * C = -(sum of nine shifted x) + (three shifted 3x). The first sum and the shifted 3x are made once a row and dilation, and
 * each of the 84 kernels adds four arrays. It is all binary32, so that values which tie with a bias (itself a value of
 * some C) tie on every engine and after loading.
 */
import { HEAVY_TAPS, TAPS } from "./kernels.ts";

/** The 84 convolutions of one row at one dilation. Scratch is made once. */
export class Convolution {
  readonly #length: number;
  readonly #row: Float32Array;
  /** Minus the sum of the nine shifted series, `[channel][length]`. */
  readonly #alpha: Float32Array;
  /** Three times the series, shifted for each tap, `[channel][tap][length]`. */
  readonly #gamma: Float32Array;
  readonly #values: Float32Array;

  constructor(length: number, channels: number) {
    this.#length = length;
    this.#row = new Float32Array(channels * length);
    this.#alpha = new Float32Array(channels * length);
    this.#gamma = new Float32Array(channels * TAPS * length);
    this.#values = new Float32Array(length);
  }

  /** Takes the row that starts there, rounded to binary32. */
  setRow(series: ArrayLike<number>, start: number): void {
    const row = this.#row;
    for (let i = 0; i < row.length; i++) row[i] = series[start + i];
  }

  /** Prepares the row's channels for all kernels of one dilation. */
  dilate(dilation: number, channels: readonly number[]): void {
    const length = this.#length;
    const row = this.#row;
    const alpha = this.#alpha;
    const gamma = this.#gamma;
    for (const channel of channels) {
      const start = channel * length;
      alpha.fill(0, start, start + length);
      for (let tap = 0; tap < TAPS; tap++) {
        const shift = (tap - (TAPS - 1) / 2) * dilation;
        const to = (channel * TAPS + tap) * length;
        gamma.fill(0, to, to + length);
        const last = Math.min(length, length - shift);
        for (let t = Math.max(0, -shift); t < last; t++) {
          const x = row[start + t + shift];
          alpha[start + t] -= x;
          gamma[to + t] = 3 * x;
        }
      }
    }
  }

  /** One kernel's output, summed over channels; valid until the next call. */
  kernel(kernel: number, channels: readonly number[]): Float32Array {
    const length = this.#length;
    const alpha = this.#alpha;
    const gamma = this.#gamma;
    const values = this.#values;
    for (let i = 0; i < channels.length; i++) {
      const start = channels[i] * length;
      const first = (channels[i] * TAPS + HEAVY_TAPS[3 * kernel]) * length;
      const second = (channels[i] * TAPS + HEAVY_TAPS[3 * kernel + 1]) * length;
      const third = (channels[i] * TAPS + HEAVY_TAPS[3 * kernel + 2]) * length;
      for (let t = 0; t < length; t++) {
        const one = Math.fround(alpha[start + t] + gamma[first + t]);
        const two = Math.fround(gamma[second + t] + gamma[third + t]);
        const sum = Math.fround(one + two);
        values[t] = i === 0 ? sum : Math.fround(values[t] + sum);
      }
    }
    return values;
  }
}
