/** A stream of a network that answers each position: every one once, as soon as what it depends on is there. */
import type { Scales } from "../../vector/arena.ts";
import type { Chunks } from "./chunks.ts";
import type { Engine, Samples } from "./engine.ts";
import type { Found } from "./answers.ts";
import { positionsOf, settledAfter } from "./flow.ts";
import { Pending } from "./pending.ts";

export class PositionEngine implements Engine {
  readonly width: number;
  readonly every: number;
  readonly latency: number;
  readonly receptiveField: number;
  readonly #chunks: Chunks;
  readonly #scales: Scales | null;
  /** Samples of a block that is not full. */
  readonly #pending: Pending;
  /** Samples of whole blocks so far. */
  #samples = 0;
  /** Until so many, positions before the beginning are made. */
  readonly #settled: number;
  /** By size: whether all of its positions are said to exist. */
  readonly #allExist: boolean[];

  constructor(chunks: Chunks, scales: Scales | null) {
    const { flows, block } = chunks.plan;
    const output = flows[flows.length - 1];
    this.#chunks = chunks;
    this.#scales = scales;
    this.width = output.channels;
    this.every = output.stride;
    this.latency = output.stride * output.lag + block - 1;
    this.receptiveField = output.to - output.from;
    this.#settled = settledAfter(chunks.plan);
    this.#pending = new Pending(block, flows[0].channels);
    this.#allExist = chunks.sizes.map(() => false);
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
    return samples % this.#chunks.plan.block;
  }
  mostAnswers(count: number): number {
    const { block } = this.#chunks.plan;
    return (Math.floor((this.#pending.count + count) / block) * block) / this.every;
  }

  take(samples: Samples, count: number, found: Found): void {
    const { block } = this.#chunks.plan;
    found.clear(this.#nextPosition() * this.every, this.every);
    let taken = 0;
    if (this.#pending.count > 0) {
      taken = Math.min(count, block - this.#pending.count);
      this.#pending.add(samples, 0, taken);
      if (this.#pending.count < block) return;
      this.#pending.taken();
      this.#chunk(this.#chunks.sizes.length - 1, this.#pending.samples, 0, block, null, found);
    }
    for (let s = 0; s < this.#chunks.sizes.length; s++) {
      const size = this.#chunks.sizes[s].blocks * block;
      for (; count - taken >= size; taken += size) this.#chunk(s, samples, taken, size, null, found);
    }
    this.#pending.add(samples, taken, count - taken);
  }

  finish(found: Found): void {
    const { flows } = this.#chunks.plan;
    const { stride, least } = flows[flows.length - 1];
    const total = this.#samples + this.#pending.count;
    const end = Math.floor((total - least) / stride) + 1;
    found.clear(this.#nextPosition() * this.every, this.every);
    while (this.#nextPosition() < end) {
      const { count, samples } = this.#pending;
      this.#chunk(this.#chunks.sizes.length - 1, samples, 0, count, total, found);
      this.#pending.taken();
    }
  }

  reset(): void {
    this.#chunks.reset();
    this.#samples = 0;
    this.#pending.taken();
  }

  save(): ReturnType<Engine["save"]> {
    const samples = this.#samples + this.#pending.count;
    return { samples, pending: this.#pending.save(), past: this.#chunks.save() };
  }

  restore(samples: number, pending: Float64Array, past: Float32Array): void {
    this.#pending.restore(pending);
    this.#samples = samples - this.#pending.count;
    this.#chunks.restore(past);
  }

  /** The first position that has not been answered. */
  #nextPosition(): number {
    const { flows } = this.#chunks.plan;
    const { stride, lag } = flows[flows.length - 1];
    return Math.max(0, this.#samples / stride - lag);
  }

  /** A chunk of `given` samples from `from` on; the others, beyond the end of a row of `total` samples, are 0. */
  #chunk(
    s: number,
    { values, first, channelStep, timeStep }: Samples,
    from: number,
    given: number,
    total: number | null,
    found: Found,
  ): void {
    const { plan, sizes } = this.#chunks;
    const size = sizes[s];
    const length = size.blocks * plan.block;
    size.input.write(values, first + from * timeStep, channelStep, timeStep, 0, given, this.#scales);
    if (given < length) size.input.set(given, length - given, 0);
    this.#sayWhatExists(s, total);
    this.#chunks.run(size);
    const { stride, lag, least } = plan.flows[plan.flows.length - 1];
    const begin = this.#samples / stride - lag;
    const skipped = Math.max(0, -begin);
    const made = positionsOf(plan.flows[plan.flows.length - 1], plan, size.blocks);
    const end = total === null ? made : Math.min(made, Math.floor((total - least) / stride) + 1 - begin);
    this.#samples += length;
    if (end <= skipped) return;
    const place = found.room(end - skipped);
    size.output.read(skipped, end - skipped, found.outputs, place);
    found.count += end - skipped;
  }

  #sayWhatExists(s: number, total: number | null): void {
    const { plan, sizes } = this.#chunks;
    const { exists } = sizes[s];
    if (exists.length === 0) return;
    const edge = total !== null || this.#samples < this.#settled;
    if (!edge && this.#allExist[s]) return;
    for (let k = 0; k < exists.length; k++) {
      const { signal, frames } = exists[k];
      const { stride, lag, least } = plan.flows[signal];
      const begin = this.#samples / stride - lag;
      for (let t = 0; t < frames.positions; t++) {
        const i = begin + t;
        frames.set(t, 1, i >= 0 && (total === null || total >= stride * i + least) ? 1 : 0);
      }
    }
    this.#allExist[s] = !edge;
  }
}
