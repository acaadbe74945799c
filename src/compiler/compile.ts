/**
 * Graphs to a Program, in phases: fuse nodes into kernels, choose layouts (halos from every reader), lower each kernel,
 * plan the arena. Named tensors are placed once for all entries and keep their values; temporaries share what is left.
 */
import { checkGraph } from "../graph/check.ts";
import type { Graph } from "../graph/ops.ts";
import { sameType, showType, type TensorType } from "../numerics/tensor.ts";
import { fuse } from "./fusion.ts";
import { layoutOf, tensorBytes, VECTOR_BYTES, type Halo, type LaneAxis } from "../vector/layout.ts";
import { halosOf, lowerEntry, widerHalo, type Shared } from "./entry.ts";
import { bufferBytes, storage, viewOffset, type Buffer } from "./buffer.ts";
import type { Draft } from "./lower/scope.ts";
import { planMemory, type Life } from "./memory.ts";
import type { Placement, Program, Numerics } from "../vector/program.ts";
import { fuseMultiplyAdd } from "./fused.ts";
import { requireWithin } from "../vector/ranges.ts";
import { registers16, type Schedule } from "../vector/schedule.ts";
import type { Kernel } from "../vector/vector.ts";

export interface CompileOptions {
  /** The most rows of a run. */
  readonly batch: number;
  /**
   * Weight tensors that lie one after another, under a name of their own: a graph may read and write the whole as one
   * `[1, 1, floats]`, where each member takes a multiple of 16 floats.
   */
  readonly packs?: Readonly<Record<string, readonly string[]>>;
  readonly schedule?: Schedule;
  readonly numerics?: Numerics;
  /** What the lanes of a vector are; `laneAxis` tells which is faster. */
  readonly lanes?: LaneAxis;
  /** Weights seldom change: what is made of them alone is an entry `weights`, to run after they are written. */
  readonly fixedWeights?: boolean;
}

interface Named {
  type: TensorType;
  halo: Halo;
}

export function compile(entries: Readonly<Record<string, Graph>>, options: CompileOptions): Program {
  const { batch, packs = {}, schedule = registers16, lanes = "samples" } = options;
  const analysed = Object.entries(entries).map(([name, graph]) => {
    checkGraph(graph);
    const fusion = fuse(graph);
    return { name, graph, fusion, halos: halosOf(graph, fusion) };
  });

  // tensors that have a name, in any entry
  const named = new Map<string, Named>();
  const declare = (name: string, type: TensorType, halo: Halo): void => {
    const known = named.get(name);
    if (known && !sameType(known.type, type)) {
      throw new Error(`${name} is ${showType(type)} here and ${showType(known.type)} elsewhere`);
    }
    named.set(name, { type, halo: known ? widerHalo(known.halo, halo) : halo });
  };
  for (const { graph, fusion, halos } of analysed) {
    graph.nodes.forEach(({ op, type }, id) => {
      if (op.op === "input") declare(op.name, type, halos[id]);
    });
    for (const [name, id] of Object.entries(graph.outputs)) {
      declare(name, graph.nodes[id].type, halos[fusion.source(id)]);
    }
  }

  const rowsType: TensorType = { space: "weight", shape: [1, 1, 1] };
  const maskType: TensorType = { space: "sample", shape: [1, 1, 1] };
  const rows: Buffer = { type: rowsType, layout: layoutOf(rowsType, "samples") };
  const mask: Buffer = { type: maskType, layout: layoutOf(maskType, "samples") };
  const homes = new Map<string, Buffer>();
  for (const [name, { type, halo }] of named) {
    homes.set(name, {
      type,
      layout: layoutOf(type, lanes, halo),
    });
  }
  const constants = new Map<string, { buffer: Buffer; words: Int32Array }>();
  const constant: Shared["constant"] = (key, type, words) => {
    const known = constants.get(key) ?? { buffer: { type, layout: layoutOf(type, lanes) }, words: words() };
    constants.set(key, known);
    return known.buffer;
  };
  const once: Shared["once"] = options.fixedWeights ? { packed: new Map(), drafts: [] } : null;
  const reuse: Shared["reuse"] = new Map();
  const lasting: Shared["lasting"] = (b) =>
    b === mask || b === rows || [...constants.values()].some(({ buffer }) => buffer === b);
  const drafts = analysed.map((entry) => ({
    name: entry.name,
    kernels: lowerEntry(entry.graph, entry.fusion, entry.halos, homes, {
      batch,
      lanes,
      schedule,
      mask,
      rows,
      once,
      reuse,
      lasting,
      constant,
    }),
  }));
  if (once) drafts.push({ name: "weights", kernels: once.drafts });

  // the arena: a lead (so that pointers may step back), what has a name, then temporaries
  const offsets = new Map<Buffer, number>();
  const bytesOf = (b: Buffer): number => bufferBytes(b, batch);
  const buffers = new Set(drafts.flatMap(({ kernels }) => kernels.flatMap((k) => k.pointers.map(storage))));
  let end = Math.max(
    VECTOR_BYTES,
    ...[...buffers].map((b) => (b.type.space === "sample" ? b.layout.pitch * VECTOR_BYTES : bytesOf(b))),
  );
  const place = (buffer: Buffer): void => {
    if (offsets.has(buffer)) return;
    offsets.set(buffer, end);
    end += bytesOf(buffer);
  };
  place(rows);
  place(mask);
  for (const { buffer } of constants.values()) place(buffer);
  const tensors: Record<string, Placement> = {};
  placePacks(packs, homes, place, offsets, () => end, bytesOf);
  for (const buffer of homes.values()) place(buffer);
  for (const buffer of once?.packed.values() ?? []) place(buffer);
  const temporaries = end;
  for (const { kernels } of drafts) {
    const lives = livesOf(kernels, offsets, bytesOf);
    const plan = planMemory(lives);
    for (const life of lives) offsets.set(life.buffer, temporaries + (plan.offsets.get(life) ?? 0));
    end = Math.max(end, temporaries + plan.bytes);
  }
  for (const [name, b] of homes) {
    tensors[name] = { type: b.type, layout: b.layout, offset: offsets.get(b) ?? 0, bytes: bytesOf(b) };
  }
  const finish = ({ name, code: strict, pointers }: Draft): Kernel => {
    const code = options.numerics === "fused" ? fuseMultiplyAdd(strict) : strict;
    const rooms = pointers.map((b) => ({ before: viewOffset(b), bytes: bytesOf(storage(b)) }));
    requireWithin(name, code, rooms);
    return { name, code, pointers: pointers.map((b, i) => (offsets.get(storage(b)) ?? 0) + rooms[i].before) };
  };
  return {
    batch,
    // a vector may be read that starts at a tensor's last float
    arenaBytes: end + VECTOR_BYTES,
    entries: Object.fromEntries(drafts.map(({ name, kernels }) => [name, kernels.map(finish)])),
    tensors,
    rows: { count: offsets.get(rows) ?? 0, mask: offsets.get(mask) ?? 0 },
    constants: [...constants.values()].map(({ buffer, words }) => ({
      offset: offsets.get(buffer) ?? 0,
      words,
    })),
  };
}

/** Floats of a pack: each member padded to 16. */
export function packFloats(types: readonly TensorType[]): number {
  return types.reduce((sum, type) => sum + tensorBytes(type, layoutOf(type, "samples"), 1) / 4, 0);
}

/** Members of a pack lie one after another, and the pack's own tensor, where a graph names it, over them all. */
function placePacks(
  packs: Readonly<Record<string, readonly string[]>>,
  homes: Map<string, Buffer>,
  place: (b: Buffer) => void,
  offsets: Map<Buffer, number>,
  end: () => number,
  bytesOf: (b: Buffer) => number,
): void {
  for (const [name, members] of Object.entries(packs)) {
    const start = end();
    for (const member of members) {
      const buffer = homes.get(member);
      if (!buffer) throw new Error(`pack ${name} holds ${member}, which no graph names`);
      place(buffer);
    }
    const whole = homes.get(name);
    if (!whole) continue;
    if (bytesOf(whole) !== end() - start) throw new Error(`pack ${name} is not as long as its members`);
    offsets.set(whole, start);
  }
}

/** The lives of temporaries, in kernels. */
function livesOf(
  kernels: readonly Draft[],
  placed: ReadonlyMap<Buffer, number>,
  bytesOf: (b: Buffer) => number,
): (Life & { buffer: Buffer })[] {
  const lives = new Map<Buffer, Life & { buffer: Buffer }>();
  kernels.forEach(({ pointers }, k) => {
    for (const buffer of pointers.map(storage)) {
      if (placed.has(buffer)) continue;
      const life = lives.get(buffer);
      if (life) life.to = k;
      else lives.set(buffer, { buffer, bytes: bytesOf(buffer), from: k, to: k });
    }
  });
  return [...lives.values()];
}
