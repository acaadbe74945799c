/** Tensors of one row in a program's arena, by position; and what such a program is given before its first run. */
import { axes, LANES } from "../../vector/layout.ts";
import { writeRows, type Scales } from "../../vector/arena.ts";
import type { Executable } from "../../backends/backend.ts";
import type { Placement, Program } from "../../vector/program.ts";

/** A program that is loaded, with weights in it. */
export type Arena = Pick<Executable, "floats" | "bits" | "run">;

/** What a program of one row is told once: that there is a row, and that all of its positions are its own. */
export interface Start {
  readonly rows: Program["rows"];
  readonly masks: readonly Placement[];
  /** Bytes of everything: signals, weights, temporaries. */
  readonly bytes: number;
  /** About how long a sample, or a whole window, takes on one thread of 512-bit code. */
  readonly microseconds: number;
}

/** Tells it, and computes what is made of weights alone. */
export function begin({ rows, masks }: Start, { floats, bits, run }: Arena): void {
  writeRows(floats, bits, { batch: 1, rows }, 1);
  for (const place of masks) new Frames(floats, place).set(0, place.type.shape[2], 1);
  run("weights");
}

/** Values `[position][channel]` in and out of a tensor of one row, which stands at `place`. */
export class Frames {
  readonly channels: number;
  readonly positions: number;
  readonly #floats: Float32Array;
  readonly #starts: Int32Array;
  /** Where its vectors, or what lies between them, begin: a channel each, or 16. */
  readonly #lines: Int32Array;
  readonly #step: number;

  constructor(floats: Float32Array, { type, layout, offset }: Placement, positions = type.shape[2]) {
    const axis = axes[layout.lanes];
    this.#floats = floats;
    this.channels = type.shape[1];
    this.positions = positions;
    this.#step = axis.positions.floats(1, LANES);
    const start = offset / 4 + layout.left * LANES;
    this.#starts = Int32Array.from(
      { length: this.channels },
      (_, c) => start + axis.channels.floats(c, layout.pitch * LANES),
    );
    this.#lines = this.#starts.filter((_, c) => !axis.channels.inLanes || c % LANES === 0);
  }

  /** Channel c of position t: `values[first + c channelStep + t timeStep]`, shifted and scaled in f64 and rounded once. */
  write(
    values: ArrayLike<number>,
    first: number,
    channelStep: number,
    timeStep: number,
    at: number,
    count: number,
    scales: Scales | null,
  ): void {
    const floats = this.#floats;
    const step = this.#step;
    for (let c = 0; c < this.channels; c++) {
      let to = this.#starts[c] + at * step;
      let from = first + c * channelStep;
      if (scales) {
        const shift = scales.shift[c];
        const scale = scales.scale[c];
        for (let t = 0; t < count; t++, to += step, from += timeStep)
          floats[to] = (values[from] - shift) / scale;
      } else for (let t = 0; t < count; t++, to += step, from += timeStep) floats[to] = values[from];
    }
  }

  /** Positions from `at` on into `to` from `first` on. */
  read(at: number, count: number, to: Float32Array, first: number): void {
    for (let c = 0; c < this.channels; c++) {
      let from = this.#starts[c] + at * this.#step;
      for (let t = 0, k = first + c; t < count; t++, from += this.#step, k += this.channels)
        to[k] = this.#floats[from];
    }
  }

  /** All of it, `[channel][position]`. */
  readRow(to: Float32Array, first: number): void {
    for (let c = 0, k = first; c < this.channels; c++)
      for (let t = 0; t < this.positions; t++, k++) to[k] = this.#floats[this.#starts[c] + t * this.#step];
  }

  set(at: number, count: number, value: number): void {
    for (let c = 0; c < this.channels; c++)
      for (let t = 0; t < count; t++) this.#floats[this.#starts[c] + (at + t) * this.#step] = value;
  }

  /** Positions from `from` on to the first ones. */
  moveBack(from: number, count: number): void {
    const step = this.#step;
    for (let l = 0; l < this.#lines.length; l++) {
      const start = this.#lines[l];
      this.#floats.copyWithin(start, start + from * step, start + (from + count) * step);
    }
  }
}
