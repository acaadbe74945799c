/**
 * Sums and maxima, in the orders of the float32 contract.
 *
 * Across rows: per group of 16 rows each lane takes its positions in order (channels outer); then the tree; then groups
 * ascending. Within a row: 16 partials by position mod 16 (positions of the reduced axes, row-major), then the same tree.
 *
 * In channel lanes a sum across rows takes each row's positions in order (channels outer), then rows ascending; within a
 * row nothing changes. Where channels are reduced every lane does the same work on one channel after another.
 */
import { commonDivisor } from "../../numerics/commonDivisor.ts";
import type { CodeWriter } from "../code.ts";
import { nest } from "./contraction.ts";
import { advance, type Offset, type Operand } from "./operand.ts";
import { axes, LANES, stepsOf, vectorsOf, type LaneAxis } from "../../vector/layout.ts";
import type { Value } from "../../vector/vector.ts";

export interface Reduction {
  readonly fn: "sum" | "max";
  readonly lanes: LaneAxis;
  /** Rows, in sample lanes groups of 16. */
  readonly rows: number;
  readonly channels: number;
  readonly positions: number;
  readonly over: { readonly n: boolean; readonly c: boolean; readonly t: boolean };
  readonly operands: readonly Operand[];
  /** Values to reduce at a place, one a result. */
  readonly addends: (code: CodeWriter, at: Offset) => readonly Value[];
  readonly results: number;
  readonly store: (code: CodeWriter, result: number, value: Value) => void;
}

const first = (code: CodeWriter, fn: Reduction["fn"]): Value => code.float(fn === "sum" ? 0 : -Infinity);
const combine = (code: CodeWriter, fn: Reduction["fn"], a: Value, b: Value): Value =>
  fn === "sum" ? code.add(a, b) : code.select(code.lt(a, b), b, a);

export function emitReduction(code: CodeWriter, r: Reduction): void {
  const kept = (["c", "t"] as const)
    .filter((a) => !r.over[a])
    .map((a) => [a, a === "c" ? vectorsOf(r.channels, r.lanes) : r.positions] as const);
  if (r.over.n) nest(code, r.operands, kept, () => store(acrossRows(code, r)));
  else nest(code, r.operands, [["g", r.rows], ...kept], () => store(withinRow(code, r)));

  function store(values: readonly Value[]): void {
    values.forEach((value, i) => r.store(code, i, value));
  }
}

function acrossRows(code: CodeWriter, r: Reduction): readonly Value[] {
  if (r.fn === "max") throw new Error("a maximum across rows has no kernel");
  const zeros = Array.from({ length: r.results }, () => code.float(0));
  const positions = (start: readonly Value[], at: Offset): readonly Value[] =>
    code.loop(r.over.t ? r.positions : 1, advance(r.operands, "t"), start, (sums) =>
      r.addends(code, at).map((x, i) => code.add(sums[i], x)),
    );
  const channels = (count: number, start: readonly Value[], at: Offset = {}): readonly Value[] =>
    code.loop(count, advance(r.operands, "c"), start, (sums) => positions(sums, at));
  const row = (): readonly Value[] => {
    if (!r.over.c) return positions(zeros, {});
    if (!axes[r.lanes].channels.inLanes) return channels(r.channels, zeros);
    const blocks = Math.floor(r.channels / LANES);
    const sums = code.loop(blocks, advance(r.operands, "r"), zeros, (now) => channels(LANES, now));
    return channels(r.channels % LANES, sums, { r: blocks });
  };
  return code.loop(r.rows, advance(r.operands, "g"), zeros, (totals) =>
    row().map((sum, i) => code.add(totals[i], axes[r.lanes].rows.inLanes ? code.tree(sum) : sum)),
  );
}

/** Positions are the lanes: the 16 partials are one vector. */
function alongLanes(code: CodeWriter, r: Reduction): readonly Value[] {
  if (r.fn !== "sum" || r.over.c || !r.over.t)
    throw new Error("position lanes take sums along positions alone");
  const zeros = Array.from({ length: r.results }, () => code.float(0));
  const steps = stepsOf(r.positions, r.lanes);
  const partials = code.loop(steps, advance(r.operands, "t"), zeros, (sums) =>
    r.addends(code, {}).map((x, i) => code.add(sums[i], x)),
  );
  return partials.map((sum) => code.tree(sum));
}

function withinRow(code: CodeWriter, r: Reduction): readonly Value[] {
  const lanes = axes[r.lanes];
  if (lanes.positions.inLanes) return alongLanes(code, r);
  const [axis, length, rows] =
    r.over.t && (r.positions > 1 || !r.over.c)
      ? (["t", r.positions, r.over.c ? r.channels : 1] as const)
      : (["c", r.channels, 1] as const);
  const inBlocks = axis === "c" && lanes.channels.inLanes;
  if (lanes.channels.inLanes && r.over.c && axis === "t")
    throw new Error("channel lanes reduce channels or positions of a row, not both at once");
  const count = r.results;
  let partials: readonly Value[] = Array.from({ length: LANES * count }, () => first(code, r.fn));
  // the partial of a row's first position moves on from row to row, and comes round after `period` rows
  const period = rows === 1 ? 1 : LANES / commonDivisor(length, LANES);
  const row = (start: readonly Value[], c: number): readonly Value[] => {
    const phase = (c * length) % LANES;
    const full = Math.floor(length / LANES);
    const place = (sums: readonly Value[], from: number, steps: number): readonly Value[] => {
      const now = [...sums];
      for (let k = 0; k < steps; k++) {
        const at: Offset =
          axis === "t"
            ? { c, t: from + k }
            : inBlocks
              ? { r: Math.floor(from / LANES), c: k }
              : { c: from + k };
        r.addends(code, at).forEach((x, i) => {
          const slot = ((phase + from + k) % LANES) * count + i;
          now[slot] = combine(code, r.fn, now[slot], x);
        });
      }
      return now;
    };
    const moves = inBlocks ? advance(r.operands, "r") : advance(r.operands, axis, LANES);
    const main = code.loop(full, moves, start, (sums) => place(sums, 0, LANES));
    return place(main, full * LANES, length % LANES);
  };
  const turn = (start: readonly Value[], from: number, steps: number): readonly Value[] => {
    let now = start;
    for (let c = 0; c < steps; c++) now = row(now, from + c);
    return now;
  };
  const turns = Math.floor(rows / period);
  partials = code.loop(turns, advance(r.operands, "c", period), partials, (sums) => turn(sums, 0, period));
  partials = turn(partials, turns * period, rows % period);
  for (let half = LANES / 2; half >= 1; half /= 2) {
    const upper = partials.slice(half * count);
    partials = partials.slice(0, half * count).map((a, i) => combine(code, r.fn, a, upper[i]));
  }
  return [...partials];
}
