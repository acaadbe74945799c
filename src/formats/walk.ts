/** A model's layers as other libraries build them: options whole, padding in positions, the shape that is read. */
import { resolve, type Model, type Resolved } from "../layers/model.ts";
import { paddingSides } from "../layers/padding.ts";

/** Options of the layer kinds that are known elsewhere; a layer has those of its kind. */
export interface LayerOptions {
  readonly filters: number;
  readonly kernelSize: number;
  readonly stride: number;
  readonly dilation: number;
  readonly groups: number;
  readonly bias: boolean;
  readonly weightNorm: boolean;
  readonly units: number;
  readonly size: number;
  readonly left: number;
  readonly right: number;
  readonly rate: number;
  readonly epsilon: number;
  readonly ignore: string;
}

export interface Layer {
  /** Its tensors are called `name.filter` and so on. */
  readonly name: string;
  readonly kind: Resolved["kind"];
  readonly from: readonly number[];
  readonly options: LayerOptions;
  /** Of the (first) input. */
  readonly channels: number;
  readonly length: number;
  /** Zeros on the left and on the right. */
  readonly padding: readonly [number, number];
}

export const layersOf = (model: Model): Layer[] =>
  resolve(model).map(({ name, kind, from, options: given, inputs: [{ channels, length }] }) => {
    const options = given as LayerOptions & Parameters<typeof paddingSides>[0];
    const kernelSize = options.kernelSize ?? options.size;
    const padding = "padding" in options ? paddingSides({ ...options, kernelSize }) : ([0, 0] as const);
    return { name, kind, from, options, channels, length, padding };
  });
