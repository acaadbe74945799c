/**
 * Chunks of one block, and of several where that is faster, over histories that slide. A run appends to the histories; when
 * they have come to the end of their tensors, what is still wanted is moved to the start.
 */
import type { Placement } from "../../vector/program.ts";
import type { Flows } from "./flow.ts";
import { begin, Frames, type Arena, type Start } from "./frames.ts";
import type { Beyond } from "./rules.ts";

/** What stands where a stream has seen nothing. */
export const filling: Readonly<Record<Beyond, number>> = { "0": 0, "-0": -0, "-Infinity": -Infinity };

/** A size of chunks, and where it takes and gives: plain data, or in an arena. */
interface Size<At> {
  /** Blocks of a chunk. */
  readonly blocks: number;
  readonly input: At;
  readonly output: At;
  /** By signal: which positions exist. */
  readonly exists: readonly { readonly signal: number; readonly frames: At }[];
  /** Its entry at each step, and the steps: multiples of `blocks`. */
  readonly entries: readonly string[];
}

/** What chunks are run by beside their code: plain data. */
export interface ChunkSheet extends Start {
  readonly plan: Flows;
  readonly histories: readonly Placement[];
  /** From the largest on. */
  readonly sizes: readonly Size<Placement>[];
}

/** A stream's program, and where its histories stand. */
export class Chunks {
  readonly plan: Flows;
  readonly bytes: number;
  /** About how long a sample takes in chunks of the smallest size. */
  readonly microseconds: number;
  /** From the largest on. */
  readonly sizes: readonly Size<Frames>[];
  readonly #run: (entry: string) => void;
  readonly #histories: readonly Frames[];
  #step = 0;

  constructor(sheet: ChunkSheet, arena: Arena) {
    const { plan, histories, sizes, bytes, microseconds } = sheet;
    begin(sheet, arena);
    const frames = (place: Placement, positions?: number): Frames =>
      new Frames(arena.floats, place, positions);
    this.plan = plan;
    this.bytes = bytes;
    this.microseconds = microseconds;
    this.sizes = sizes.map((size) => ({
      ...size,
      input: frames(size.input),
      output: frames(size.output),
      exists: size.exists.map(({ signal, frames: place }) => ({ signal, frames: frames(place) })),
    }));
    this.#histories = histories.map((place, h) => frames(place, plan.histories[h].positions));
    this.#run = (entry) => arena.run(entry);
    this.reset();
  }

  /** The history of a stream that has seen nothing. */
  reset(): void {
    this.#step = 0;
    this.plan.histories.forEach(({ beyond, positions }, h) => {
      this.#histories[h].set(0, positions, filling[beyond ?? 0]);
    });
  }

  /** Computes a chunk whose input, and whose positions that exist, have been written. */
  run(size: Size<Frames>): void {
    const { blocks, entries } = size;
    if (this.#step % blocks !== 0 || this.#step / blocks >= entries.length) this.#moveBack();
    this.#run(entries[this.#step / blocks]);
    this.#step += blocks;
  }

  #moveBack(): void {
    const { plan } = this;
    for (let h = 0; h < this.#histories.length; h++) {
      const { signal } = plan.histories[h];
      const from = this.#step * (plan.block / plan.flows[signal].stride);
      this.#histories[h].moveBack(from, this.#histories[h].positions);
    }
    this.#step = 0;
  }

  /** Values of all histories. */
  get stateFloats(): number {
    return this.#histories.reduce((sum, h) => sum + h.positions * h.channels, 0);
  }

  /** The histories, `[position][channel]` one after another. */
  save(): Float32Array {
    this.#moveBack();
    const all = new Float32Array(this.stateFloats);
    let at = 0;
    for (const h of this.#histories) {
      h.read(0, h.positions, all, at);
      at += h.positions * h.channels;
    }
    return all;
  }

  restore(all: Float32Array): void {
    this.#step = 0;
    let at = 0;
    for (const h of this.#histories) {
      h.write(all, at, 1, h.channels, 0, h.positions, null);
      at += h.positions * h.channels;
    }
  }
}
