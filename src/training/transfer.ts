/** Weights of one model as the start of another: fine-tuning. */
import { sameShape, type Shape } from "../numerics/tensor.ts";
import { tensorName, type Resolved } from "../layers/model.ts";
import { InputError } from "../data/errors.ts";
import type { Weights } from "../models/weights.ts";
import { names } from "./updateRules.ts";

/**
 * The weights to start from: `given`, by name and shape, in place of those that were drawn from the seed (`fresh`).
 * Layers that `reinit` names (by prefixes, as `freeze` does) keep the fresh ones. So does the head, the last layer with
 * parameters, where it has another number of outputs, as for other classes, and the same shape otherwise. Anything else
 * that does not agree, on either side, is an InputError that names the tensor, both shapes and the remedy.
 */
export function transfer(
  layers: readonly Resolved[],
  fresh: Weights,
  given: Weights,
  reinit: readonly string[] = [],
): Weights {
  const known = new Map(given.map((w) => [w.name, w]));
  const unknown = reinit.find((prefix) => !fresh.some(({ name }) => names(prefix, name)));
  if (unknown !== undefined)
    throw new InputError(
      `reinit names ${JSON.stringify(unknown)}, which no weight's name begins with; layers are ${layerNames(layers)}`,
    );
  const anew = new Set(fresh.filter(({ name }) => reinit.some((p) => names(p, name))).map((w) => w.name));
  const head = headOf(layers);
  const headTensors = head ? head.parameters.map((p) => tensorName(head, p)) : [];
  const filter = fresh.find(({ name }) => name === headTensors[0]);
  const old = known.get(headTensors[0] ?? "");
  if (filter && old && otherOutputs(filter.shape, old.shape)) headTensors.forEach((name) => anew.add(name));

  for (const { name } of given)
    if (!fresh.some((w) => w.name === name) && !reinit.some((p) => names(p, name)))
      throw new InputError(
        `the weights to start from have ${name}, which the model does not have; start from a model of the same layers`,
      );
  return fresh.map((w) => {
    if (anew.has(w.name)) return w;
    const found = known.get(w.name);
    if (found && sameShape(found.shape, w.shape)) return { ...w, data: found.data };
    const [layer] = w.name.split(".");
    throw new InputError(
      `${w.name} is ${w.shape.join(" x ")} in the model and ${found ? found.shape.join(" x ") : "absent"} in the weights to start from; ` +
        `name ${layer} in reinit to start it anew, or start from a model of the same shape`,
    );
  });
}

/** The last layer with parameters. */
export const headOf = (layers: readonly Resolved[]): Resolved | undefined =>
  layers.findLast((layer) => layer.parameters.length > 0);

/** The layers that have parameters; of many, the first and the last. */
function layerNames(layers: readonly Resolved[]): string {
  const all = layers.filter((layer) => layer.parameters.length > 0).map((layer) => layer.name);
  return all.length <= 8 ? all.join(", ") : [...all.slice(0, 6), "...", ...all.slice(-1)].join(", ");
}

/** Filters that differ in their number alone. */
const otherOutputs = (a: Shape, b: Shape): boolean => a[0] !== b[0] && a[1] === b[1] && a[2] === b[2];

/** Throws as `transfer` would. */
export function checkTransfer(
  layers: readonly Resolved[],
  given: Weights,
  reinit: readonly string[] = [],
): void {
  const tensors = layers.flatMap((layer) =>
    [...layer.parameters, ...layer.state].map((tensor) => ({
      name: tensorName(layer, tensor),
      shape: tensor.shape,
      data: new Float32Array(0),
    })),
  );
  transfer(layers, tensors, given, reinit);
}

/** Refuses (InputError) a prefix that names no parameter, and freezing all of them. */
export function checkFreeze(layers: readonly Resolved[], freeze: readonly string[]): void {
  const parameters = layers.flatMap((layer) => layer.parameters.map((p) => tensorName(layer, p)));
  const unknown = freeze.find((prefix) => !parameters.some((p) => names(prefix, p)));
  if (unknown !== undefined)
    throw new InputError(
      `freeze names ${JSON.stringify(unknown)}, which no parameter's name begins with; layers are ${layerNames(layers)}`,
    );
  if (freeze.length > 0 && parameters.every((p) => freeze.some((prefix) => names(prefix, p))))
    throw new InputError("freeze names every parameter; at least one is left to train");
}
