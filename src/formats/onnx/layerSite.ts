/** A layer on its way into an ONNX graph, and the form of the rules that bring it there. */
import type { LayerKind, Signal } from "../../layers/layer.ts";
import type { Kind, kinds } from "../../layers/kinds.ts";
import type { GraphWriter, Value } from "./graphWriter.ts";

export type OptionsOf<K extends Kind> = (typeof kinds)[K] extends LayerKind<infer O> ? O : never;

/** A layer on its way into a graph. */
export interface Site<O> {
  readonly g: GraphWriter;
  readonly options: O;
  readonly inputs: readonly Value[];
  readonly output: Signal;
  /** The tensor of a parameter or state, under the given dimensions; its own where they are left out. */
  readonly tensor: (name: string, dims?: readonly number[]) => string;
  /** Whether the length of rows is left open, so that no rule may count on it. */
  readonly anyLength: boolean;
  /** Of so many positions which are the row's own: `[1, 1, positions]` of bool. */
  readonly own: (positions: number) => string;
}

/** The result: `[n, channels, length]` by its name, or another value. */
export type Rule<O> = (site: Site<O>) => string | Value;
export type Rules<K extends Kind> = { readonly [Name in K]: Rule<OptionsOf<Name>> };
