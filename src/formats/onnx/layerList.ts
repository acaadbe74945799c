/** Layers with their tensors, as an importer finds them: added one by one, then those that the output follows from as a model. */
import type { Kind } from "../../layers/kinds.ts";
import type { Signal } from "../../layers/layer.ts";
import type { Options } from "../../layers/options.ts";
import { above } from "../../layers/limits.ts";
import { checkModel, ModelError, resolve, resolver, type LayerSpec, type Model } from "../../layers/model.ts";
import { parametersOf, statesOf } from "../../models/graphs.ts";
import type { Weights } from "../../models/weights.ts";
import { size } from "../../numerics/tensor.ts";

/** Values of a layer's parameters and state, by their names there. */
export type Tensors = Readonly<Record<string, ArrayLike<number>>>;

export interface Listed {
  readonly spec: LayerSpec;
  readonly output: Signal;
  readonly tensors: Tensors;
}

/** Layers that are made on the way to a model, many of which it may not keep. */
const MOST_MADE = 8192;

export class LayerList {
  readonly input: Signal;
  readonly #layers: Listed[] = [];
  readonly #resolve: (layer: LayerSpec) => { readonly output: Signal };

  constructor(input: Signal) {
    this.input = input;
    this.#resolve = resolver(input);
  }

  /** Adds a layer behind others; its number. Throws ModelError where it does not fit. */
  add(kind: Kind, from: readonly number[], options: Options = {}, tensors: Tensors = {}): number {
    if (this.#layers.length >= MOST_MADE)
      throw new ModelError(`the graph makes more than ${MOST_MADE} layers; make the network smaller`);
    const spec: LayerSpec = { kind, from, options };
    const { output } = this.#resolve(spec);
    this.#layers.push({ spec, output, tensors });
    return this.#layers.length;
  }

  /** Channels and positions of a layer's output; 0 is the input. */
  signal(number: number): Signal {
    return number === 0 ? this.input : this.#layers[number - 1].output;
  }

  /** A layer by its number; undefined for the input. */
  at(number: number): Listed | undefined {
    return this.#layers[number - 1];
  }

  /** The model whose output is that layer, without what it does not follow from, and its weights in order. */
  model(name: string, output: number): { readonly model: Model; readonly weights: Weights } {
    const needed = new Set([output]);
    for (let i = output; i > 0; i--)
      if (needed.has(i)) for (const f of this.#layers[i - 1].spec.from) needed.add(f);
    const kept = this.#layers.flatMap((layer, i) => (needed.has(i + 1) ? [{ layer, number: i + 1 }] : []));
    const tooMany = above("layers", kept.length);
    if (tooMany !== null) throw new ModelError(`the model has ${tooMany}`);
    const numbers = new Map(kept.map(({ number }, i) => [number, i + 1]));
    const layers = kept.map(({ layer: { spec } }): LayerSpec => ({
      ...spec,
      from: spec.from.map((f) => numbers.get(f) ?? 0),
    }));
    const model = checkModel({ format: "toeplitz-model", version: 1, name, input: this.input, layers });
    const resolved = resolve(model);
    const values = new Map(
      resolved.flatMap((layer, i) =>
        Object.entries(kept[i].layer.tensors).map(([tensor, data]) => [`${layer.name}.${tensor}`, data]),
      ),
    );
    const weights = [...parametersOf(resolved), ...statesOf(resolved)].map(({ name: full, shape }) => {
      const data = Float32Array.from(values.get(full) ?? []);
      if (data.length !== size(shape))
        throw new ModelError(`${full} has ${data.length} values; the layer wants ${size(shape)}`);
      const wrong = data.findIndex((x) => !Number.isFinite(x));
      if (wrong >= 0)
        throw new ModelError(
          `${full} holds ${data[wrong]} (value ${wrong}), which is no weight; train it again`,
        );
      return { name: full, shape, data };
    });
    return { model, weights };
  }
}
