/**
 * Which nodes share a kernel. Three rules, applied in the graph's order:
 *
 * 1. A pointwise node is computed inside its users where that is cheap (`stored.ts`). Otherwise it is stored.
 * 2. A stored pointwise node joins the kernel that makes its last operand, when both have the same index space: so
 *    bias and activation end up in the convolution's epilogue, the activation's derivative in the back-signal's, and
 *    the parts of an optimizer step in one pass.
 * 3. Sums over the same index space and axes share one pass.
 */
import { largestOf } from "../numerics/extremes.ts";
import type { Graph, NodeId } from "../graph/ops.ts";
import { sameType, type TensorType } from "../numerics/tensor.ts";
import { plays, rulesOf, type OpOf, type ReductionOp } from "./ops.ts";
import { storedNodes, type Stored } from "./stored.ts";

/** An op that begins a kernel, then stored pointwise nodes over its result, in order. */
export interface AnchorGroup {
  readonly kind: "anchor";
  readonly type: TensorType;
  readonly anchor: NodeId;
  readonly maps: NodeId[];
}
/** Stored pointwise nodes over one index space, in order. */
export interface PointwiseGroup {
  readonly kind: "pointwise";
  readonly type: TensorType;
  readonly maps: NodeId[];
}
/** Sums or maxima that share one pass over operands of `type`. */
export interface ReductionGroup {
  readonly kind: "reduction";
  readonly type: TensorType;
  readonly op: OpOf<ReductionOp>;
  readonly reduces: NodeId[];
}
/** What one kernel computes. */
export type Group = AnchorGroup | PointwiseGroup | ReductionGroup;

export interface Fusion extends Stored {
  readonly groups: readonly Group[];
}

/** The most nodes and leaves of a kernel: engines bound the locals and parameters of a function. */
const MOST_A_KERNEL = 500;

export function fuse(graph: Graph): Fusion {
  const stored = storedNodes(graph);
  return { ...stored, groups: groupsOf(graph, stored) };
}

/** Nodes that a group stores, in order. */
export function madeBy(group: Group): readonly NodeId[] {
  if (group.kind === "reduction") return group.reduces;
  return group.kind === "anchor" ? [group.anchor, ...group.maps] : group.maps;
}

/** The kernels of a graph: each stored node joins one or opens one. */
function groupsOf(
  { nodes }: Graph,
  { stored, source, isView, isShift, leaves, reads, weight }: Stored,
): Group[] {
  const groups: Group[] = [];
  const weights = new Map<Group, number>();
  /** Whether a kernel has room for so much more. */
  const hasRoom = (group: Group, more: number): boolean => (weights.get(group) ?? 0) + more <= MOST_A_KERNEL;
  const makers = new Map<NodeId, number>();
  const makerOf = (id: NodeId): number =>
    makers.get(id) ?? (isView(id) ? makerOf(source(nodes[id].args[0])) : -1);
  const lastOf = (ids: readonly NodeId[]): number => Math.max(-1, largestOf(ids.map(makerOf)));
  const open = <G extends Group>(group: G): G => {
    groups.push(group);
    return group;
  };

  /** A pass that reduces the same values in the same way, if it stands after all that makes what this one reads. */
  const passFor = (id: NodeId, op: OpOf<ReductionOp>): ReductionGroup => {
    const over = source(nodes[id].args[0]);
    const { type } = nodes[over];
    const ready = lastOf(reads(over));
    const shared = groups.find(
      (g, k): g is ReductionGroup => k > ready && isPassOf(g, op, type) && hasRoom(g, weight(over)),
    );
    return shared ?? open({ kind: "reduction", type, op, reduces: [] });
  };

  /** The kernel that makes the last operand, if it takes pointwise nodes over these indices. */
  const hostFor = (id: NodeId): AnchorGroup | PointwiseGroup => {
    const { type } = nodes[id];
    const last = lastOf(leaves(id));
    const shifts = leaves(id).filter(isShift);
    const takes = (k: number): boolean =>
      k >= 0 && sameType(groups[k].type, type) && hasRoom(groups[k], weight(id));
    if (shifts.length === 0) {
      const host = takes(last) ? groups[last] : null;
      if (host?.kind === "pointwise" || (host?.kind === "anchor" && takesMaps(host.anchor))) return host;
    } else {
      // what is read at other positions has been made before: by another kernel than the newest
      const newest = groups.at(-1);
      const isReady = groups.length - 1 > lastOf(shifts) && takes(groups.length - 1);
      if (newest?.kind === "pointwise" && isReady) return newest;
    }
    return open({ kind: "pointwise", type, maps: [] });
  };
  const takesMaps = (anchor: NodeId): boolean => {
    const { op } = nodes[anchor];
    const rules = rulesOf(op);
    return rules.role === "anchor" && rules.takesMaps(op);
  };

  const groupFor = (id: NodeId): Group => {
    const { op, type } = nodes[id];
    if (plays(op, "anchor")) return open({ kind: "anchor", type, anchor: id, maps: [] });
    if (plays(op, "reduction")) {
      const pass = passFor(id, op);
      pass.reduces.push(id);
      return pass;
    }
    const host = hostFor(id);
    host.maps.push(id);
    return host;
  };
  for (const id of stored) {
    const group = groupFor(id);
    const { op, args } = nodes[id];
    const more = plays(op, "reduction") ? weight(source(args[0])) : weight(id);
    weights.set(group, (weights.get(group) ?? 0) + more);
    makers.set(id, groups.lastIndexOf(group));
  }
  return groups;
}

/** Whether a group is a pass that reduces values of this type in the same way. */
const isPassOf = (group: Group, { fn, axes }: OpOf<ReductionOp>, type: TensorType): boolean =>
  group.kind === "reduction" &&
  group.op.fn === fn &&
  group.op.axes.join("") === axes.join("") &&
  sameType(group.type, type);
