/**
 * Equal groups are lowered once. A network repeats its blocks, so most groups have a twin: the same ops over tensors of
 * the same types and layouts. The twin's kernels are taken with this group's buffers in their places.
 */
import type { Graph, NodeId } from "../graph/ops.ts";
import { rowStride, type Buffer } from "./buffer.ts";
import type { Fusion, Group } from "./fusion.ts";
import { lowerGroup } from "./lower/group.ts";
import type { Draft, LowerContext } from "./lower/scope.ts";

interface Lowered {
  readonly roles: readonly Buffer[];
  readonly drafts: readonly Draft[];
}
export type Reuse = Map<string, Lowered>;

/** Ops whose kernels depend on nothing but what the key holds; the others are cheap. */
const anchors: ReadonlySet<string> = new Set(["convolve", "mix"]);

/** A group's kernels. `lasting` tells the buffers that all groups share (masks, constants). */
export function lowerReused(
  context: LowerContext,
  group: Group,
  known: Reuse,
  lasting: (b: Buffer) => boolean,
): readonly Draft[] {
  const { graph, fusion } = context;
  const anchor = group.anchor === null ? null : graph.nodes[group.anchor].op;
  // filters that are packed once and for all are named, not local
  if ((anchor && !anchors.has(anchor.op)) || (context.once && context.lanes === "channels"))
    return lowerGroup(context, group);
  const slots = buffersOf(context, group);
  const roles = [...new Set(slots.flat())];
  const key = JSON.stringify([
    group.type,
    anchor,
    group.reduces.map((id) => graph.nodes[id].op),
    expressionsOf(graph, fusion, group),
    slots.map((buffers) => buffers.map((b) => roles.indexOf(b))),
    roles.map((b) => [b.type, b.layout, b.type.space === "sample" ? rowStride(b) : 0]),
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

/** Nodes that a group reads by themselves, in a fixed order: the anchor's operands, then what each expression reads. */
function leavesOf({ nodes }: Graph, fusion: Fusion, group: Group): NodeId[] {
  const { source, isLeaf, leaves } = fusion;
  const of = group.anchor === null ? [] : nodes[group.anchor].args.map(source);
  const summed = group.reduces.map((id) => source(nodes[id].args[0]));
  const made = new Set([group.anchor, ...group.maps]);
  return [
    ...of,
    ...summed.flatMap((id) => (isLeaf(id) ? [id] : leaves(id))),
    ...group.maps.flatMap((id) => leaves(id)).filter((id) => !made.has(id)),
  ].filter((id) => nodes[id].op.op !== "constant");
}

/** The buffers of everything read, then of everything written, a list a node. */
function buffersOf(context: LowerContext, group: Group): (readonly Buffer[])[] {
  const made = [...(group.anchor === null ? [] : [group.anchor]), ...group.reduces, ...group.maps];
  const read = leavesOf(context.graph, context.fusion, group);
  return [...read.map((id) => [context.home(id)]), ...made.map((id) => context.targets(id))];
}

/** What a group computes, with its leaves by number. */
function expressionsOf(graph: Graph, fusion: Fusion, group: Group): string[] {
  const leaves = leavesOf(graph, fusion, group);
  const made = [group.anchor, ...group.maps];
  const inside = (id: NodeId): string => {
    const { op, args } = graph.nodes[id];
    if (op.op === "constant") return Object.is(op.value, -0) ? "-0" : String(op.value);
    const name = op.op === "map" ? op.fn : op.op === "random" ? `random ${op.stream}` : op.op;
    return `${name}(${args.map((arg) => show(fusion.source(arg))).join()})`;
  };
  const show = (id: NodeId): string => {
    const before = made.indexOf(id);
    if (before >= 0) return `m${before}`;
    const leaf = leaves.indexOf(id);
    return leaf >= 0 ? `l${leaf}` : inside(id);
  };
  return [
    ...group.reduces.map((id) => show(fusion.source(graph.nodes[id].args[0]))),
    ...group.maps.map(inside),
  ];
}
