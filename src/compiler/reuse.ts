/**
 * Equal groups are lowered once. A network repeats its blocks, so most groups have a twin: the same ops over tensors of
 * the same types and layouts. The twin's kernels are taken with this group's buffers in their places.
 */
import type { Graph, NodeId } from "../graph/ops.ts";
import { rowStride, type Buffer } from "./buffer.ts";
import { madeBy, type Fusion, type Group } from "./fusion.ts";
import { lowerGroup } from "./lower/group.ts";
import { packsFilters } from "./lower/pack.ts";
import type { Draft, LowerContext } from "./lower/scope.ts";
import { rulesOf } from "./ops.ts";

interface Lowered {
  readonly roles: readonly Buffer[];
  readonly drafts: readonly Draft[];
}
export type Reuse = Map<string, Lowered>;

/** A group's kernels. `lasting` says which buffers all groups share (masks, constants). */
export function lowerReused(
  context: LowerContext,
  group: Group,
  known: Reuse,
  lasting: (b: Buffer) => boolean,
): readonly Draft[] {
  const { graph, fusion } = context;
  if (!isReused(context, group)) return lowerGroup(context, group);
  const slots = buffersOf(context, group);
  const roles = [...new Set(slots.flat())];
  const key = JSON.stringify([
    group.type,
    group.kind === "pointwise" ? null : group.kind === "anchor" ? graph.nodes[group.anchor].op : group.op,
    expressionsOf(graph, fusion, group),
    slots.map((buffers) => buffers.map((b) => roles.indexOf(b))),
    roles.map((b) => [b.type, b.layout, b.type.space === "sample" ? rowStride(b) : 0, b.runs]),
  ]);
  const twin = known.get(key);
  if (!twin) {
    const drafts = lowerGroup(context, group);
    known.set(key, { roles, drafts });
    return drafts;
  }
  const own = new Map<Buffer, Buffer>();
  const place = (b: Buffer): Buffer => {
    const role = twin.roles.indexOf(b);
    if (role >= 0) return roles[role];
    if (lasting(b)) return b;
    const temporary = own.get(b) ?? { ...b };
    own.set(b, temporary);
    return temporary;
  };
  return twin.drafts.map((draft) => ({
    ...draft,
    reads: draft.reads.map(place),
    writes: draft.writes.map(place),
    pointers: draft.pointers.map(place),
  }));
}

/** Whether the key holds all that a group's kernels depend on. */
function isReused(context: LowerContext, group: Group): boolean {
  // filters that are packed or transformed once and for all are named, not local
  if (context.once && packsFilters(context)) return false;
  if (group.kind !== "anchor") return true;
  const { op } = context.graph.nodes[group.anchor];
  if (context.once && op.op === "convolve" && op.block) return false;
  const rules = rulesOf(op);
  return rules.role === "anchor" && rules.reused;
}

/** Nodes that a group reads by themselves, in a fixed order: the anchor's operands, then what each expression reads. */
function leavesOf({ nodes }: Graph, { source, leaves, reads }: Fusion, group: Group): NodeId[] {
  if (group.kind === "reduction") return group.reduces.flatMap((id) => reads(source(nodes[id].args[0])));
  const made = madeBy(group);
  return [
    ...(group.kind === "anchor" ? nodes[group.anchor].args.map(source) : []),
    ...group.maps.flatMap((id) => leaves(id)).filter((id) => !made.includes(id)),
  ];
}

/** The buffers of everything read, then of everything written, a list a node. */
function buffersOf(context: LowerContext, group: Group): (readonly Buffer[])[] {
  const read = leavesOf(context.graph, context.fusion, group);
  return [...read.map((id) => [context.home(id)]), ...madeBy(group).map((id) => context.targets(id))];
}

/** What a group computes, with its leaves by number. */
function expressionsOf(graph: Graph, fusion: Fusion, group: Group): string[] {
  const leaves = leavesOf(graph, fusion, group);
  const made = group.kind === "reduction" ? [] : madeBy(group);
  /** Written once each, in the order in which they begin: later they go by number. */
  const written = new Map<NodeId, number>();
  const inside = (id: NodeId): string => {
    const { op, args } = graph.nodes[id];
    const before = written.get(id);
    if (before !== undefined) return `s${before}`;
    written.set(id, written.size);
    if (op.op === "constant") return Object.is(op.value, -0) ? "-0" : String(op.value);
    return `${JSON.stringify(op)}(${args.map((arg) => show(fusion.source(arg))).join()})`;
  };
  const show = (id: NodeId): string => {
    const before = made.indexOf(id);
    if (before >= 0) return `m${before}`;
    const leaf = leaves.indexOf(id);
    return leaf >= 0 ? `l${leaf}` : inside(id);
  };
  return group.kind === "reduction"
    ? group.reduces.map((id) => show(fusion.source(graph.nodes[id].args[0])))
    : group.maps.map(inside);
}
