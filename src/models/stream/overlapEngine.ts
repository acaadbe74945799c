/** A stream of windows whose overlap is computed once: a chunk a hop. */
import type { Scales } from "../../vector/arena.ts";
import type { Found } from "./answers.ts";
import type { Chunks } from "./chunks.ts";
import type { Engine, Samples } from "./engine.ts";
import { Pending } from "./pending.ts";

export class OverlapEngine implements Engine {
  readonly width: number;
  readonly every: number;
  readonly latency = 0;
  readonly receptiveField: number;
  readonly #chunks: Chunks;
  readonly #scales: Scales | null;
  readonly #lead: number;
  /** Samples of a hop that is not full; at first those that stand for the time before. */
  readonly #pending: Pending;
  #seen = 0;

  constructor(
    chunks: Chunks,
    { hop, lead, length, scales }: { hop: number; lead: number; length: number; scales: Scales | null },
  ) {
    const [{ input, output }] = chunks.sizes;
    this.#chunks = chunks;
    this.#scales = scales;
    this.#lead = lead;
    this.every = hop;
    this.width = output.channels * output.positions;
    this.receptiveField = length;
    this.#pending = new Pending(hop, input.channels);
    this.reset();
  }

  get microseconds(): number {
    return this.#chunks.microseconds;
  }
  get memory(): number {
    return this.#chunks.bytes + this.#pending.bytes;
  }
  get pastFloats(): number {
    return this.#chunks.stateFloats;
  }
  pendingOf(samples: number): number {
    return (samples + this.#lead) % this.every;
  }
  mostAnswers(count: number): number {
    return Math.ceil(count / this.every);
  }

  take(samples: Samples, count: number, found: Found): void {
    const { receptiveField: length, every } = this;
    const next = this.#seen < length ? length : this.#seen + every - ((this.#seen - length) % every);
    found.clear(next - 1, every);
    for (let taken = 0; taken < count;) {
      const more = Math.min(count - taken, every - this.#pending.count);
      if (more < every) this.#pending.add(samples, taken, more);
      this.#seen += more;
      if (more === every) this.#hop(samples, taken, found);
      else if (this.#pending.count === every) this.#hop(this.#pending.samples, 0, found);
      taken += more;
    }
  }

  /** A window that is not full has no answer. */
  finish(found: Found): void {
    found.clear(0, this.every);
  }

  reset(): void {
    this.#chunks.reset();
    this.#seen = 0;
    // what stands before the first sample is in no window
    this.#pending.zeros(this.#lead);
  }

  save(): ReturnType<Engine["save"]> {
    return { samples: this.#seen, pending: this.#pending.save(), past: this.#chunks.save() };
  }

  restore(samples: number, pending: Float64Array, past: Float32Array): void {
    this.#seen = samples;
    this.#pending.restore(pending);
    this.#chunks.restore(past);
  }

  #hop({ values, first, channelStep, timeStep }: Samples, from: number, found: Found): void {
    const [size] = this.#chunks.sizes;
    this.#pending.taken();
    size.input.write(values, first + from * timeStep, channelStep, timeStep, 0, this.every, this.#scales);
    this.#chunks.run(size);
    if (this.#seen < this.receptiveField) return;
    const place = found.room(1);
    size.output.readRow(found.outputs, place);
    found.count++;
  }
}
