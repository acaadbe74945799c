/** Samples that wait until there are enough of them to be computed. */
import type { Samples } from "./engine.ts";

export class Pending {
  /** They themselves, `[time][channel]`. */
  readonly samples: Samples & { values: Float64Array };
  readonly #channels: number;
  #count = 0;

  /** Room for `most` samples. */
  constructor(most: number, channels: number) {
    this.#channels = channels;
    this.samples = {
      values: new Float64Array(most * channels),
      first: 0,
      channelStep: 1,
      timeStep: channels,
    };
  }

  get count(): number {
    return this.#count;
  }
  get bytes(): number {
    return this.samples.values.byteLength;
  }

  /** Adds `count` samples, from the `from`-th on. */
  add({ values, first, channelStep, timeStep }: Samples, from: number, count: number): void {
    const to = this.samples.values;
    for (let t = 0; t < count; t++)
      for (let c = 0; c < this.#channels; c++)
        to[(this.#count + t) * this.#channels + c] = values[first + c * channelStep + (from + t) * timeStep];
    this.#count += count;
  }

  /** They have been computed. */
  taken(): void {
    this.#count = 0;
  }

  /** As many zeros. */
  zeros(count: number): void {
    this.#count = count;
    this.samples.values.fill(0);
  }

  save(): Float64Array {
    return this.samples.values.slice(0, this.#count * this.#channels);
  }

  restore(saved: Float64Array): void {
    this.#count = saved.length / this.#channels;
    this.samples.values.set(saved);
  }
}
