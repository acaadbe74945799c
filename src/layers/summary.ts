/** What a model is, layer by layer: shapes, parameters, how far an output sees, how much is multiplied. */
import { largestOf } from "../numerics/extremes.ts";
import { size } from "../numerics/tensor.ts";
import type { Kind } from "./kinds.ts";
import type { Signal } from "./layer.ts";
import { kindOf, resolve, type Model } from "./model.ts";

/** One layer of a `summary`. */
export interface LayerSummary {
  /** The kind and its count, such as `conv1d_2`: the name that weights have. */
  readonly name: string;
  /** The name of its layer function. */
  readonly kind: Kind;
  /** Numbers of the layers it reads, 0 the input. */
  readonly from: readonly number[];
  /** Channels and positions of its output. */
  readonly output: Signal;
  /** Trainable values. */
  readonly parameters: number;
  /** Positions of the input that one output position can see; the sets of normalisations are not counted. */
  readonly receptiveField: number;
  /** Multiplications with an addition of its filters, for one row. */
  readonly multiplyAdds: number;
}

/** A model layer by layer, with its sums. */
export interface Summary {
  /** The model's. */
  readonly name: string;
  /** Channels and positions of a row. */
  readonly input: Signal;
  /** In the model's order. */
  readonly layers: readonly LayerSummary[];
  /** Trainable values of all layers. */
  readonly parameters: number;
  /** Multiplications with an addition of all filters, for one row. */
  readonly multiplyAdds: number;
  /** The same as a table to print. */
  readonly text: string;
}

/** A model layer by layer; throws ModelError where it is none. */
export function summary(model: Model): Summary {
  // positions seen by one output, and from one output to the next
  const seen = [{ field: 1, jump: 1 }];
  const layers = resolve(model).map(
    ({ name, kind, from, options, inputs, output, parameters }): LayerSummary => {
      const rules = kindOf(kind);
      const window = rules.window?.(inputs, options) ?? { size: 1, stride: 1 };
      const field = largestOf(from.map((f) => seen[f].field));
      const jump = largestOf(from.map((f) => seen[f].jump));
      const now =
        window === "all"
          ? { field: model.input.length, jump: model.input.length }
          : { field: field + (window.size - 1) * jump, jump: jump * window.stride };
      seen.push(now);
      return {
        name,
        kind,
        from,
        output,
        parameters: parameters.reduce((sum, p) => sum + size(p.shape), 0),
        receptiveField: Math.min(model.input.length, Math.ceil(now.field)),
        multiplyAdds: rules.multiplyAdds?.(inputs, options) ?? 0,
      };
    },
  );
  const total = (key: "parameters" | "multiplyAdds"): number => layers.reduce((sum, l) => sum + l[key], 0);
  const sums = { parameters: total("parameters"), multiplyAdds: total("multiplyAdds") };
  return { name: model.name, input: model.input, layers, ...sums, text: table(model, layers, sums) };
}

function table(
  { name, input }: Model,
  layers: readonly LayerSummary[],
  sums: Pick<Summary, "parameters" | "multiplyAdds">,
): string {
  const count = (n: number): string => (n > 0 ? n.toLocaleString("en-US") : "");
  const shape = (x: Signal): string => `${x.channels} x ${x.length}`;
  const rows = [
    ["", "layer", "reads", "output", "parameters", "sees", "multiply-adds"],
    ["0", "input", "", shape(input), "", "1", ""],
    ...layers.map((l, i) => [
      `${i + 1}`,
      l.name,
      l.from.join(", "),
      shape(l.output),
      count(l.parameters),
      `${l.receptiveField}`,
      count(l.multiplyAdds),
    ]),
    ["", name, "", "", count(sums.parameters), "", count(sums.multiplyAdds)],
  ];
  const widths = rows[0].map((_, c) => largestOf(rows.map((r) => r[c].length)));
  const right = new Set([0, 4, 5, 6]);
  return rows
    .map((row) =>
      row
        .map((cell, c) => (right.has(c) ? cell.padStart(widths[c]) : cell.padEnd(widths[c])))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
