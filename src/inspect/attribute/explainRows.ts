/** The attribution of a few rows by one network: prepared, compared with a baseline, divided by a method, told as plain data. */
import type { RawRows } from "../../data/dataset.ts";
import { InputError } from "../../data/errors.ts";
import type { Rocket } from "../../models/rocket/rocket.ts";
import type { Network } from "../../models/network.ts";
import { prepare, type Preparation } from "../../models/preparation.ts";
import { requireRows } from "../../models/takes.ts";
import { classActivationContributions, type MapSource } from "./classActivation.ts";
import { gradientContributions, integratedContributions, type Job, type Contributions } from "./gradients.ts";
import { occlusionContributions, type OcclusionWindow } from "./occlusion.ts";
import type { Engine } from "./program.ts";
import { preparedRows, type PreparedRow } from "./rows.ts";
import { explainedBy, targetOf, type Target, type Outputs } from "./target.ts";
import type { AttributeOptions, Attribution, AttributionMethod, Completeness } from "./types.ts";

/** A model whose answers are explained, and what explains them. */
export interface Subject {
  readonly model: Network | Rocket;
  readonly told: Outputs;
  readonly engine: Pick<Engine, "outputs" | "width" | "size">;
  /** The same with gradients; null of the Rocket family. */
  readonly slopes: Engine | null;
}

/** What is asked of all rows. */
export interface Question {
  readonly method: AttributionMethod;
  /** Of class activation. */
  readonly map: MapSource | null;
  readonly options: AttributeOptions;
  /** Of the rows, in Hz. */
  readonly rate: number | undefined;
}

/** The most gradients a row along the line of integrated gradients. */
const STEPS = 4096;
/** A window of occlusion is one of so many. */
const WINDOWS = 20;

/** Rows from `first` on; `classes`: those that are explained, where they are known. */
export async function attributed(
  subject: Subject,
  question: Question,
  batch: RawRows,
  classes: readonly number[] | null,
  first: number,
): Promise<Attribution[]> {
  const { model, told, engine } = subject;
  const { options, method, rate } = question;
  const rows = preparedRows(model.preparation, batch, model.model.input, rate);
  const values = new Float32Array(rows.length * engine.size);
  rows.forEach((row, i) => values.set(row.values, i * engine.size));
  const outputs = engine.outputs({ values, count: rows.length, extent: (i) => rows[i].extent });
  const baseline = baselineFor(subject, options);
  const targets = rows.map((_, i): Target => {
    const own = outputs.subarray(i * engine.width, (i + 1) * engine.width);
    return classes === null
      ? targetOf(options, told, own, `row ${first + i}`)
      : { index: classes[i], position: options.position ?? 0 };
  });
  const jobs = rows.map((row, i): Job => ({
    row,
    explained: explainedBy(targets[i], options.of ?? "logit", told),
    baseline: baseline(row),
  }));
  const contributions = await contributionsBy(subject, question, jobs, targets, batch);
  return jobs.map(({ row, explained }, i) => {
    const scaled = method === "gradient" ? inRawUnits(contributions[i].values, row, model.preparation) : null;
    const lines = linesOf(scaled?.values ?? contributions[i].values, row.length);
    if (!lines.every((line) => line.every(Number.isFinite)) || !Number.isFinite(contributions[i].output))
      throw new InputError(
        `row ${first + i}: the model's outputs or their gradient are no finite numbers, so nothing can be attributed; leave the row out`,
      );
    const { position, index } = targets[i];
    return {
      row: first + i,
      method,
      target: told.answers === "values" ? index : told.classes[index],
      ...(told.answers === "positions" && { position }),
      of: explained.quantity,
      output: contributions[i].output,
      baseline: baselineName(method, options),
      unit: scaled?.unit ?? "output",
      values: lines,
      perChannel: lines.map((line) => line.reduce((sum, x) => sum + x, 0)),
      perPosition: lines[0].map((_, t) => lines.reduce((sum, line) => sum + line[t], 0)),
      signal: row.signal,
      ...(model.channelNames && { channelNames: model.channelNames }),
      axis: row.axis,
      ...completenessOf(contributions[i]),
      ...(method === "occlusion" && { window: windowOf(options, row.length) }),
      notes: [
        ...row.notes,
        ...(question.map?.note && method === "classActivation" ? [question.map.note] : []),
      ],
    };
  });
}

/** The contributions of each row by a method: one entry a method. */
async function contributionsBy(
  { model, engine, slopes }: Subject,
  { method, map, options }: Question,
  jobs: readonly Job[],
  targets: readonly Target[],
  batch: RawRows,
): Promise<readonly Contributions[]> {
  if (method === "occlusion")
    return jobs.map((job) => occlusionContributions(engine, job, windowOf(options, job.row.length)));
  if (slopes === null || model.kind !== "network") throw new Error("a model without a gradient");
  switch (method) {
    case "gradient":
      return gradientContributions(slopes, jobs, "one");
    case "inputTimesGradient":
      return gradientContributions(slopes, jobs, "input");
    case "integratedGradients":
      return jobs.map((job) => integratedContributions(slopes, job, options.steps ?? STEPS));
    case "classActivation": {
      if (map === null) throw new Error("a map without its source");
      const features = map.layer === null ? null : await model.embed(batch, map.layer);
      const size = map.channels * map.positions;
      return jobs.map(({ row, explained }, i) => {
        const own = features ? features.values.subarray(i * size, (i + 1) * size) : row.values;
        const z = engine.outputs({ values: row.values, count: 1, extent: () => row.extent });
        const scale = slopeOfOutput(explained, z, targets[i].index);
        const values = classActivationContributions(map, own, row, targets[i].index).map((x) => x * scale);
        return { values, output: explained.value(z) };
      });
    }
  }
}

/** Of a value in its own units: what one unit of the output is. */
function slopeOfOutput(explained: Job["explained"], z: Float32Array, index: number): number {
  const seeds = new Float32Array(z.length);
  explained.seed(z, seeds, 0);
  return seeds[index];
}

const windowOf = ({ window, stride }: AttributeOptions, length: number): OcclusionWindow => {
  const size = Math.min(length, window ?? Math.max(1, Math.round(length / WINDOWS), stride ?? 1));
  return { window: size, stride: Math.min(size, stride ?? Math.max(1, Math.floor(size / 2))) };
};

function baselineName(
  method: AttributionMethod,
  { baseline = "zero" }: AttributeOptions,
): Attribution["baseline"] {
  if (method === "gradient" || method === "classActivation") return null;
  return baseline === "zero" || baseline === "mean" ? baseline : "row";
}

/** What each row is compared with, prepared; where a row has no contributions, what stands in the row itself. */
function baselineFor(
  { model }: Subject,
  { baseline = "zero" }: AttributeOptions,
): (row: PreparedRow) => Float32Array {
  const { preparation } = model;
  const { input } = model.model;
  const place = (row: PreparedRow, at: (place: number) => number): Float32Array =>
    row.values.map((x, i) => (row.own[i] === 1 ? at(i) : x));
  if (baseline === "zero") return (row) => place(row, () => 0);
  if (baseline === "mean")
    return (row) => {
      const means = Array.from({ length: row.channels }, (_, c) => meanOf(row, c));
      return place(row, (i) => means[Math.floor(i / row.length)]);
    };
  const given = { series: Float64Array.from(baseline), rows: 1 };
  try {
    requireRows(given, model.takes);
  } catch (error) {
    throw error instanceof InputError ? new InputError(`baseline: ${error.message}`) : error;
  }
  const prepared = prepare(preparation, given, input);
  return (row) => place(row, (i) => prepared[i]);
}

function meanOf({ own, values, length }: PreparedRow, channel: number): number {
  let [sum, count] = [0, 0];
  for (let at = channel * length; at < (channel + 1) * length; at++)
    if (own[at] === 1) {
      sum += values[at];
      count++;
    }
  return count > 0 ? sum / count : 0;
}

/** A gradient by what a channel is in before normalisation, where that is one scale a channel. */
function inRawUnits(
  values: Float64Array,
  { length }: PreparedRow,
  p: Preparation,
): { readonly values: Float64Array; readonly unit: Attribution["unit"] } {
  if (p.kind === "sample" || p.resample !== undefined || p.detrend !== undefined)
    return { values, unit: "output per prepared unit" };
  const scales = p.kind === "channel" ? p.deviation : p.kind === "minmax" ? p.range : null;
  return {
    values: scales ? values.map((x, at) => x / scales[Math.floor(at / length)]) : values,
    unit: "output per raw unit",
  };
}

const linesOf = (values: Float64Array, length: number): number[][] =>
  Array.from({ length: values.length / length }, (_, c) =>
    Array.from(values.subarray(c * length, (c + 1) * length), (x) => (x === 0 ? 0 : x)),
  );

function completenessOf({ values, output, atBaseline, steps }: Contributions): {
  readonly completeness?: Completeness;
} {
  if (atBaseline === undefined || steps === undefined) return {};
  const sum = values.reduce((total, x) => total + x, 0);
  const difference = output - atBaseline;
  const absolute = sum - difference;
  const relative = absolute === 0 ? 0 : difference === 0 ? null : Math.abs(absolute / difference);
  return { completeness: { sum, difference, absolute, relative, steps } };
}
