/**
 * Initial values of parameters, from the seed alone: Threefry with a stream of its own a parameter, so that a layer's
 * values do not depend on what stands after it.
 *
 * glorotUniform: U(+-sqrt(6 / (fanIn + fanOut))) (Glorot and Bengio 2010). heUniform: U(+-sqrt(6 / fanIn)), heNormal:
 * N(0, 2 / fanIn) (He et al. 2015). torch: U(+-1 / sqrt(fanIn)), what PyTorch's layers start from.
 */
import { size, type Shape } from "../numerics/tensor.ts";
import { normal, uniform } from "../numerics/threefry.ts";

export const filterInits = ["torch", "glorotUniform", "heUniform", "heNormal"] as const;
/**
 * How filters begin: PyTorch's rule, or Glorot's or He's.
 *
 * @useDeclaredType
 */
export type FilterInit = (typeof filterInits)[number];

export type Init =
  | { readonly kind: FilterInit; readonly fanIn: number; readonly fanOut: number }
  | { readonly kind: "constant"; readonly value: number }
  /** The norm of each filter of the parameter before: weight normalisation begins with the filter as it is. */
  | { readonly kind: "normsOfLast"; readonly shape: Shape; readonly init: Init };

/** Streams of Threefry from here on belong to parameters, one each. */
const PARAMETER_STREAM = 0x10000;

/** Values of the `index`-th parameter of a model, row-major, as float32. */
export function initialValues(shape: Shape, init: Init, seed: number, index: number): Float32Array {
  if (init.kind === "normsOfLast") {
    const filters = initialValues(init.shape, init.init, seed, index - 1);
    const each = filters.length / size(shape);
    return Float32Array.from({ length: size(shape) }, (_, o) =>
      Math.sqrt(filters.subarray(o * each, (o + 1) * each).reduce((sum, x) => sum + x * x, 0)),
    );
  }
  const stream = PARAMETER_STREAM + index;
  return Float32Array.from({ length: size(shape) }, (_, i) => valueAt(init, seed, stream, i));
}

function valueAt(
  init: Exclude<Init, { kind: "normsOfLast" }>,
  seed: number,
  stream: number,
  i: number,
): number {
  const within = (bound: number): number => (2 * uniform(seed, stream, 0, i) - 1) * bound;
  switch (init.kind) {
    case "constant":
      return init.value;
    case "torch":
      return within(1 / Math.sqrt(init.fanIn));
    case "glorotUniform":
      return within(Math.sqrt(6 / (init.fanIn + init.fanOut)));
    case "heUniform":
      return within(Math.sqrt(6 / init.fanIn));
    case "heNormal":
      return normal(seed, stream, 0, i) * Math.sqrt(2 / init.fanIn);
  }
}
