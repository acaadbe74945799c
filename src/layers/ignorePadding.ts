/** A model whose global pools leave the padding of shorter rows out. */
import { checkModel, ModelError, type Model } from "./model.ts";

const pools: readonly string[] = ["globalAveragePool", "globalMaxPool"];

/**
 * The same model with `ignore: "padding"` on each global pool: of rows of unequal length, which a preparation pads, pools
 * then see each row's own positions alone. Weights have the same shapes.
 *
 * @throws ModelError where there is no such pool
 */
export function ignorePadding(model: Model): Model {
  const layers = model.layers.map((layer) =>
    pools.includes(layer.kind) ? { ...layer, options: { ...layer.options, ignore: "padding" } } : layer,
  );
  if (layers.every((layer, i) => layer === model.layers[i]))
    throw new ModelError(
      `the model ${model.name} has no ${pools.join(" and no ")}, whose padding could be ignored; give one that has`,
    );
  return checkModel({ ...model, layers });
}

/** The names of layers that leave padding out. */
export const ignoringLayers = (
  layers: readonly { readonly name: string; readonly options: unknown }[],
): readonly string[] =>
  layers.flatMap(({ name, options }) =>
    (options as { readonly ignore?: string }).ignore === "padding" ? [name] : [],
  );
