/**
 * A plan's graphs compiled: chunks of one block, and of several where that is faster, over histories that slide. A run
 * appends to the histories; when they have come to the end of their tensors, what is still wanted is moved to the start.
 */
import { axes, LANES } from "../../vector/layout.ts";
import { weightView, writeRows, type Scales } from "../../vector/arena.ts";
import type { Placement, Program } from "../../vector/program.ts";
import { millisecondsOf } from "../../vector/partition.ts";
import { compile, slidEntry } from "../../compiler/compile.ts";
import { laneAxis } from "../../compiler/lanes.ts";
import type { Graph } from "../../graph/ops.ts";
import { maskLength, type Resolved } from "../../layers/model.ts";
import { InputError } from "../../data/errors.ts";
import { chooseBackend, loadProgram, type Runtime } from "../runtime.ts";
import { parameterName, parametersOf, stateName, statesOf } from "../graphs.ts";
import type { Weights } from "../weights.ts";
import { chunkGraph, chunkInput, chunkOutput, existsName, historyName, positionsOf } from "./graphs.ts";
import type { StreamPlan } from "./plan.ts";
import type { Beyond } from "./rules.ts";

/** Samples of a large chunk, about: its tiles are full. */
const LARGE = 64;
/** Samples before histories are moved back, about, within so many steps: each is an entry, and room in every history. */
const SLIDE = 256;
const STEPS = { least: 4, most: 64 } as const;

const filling: Readonly<Record<Beyond, number>> = { "0": 0, "-0": -0, "-Infinity": -Infinity };

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

interface Size {
  /** Blocks of a chunk. */
  readonly blocks: number;
  readonly input: Frames;
  readonly output: Frames;
  /** By signal: which positions exist. */
  readonly exists: readonly { readonly signal: number; readonly frames: Frames }[];
  /** Its entry at each step, and the steps: multiples of `blocks`. */
  readonly entries: readonly string[];
}

/** The chunks of a program, from the largest on, in blocks; and what each computes. */
export interface ChunkGraphs {
  readonly blocks: readonly number[];
  readonly graphOf: (blocks: number) => Graph;
}

/** A chunk of one block, and one of about `LARGE` samples. */
function byPosition(plan: StreamPlan): ChunkGraphs {
  const large = Math.floor(LARGE / plan.block);
  const blocks = large > 1 ? [large, 1] : [1];
  return { blocks, graphOf: (size) => chunkGraph(plan, size, blocks[0]) };
}

/** A stream's program, and where its histories stand. */
export class Chunks {
  readonly plan: StreamPlan;
  /** Bytes of everything: histories, weights, temporaries. */
  readonly bytes: number;
  /** About how long a sample takes in chunks of the smallest size. */
  readonly microseconds: number;
  /** From the largest on. */
  readonly sizes: readonly Size[];
  readonly #run: (entry: string) => void;
  readonly #histories: readonly Frames[];
  #step = 0;

  private constructor(
    plan: StreamPlan,
    { bytes, microseconds }: Pick<Chunks, "bytes" | "microseconds">,
    sizes: readonly Size[],
    histories: readonly Frames[],
    run: (entry: string) => void,
  ) {
    this.plan = plan;
    this.bytes = bytes;
    this.microseconds = microseconds;
    this.sizes = sizes;
    this.#histories = histories;
    this.#run = run;
    this.reset();
  }

  /** Compiles a plan of layers for weights; on one thread, since a chunk is microseconds of work. */
  static async load(
    plan: StreamPlan,
    layers: readonly Resolved[],
    weights: Weights,
    { backend, numerics }: Runtime,
    { blocks, graphOf } = byPosition(plan),
  ): Promise<Chunks> {
    const stepsOf = (size: number): number[] => {
      const steps = Math.floor(SLIDE / (size * plan.block));
      const length = Math.max(STEPS.least, Math.min(STEPS.most, steps));
      return Array.from({ length }, (_, i) => i * size);
    };
    const entryOf = (size: number): string => `chunk ${size}`;
    const graphs = Object.fromEntries(blocks.map((size) => [entryOf(size), graphOf(size)]));
    const lanes = laneAxis(Object.values(graphs), 1, true);
    const { schedule } = chooseBackend(backend);
    const by = Object.fromEntries(
      plan.histories.map(({ signal }, h) => [historyName(h), positionsOf(plan.flows[signal], plan, 1)]),
    );
    const program = compile(graphs, {
      batch: 1,
      lanes,
      schedule,
      numerics,
      fixedWeights: true,
      slides: { by, at: Object.fromEntries(blocks.map((size) => [entryOf(size), stepsOf(size)])) },
    });
    const { floats, bits, run } = await loadProgram(program, backend, 1);
    fillWeights(floats, program, weights, [
      ...parametersOf(layers).map(({ name }) => [name, parameterName(name)] as const),
      ...statesOf(layers).map(({ name }) => [name, stateName(name)] as const),
    ]);
    writeRows(floats, bits, program, 1);
    // series are whole: all of their positions are their own
    for (const [name, place] of Object.entries(program.tensors))
      if (maskLength(name) !== null) new Frames(floats, place).set(0, place.type.shape[2], 1);
    run("weights");
    const frames = (name: string, positions?: number): Frames =>
      new Frames(floats, program.tensors[name], positions);
    const sizes = blocks.map((size): Size => ({
      blocks: size,
      input: frames(chunkInput(size)),
      output: frames(chunkOutput(size)),
      exists: plan.flows.flatMap((_, signal) => {
        const name = existsName(signal, size);
        return Object.hasOwn(program.tensors, name) ? [{ signal, frames: frames(name) }] : [];
      }),
      entries: stepsOf(size).map((step) => slidEntry(entryOf(size), step)),
    }));
    const histories = plan.histories.map(({ positions }, h) => frames(historyName(h), positions));
    const smallest = sizes[sizes.length - 1];
    const cost = {
      bytes: program.arenaBytes,
      microseconds: microsecondsOf(program, smallest.entries[0]) / (smallest.blocks * plan.block),
    };
    return new Chunks(plan, cost, sizes, histories, run);
  }

  /** The history of a stream that has seen nothing. */
  reset(): void {
    this.#step = 0;
    this.plan.histories.forEach(({ beyond, positions }, h) => {
      this.#histories[h].set(0, positions, filling[beyond ?? 0]);
    });
  }

  /** Computes a chunk whose input, and whose positions that exist, have been written. */
  run(size: Size): void {
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

/** About how long an entry takes on one thread of 512-bit code. */
export const microsecondsOf = (program: Program, entry: string): number =>
  1000 * millisecondsOf({ ...program, entries: { [entry]: program.entries[entry] } });

/** Writes weights, by their own names, to where a program has them. */
export function fillWeights(
  floats: Float32Array,
  { tensors }: Program,
  weights: Weights,
  places: readonly (readonly [name: string, at: string])[],
): void {
  const given = new Map(weights.map((w) => [w.name, w.data]));
  for (const [name, at] of places) {
    if (!Object.hasOwn(tensors, at)) continue;
    const view = weightView(floats, tensors[at]);
    const data = given.get(name);
    if (data?.length !== view.length)
      throw new InputError(
        `weights of ${name} have ${data?.length ?? "no"} values; the model wants ${view.length}`,
      );
    view.set(data);
  }
}
