/**
 * One entry of a program: a graph's nodes get their homes, its groups become kernels.
 *
 * An output that replaces an input is written in place where nobody reads the input afterwards; else it is written
 * beside it and copied when all is done.
 */
import { runsOf } from "../graph/mix.ts";
import type { Graph, Node, NodeId } from "../graph/ops.ts";
import { viewOf, type Buffer } from "./buffer.ts";
import { madeBy, type Fusion, type Group } from "./fusion.ts";
import { plays, rulesOf, viewedFrom, type LeafOp, type OpOf } from "./ops.ts";
import { layoutOf, type Halo, type LaneAxis } from "../vector/layout.ts";
import { copyBuffer } from "./lower/moves.ts";
import { lowerReused, type Reuse } from "./reuse.ts";
import type { Schedule } from "../vector/schedule.ts";
import type { Draft, LowerContext } from "./lower/scope.ts";

export interface Shared {
  readonly batch: number;
  readonly lanes: LaneAxis;
  readonly schedule: Schedule;
  readonly mask: Buffer;
  readonly rows: Buffer;
  readonly once: LowerContext["once"];
  readonly training: LowerContext["training"];
  /** Groups lowered so far, and whether a buffer is one that all of them share. */
  readonly reuse: Reuse;
  readonly lasting: (b: Buffer) => boolean;
  /** Constant words in the arena, made on first use. */
  readonly constant: LowerContext["constant"];
}

/** Kernels of a graph; `named` are the homes of its inputs and outputs. */
export function lowerEntry(
  graph: Graph,
  fusion: Fusion,
  halos: readonly Halo[],
  named: ReadonlyMap<string, Buffer>,
  shared: Shared,
): Draft[] {
  const { nodes } = graph;
  const outputs = new Map<NodeId, Buffer[]>();
  const late: (readonly [Buffer, Buffer])[] = [];
  for (const [name, id] of Object.entries(graph.outputs)) {
    const source = fusion.source(id);
    const home = named.get(name) as Buffer;
    if (!fusion.stored.has(source)) throw new Error(`output ${name} is an input or a constant`);
    const beside: Buffer = { type: home.type, layout: home.layout };
    const safe = isPut(nodes[source]) || mayReplace(graph, fusion, name, source);
    if (!safe) late.push([beside, home]);
    outputs.set(source, [...(outputs.get(source) ?? []), safe ? home : beside]);
  }

  const claimed = concatViews(graph, fusion, (id) => outputs.has(id));
  const own = new Map<NodeId, Buffer>();
  const home = (id: NodeId): Buffer => {
    const { op } = nodes[id];
    if (plays(op, "leaf")) return leafHome(op, named, shared.rows);
    const known = outputs.get(id)?.[0] ?? own.get(id);
    if (known) return known;
    const made = make(id);
    own.set(id, made);
    return made;
  };
  const make = (id: NodeId): Buffer => {
    const { type, args } = nodes[id];
    if (isPut(nodes[id])) return home(fusion.source(args[0]));
    const first = viewedFrom(nodes[id]);
    if (first !== null) return viewOf(home(fusion.source(args[0])), first, type);
    if (fusion.isShift(id)) return shiftOf(home(fusion.source(args[0])), nodes[id]);
    const place = claimed.get(id);
    if (place) return viewOf(home(place.concat), place.first, type);
    return { type, layout: layoutOf(type, shared.lanes, halos[id]) };
  };
  const readElsewhere = usedOutside(graph, fusion);
  const targets = (id: NodeId): readonly Buffer[] => outputs.get(id) ?? (readElsewhere(id) ? [home(id)] : []);
  const context: LowerContext = { graph, fusion, ...shared, home, targets };
  return [
    ...fusion.groups.flatMap((group) => lowerReused(context, group, shared.reuse, shared.lasting)),
    ...late.map(([from, to]) => copyBuffer(context, from, to)),
  ];
}

/** A put is written into what it changes. */
const isPut = ({ op }: Node): boolean => op.op === "put";

/** Where a leaf lies. */
function leafHome(op: OpOf<LeafOp>, named: ReadonlyMap<string, Buffer>, rows: Buffer): Buffer {
  switch (op.op) {
    case "input":
      return named.get(op.name) as Buffer;
    case "rows":
      return rows;
    case "constant":
      throw new Error(`constant ${op.value} has no place in the arena; it is part of the code`);
  }
}

/** A view along positions. */
function shiftOf(of: Buffer, { op, type }: Node): Buffer {
  const runs = op.op === "mix" ? runsOf(op.segments) : null;
  if (!runs) throw new Error(`fault in the compiler: ${op.op} is no shift`);
  return { ...viewOf(of, 0, type), runs };
}

/** Nodes that a group reads: those of its anchor or reductions, and those that its pointwise nodes read. */
function readsOf(graph: Graph, fusion: Fusion, group: Group): { whole: NodeId[]; pointwise: NodeId[] } {
  const operands = (id: NodeId): NodeId[] => graph.nodes[id].args.map(fusion.source);
  if (group.kind === "reduction")
    return { whole: group.reduces.flatMap(operands).flatMap((id) => fusion.reads(id)), pointwise: [] };
  return {
    whole: group.kind === "anchor" ? operands(group.anchor) : [],
    pointwise: group.maps.flatMap((id) => fusion.leaves(id)),
  };
}

/** Whether who reads a node reads its operand's bytes. */
const isSeen = (graph: Graph, fusion: Fusion, id: NodeId): boolean =>
  viewedFrom(graph.nodes[id]) !== null || fusion.isShift(id);

/** Whether an output can stand where the input of its name stands: no other kernel reads that input later. */
function mayReplace(graph: Graph, fusion: Fusion, name: string, output: NodeId): boolean {
  const input = graph.nodes.findIndex(({ op }) => op.op === "input" && op.name === name);
  if (input < 0) return true;
  const reaches = (id: NodeId): boolean =>
    id === input || (isSeen(graph, fusion, id) && reaches(fusion.source(graph.nodes[id].args[0])));
  const writer = fusion.groups.findIndex((g) => madeBy(g).includes(output));
  const own = fusion.groups[writer];
  if (own.kind === "reduction" || !own.maps.includes(output)) return false;
  return fusion.groups.every((group, k) => {
    const { whole, pointwise } = readsOf(graph, fusion, group);
    if (k < writer) return true;
    if (k > writer) return ![...whole, ...pointwise].some(reaches);
    // within its own kernel the input is read place by place, but not after the output has been written there
    const later = own.maps.slice(own.maps.indexOf(output) + 1);
    if (later.some((id) => fusion.leaves(id).includes(input))) return false;
    return !whole.some(reaches) && !pointwise.some((id) => id !== input && reaches(id));
  });
}

/** Whether a stored node is read by another kernel than its own. */
function usedOutside(graph: Graph, fusion: Fusion): (id: NodeId) => boolean {
  const read = new Set<NodeId>();
  const add = (id: NodeId): void => {
    read.add(id);
    if (isSeen(graph, fusion, id)) add(fusion.source(graph.nodes[id].args[0]));
  };
  for (const group of fusion.groups) {
    const made = new Set(madeBy(group));
    const { whole, pointwise } = readsOf(graph, fusion, group);
    [...whole, ...pointwise].filter((id) => !made.has(id)).forEach(add);
  }
  return (id) => read.has(id);
}

/** Parts of a concat that can be written straight into it: made by a kernel, read by one concat once, no outputs. */
function concatViews(
  graph: Graph,
  fusion: Fusion,
  isOutput: (id: NodeId) => boolean,
): Map<NodeId, { concat: NodeId; first: number }> {
  const places = new Map<NodeId, { concat: NodeId; first: number }>();
  graph.nodes.forEach(({ op, args }, concat) => {
    if (op.op !== "concat" || !fusion.stored.has(concat)) return;
    let first = 0;
    for (const arg of args) {
      const id = fusion.source(arg);
      const made = fusion.stored.has(id) && graph.nodes[id].op.op !== "concat";
      if (made && !isOutput(id) && !places.has(id)) places.set(id, { concat, first });
      first += graph.nodes[id].type.shape[1];
    }
  });
  return places;
}

/** The widest halo that any reader of a node wants; views share the rows of what they view. */
export function halosOf(graph: Graph, fusion: Fusion): Halo[] {
  const halos: Halo[] = graph.nodes.map(() => ({ left: 0, right: 0 }));
  const widen = (id: NodeId, halo: Halo): boolean => {
    const now = widerHalo(halos[id], halo);
    const changed = now.left > halos[id].left || now.right > halos[id].right;
    halos[id] = now;
    return changed;
  };
  const haloRule = (id: NodeId) => {
    const rules = rulesOf(graph.nodes[id].op);
    return rules.role === "anchor" ? rules.halo : "none";
  };
  graph.nodes.forEach(({ op, args }, id) => {
    const rule = haloRule(id);
    if (typeof rule !== "function") return;
    args.forEach((arg, i) => widen(fusion.source(arg), rule(op, i as 0 | 1)));
  });
  for (let changed = true; changed;) {
    changed = false;
    graph.nodes.forEach(({ args }, id) => {
      if (haloRule(id) !== "shared") return;
      for (const arg of args.map(fusion.source)) {
        changed = widen(arg, halos[id]) || changed;
        changed = widen(id, halos[arg]) || changed;
      }
    });
  }
  return halos;
}

export const widerHalo = (a: Halo, b: Halo): Halo => ({
  left: Math.max(a.left, b.left),
  right: Math.max(a.right, b.right),
});
