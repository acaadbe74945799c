/** A node as importing sees it: its inputs as values, its attributes by name. */
import { printable } from "../../data/printable.ts";
import { quote } from "../../data/quote.ts";
import type { Signal } from "../../layers/layer.ts";
import type { LayerList } from "./layerList.ts";
import type { Parsed } from "./schema.ts";
import { constantOf, Unreadable, type Constant, type ConstantBudget, type External } from "./tensors.ts";

/**
 * What an axis of a value goes over: `n` rows, `c` channels, `t` positions, both as one in either order (`ct`, `tc`), the
 * groups of channels and what each holds (`g`, `r`), or nothing but one value (`1`).
 */
export type Axis = "n" | "c" | "t" | "ct" | "tc" | "g" | "r" | "1";

/** A value that follows from the input: the output of a layer, and how the file arranges it. */
export interface Value {
  readonly kind: "signal";
  /** The layer; null where no layer computes it, which `why` then says of whoever reads it. */
  readonly at: number | null;
  readonly why?: string;
  readonly signal: Signal;
  readonly axes: readonly Axis[];
  /** Of axes `g` and `r`: how many groups. */
  readonly groups?: number;
  /** How it came about, where several nodes are one layer. */
  readonly from?: Origin;
}

/** Places on the way of a formula that several nodes write. */
export type Origin =
  | { readonly kind: "affine"; readonly of: Value; readonly scale: Vector; readonly shift: Vector }
  | { readonly kind: "erf" | "abs"; readonly of: Value }
  | { readonly kind: "above" | "below" | "beyond"; readonly of: Value; readonly threshold: number }
  | { readonly kind: "mean"; readonly of: Value; readonly over: string }
  | { readonly kind: "centred"; readonly of: Value; readonly over: string }
  | { readonly kind: "squares"; readonly of: Value; readonly over: string }
  | { readonly kind: "variance"; readonly of: Value; readonly over: string; readonly epsilon: number }
  | { readonly kind: "deviation"; readonly of: Value; readonly over: string; readonly epsilon: number }
  | { readonly kind: "window"; readonly of: Value; readonly first: number; readonly count: number };

/** A number a channel. */
export type Vector = ArrayLike<number>;

export type Any = Value | Constant;

export interface NodeContext {
  readonly list: LayerList;
  readonly budget: ConstantBudget;
  readonly external: External | undefined;
  /** The version of the standard operators. */
  readonly opset: number;
  /** Rows of a call, where the file fixes them; else NaN. */
  readonly rows: number;
}

export const fail = (what: string): never => {
  throw new Unreadable(what);
};

export class OnnxNode {
  readonly context: NodeContext;
  readonly op: string;
  /** Null where an input is left out. */
  readonly inputs: readonly (Any | null)[];
  /** How many outputs it has. */
  readonly outputs: number;
  readonly #attributes: ReadonlyMap<string, Parsed<"Attribute">>;

  constructor(context: NodeContext, node: Parsed<"Node">, inputs: readonly (Any | null)[]) {
    this.context = context;
    this.op = node.op ?? "";
    this.inputs = inputs;
    this.outputs = node.outputs.length;
    this.#attributes = new Map(node.attributes.map((a) => [a.name ?? "", a]));
  }

  get list(): LayerList {
    return this.context.list;
  }

  has(name: string): boolean {
    return this.#attributes.has(name);
  }

  int(name: string, fallback: number): number {
    const value = this.#attributes.get(name);
    return value === undefined ? fallback : (value.int ?? 0);
  }

  float(name: string, fallback: number): number {
    const value = this.#attributes.get(name);
    return value === undefined ? fallback : (value.float ?? 0);
  }

  text(name: string, fallback: string): string {
    return this.#attributes.get(name)?.text ?? fallback;
  }

  ints(name: string): readonly number[] | null {
    return this.#attributes.get(name)?.ints ?? null;
  }

  floats(name: string): readonly number[] | null {
    return this.#attributes.get(name)?.floats ?? null;
  }

  tensor(name: string): Constant | null {
    const tensor = this.#attributes.get(name)?.tensor;
    return tensor ? constantOf(tensor, this.context.external) : null;
  }

  /** An input that has to be there. */
  input(i: number): Any {
    return this.inputs[i] ?? fail(`has no input ${i}`);
  }

  value(i: number): Value {
    const given = this.input(i);
    return given.kind === "signal" ? given : fail(`input ${i} is a constant, not a signal`);
  }

  /** A constant that has to be there; `what` says what it is for. */
  constant(i: number, what: string): Constant {
    const given = this.input(i);
    return given.kind === "constant"
      ? given
      : fail(`its ${what} follow from the input of the network; they have to be constants`);
  }

  /** A constant, or null where it is left out. */
  optional(i: number, what: string): Constant | null {
    return (this.inputs[i] ?? null) === null ? null : this.constant(i, what);
  }

  /** Whole numbers that older versions have as an attribute and newer ones as an input; null where they are left out. */
  wholes(name: string, i: number): readonly number[] | null {
    const attribute = this.ints(name);
    if (attribute) return attribute;
    const given = this.optional(i, name);
    return given && Array.from(given.data);
  }
}

/** How long an axis is; NaN of rows. */
export function extent({ signal: { channels, length }, groups = 1 }: Value, axis: Axis): number {
  switch (axis) {
    case "n":
      return NaN;
    case "1":
      return 1;
    case "c":
      return channels;
    case "t":
      return length;
    case "ct":
    case "tc":
      return channels * length;
    case "g":
      return groups;
    case "r":
      return (channels * length) / groups;
  }
}

export const dimsOf = (value: Value): number[] => value.axes.map((axis) => extent(value, axis));

export const dimsText = (value: Value): string =>
  `[${dimsOf(value)
    .map((d) => (Number.isNaN(d) ? "n" : d))
    .join(", ")}]`;

/** Axes of length one go over nothing, whatever they were. */
export const plain = (value: Value): Value => ({
  ...value,
  axes: value.axes.map((axis) => (axis !== "n" && extent(value, axis) === 1 ? "1" : axis)),
});

/** The output of a layer under axes; by default rows, channels, positions. */
export const valueAt = (list: LayerList, at: number, axes: readonly Axis[] = ["n", "c", "t"]): Value =>
  plain({ kind: "signal", at, signal: list.signal(at), axes });

/** The layer that computes a value. */
export function layerOf(value: Value): number {
  return value.at ?? fail(value.why ?? "reads what no layer computes");
}

/** The axis of positions: `t`, or of one position the last of those that it may be. -1 where there is none. */
export function timeAxis({ axes, signal }: Value): number {
  if (signal.length > 1 || axes.includes("t")) return axes.indexOf("t");
  const at = axes.lastIndexOf("1");
  return at > 1 || (at === 1 && !axes.includes("c") && signal.channels > 1) ? at : -1;
}

/** The axis of channels: `c`, or of one channel the first that it may be. -1 where there is none. */
export function channelAxis(value: Value): number {
  const { axes, signal } = value;
  if (signal.channels > 1 || axes.includes("c")) return axes.indexOf("c");
  const time = timeAxis(value);
  return axes.findIndex((axis, i) => axis === "1" && i !== time);
}

/** A number of an axis, counted from the end where it is negative. */
export function axisOf(axis: number, rank: number): number {
  const at = axis < 0 ? axis + rank : axis;
  return Number.isInteger(at) && at >= 0 && at < rank
    ? at
    : fail(`axis ${axis} of ${rank} axes; they are numbered -${rank} to ${rank - 1}`);
}

/** The axis that goes over all values of a row: channels and positions as one, or the positions of one channel alone. -1 where there is none. */
export const flatAxis = ({ axes }: Value): number => (axes.join() === "n,t" ? 1 : axes.indexOf("ct"));

/** Values of a row that are one axis as channels of one position. */
export function flatChannels(list: LayerList, value: Value): Value {
  const at = flatAxis(value);
  if (at < 0) return value.axes.includes("tc") ? fail(ORDER) : value;
  const layer = list.add("flatten", [layerOf(value)]);
  return valueAt(
    list,
    layer,
    value.axes.map((axis, i) => (i === at ? "c" : axis)),
  );
}

const ORDER =
  "reads positions and channels as one axis with the channels within each position; flatten [n, channels, positions] instead";

/** Whether two values are the same numbers in the same arrangement. */
export const isSame = (a: Value, b: Value): boolean =>
  a.at !== null && a.at === b.at && a.axes.join() === b.axes.join();

/** What is wrong as one line, whatever texts of a file are in it. */
export const lineOf = ({ message }: Error): string =>
  printable(message.length > MOST_SAID ? `${message.slice(0, MOST_SAID)}…` : message);
const MOST_SAID = 600;

/** A name from a file within an error. */
export const shown = (name: string): string => quote(name.length > 80 ? `${name.slice(0, 80)}…` : name);
