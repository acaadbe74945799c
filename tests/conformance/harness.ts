/** Runs one graph on a back end and brings its outputs back as rows. */
import { reference } from "../../src/backends/reference/reference.ts";
import type { Backend, Executable } from "../../src/backends/backend.ts";
import { backends as everywhere } from "../../src/backends/choose.ts";
import { wasm } from "../../src/backends/wasm/wasm.ts";
import { samplesAt, weightView, writeRows } from "../../src/vector/arena.ts";
import { compile } from "../../src/compiler/compile.ts";
import { fits } from "../../src/compiler/lanes.ts";
import { LANES, rowsOf, vectorsOf, type LaneAxis } from "../../src/vector/layout.ts";
import { partition } from "../../src/vector/partition.ts";
import type { Program } from "../../src/vector/program.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import type { Graph, Node } from "../../src/graph/ops.ts";
import { size } from "../../src/numerics/tensor.ts";
import { guardedBackends } from "./guarded.ts";

export type Inputs = Record<string, Float32Array>;
/** Every back end that runs wherever JavaScript does, the reference first. */
export const backends: readonly Backend[] = [reference, ...everywhere.filter((b) => b !== reference)];
/**
 * Machine code, where this processor and installation can run it: all outcomes are held to its bits too. Its arenas lie
 * between pages that nobody may touch, so an address outside of one ends the process that runs the suite.
 */
export const natives = await guardedBackends();

/** Counts that divide work well and badly; more than most machines that test have cores. */
const THREADS = [2, 3, 5, 4] as const;
let turns = 0;

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

/** Bits that no kernel may take for its own: a NaN, then a large number. */
const DIRT = [0x7fc12345, 0xf149f2ca] as const;

/**
 * Runs a program twice in one arena whose temporaries are dirty, and checks what every run promises: the same bits
 * both times, and +0 in the padded lanes and halos of named outputs.
 */
export async function run(
  backend: Backend,
  program: Program,
  graph: Graph,
  inputs: Inputs,
  rows: number,
  threads = 1,
): Promise<Executable> {
  const executable = await backend.load(program, partition(program, threads, 0));
  const { floats, bits } = executable;
  const runs = DIRT.map((dirt, k) => {
    bits.fill(dirt | 0, temporariesOf(program) / 4, program.arenaBytes / 4);
    writeRows(floats, bits, program, rows);
    for (const [name, values] of Object.entries(inputs)) {
      const place = program.tensors[name];
      if (place.type.space === "sample") samplesAt(floats, place, program.batch).write(values, rows);
      else weightView(floats, place).set(values);
    }
    // the caller's thread alone does the same
    ((k > 0 && executable.alone) || executable.run)("main");
    const got = outputs(executable, graph, rows);
    return Object.entries(got).map(([name, values]) => `${name}: ${bitsOf(values)}`);
  });
  if (runs[0].join() !== runs[1].join()) throw new Error(`${backend.name}: the second run gives other bits`);
  for (const name of Object.keys(graph.outputs)) requireZeros(executable, name, rows);
  return executable;
}

/**
 * A program shared out among threads, as one thread runs it that does what the last thread has to do first: whatever
 * thread is slow, its kernels come too late for nobody.
 */
export function outOfOrder(program: Program, threads: number): Program {
  const { entries } = partition(program, threads, 0);
  const flat = Object.entries(entries).map(([name, phases]) => [
    name,
    phases.flatMap((phase) => phase.toReversed().flat()),
  ]);
  return { ...program, entries: Object.fromEntries(flat) as Program["entries"] };
}

/** Where the temporaries start: after everything that has a name. */
function temporariesOf(program: Program): number {
  const mask = program.rows.mask + rowsOf(program.batch, "samples") * LANES * 4;
  return Math.max(mask, ...Object.values(program.tensors).map((t) => t.offset + t.bytes));
}

/** Throws unless the lanes without a row, and the positions around a row, hold +0. */
function requireZeros({ program, bits }: Executable, name: string, rows: number): void {
  const { type, layout, offset, bytes } = program.tensors[name];
  if (type.space === "weight") return;
  const [, channels, positions] = type.shape;
  const vectors = vectorsOf(channels, layout.lanes);
  for (let i = 0; i < bytes / 4; i++) {
    const line = Math.floor(i / LANES);
    const group = Math.floor(line / (layout.pitch * vectors));
    const block = Math.floor(line / layout.pitch) % vectors;
    const step = (line % layout.pitch) - layout.left;
    const t = layout.lanes === "positions" ? step * LANES + (i % LANES) : step;
    const filled =
      layout.lanes === "samples"
        ? group * LANES + (i % LANES) < rows
        : group < rows && (layout.lanes === "positions" || block * LANES + (i % LANES) < channels);
    const inside = t >= 0 && t < positions && filled;
    if (!inside && bits[offset / 4 + i] !== 0)
      throw new Error(`${name}: group ${group}, position ${t}, lane ${i % LANES} is not +0`);
  }
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
        place.type.space === "sample"
          ? samplesAt(floats, place, program.batch).read(rows)
          : weightView(floats, place);
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

/** The same inputs through every back end, which have equal bits, and the f64 meaning. */
export async function outcome(graph: Graph, inputs: Inputs, rows: number, batch = rows): Promise<Outcome> {
  const program = compile({ main: graph }, { batch });
  const given = await Promise.all(
    backends.map(async (x) => outputs(await run(x, program, graph, inputs, rows), graph, rows)),
  );
  const [expected] = given;
  const require = (who: string, got: Record<string, Float32Array>, wanted: typeof got): void => {
    for (const [name, values] of Object.entries(got))
      if (bitsOf(values) !== bitsOf(wanted[name])) throw new Error(`${who}: ${name} has other bits`);
  };
  given.forEach((got, i) => require(backends[i].name, got, expected));
  // shared out among threads: one number of them and one back end a program, in turn
  const turn = turns++;
  const shared = async (lanes: LaneAxis, wanted: typeof expected): Promise<void> => {
    const threads = THREADS[turn % THREADS.length];
    const backend = [wasm, ...natives][turn % (natives.length + 1)];
    const own = compile({ main: graph }, { batch, schedule: backend.schedule, lanes });
    const executable =
      backend === wasm
        ? await run(wasm, outOfOrder(own, threads), graph, inputs, rows)
        : await run(backend, own, graph, inputs, rows, threads);
    require(`${backend.name}, ${threads} threads, ${lanes}`, outputs(executable, graph, rows), wanted);
    executable.dispose();
  };
  await shared("samples", expected);
  for (const native of natives) {
    const own = compile({ main: graph }, { batch, schedule: native.schedule });
    require(native.name, outputs(await run(native, own, graph, inputs, rows), graph, rows), expected);
  }
  for (const lanes of ["channels", "positions"] as const) {
    if (!fits(graph, lanes)) continue;
    const got: Record<string, Float32Array>[] = [];
    for (const backend of [...backends, ...natives]) {
      const own = compile({ main: graph }, { batch, schedule: backend.schedule, lanes });
      got.push(outputs(await run(backend, own, graph, inputs, rows), graph, rows));
      require(`${backend.name}, ${lanes} in the lanes`, got[got.length - 1], got[0]);
    }
    if (!graph.nodes.some(sumsAcrossRows)) require(`${lanes} in the lanes`, got[0], expected);
    await shared(lanes, got[0]);
  }
  return {
    program,
    reference: expected,
    wasm: given[backends.indexOf(wasm)],
    exact: evaluate(graph, inputs, rows),
  };
}

/** Whether an op sums over rows, which the lane axes do in different orders. */
const sumsAcrossRows = ({ op }: Node): boolean =>
  (op.op === "reduce" && op.axes.includes("n")) || (op.op === "convolve" && op.of === "filter");

/** The norm of the difference relative to that of the exact tensor; absolute where sums cancelled to less than 1. */
export function relativeError(got: ArrayLike<number>, exact: ArrayLike<number>): number {
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < exact.length; i++) {
    difference += (got[i] - exact[i]) ** 2;
    norm += exact[i] ** 2;
  }
  return Math.sqrt(difference / Math.max(norm, 1));
}

/** Throws unless each value is within `relative` of the exact one; NaN matches NaN, an infinity itself. */
export function requireClose(got: ArrayLike<number>, exact: ArrayLike<number>, relative: number): void {
  if (got.length !== exact.length) throw new Error(`${got.length} values, not ${exact.length}`);
  for (let i = 0; i < exact.length; i++) {
    if (Object.is(got[i], exact[i]) || got[i] === exact[i]) continue;
    if (!(Math.abs(got[i] - exact[i]) <= relative * Math.abs(exact[i])))
      throw new Error(`value ${i} is ${got[i]}, not ${exact[i]}`);
  }
}
