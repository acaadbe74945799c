/** Layers in float within an int8 program: each a program of its own, by direct convolutions, whose filters are the smaller. */
import type { Resolved } from "../../layers/model.ts";
import { INPUT, OUTPUT } from "../../models/graphs.ts";
import { loadProgram } from "../../models/runtime.ts";
import type { Weights } from "../../models/weights.ts";
import { samplesAt, writeRows } from "../../vector/arena.ts";
import { rowOfLayers } from "../oneRow.ts";
import { fromGrid, LEAST, MOST, toGrid, type Grid } from "./arithmetic.ts";
import type { IslandOf } from "./steps.ts";

/** A layer by itself, compiled for one row. */
export const islandOf =
  (layer: Resolved, weights: Weights): IslandOf =>
  (schedule) =>
    rowOfLayers([{ ...layer, from: layer.from.map(() => 0) }], weights, {
      lanes: "samples",
      schedule,
      convolution: "direct",
    });

export interface Running {
  run(x: Float32Array): Float32Array;
  dispose(): void;
}

/** An island that takes rows. */
export async function running(island: IslandOf): Promise<Running> {
  const { program, data } = island();
  const { floats, bits, run, dispose } = await loadProgram(program, undefined, 1);
  for (const { offset, words } of data) bits.set(words, offset / 4);
  run("weights");
  writeRows(floats, bits, program, 1);
  const input = samplesAt(floats, program.tensors[INPUT], 1);
  const output = samplesAt(floats, program.tensors[OUTPUT], 1);
  return {
    run(x) {
      input.write(x, 1);
      run("predict");
      return output.read(1);
    },
    dispose,
  };
}

/** An activation from one grid to another: its result for each of the 256 places, from -128 on. */
export async function tableOf(layer: Resolved, from: Grid, to: Grid): Promise<Int8Array> {
  const places = MOST - LEAST + 1;
  const signal = { channels: 1, length: places };
  const { run, dispose } = await running(islandOf({ ...layer, inputs: [signal], output: signal }, []));
  const results = run(Float32Array.from({ length: places }, (_, i) => fromGrid(LEAST + i, from)));
  dispose();
  return Int8Array.from(results, (y) => toGrid(y, to));
}
