/** What came in and what was said of it, in bounded memory: the oldest goes when there is no more room. */

/** Samples by channel. */
export class History {
  readonly channels: readonly Float32Array<ArrayBuffer>[];
  readonly #room: number;
  /** The number of the first sample that is still there. */
  first = 0;
  count = 0;

  /** `most` values in all. */
  constructor(channels: number, most = 2 ** 23) {
    this.#room = Math.floor(most / channels);
    this.channels = Array.from({ length: channels }, () => new Float32Array(this.#room));
  }

  /** One more than the last sample's number. */
  get end(): number {
    return this.first + this.count;
  }

  /** Interleaved samples. */
  push(samples: Float32Array): void {
    const { length } = this.channels;
    const more = Math.min(samples.length / length, this.#room);
    if (this.count + more > this.#room) this.#forget(Math.max(more, this.#room >> 2));
    const skipped = samples.length / length - more;
    for (let c = 0; c < length; c++)
      for (let t = 0; t < more; t++) this.channels[c][this.count + t] = samples[(skipped + t) * length + c];
    this.count += more;
    this.first += skipped;
  }

  /** Samples `from` up to, but not with, `to`, interleaved, and the number of the first: those of them that are there. */
  cut(from: number, to: number): { readonly samples: Float32Array<ArrayBuffer>; readonly first: number } {
    const start = Math.max(this.first, Math.floor(from));
    const end = Math.max(start, Math.min(this.end, Math.ceil(to)));
    const { length } = this.channels;
    const samples = new Float32Array((end - start) * length);
    for (let t = start; t < end; t++)
      for (let c = 0; c < length; c++) samples[(t - start) * length + c] = this.channels[c][t - this.first];
    return { samples, first: start };
  }

  #forget(most: number): void {
    const gone = Math.min(most, this.count);
    for (const channel of this.channels) channel.copyWithin(0, gone, this.count);
    this.first += gone;
    this.count -= gone;
  }
}

/** Answers: the sample that each is about, and its numbers. */
export class AnswerLog {
  readonly width: number;
  readonly #room: number;
  readonly #at: Float64Array<ArrayBuffer>;
  readonly #said: Float32Array<ArrayBuffer>;
  count = 0;
  /** All that there ever were. */
  total = 0;

  constructor(width: number, most = 2 ** 15) {
    this.width = width;
    this.#room = most;
    this.#at = new Float64Array(most);
    this.#said = new Float32Array(most * width);
  }

  push(at: Float64Array, said: Float32Array): void {
    const { width } = this;
    this.total += at.length;
    const skipped = Math.max(0, at.length - this.#room);
    const more = at.length - skipped;
    if (this.count + more > this.#room) {
      const kept = Math.min(this.count, this.#room - more, this.#room >> 1);
      const from = this.count - kept;
      this.#at.copyWithin(0, from, this.count);
      this.#said.copyWithin(0, from * width, this.count * width);
      this.count = kept;
    }
    this.#at.set(at.subarray(skipped), this.count);
    this.#said.set(said.subarray(skipped * width), this.count * width);
    this.count += more;
  }

  /** The last ones, thinned to at most `most`: where they are, and the course of each number. */
  last(from: number, most: number): { readonly at: number[]; readonly courses: readonly number[][] } {
    let first = this.count;
    while (first > 0 && this.#at[first - 1] >= from) first--;
    const step = Math.max(1, Math.ceil((this.count - first) / most));
    const at: number[] = [];
    const courses = Array.from({ length: this.width }, (): number[] => []);
    for (let i = first; i < this.count; i += step) {
      at.push(this.#at[i]);
      for (let k = 0; k < this.width; k++) courses[k].push(this.#said[i * this.width + k]);
    }
    return { at, courses };
  }

  /** The numbers of the newest answer; null before there is one. */
  newest(): { readonly at: number; readonly said: readonly number[] } | null {
    if (this.count === 0) return null;
    const i = this.count - 1;
    return {
      at: this.#at[i],
      said: Array.from(this.#said.subarray(i * this.width, (i + 1) * this.width)),
    };
  }
}
