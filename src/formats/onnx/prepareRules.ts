/**
 * A preparation as nodes, so that the graph takes rows in raw units. It computes in float32 what models/preparation.ts
 * computes in f64, in forms that lose no digits on the way: a shift is subtracted in two parts, and a row's own statistics are
 * taken of its differences to one of its values. All rows of a call are of one length.
 *
 * What ONNX has no short form for stays with the caller: `leftOut` says what.
 */
import type { Signal } from "../../layers/layer.ts";
import { rawChannels, type Preparation } from "../../models/preparation.ts";
import { TO_END, type GraphWriter, type Value } from "./graphWriter.ts";

/** What stands for a row whose values are missing: to be filled in before, by whoever runs the graph. */
export function leftOut({ fill, detrend, resample }: Preparation): string | null {
  if (fill === undefined || inGraph({ fill, detrend, resample })) return null;
  return `missing values (NaN) are not filled in by the graph: fill them in before (the model's preparation says ${fill})`;
}

/** Whether missing values are filled in by nodes. */
const inGraph = ({ fill, detrend, resample }: Pick<Preparation, "fill" | "detrend" | "resample">): boolean =>
  fill === "zero" && detrend === undefined && resample === undefined;

/** The length of raw rows that the graph takes: null where it is open. */
export const rawLength = ({ length, resample }: Preparation, input: Signal): number | null =>
  length === undefined && resample === undefined ? input.length : null;

export interface Prepared {
  readonly value: Value;
  /** The first position that is the row's own and the one behind its last, `[1]` int64 each; null: all are. */
  readonly extent: readonly [from: string, to: string] | null;
}

/** Nodes from raw rows `[n, channels, time]` to the model's input. */
export function prepareNodes(g: GraphWriter, raw: string, p: Preparation, input: Signal): Prepared {
  const own = rawChannels(p, input.channels);
  const nothing = p.kind === "none" && p.length === undefined && p.resample === undefined && !p.detrend;
  if (nothing && !p.fill) return { value: { ...input, name: raw, flat: false }, extent: null };
  let x = p.length === undefined ? raw : cut(g, raw, p.length, p.at ?? "end");
  const missing = inGraph(p) ? g.node("IsNaN", [x]) : null;
  if (missing) x = g.node("Where", [missing, g.scalar(0), x]);
  const known = p.fill === "zero" ? knownOf(g, x, missing) : null;
  if (p.detrend) x = detrended(g, x);
  if (p.resample !== undefined) x = resampled(g, x, p.resample);
  x = normalised(g, x, p, missing ? known : null);
  if (missing && known) x = g.node("Mul", [x, known]);
  const room = p.length === undefined ? null : roomOf(g, x, p.length, p.at ?? "end");
  if (room) x = withPad(g, x, room.pads, p.pad ?? "zero", missing ? known : null);
  if (known) {
    const mask = p.resample === undefined ? known : knownOf(g, x, null);
    x = g.node("Concat", [x, room ? g.node("Pad", [mask, room.pads]) : mask], { axis: 1 });
  }
  // the lengths are open up to here, and known to every reader from here on
  const fixed = room || p.resample !== undefined;
  const name = fixed ? g.node("Reshape", [x, g.longs(0, known ? 2 * own : own, input.length)]) : x;
  return { value: { ...input, name, flat: false }, extent: room && [room.from, room.to] };
}

/** 1 where a value was measured. */
function knownOf(g: GraphWriter, x: string, missing: string | null): string {
  const none = missing ?? g.node("IsNaN", [x]);
  return g.node("Sub", [g.scalar(1), g.node("Cast", [none], { to: 1 })]);
}

/** Positions of a signal, `[1]`. */
const lengthOf = (g: GraphWriter, x: string): string =>
  g.node("Gather", [g.node("Shape", [x]), g.longs(2)], { axis: 0 });

/** Rows of more than `length` values without the others. */
function cut(g: GraphWriter, x: string, length: number, at: "end" | "start" | "centre"): string {
  if (at === "end") return g.slice(x, 2, 0, length);
  if (at === "start") return g.slice(x, 2, -length, TO_END);
  const over = g.node("Sub", [lengthOf(g, x), g.longs(length)]);
  const from = g.node("Div", [atLeastZero(g, over), g.longs(2)]);
  const to = g.node("Add", [from, g.longs(length)]);
  return g.node("Slice", [x, from, to, g.longs(2)]);
}

/** The larger of whole numbers and 0; until opset 12 Max takes real numbers alone. */
const atLeastZero = (g: GraphWriter, n: string): string =>
  g.node("Where", [g.node("Less", [n, g.longs(0)]), g.longs(0), n]);

interface Room {
  /** As Pad takes them. */
  readonly pads: string;
  readonly from: string;
  readonly to: string;
}

/** Where a row of at most `length` values stands in one of `length`. */
function roomOf(g: GraphWriter, x: string, length: number, at: "end" | "start" | "centre"): Room {
  const own = lengthOf(g, x);
  const rest = g.node("Sub", [g.longs(length), own]);
  const zero = g.longs(0);
  const before = at === "end" ? zero : at === "start" ? rest : g.node("Div", [rest, g.longs(2)]);
  const after = at === "end" ? rest : at === "start" ? zero : g.node("Sub", [rest, before]);
  const none = g.longs(0, 0);
  return {
    pads: g.node("Concat", [none, before, none, after], { axis: 0 }),
    from: before,
    to: at === "end" ? own : g.node("Add", [before, own]),
  };
}

function withPad(
  g: GraphWriter,
  x: string,
  pads: string,
  pad: "zero" | "edge" | "mean",
  known: string | null,
): string {
  if (pad === "zero") return g.node("Pad", [x, pads]);
  if (pad === "edge") return g.node("Pad", [x, pads], { mode: "edge" });
  const mean = meanOf(g, x, known);
  return g.node("Add", [g.node("Pad", [g.node("Sub", [x, mean]), pads]), mean]);
}

/** The mean of each line, over its measured values where `known` says which. */
function meanOf(g: GraphWriter, x: string, known: string | null): string {
  if (known === null) return g.node("ReduceMean", [x], { axes: [2] });
  const sum = g.node("ReduceSum", [g.node("Mul", [x, known])], { axes: [2] });
  const count = g.node("ReduceSum", [known], { axes: [2] });
  return g.node("Div", [sum, g.node("Max", [count, g.scalar(1)])]);
}

/** Less one of its values, then less its mean: a constant line is 0 exactly. */
function centred(g: GraphWriter, x: string, known: string | null): string {
  const seen = known ? g.node("Where", [g.node("Cast", [known], { to: 9 }), x, g.scalar(LEAST)]) : x;
  const fromOne = g.node("Sub", [x, g.node("ReduceMax", [seen], { axes: [2] })]);
  const own = known ? g.node("Mul", [fromOne, known]) : fromOne;
  const y = g.node("Sub", [own, meanOf(g, own, known)]);
  return known ? g.node("Mul", [y, known]) : y;
}
const LEAST = -3.4028234663852886e38;

function normalised(g: GraphWriter, x: string, p: Preparation, known: string | null): string {
  switch (p.kind) {
    case "none":
      return x;
    case "channel":
      return scaled(g, x, p.mean, p.deviation);
    case "minmax":
      return scaled(g, x, p.low, p.range);
    case "sample": {
      const y = centred(g, x, known);
      const deviation = g.node("Sqrt", [meanOf(g, g.node("Mul", [y, y]), known)]);
      const isZero = g.node("Equal", [deviation, g.scalar(0)]);
      return g.node("Div", [y, g.node("Where", [isZero, g.scalar(1), deviation])]);
    }
  }
}

/** (x - shift) / scale by channel; the shift in two parts, since the nearest float32 of a large one is not near enough. */
function scaled(g: GraphWriter, x: string, shift: readonly number[], scale: readonly number[]): string {
  const dims = [1, shift.length, 1];
  const rest = shift.map((s) => s - Math.fround(s));
  let y = g.node("Sub", [x, g.floats(shift, dims)]);
  if (rest.some((r) => Math.fround(r) !== 0)) y = g.node("Sub", [y, g.floats(rest, dims)]);
  return g.node("Div", [y, g.floats(scale, dims)]);
}

/** Positions 0, 1, ... of a signal, int64. */
function positionsOf(g: GraphWriter, count: string): string {
  const scalar = g.node("Reshape", [count, g.longs()]);
  return g.node("Range", [scalarLong(g, 0), scalar, scalarLong(g, 1)]);
}
const scalarLong = (g: GraphWriter, value: number): string => g.node("Reshape", [g.longs(value), g.longs()]);

/** Of its range, what is left of a straight line by rounding. */
const ROUNDING = 2e-6;

/** Less the least-squares line; what is a line itself becomes 0. */
function detrended(g: GraphWriter, x: string): string {
  const y = centred(g, x, null);
  const times = g.node("Cast", [positionsOf(g, lengthOf(g, x))], { to: 1 });
  const t = g.node("Sub", [times, g.node("ReduceMean", [times], { axes: [0] })]);
  const square = g.node("ReduceSum", [g.node("Mul", [t, t])], { axes: [0] });
  const product = g.node("ReduceSum", [g.node("Mul", [y, t])], { axes: [2] });
  const slope = g.node("Div", [product, g.node("Max", [square, g.scalar(0.25)])]);
  const out = g.node("Sub", [y, g.node("Mul", [slope, t])]);
  const most = (v: string): string => g.node("ReduceMax", [g.node("Abs", [v])], { axes: [2] });
  const bound = g.node("Mul", [most(y), g.scalar(ROUNDING)]);
  return g.node("Where", [g.node("Greater", [most(out), bound]), out, g.scalar(0)]);
}

/** `length` values at even places from the first to the last, on the line between neighbours; places in whole numbers. */
function resampled(g: GraphWriter, x: string, length: number): string {
  const last = g.node("Sub", [lengthOf(g, x), g.longs(1)]);
  const steps = g.longs(length - 1);
  const at = g.node("Mul", [g.longs(...Array.from({ length }, (_, t) => t)), last]);
  const left = g.node("Div", [at, steps]);
  const part = g.node("Sub", [at, g.node("Mul", [left, steps])]);
  const isBetween = g.node("Cast", [g.node("Greater", [part, g.longs(0)])], { to: 7 });
  const right = g.node("Add", [left, isBetween]);
  const a = g.node("Gather", [x, left], { axis: 2 });
  const b = g.node("Gather", [x, right], { axis: 2 });
  const share = g.node("Div", [g.node("Cast", [part], { to: 1 }), g.scalar(length - 1)]);
  return g.node("Add", [a, g.node("Mul", [g.node("Sub", [b, a]), share])]);
}
