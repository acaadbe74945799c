/**
 * A fitted model of the Rocket family: fixed features of a series (transforms.ts) and one linear map. It has the face of a
 * Network: rows go in in raw units, outputs are one a class, or the values.
 */
import { sha256 } from "../../numerics/sha256.ts";
import type { Signal } from "../../layers/layer.ts";
import { prepare, type Preparation } from "../preparation.ts";
import { predictions, type Predictions, type Telling } from "../predictions.ts";
import { requireRows, takesOf } from "../takes.ts";
import { countsOf, numbersOf, transformRows, type RocketName, type RocketTransform } from "./transforms.ts";

/** Rows that are transformed at a time in prediction. */
const ROWS = 64;

/** A fitted MiniRocket or MultiRocket-Hydra as plain data: what its model file holds. */
export interface RocketFields {
  /** Which kind of model it is. */
  readonly kind: "rocket";
  /** What it is and takes. */
  readonly model: {
    /** For people and file names. */
    readonly name: RocketName;
    /** Channels and positions of a prepared row. */
    readonly input: Signal;
  };
  /** The channels of its training rows, in their order; absent where they had no names. */
  readonly channelNames?: readonly string[];
  /** Class names in the order of the outputs; of values none. */
  readonly classes: readonly string[];
  /** What is done to raw rows first; they are not normalised. */
  readonly preparation: Preparation;
  /** What makes the features of a row. */
  readonly transform: RocketTransform;
  /** The linear map's weights, `[outputs, features]`. */
  readonly coefficients: Float32Array;
  /** What is added to each output. */
  readonly intercepts: Float32Array;
  /** Where it comes from: version, seed, data hash, alpha and the like. */
  readonly provenance: Readonly<Record<string, string>>;
}

/**
 * A fitted MiniRocket or MultiRocket-Hydra. Of classes `outputs` are the ridge's scores times one factor, the one that makes the
 * softmax of left-out training rows fit their classes best; so probabilities mean something, and labels are the ridge's. (Of
 * many rows they are the logits of a softmax regression.) Of values they are these.
 */
export interface Rocket extends RocketFields, Predictions {
  /** The channels of its training rows, in their order; absent where they had no names. */
  readonly channelNames?: readonly string[];
  /** SHA-256 of the transform's numbers, coefficients and intercepts as little-endian float32. */
  readonly weightsSha256: string;
}

/** What it predicts: a class a row, or values where it has no classes. */
export function rocketTelling(fields: RocketFields): Telling {
  const { classes, channelNames, preparation, model } = fields;
  return {
    takes: takesOf(preparation, model.input),
    classes,
    answers: classes.length > 0 ? "classes" : "values",
    positions: 1,
    ...(channelNames && { channelNames }),
  };
}

/** A model of the family from its fields, ready to predict. */
export function rocketModel(fields: RocketFields): Rocket {
  const { transform, coefficients, intercepts, preparation } = fields;
  const { input, name } = fields.model;
  const told = rocketTelling(fields);
  const { features } = countsOf(transform);
  const width = intercepts.length;

  const outputs: Predictions["outputs"] = (given) => {
    requireRows(given, told.takes);
    const { series, rows, lengths } = given;
    const size = series.length / rows;
    const out = new Float32Array(rows * width);
    for (let from = 0; from < rows; from += ROWS) {
      const part = Math.min(ROWS, rows - from);
      const raw = {
        series: series.subarray(from * size, (from + part) * size),
        rows: part,
        ...(lengths && { lengths: lengths.subarray(from, from + part) }),
      };
      const x = transformRows(transform, { series: prepare(preparation, raw, input), rows: part });
      for (let i = 0; i < part; i++)
        for (let k = 0; k < width; k++)
          out[(from + i) * width + k] =
            intercepts[k] + dot(x, i * features, coefficients, k * features, features);
    }
    return out;
  };

  return { ...fields, weightsSha256: hashOf(fields), ...predictions({ name, ...told }, outputs) };
}

/** How many numbers were fitted or drawn: the transform's, coefficients and intercepts. */
export function rocketParameters({ transform, coefficients, intercepts }: RocketFields): number {
  return [...numbersOf(transform), coefficients, intercepts].reduce((sum, { length }) => sum + length, 0);
}

function dot(a: Float32Array, atA: number, b: Float32Array, atB: number, count: number): number {
  let sum = 0;
  for (let j = 0; j < count; j++) sum += a[atA + j] * b[atB + j];
  return sum;
}

/** SHA-256 of these numbers, as little-endian f32. */
export function hashOf({ transform, coefficients, intercepts }: RocketFields): string {
  const tensors = [...numbersOf(transform), coefficients, intercepts];
  const view = new DataView(new ArrayBuffer(4 * tensors.reduce((sum, t) => sum + t.length, 0)));
  let at = 0;
  for (const tensor of tensors)
    for (let i = 0; i < tensor.length; i++, at += 4) view.setFloat32(at, tensor[i], true);
  return sha256(new Uint8Array(view.buffer));
}
