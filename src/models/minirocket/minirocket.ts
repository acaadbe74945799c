/**
 * A fitted MiniRocket: 9,996 fixed random-like features of a series and one linear map. Source: Dempster, Schmidt, Webb,
 * "MiniRocket: a very fast (almost) deterministic transform for time series classification", KDD 2021. It has the face of
 * a Network: rows go in in raw units, outputs are one a class, or the values.
 */
import { sha256 } from "../../numerics/sha256.ts";
import type { Signal } from "../../layers/layer.ts";
import { prepare, type Preparation } from "../preparation.ts";
import { predictions, type Predictions, type Telling } from "../predictions.ts";
import { requireRows, takesOf } from "../takes.ts";
import { transformRows, type Transform } from "./transform.ts";

/** Rows that are transformed at a time in prediction. */
const ROWS = 64;

/** A fitted MiniRocket as plain data: what its model file holds. */
export interface MiniRocketFields {
  /** Which kind of model it is. */
  readonly kind: "minirocket";
  /** What it is and takes. */
  readonly model: {
    /** For people and file names. */
    readonly name: "minirocket";
    /** Channels and positions of a prepared row. */
    readonly input: Signal;
  };
  /** The channels of its training rows, in their order; absent where they had no names. */
  readonly channelNames?: readonly string[];
  /** Class names in the order of the outputs; of values none. */
  readonly classes: readonly string[];
  /** What is done to raw rows first; they are not normalised. */
  readonly preparation: Preparation;
  /** Dilations, channels and biases of the features. */
  readonly transform: Transform;
  /** The ridge's weights, `[outputs, features]`. */
  readonly coefficients: Float32Array;
  /** What is added to each output. */
  readonly intercepts: Float32Array;
  /** Where it comes from: version, seed, data hash, alpha and the like. */
  readonly provenance: Readonly<Record<string, string>>;
}

/**
 * A fitted MiniRocket. Of classes `outputs` are the ridge's scores times one factor, the one that makes the softmax of left-out
 * training rows fit their classes best; so probabilities mean something, and labels are the ridge's. Of values they are these.
 */
export interface MiniRocket extends MiniRocketFields, Predictions {
  /** The channels of its training rows, in their order; absent where they had no names. */
  readonly channelNames?: readonly string[];
  /** SHA-256 of biases, coefficients and intercepts as little-endian float32. */
  readonly weightsSha256: string;
}

/** What it predicts: a class a row, or values where it has no classes. */
export function miniRocketTelling(fields: MiniRocketFields): Telling {
  const { classes, channelNames, preparation, model } = fields;
  return {
    takes: takesOf(preparation, model.input),
    classes,
    answers: classes.length > 0 ? "classes" : "values",
    positions: 1,
    ...(channelNames && { channelNames }),
  };
}

/** A MiniRocket from its fields, ready to predict. */
export function miniRocketModel(fields: MiniRocketFields): MiniRocket {
  const { transform, coefficients, intercepts, preparation } = fields;
  const { input, name } = fields.model;
  const told = miniRocketTelling(fields);
  const { features } = transform.plan;
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

/** The numbers that were fitted: biases, coefficients and intercepts. */
export function miniRocketParameters({ transform, coefficients, intercepts }: MiniRocketFields): number {
  return transform.biases.length + coefficients.length + intercepts.length;
}

function dot(a: Float32Array, atA: number, b: Float32Array, atB: number, count: number): number {
  let sum = 0;
  for (let j = 0; j < count; j++) sum += a[atA + j] * b[atB + j];
  return sum;
}

/** SHA-256 of the numbers that were fitted, as little-endian f32. */
export function hashOf({ transform, coefficients, intercepts }: MiniRocketFields): string {
  const tensors = [transform.biases, coefficients, intercepts];
  const view = new DataView(new ArrayBuffer(4 * tensors.reduce((sum, t) => sum + t.length, 0)));
  let at = 0;
  for (const tensor of tensors)
    for (let i = 0; i < tensor.length; i++, at += 4) view.setFloat32(at, tensor[i], true);
  return sha256(new Uint8Array(view.buffer));
}
