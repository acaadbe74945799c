/** Runs one graph on a back end and brings its outputs back as rows. */
import { reference } from "../../src/backends/reference/reference.ts";
import type { Backend, Executable } from "../../src/backends/backend.ts";
import { wasm } from "../../src/backends/wasm/wasm.ts";
import { readSamples, weightView, writeRows, writeSamples } from "../../src/compiler/arena.ts";
import { compile } from "../../src/compiler/compile.ts";
import type { Program } from "../../src/compiler/program.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { size, type Graph } from "../../src/graph/ops.ts";

export type Inputs = Record<string, Float32Array>;
export const backends: readonly Backend[] = [reference, wasm];

/** A small generator, so that a failing case prints as one seed. */
export function generator(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4294967296;
  };
}

/** Inputs for a graph: plain numbers around 0, with hostile ones among them on request. */
export function inputsFor(graph: Graph, rows: number, seed: number, hostile = false): Inputs {
  const next = generator(seed);
  const special = [NaN, Infinity, -Infinity, 0, -0, 1e-45, -1e-40, 1.1754942e-38, 3.4e38, -3.4e38, 1, -1];
  const inputs: Inputs = {};
  for (const { op, type } of graph.nodes) {
    if (op.op !== "input") continue;
    const count = size(type.shape) * (type.space === "sample" ? rows : 1);
    inputs[op.name] = Float32Array.from({ length: count }, () =>
      hostile && next() < 0.2 ? special[Math.floor(next() * special.length)] : next() * 4 - 2,
    );
  }
  return inputs;
}

export async function run(
  backend: Backend,
  program: Program,
  inputs: Inputs,
  rows: number,
): Promise<Executable> {
  const executable = await backend.load(program);
  const { floats, bits } = executable;
  // a dirty arena: whatever a kernel needs as zero it must have written itself
  writeRows(floats, bits, program, rows);
  for (const [name, values] of Object.entries(inputs)) {
    const place = program.tensors[name];
    if (place.type.space === "sample") writeSamples(floats, place, program.batch, values, rows);
    else weightView(floats, place).set(values);
  }
  executable.run("main");
  return executable;
}

/** Named outputs of a run, row-major as `evaluate` has them. */
export function outputs(
  { program, floats }: Executable,
  graph: Graph,
  rows: number,
): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.keys(graph.outputs).map((name) => {
      const place = program.tensors[name];
      const values =
        place.type.space === "sample" ? readSamples(floats, place, rows) : weightView(floats, place);
      return [name, Float32Array.from(values)];
    }),
  );
}

/** Bits as unsigned words, with every NaN as the one NaN. */
export function bitsOf(values: Float32Array): string {
  const words = new Uint32Array(values.slice().buffer);
  return [...words].map((w, i) => (Number.isNaN(values[i]) ? "nan" : w.toString(16))).join(" ");
}

export interface Outcome {
  readonly program: Program;
  readonly reference: Record<string, Float32Array>;
  readonly wasm: Record<string, Float32Array>;
  readonly exact: Record<string, Float64Array>;
}

/** The same inputs through both back ends and the f64 meaning. */
export async function outcome(graph: Graph, inputs: Inputs, rows: number, batch = rows): Promise<Outcome> {
  const program = compile({ main: graph }, { batch });
  const [a, b] = await Promise.all(backends.map((x) => run(x, program, inputs, rows)));
  return {
    program,
    reference: outputs(a, graph, rows),
    wasm: outputs(b, graph, rows),
    exact: evaluate(graph, inputs, rows),
  };
}

/** Largest difference relative to the norm of the exact tensor, scaled to a value. */
export function relativeError(got: ArrayLike<number>, exact: ArrayLike<number>): number {
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < exact.length; i++) {
    difference += (got[i] - exact[i]) ** 2;
    norm += exact[i] ** 2;
  }
  return Math.sqrt(difference / (norm || 1));
}
