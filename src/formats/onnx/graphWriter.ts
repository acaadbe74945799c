/**
 * An ONNX graph on its way: nodes and tensors under names that follow from the layers' own. Opset 11 and IR 6 (2019) have
 * every form that is written here, so one pair of numbers serves all networks; what came later (LayerNormalization,
 * HardSwish, Gelu, ...) is composed.
 */
import type { Signal } from "../../layers/layer.ts";
import { ELEMENT, ATTRIBUTE, type Message } from "./schema.ts";

export const OPSET = 11;
/** The intermediate representation that came with opset 11. */
export const IR_VERSION = 6;

/** A signal of the graph: `[n, channels, length]`, or `[n, channels]` where it is flat, which has length 1. */
export interface Value extends Signal {
  readonly name: string;
  readonly flat: boolean;
}

/** What an attribute holds: a whole number or a list of them, a real number, or a word. */
export type AttributeValue = number | readonly number[] | string | { readonly float: number };

export type Attributes = Readonly<Record<string, AttributeValue>>;

function attribute(name: string, value: AttributeValue): Message<"Attribute"> {
  if (typeof value === "number") return { name, int: value, type: ATTRIBUTE.int };
  if (typeof value === "string") return { name, text: value, type: ATTRIBUTE.text };
  if ("float" in value) return { name, float: value.float, type: ATTRIBUTE.float };
  return { name, ints: value, type: ATTRIBUTE.ints };
}

/** Little-endian bytes of float32 or int64 numbers. */
function rawOf(values: ArrayLike<number>, type: "float" | "int64"): Uint8Array {
  const width = type === "float" ? 4 : 8;
  const view = new DataView(new ArrayBuffer(width * values.length));
  for (let i = 0; i < values.length; i++)
    if (type === "float") view.setFloat32(4 * i, values[i], true);
    else view.setBigInt64(8 * i, BigInt(values[i]), true);
  return new Uint8Array(view.buffer);
}

/** The end of a slice that goes to the end. */
export const TO_END = 2 ** 31 - 1;

export class GraphWriter {
  readonly nodes: Message<"Node">[] = [];
  readonly tensors: Message<"Tensor">[] = [];
  readonly #names = new Map<string, number>();
  readonly #constants = new Map<string, string>();
  #scope = "";

  /** Names from here on begin with that. */
  within(scope: string): this {
    this.#scope = scope;
    return this;
  }

  /** Adds a node; the name of its result. */
  node(
    op: string,
    inputs: readonly string[],
    attributes: Attributes = {},
    output = this.#unique(`${this.#scope}${op}`),
  ): string {
    this.nodes.push({
      inputs,
      outputs: [output],
      name: output,
      op,
      attributes: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
    });
    return output;
  }

  /** A tensor of float32 under a name of its own. */
  tensor(name: string, dims: readonly number[], data: ArrayLike<number>): string {
    this.tensors.push({ dims, type: ELEMENT.float, name, raw: rawOf(data, "float") });
    return name;
  }

  /** Constant float32 numbers; equal ones are one tensor. */
  floats(values: ArrayLike<number>, dims: readonly number[] = [values.length]): string {
    return this.#constant("float", values, dims);
  }

  /** One constant float32 number. */
  scalar(value: number): string {
    return this.floats([value], []);
  }

  /** Constant whole numbers, int64. */
  longs(...values: readonly number[]): string {
    return this.#constant("int64", values, [values.length]);
  }

  #constant(type: "float" | "int64", values: ArrayLike<number>, dims: readonly number[]): string {
    const raw = rawOf(values, type);
    // what is long is there once
    const key = raw.length > 64 ? null : `${type} ${dims.join("x")} ${raw.join(" ")}`;
    const known = key === null ? undefined : this.#constants.get(key);
    if (known !== undefined) return known;
    const name = this.#unique(raw.length > 64 ? `${this.#scope}constant` : "constant");
    this.tensors.push({ dims, type: ELEMENT[type], name, raw });
    if (key !== null) this.#constants.set(key, name);
    return name;
  }

  #unique(name: string): string {
    const count = (this.#names.get(name) ?? 0) + 1;
    this.#names.set(name, count);
    return count === 1 ? name : `${name}_${count}`;
  }

  /** Positions `[from, to)` of an axis; negative ones count from its end. */
  slice(x: string, axis: number, from: number, to: number): string {
    return this.node("Slice", [x, this.longs(from), this.longs(to), this.longs(axis)]);
  }

  /** `[n, channels, length]`. */
  wide({ name, flat, channels }: Value): string {
    return flat ? this.node("Reshape", [name, this.longs(0, channels, 1)]) : name;
  }

  /** `[n, channels length]`. */
  flat({ name, flat }: Value): string {
    return flat ? name : this.node("Flatten", [name], { axis: 1 });
  }
}
