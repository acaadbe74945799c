/**
 * Graphs to a Program, in phases: fuse nodes into kernels, choose layouts (halos from every reader), lower each kernel,
 * plan the arena. Named tensors are placed once for all entries and keep their values; temporaries share what is left.
 */
import { checkGraph } from "../graph/check.ts";
import { sameType, showType, type Graph, type NodeId, type TensorType } from "../graph/ops.ts";
import { fuse, type Fusion } from "./fusion.ts";
import { compact, haloOf, tensorBytes, VECTOR_BYTES, withHalo, type Halo } from "./layout.ts";
import { lowerGroup } from "./lower.ts";
import type { Buffer, Draft } from "./scope.ts";
import { planMemory, type Life } from "./memory.ts";
import type { Placement, Program } from "./program.ts";
import { registers16, type Schedule } from "./schedule.ts";
import type { Kernel } from "./vector.ts";

export interface CompileOptions {
  /** The most rows of a run. */
  readonly batch: number;
  /**
   * Weight tensors that lie one after another, under a name of their own: a graph may read and write the whole as one
   * `[1, 1, floats]`, where each member takes a multiple of 16 floats.
   */
  readonly packs?: Readonly<Record<string, readonly string[]>>;
  readonly schedule?: Schedule;
}

interface Named {
  type: TensorType;
  halo: Halo;
}

export function compile(entries: Readonly<Record<string, Graph>>, options: CompileOptions): Program {
  const { batch, packs = {}, schedule = registers16 } = options;
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
    named.set(name, { type, halo: known ? wider(known.halo, halo) : halo });
  };
  for (const { graph, fusion, halos } of analysed) {
    graph.nodes.forEach(({ op, type }, id) => {
      if (op.op === "input") declare(op.name, type, halos[id]);
    });
    for (const [name, id] of Object.entries(graph.outputs)) {
      declare(name, graph.nodes[id].type, halos[fusion.source(id)]);
    }
  }

  const rows: Buffer = { type: { space: "weight", shape: [1, 1, 1] }, layout: { left: 0, pitch: 1 } };
  const maskType: TensorType = { space: "sample", shape: [1, 1, 1] };
  const mask: Buffer = { type: maskType, layout: compact(maskType) };
  const homes = new Map<string, Buffer>();
  for (const [name, { type, halo }] of named) {
    homes.set(name, { type, layout: type.space === "sample" ? withHalo(type, halo) : compact(type) });
  }
  const drafts = analysed.map((entry) => ({
    name: entry.name,
    kernels: lowerEntry(entry.graph, entry.fusion, entry.halos, homes, { batch, schedule, mask, rows }),
  }));

  // the arena: a lead (so that pointers may step back), what has a name, then temporaries
  const offsets = new Map<Buffer, number>();
  const bytesOf = (b: Buffer): number => tensorBytes(b.type, b.layout, batch);
  const buffers = new Set(drafts.flatMap(({ kernels }) => kernels.flatMap((k) => k.pointers)));
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
  const tensors: Record<string, Placement> = {};
  placePacks(packs, homes, place, offsets, () => end, bytesOf);
  for (const buffer of homes.values()) place(buffer);
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
  const finish = ({ name, code, pointers }: Draft): Kernel => ({
    name,
    code,
    pointers: pointers.map((b) => offsets.get(b) ?? 0),
  });
  return {
    batch,
    arenaBytes: end,
    entries: Object.fromEntries(drafts.map(({ name, kernels }) => [name, kernels.map(finish)])),
    tensors,
    rows: { count: offsets.get(rows) ?? 0, mask: offsets.get(mask) ?? 0 },
  };
}

/** Floats of a pack: each member padded to 16. */
export function packFloats(types: readonly TensorType[]): number {
  return types.reduce((sum, type) => sum + tensorBytes(type, compact(type), 1) / 4, 0);
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

/** The widest halo that any reader of a node wants. */
function halosOf(graph: Graph, fusion: Fusion): Halo[] {
  const halos: Halo[] = graph.nodes.map(() => ({ left: 0, right: 0 }));
  graph.nodes.forEach(({ op, args }) => {
    if (op.op !== "convolve") return;
    args.forEach((arg, i) => {
      const id = fusion.source(arg);
      halos[id] = wider(halos[id], haloOf(op.of, op.map, i as 0 | 1));
    });
  });
  return halos;
}

const wider = (a: Halo, b: Halo): Halo => ({
  left: Math.max(a.left, b.left),
  right: Math.max(a.right, b.right),
});

interface Shared {
  readonly batch: number;
  readonly schedule: Schedule;
  readonly mask: Buffer;
  readonly rows: Buffer;
}

function lowerEntry(
  graph: Graph,
  fusion: Fusion,
  halos: readonly Halo[],
  homes: ReadonlyMap<string, Buffer>,
  shared: Shared,
): Draft[] {
  const outputs = new Map<NodeId, Buffer[]>();
  for (const [name, id] of Object.entries(graph.outputs)) {
    const source = fusion.source(id);
    if (!fusion.stored.has(source)) throw new Error(`output ${name} is an input or a constant`);
    outputs.set(source, [...(outputs.get(source) ?? []), homes.get(name) as Buffer]);
  }
  const own = new Map<NodeId, Buffer>();
  const home = (id: NodeId): Buffer => {
    const { op, type } = graph.nodes[id];
    if (op.op === "input") return homes.get(op.name) as Buffer;
    if (op.op === "rows") return shared.rows;
    const output = outputs.get(id);
    if (output) return output[0];
    const known = own.get(id);
    if (known) return known;
    const halo = halos[id];
    const wide = halo.left > 0 || halo.right > 0;
    const buffer = { type, layout: type.space === "sample" && wide ? withHalo(type, halo) : compact(type) };
    own.set(id, buffer);
    return buffer;
  };
  const inKernel = usedOutside(graph, fusion);
  const targets = (id: NodeId): readonly Buffer[] => {
    const output = outputs.get(id);
    if (output) return output;
    return inKernel(id) ? [home(id)] : [];
  };
  const context = { graph, fusion, ...shared, home, targets };
  return fusion.groups.flatMap((group) => lowerGroup(context, group));
}

/** Whether a stored node is read by another kernel than its own. */
function usedOutside(graph: Graph, fusion: Fusion): (id: NodeId) => boolean {
  const read = new Set<NodeId>();
  for (const { anchor, reduces, maps } of fusion.groups) {
    const made = new Set([anchor, ...maps]);
    const add = (id: NodeId): void => {
      if (!made.has(id)) read.add(id);
    };
    if (anchor !== null) graph.nodes[anchor].args.forEach((a) => add(fusion.source(a)));
    maps.forEach((id) => fusion.leaves(id).forEach(add));
    for (const id of reduces) {
      const over = fusion.source(graph.nodes[id].args[0]);
      if (fusion.stored.has(over)) add(over);
      else fusion.leaves(over).forEach(add);
    }
  }
  return (id) => read.has(id);
}

/** The lives of temporaries, in kernels. */
function livesOf(
  kernels: readonly Draft[],
  placed: ReadonlyMap<Buffer, number>,
  bytesOf: (b: Buffer) => number,
): (Life & { buffer: Buffer })[] {
  const lives = new Map<Buffer, Life & { buffer: Buffer }>();
  kernels.forEach(({ pointers }, k) => {
    for (const buffer of pointers) {
      if (placed.has(buffer)) continue;
      const life = lives.get(buffer);
      if (life) life.to = k;
      else lives.set(buffer, { buffer, bytes: bytesOf(buffer), from: k, to: k });
    }
  });
  return [...lives.values()];
}
