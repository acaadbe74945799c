/**
 * A stream of a network that answers whole series: one answer every `hop` samples, for the window of the model's length that
 * ends there. The window is computed as a prediction of its row is.
 */
import type { Scales } from "../../vector/arena.ts";
import type { Placement } from "../../vector/program.ts";
import type { Signal } from "../../layers/layer.ts";
import { prepare, type Preparation } from "../preparation.ts";
import type { Found } from "./answers.ts";
import type { Engine, Samples } from "./engine.ts";
import { begin, Frames, type Arena, type Start } from "./frames.ts";

/** What a whole window is computed by: plain data. */
export interface WholeSheet extends Start {
  readonly input: Placement;
  readonly output: Placement;
}

/** How windows are cut and prepared. */
export interface WindowOptions {
  readonly input: Signal;
  readonly channels: number;
  readonly hop: number;
  readonly preparation: Preparation;
  readonly scales: Scales | null | "whole row";
}

/** Windows that lie in the buffer before the last one is moved to its start. */
const SPARE_WINDOWS = 4;

export class WindowEngine implements Engine {
  readonly width: number;
  readonly every: number;
  readonly latency: number;
  readonly receptiveField: number;
  readonly #start: Start;
  /** Where a prepared window goes, and its outputs. */
  readonly #whole: Frames;
  readonly #output: Frames;
  readonly #run: () => void;
  readonly #channels: number;
  readonly #preparation: Preparation;
  readonly #scales: Scales | null | "whole row";
  readonly #input: Signal;
  /** The last samples in raw units, `[channel][place]`. */
  readonly #buffer: Float64Array;
  readonly #places: number;
  /** Where the next sample goes. */
  #at = 0;
  #seen = 0;

  constructor(sheet: WholeSheet, { input, channels, hop, preparation, scales }: WindowOptions, arena: Arena) {
    begin(sheet, arena);
    this.#whole = new Frames(arena.floats, sheet.input);
    this.#output = new Frames(arena.floats, sheet.output);
    this.#run = () => arena.run("predict");
    this.#start = sheet;
    this.#input = input;
    this.#channels = channels;
    this.#preparation = preparation;
    this.#scales = scales;
    this.every = hop;
    this.width = this.#output.channels * this.#output.positions;
    this.latency = 0;
    this.receptiveField = input.length;
    this.#places = SPARE_WINDOWS * input.length;
    this.#buffer = new Float64Array(channels * this.#places);
  }

  get microseconds(): number {
    return this.#start.microseconds / this.every;
  }
  get memory(): number {
    return this.#start.bytes + this.#buffer.byteLength;
  }
  get pastFloats(): number {
    return 0;
  }
  pendingOf(samples: number): number {
    return Math.min(samples, this.#input.length);
  }
  mostAnswers(count: number): number {
    return Math.ceil(count / this.every);
  }

  take(samples: Samples, count: number, found: Found): void {
    const { length } = this.#input;
    const due = (): number => {
      if (this.#seen < length) return length - this.#seen;
      return this.every - ((this.#seen - length) % this.every);
    };
    const first = this.#seen < length ? length - 1 : this.#seen - 1 + due();
    found.clear(first, this.every);
    for (let taken = 0; taken < count;) {
      const next = due();
      const more = Math.min(next, count - taken);
      this.#keep(samples, taken, more);
      taken += more;
      if (more === next) this.#answer(found);
    }
  }

  /** A window that is not full has no answer. */
  finish(found: Found): void {
    found.clear(0, this.every);
  }

  reset(): void {
    this.#at = 0;
    this.#seen = 0;
  }

  save(): ReturnType<Engine["save"]> {
    const kept = Math.min(this.#seen, this.#input.length);
    const pending = new Float64Array(kept * this.#channels);
    for (let c = 0; c < this.#channels; c++)
      for (let t = 0; t < kept; t++)
        pending[t * this.#channels + c] = this.#buffer[c * this.#places + this.#at - kept + t];
    return { samples: this.#seen, pending, past: new Float32Array(0) };
  }

  restore(samples: number, pending: Float64Array): void {
    this.reset();
    const kept = pending.length / this.#channels;
    this.#keep({ values: pending, first: 0, channelStep: 1, timeStep: this.#channels }, 0, kept);
    this.#seen = samples;
  }

  /** Samples into the buffer; of more than a window the last ones are enough, but each is counted. */
  #keep({ values, first, channelStep, timeStep }: Samples, from: number, count: number): void {
    const { length } = this.#input;
    for (let done = 0; done < count;) {
      if (this.#at === this.#places) this.#moveBack(length - 1);
      const more = Math.min(count - done, this.#places - this.#at);
      for (let c = 0; c < this.#channels; c++) {
        let k = first + c * channelStep + (from + done) * timeStep;
        let to = c * this.#places + this.#at;
        for (let t = 0; t < more; t++, k += timeStep, to++) this.#buffer[to] = values[k];
      }
      this.#at += more;
      done += more;
    }
    this.#seen += count;
  }

  #moveBack(kept: number): void {
    const from = this.#at - kept;
    for (let c = 0; c < this.#channels; c++) {
      const line = c * this.#places;
      this.#buffer.copyWithin(line, line + from, line + this.#at);
    }
    this.#at = kept;
  }

  #answer(found: Found): void {
    const { length } = this.#input;
    if (this.#scales === "whole row") {
      const series = new Float64Array(this.#channels * length);
      for (let c = 0; c < this.#channels; c++) {
        const end = c * this.#places + this.#at;
        series.set(this.#buffer.subarray(end - length, end), c * length);
      }
      this.#whole.write(
        prepare(this.#preparation, { series, rows: 1 }, this.#input),
        0,
        length,
        1,
        0,
        length,
        null,
      );
    } else this.#whole.write(this.#buffer, this.#at - length, this.#places, 1, 0, length, this.#scales);
    this.#run();
    const place = found.room(1);
    this.#output.readRow(found.outputs, place);
    found.count++;
  }
}
