/** Networks whose weights are the generator's numbers, as PyTorch's vectors have them. */
import type { Model, NetworkFields } from "../../src/index.ts";
import { resolve } from "../../src/layers/model.ts";
import { parametersOf, statesOf } from "../../src/models/graphs.ts";
import { size } from "../../src/numerics/tensor.ts";
import { values } from "../pytorch/vectors.ts";

/** A network with the generator's numbers as weights, variances above 0. */
export function made(model: Model): NetworkFields {
  const layers = resolve(model);
  const weights = [...parametersOf(layers), ...statesOf(layers)].map(({ name, shape }) => {
    const data = values(name, size(shape), 1 / 4);
    return { name, shape, data: name.endsWith("variance") ? data.map((x) => Math.abs(x) + 0.25) : data };
  });
  return { model, classes: [], preparation: { kind: "none" }, weights, provenance: {} };
}
