/**
 * MiniRocket with a ridge classifier: 9,996 fixed random-like features of a series and one linear map, fitted in closed
 * form in a second or so. Source: Dempster, Schmidt, Webb, "MiniRocket: a very fast (almost) deterministic transform for
 * time series classification", KDD 2021.
 *
 * It has the face of a Network: rows go in in raw units, outputs are one a class. What is random (the training row of
 * each bias, the channels of each kernel) follows from the seed; one seed gives the same bits on every engine.
 */
import { exp, log } from "../numerics/f64.ts";
import { alignClasses, requireTrainable, withoutEmptyClasses } from "./classes.ts";
import { chunks, type Dataset } from "./dataset.ts";
import { dataHash } from "./dataHash.ts";
import { InputError } from "./errors.ts";
import { DEFAULT_FEATURES, featurePlan } from "./minirocketKernels.ts";
import { fitTransform, transformRows, type Transform } from "./minirocketTransform.ts";
import { argmax, score, softmax, type Network } from "./network.ts";
import {
  fitPreparation,
  prepare,
  preparedTask,
  resolvePrepare,
  type Preparation,
  type PrepareOptions,
} from "./preparation.ts";
import { ridge } from "./ridge.ts";
import { sha256 } from "./sha256.ts";
import { outputsOf } from "./predictions.ts";
import { requireRows, requireShape, rowsOfSample, takesOf } from "./takes.ts";
import { VERSION } from "./version.ts";

/** The dual of the ridge holds rows x rows numbers: half a GiB here. */
const MOST_ROWS = 8192;
/** Rows that are transformed at a time in prediction. */
const ROWS = 64;

export interface MiniRocketOptions {
  readonly seed?: number;
  /** Rounded down to a multiple of 84; 9,996 where absent. */
  readonly features?: number;
  /** As `fit` takes it. Rows are not normalised. */
  readonly prepare?: PrepareOptions;
  /** Added to the model's provenance. */
  readonly provenance?: Readonly<Record<string, string>>;
}

export interface MiniRocketFields {
  readonly kind: "minirocket";
  readonly model: {
    readonly name: "minirocket";
    readonly input: { readonly channels: number; readonly length: number };
  };
  readonly classes: readonly string[];
  readonly preparation: Preparation;
  readonly transform: Transform;
  /** `[classes, features]`. */
  readonly coefficients: Float32Array;
  readonly intercepts: Float32Array;
  /** Where it comes from: version, seed, data hash, alpha and the like. */
  readonly provenance: Readonly<Record<string, string>>;
}

/**
 * A fitted MiniRocket. `outputs` are the ridge's scores times one factor, the one that makes the softmax of left-out
 * training rows fit their classes best; so probabilities mean something, and labels are the ridge's.
 */
export interface MiniRocket
  extends MiniRocketFields, Pick<Network, "takes" | "predict" | "predictRows" | "outputs" | "evaluate"> {
  /** Over biases, coefficients and intercepts as little-endian f32. */
  readonly weightsSha256: string;
}

/**
 * Fits MiniRocket to labelled rows. Throws InputError for series below 9 values, for rows without classes or of one
 * class only, and for more than 8,192 rows.
 */
export function miniRocket(given: Dataset, options: MiniRocketOptions = {}): MiniRocket {
  const { seed = 0, features: wanted = DEFAULT_FEATURES } = options;
  if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32))
    throw new InputError(`seed is ${seed}; it is a whole number from 0 to 4294967295`);
  requireTrainable(given);
  if (given.labels.length !== given.rows)
    throw new InputError(`${given.name} has targets, not classes; minirocket tells classes; give labels`);
  const data = withoutEmptyClasses(given);
  if (data.rows > MOST_ROWS)
    throw new InputError(
      `${data.name} has ${data.rows} rows; minirocket takes at most ${MOST_ROWS}, since its memory grows with ` +
        "their square; give fewer rows or train a network",
    );
  const steps = resolvePrepare(data, options.prepare);
  const { channels, length } = preparedTask(data, steps);
  const preparation = fitPreparation("none", data, steps);
  const plan = featurePlan(length, wanted);
  const rows = { series: new Float32Array(data.rows * channels * length), rows: data.rows };
  let at = 0;
  for (const batch of chunks(data)) {
    rows.series.set(prepare(preparation, batch, { channels, length }), at);
    at += batch.rows * channels * length;
  }
  const transform = fitTransform(plan, rows, channels, seed);
  const features = transformRows(transform, rows);
  requireFinite(transform.biases, data.name);
  const { alpha, coefficients, intercepts, leftOut } = ridge(features, data.labels, data.classes.length);
  const factor = sharpness(leftOut, data.labels, data.classes.length);
  const fields: MiniRocketFields = {
    kind: "minirocket",
    model: { name: "minirocket", input: { channels, length } },
    classes: data.classes,
    preparation,
    transform,
    coefficients: Float32Array.from(coefficients, (w) => w * factor),
    intercepts: Float32Array.from(intercepts, (b) => b * factor),
    provenance: {},
  };
  return miniRocketModel({
    ...fields,
    provenance: {
      toeplitz: VERSION,
      numerics: "strict",
      seed: String(seed),
      dataSha256: dataHash(data),
      weightsSha256: hashOf(fields),
      alpha: String(alpha),
      ...options.provenance,
    },
  });
}

/** A MiniRocket from its fields, ready to predict. */
export function miniRocketModel(fields: MiniRocketFields): MiniRocket {
  const { classes, transform, coefficients, intercepts, preparation } = fields;
  const { input } = fields.model;
  const takes = takesOf(preparation, input);
  const { features } = transform.plan;

  const outputs: MiniRocket["outputs"] = (given) => {
    requireRows(given, takes);
    const { series, rows, lengths } = given;
    const size = series.length / rows;
    const out = new Float32Array(rows * classes.length);
    for (let from = 0; from < rows; from += ROWS) {
      const part = Math.min(ROWS, rows - from);
      const raw = {
        series: series.subarray(from * size, (from + part) * size),
        rows: part,
        ...(lengths && { lengths: lengths.subarray(from, from + part) }),
      };
      const x = transformRows(transform, { series: prepare(preparation, raw, input), rows: part });
      for (let i = 0; i < part; i++)
        for (let k = 0; k < classes.length; k++)
          out[(from + i) * classes.length + k] =
            intercepts[k] + dot(x, i * features, coefficients, k * features, features);
    }
    return out;
  };

  const predictRows: MiniRocket["predictRows"] = (rows) => {
    const logits = outputs(rows);
    return Array.from({ length: rows.rows }, (_, i) => {
      const row = logits.subarray(i * classes.length, (i + 1) * classes.length);
      const probabilities = softmax(row);
      return { label: classes[argmax(row)], probabilities };
    });
  };

  return {
    ...fields,
    weightsSha256: hashOf(fields),
    takes,
    outputs,
    predictRows,
    predict: (sample) => predictRows(rowsOfSample(sample, takes))[0],
    evaluate: (data) => {
      requireShape(data, takes);
      if (data.labels.length !== data.rows)
        throw new InputError(
          `${data.name} has targets, not classes; the model tells ${classes.length} classes`,
        );
      const aligned = alignClasses({ name: fields.model.name, classes }, data);
      return score(outputsOf(aligned, outputs), aligned.labels, classes.length);
    },
  };
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

function requireFinite(biases: Float32Array, name: string): void {
  if (!biases.every(Number.isFinite))
    throw new InputError(
      `${name}: a convolution of its rows is beyond float32 (3.4e38); scale the series down`,
    );
}

/**
 * The factor b that minimises the cross-entropy of softmax(b scores), by golden section over log b. Targets are 1 - 1/(n + 2)
 * for the class of the row (Platt 1999), so that b stays finite where every row is right.
 */
function sharpness(scores: Float64Array, labels: Int32Array, classes: number): number {
  const rows = labels.length;
  const doubt = 1 / (rows + 2);
  const lossAt = (logB: number): number => {
    const b = exp(logB);
    let loss = 0;
    for (let i = 0; i < rows; i++) {
      const row = scores.subarray(i * classes, (i + 1) * classes);
      const max = row.reduce((a, c) => (c > a ? c : a));
      let sum = 0;
      let others = 0;
      for (let k = 0; k < classes; k++) {
        sum += exp(b * (row[k] - max));
        if (k !== labels[i]) others += b * (row[k] - max);
      }
      loss += log(sum) - (1 - doubt) * b * (row[labels[i]] - max) - (doubt / (classes - 1)) * others;
    }
    return loss;
  };
  const ratio = (Math.sqrt(5) - 1) / 2;
  let low = log(0.1);
  let high = log(100);
  let left = high - ratio * (high - low);
  let right = low + ratio * (high - low);
  let [lossLeft, lossRight] = [lossAt(left), lossAt(right)];
  for (let step = 0; step < 30; step++) {
    if (lossLeft < lossRight) {
      [high, right, lossRight] = [right, left, lossLeft];
      left = high - ratio * (high - low);
      lossLeft = lossAt(left);
    } else {
      [low, left, lossLeft] = [left, right, lossRight];
      right = low + ratio * (high - low);
      lossRight = lossAt(right);
    }
  }
  return exp((low + high) / 2);
}

function hashOf({ transform, coefficients, intercepts }: MiniRocketFields): string {
  const tensors = [transform.biases, coefficients, intercepts];
  const view = new DataView(new ArrayBuffer(4 * tensors.reduce((sum, t) => sum + t.length, 0)));
  let at = 0;
  for (const tensor of tensors)
    for (let i = 0; i < tensor.length; i++, at += 4) view.setFloat32(at, tensor[i], true);
  return sha256(new Uint8Array(view.buffer));
}
