/**
 * A network and the ranges of its layers as steps in 8 bits. A batch norm behind a convolution is folded into it, and a relu behind what
 * ends on a grid of its own is that grid's lower end, 0. Values that only float layers read stay floats, and so do the outputs.
 */
import { InputError } from "../../data/errors.ts";
import { ignoringLayers } from "../../layers/ignorePadding.ts";
import type { Resolved } from "../../layers/model.ts";
import type { Signal } from "../../layers/layer.ts";
import type { Weights } from "../../models/weights.ts";
import { gridOf, multiplierOf, ratioOf, shiftOf, type Grid } from "./arithmetic.ts";
import { affineOf, folded, quantised } from "./filters.ts";
import { formOf } from "./forms.ts";
import { islandOf, tableOf } from "./islands.ts";
import { moveOf, paddingOf, windowsOf } from "./places.ts";
import type { Range } from "./ranges.ts";
import type { Plan, Step, Value } from "./steps.ts";

/** Refuses (InputError) a network that has no int8 form. */
export function requireInt8(layers: readonly Resolved[], to: string): void {
  const [ignoring] = ignoringLayers(layers);
  if (ignoring !== undefined)
    throw new InputError(
      `${to}: ${ignoring} leaves padding out, which int8 cannot; export without --int8, or train without --ignore-padding`,
    );
}

/** The steps of a network; throws InputError for sums that may not fit 32 bits. */
export async function lowered(
  layers: readonly Resolved[],
  weights: Weights,
  ranges: readonly Range[],
): Promise<Plan> {
  const writer = new Lowering(layers, weights, ranges);
  for (let n = 1; n <= layers.length; n++) await writer.layer(n);
  return writer.end();
}

/** Layers by number, as `from` has them: the i-th is i. */
class Lowering {
  readonly #layers: readonly Resolved[];
  readonly #weights: Weights;
  readonly #ranges: readonly Range[];
  readonly #values: Value[] = [];
  readonly #steps: Step[] = [];
  /** The value of each layer, when it is known. */
  readonly #valueOf = new Map<number, number>();
  readonly #readers: readonly (readonly number[])[];
  #memories = 0;

  constructor(layers: readonly Resolved[], weights: Weights, ranges: readonly Range[]) {
    this.#layers = layers;
    this.#weights = weights;
    this.#ranges = ranges;
    this.#readers = Array.from({ length: layers.length + 1 }, (_, n) =>
      layers.flatMap(({ from }, i) => (from.includes(n) ? [i + 1] : [])),
    );
    const first = layers.find(({ from }) => from.includes(0));
    if (!first) throw new Error("fault: no layer reads the input");
    const { channels, length } = first.inputs[first.from.indexOf(0)];
    const row = this.#value({ channels, length });
    const held = this.#isFloat(0) ? row : this.#value({ channels, length }, this.#grid(0));
    if (held !== row) this.#steps.push({ kind: "quantise", from: row, to: held, name: "input" });
    this.#valueOf.set(0, held);
  }

  async layer(n: number): Promise<void> {
    if (this.#valueOf.has(n)) return; // what a layer before it has folded in
    const layer = this.#layers[n - 1];
    const { name, output } = layer;
    const [from, other] = layer.from.map((f) => this.#valueOf.get(f) ?? 0);
    const between = { name, from };
    const { grid } = this.#values[from];
    const form = formOf(layer);
    switch (form) {
      case "same":
        return void this.#valueOf.set(n, this.#values.push({ ...this.#values[from], ...output }) - 1);
      case "float":
        return this.#float(n, from);
      case "linear":
        return this.#linear(n, from);
      case "table": {
        const to = this.#result(n, n, this.#grid(n));
        const table = await tableOf(layer, gridIn(grid), this.#grid(n));
        return void this.#steps.push({ ...between, kind: "table", to, table });
      }
      case "sum": {
        const last = this.#withRelu(n);
        const own = this.#grid(last);
        const [a, b] = [from, other].map((v) => gridIn(this.#values[v].grid).scale / own.scale);
        const shift = shiftOf(Math.max(a, b));
        const multipliers = [multiplierOf(a, shift), multiplierOf(b, shift)] as const;
        const to = this.#result(n, last, own);
        return void this.#steps.push({ ...between, kind: "sum", other, to, multipliers, shift });
      }
      case "product": {
        const last = this.#withRelu(n);
        const own = this.#grid(last);
        const scale = gridIn(grid).scale * gridIn(this.#values[other].grid).scale;
        const to = this.#result(n, last, own);
        return void this.#steps.push({
          ...between,
          kind: "product",
          other,
          to,
          ratio: ratioOf(scale / own.scale),
        });
      }
      case "join":
        return this.#join(n);
      case "mean": {
        const own = this.#grid(n);
        const windows = windowsOf(layer);
        const ratio = ratioOf(gridIn(grid).scale / own.scale / windows.size);
        const to = this.#result(n, n, own);
        return void this.#steps.push({ ...between, kind: "mean", to, windows, ratio });
      }
      case "max": {
        const to = this.#result(n, n, gridIn(grid));
        return void this.#steps.push({ ...between, kind: "max", to, windows: windowsOf(layer) });
      }
      case "move": {
        const to = this.#result(n, n, gridIn(grid));
        return void this.#steps.push({ ...between, kind: "move", to, move: moveOf(layer) });
      }
    }
  }

  end(): Plan {
    const last = this.#valueOf.get(this.#layers.length) ?? 0;
    const { channels, length, grid } = this.#values[last];
    const output = grid ? this.#value({ channels, length }) : last;
    if (grid) this.#steps.push({ kind: "dequantise", from: last, to: output, name: "output" });
    return { values: this.#values, steps: this.#steps, input: 0, output };
  }

  #linear(n: number, from: number): void {
    const layer = this.#layers[n - 1];
    const { name } = layer;
    let affine = affineOf(layer, this.#weights);
    let last = n;
    const next = this.#onlyReader(n, ["batchNorm"]);
    if (next !== null && layer.kind !== "batchNorm") {
      affine = folded(affine, this.#layers[next - 1], this.#weights);
      last = next;
    }
    last = this.#withRelu(last);
    const grid = gridIn(this.#values[from].grid);
    const padding = paddingOf(layer);
    let read = from;
    if (padding) {
      const [{ channels, length }] = layer.inputs;
      read = this.#value({ channels, length: length + padding.added }, grid);
      this.#steps.push({ kind: "move", from, to: read, name, move: padding.move });
    }
    const isRelu = RELUS.includes(this.#layers[last - 1].kind);
    const own = this.#isFloat(last) && !isRelu ? undefined : this.#grid(last);
    const linear = quantised(affine, grid, own, name);
    this.#steps.push({ kind: "linear", from: read, to: this.#result(n, last, own), name, linear });
  }

  #join(n: number): void {
    const { name, from: layers } = this.#layers[n - 1];
    const last = this.#withRelu(n);
    const own = this.#grid(last);
    const to = this.#result(n, last, own);
    let channel = 0;
    for (const f of layers) {
      const from = this.#valueOf.get(f) ?? 0;
      const { grid, channels } = this.#values[from];
      const ratio = ratioOf(gridIn(grid).scale / own.scale);
      this.#steps.push({ kind: "rescale", from, to, name, channel, ratio });
      channel += channels;
    }
  }

  #float(n: number, from: number): void {
    const layer = this.#layers[n - 1];
    const to = this.#result(n, n, this.#isFloat(n) ? undefined : this.#grid(n));
    const island = islandOf(layer, this.#weights);
    this.#steps.push({ kind: "float", from, to, name: layer.name, island });
  }

  /** Whether floats alone are wanted of a layer: it is the output, or only float layers read it. */
  #isFloat(n: number): boolean {
    if (n === this.#layers.length) return true;
    return this.#readers[n].every((r) => {
      const form = formOf(this.#layers[r - 1]);
      return form === "float" || (form === "same" && this.#isFloat(r));
    });
  }

  /** The number of the only layer that reads one, where it is of those kinds. */
  #onlyReader(n: number, kinds: readonly string[]): number | null {
    const [reader, ...others] = this.#readers[n];
    return others.length === 0 && reader !== undefined && kinds.includes(this.#layers[reader - 1].kind)
      ? reader
      : null;
  }

  /** The relu behind a layer, else the layer. */
  readonly #withRelu = (n: number): number => this.#onlyReader(n, RELUS) ?? n;

  #grid(n: number): Grid {
    const { least, most } = this.#ranges[n];
    return gridOf(least, most);
  }

  #value({ channels, length }: Signal, grid?: Grid): number {
    return this.#values.push({ channels, length, memory: this.#memories++, ...(grid && { grid }) }) - 1;
  }

  /** A value for the layers from n to last, which follow one another. */
  #result(n: number, last: number, grid: Grid | undefined): number {
    const value = this.#value(this.#layers[n - 1].output, grid);
    for (let at = n; ; [at] = this.#readers[at]) {
      this.#valueOf.set(at, value);
      if (at === last) return value;
    }
  }
}

/** Saturation at 0, the lower end of a grid without negative values, is all there is to them. */
const RELUS: readonly string[] = ["relu", "relu6"];

function gridIn(grid: Grid | undefined): Grid {
  if (!grid) throw new Error("fault: an int8 step reads floats");
  return grid;
}
