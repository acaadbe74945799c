/**
 * The same weights for rows of another length. Convolutions, pools and normalisations of channels do not ask how long a row
 * is; a layer with a weight a position does, and so does an output of which classes or values are made.
 */
import { ModelError, resolve, type Model, type Resolved } from "../layers/model.ts";
import { InputError } from "../data/errors.ts";
import { tellingOf } from "./predictions.ts";
import type { Preparation } from "./preparation.ts";

/** What of a network says how long a row is and what it is answered with. */
type Fields = Parameters<typeof tellingOf>[0] & { readonly model: Model; readonly preparation: Preparation };

/** The fields of the network for rows of `length`; throws InputError with the layer that fixes another length. */
export function fieldsWithLength<F extends Fields>(fields: F, length: number): F {
  const { model, preparation } = fields;
  const refuse = (what: string): never => {
    throw new InputError(`the model ${model.name} does not take rows of ${length} values: ${what}`);
  };
  if (!(Number.isSafeInteger(length) && length >= 1))
    throw new InputError(`length is ${length}; it is a whole number of at least 1`);
  if (preparation.resample !== undefined)
    refuse(`its preparation resamples rows of any length to ${preparation.resample}; give them as they are`);
  const longer = { ...model, input: { ...model.input, length } };
  const before = resolve(model);
  let after: Resolved[];
  try {
    after = resolve(longer);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    return refuse(error.message);
  }
  const fixed = before.findIndex((layer, i) => tensorsText(layer) !== tensorsText(after[i]));
  if (fixed >= 0)
    refuse(
      `${before[fixed].name} has ${tensorsText(before[fixed])} for rows of ${model.input.length}, and would have ` +
        `${tensorsText(after[fixed])}; a model with a global pool before it takes rows of any length`,
    );
  const [output, other] = [before, after].map((layers) => layers[layers.length - 1].output);
  const each = tellingOf(fields).answers === "positions";
  const follows = each && (output.length !== model.input.length || other.length === length);
  if (output.channels !== other.channels || (output.length !== other.length && !follows))
    refuse(
      `${before[before.length - 1].name} gives ${output.channels} x ${output.length} outputs for rows of ${model.input.length}, and would ` +
        `give ${other.channels} x ${other.length}; a model with a global pool or a class a position takes rows of any length`,
    );
  return {
    ...fields,
    model: longer,
    preparation: preparation.length === undefined ? preparation : { ...preparation, length },
  };
}

/** Parameters and state with their shapes: `filter 3 x 8 x 24`. */
const tensorsText = (layer: Resolved): string =>
  [...layer.parameters, ...layer.state]
    .map((tensor) => `${tensor.name} ${tensor.shape.join(" x ")}`)
    .join(", ");
