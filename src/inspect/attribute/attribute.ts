/** Why a model says what it says of rows: the contributions that positions and channels have in an output. */
import { chunks, Dataset, type RawRows } from "../../data/dataset.ts";
import { InputError } from "../../data/errors.ts";
import { matchRows } from "../../data/matchChannels.ts";
import { append } from "../../numerics/extremes.ts";
import { resolve } from "../../layers/model.ts";
import type { Ensemble } from "../../models/ensemble.ts";
import { rocketTelling, type Rocket } from "../../models/rocket/rocket.ts";
import type { Network } from "../../models/network.ts";
import { tellingOf } from "../../models/predictions.ts";
import { requireRows } from "../../models/takes.ts";
import { attributed, type Subject } from "./explainRows.ts";
import { mapSourceOf, type MapSource } from "./classActivation.ts";
import { meanAttribution } from "./ensembles.ts";
import { checkOptions } from "./checks.ts";
import { engineOf } from "./program.ts";
import { rocketEngine } from "./rocket.ts";
import { targetOf, type Outputs } from "./target.ts";
import type { AttributeOptions, Attribution } from "./types.ts";
import type { Runtime } from "../../models/runtime.ts";

/** A model whose answers can be explained. */
export type Attributable = Network | Ensemble | Rocket;

/** `attribute` of one model; what it runs on is decided before. */
export type Attributor = (
  rows: RawRows | Dataset,
  options?: Omit<AttributeOptions, keyof Runtime>,
) => Promise<Attribution[]>;

/** The same where the class of each row is known; null: what the network says. */
type Explain = (
  rows: RawRows | Dataset,
  options: AttributeOptions,
  classes: readonly number[] | null,
) => Promise<Attribution[]>;

/** Rows that are explained together. */
const AT_ONCE = 16;

/**
 * Which positions and channels of rows a model's answer comes from, and how much: rows in raw units, an `Attribution` each. Of
 * an ensemble the mean over its networks. A MiniRocket or MultiRocket-Hydra counts and has no gradient: occlusion alone. The network is compiled with its gradient;
 * numbers have the same bits on each back end.
 *
 * @throws InputError for rows that the model does not take, for a class, position or method that there is not, and where
 * the model has no such explanation (with those that it has)
 */
export async function attribute(
  model: Attributable,
  rows: RawRows | Dataset,
  options: AttributeOptions = {},
): Promise<Attribution[]> {
  return attributor(model, options)(rows, options);
}

/** `attribute` for rows after rows of one model, which is compiled once, at the first use. */
export function attributor(model: Attributable, runtime: Runtime = {}): Attributor {
  const explain = model.kind === "ensemble" ? ofEnsemble(model, runtime) : ofOne(model, runtime);
  return async (rows, options = {}) => explain(rows, options, null);
}

function ofOne(model: Network | Rocket, runtime: Runtime): Explain {
  const told = toldOf(model);
  let subject: Promise<Subject> | null = null;
  let map: MapSource | null = null;
  return async (rows, options, classes) => {
    const method = checkOptions(options, told);
    if (model.kind === "rocket" && method !== "occlusion")
      throw new InputError(
        `method ${method}: a ${model.model.name} has neither a gradient nor a map of a class; take occlusion`,
      );
    if (method === "classActivation" && model.kind === "network")
      map ??= mapSourceOf(model.model, model.weights);
    subject ??= subjectOf(model, told, runtime);
    const whole = { method, map, options, rate: rows instanceof Dataset ? rows.rate : undefined };
    const answers: Attribution[] = [];
    for (const batch of rows instanceof Dataset ? chunks(rows) : [rows]) {
      const own = matchRows(model.channelNames, batch, `the model ${model.model.name}`);
      requireRows(own, model.takes);
      for (const part of partsOf(own)) {
        const first = answers.length;
        const said = classes?.slice(first, first + part.rows) ?? null;
        append(answers, await attributed(await subject, whole, part, said, first));
      }
    }
    return answers;
  };
}

function ofEnsemble(model: Ensemble, runtime: Runtime): Explain {
  const members = model.members.map((member) => ofOne(member, runtime));
  const told = toldOf(model.members[0]);
  return async (rows, options) => {
    checkOptions(options, told);
    const said =
      options.target === undefined && told.answers !== "values" ? saidBy(model, told, rows, options) : null;
    const each: Attribution[][] = [];
    for (const explain of members) each.push(await explain(rows, options, said));
    return each[0].map((_, row) => meanAttribution(each.map((answers) => answers[row])));
  };
}

/** The class that an ensemble says of each row. */
function saidBy(
  model: Ensemble,
  told: Outputs,
  rows: RawRows | Dataset,
  { position }: AttributeOptions,
): number[] {
  const said: number[] = [];
  for (const batch of rows instanceof Dataset ? chunks(rows) : [rows]) {
    const outputs = model.outputs(batch);
    for (let r = 0; r < batch.rows; r++) {
      const own = outputs.subarray(r * told.width, (r + 1) * told.width);
      said.push(targetOf({ position }, told, own, `row ${said.length}`).index);
    }
  }
  return said;
}

function toldOf(model: Network | Rocket): Outputs {
  if (model.kind === "rocket") return { ...rocketTelling(model), width: model.intercepts.length };
  const layers = resolve(model.model);
  const { channels, length } = layers[layers.length - 1].output;
  return { ...tellingOf(model), width: channels * length };
}

async function subjectOf(model: Network | Rocket, told: Outputs, runtime: Runtime): Promise<Subject> {
  if (model.kind === "rocket") return { model, told, engine: rocketEngine(model), slopes: null };
  const engine = await engineOf(model, runtime);
  return { model, told, engine, slopes: engine };
}

/** A batch in parts of a few rows. */
function* partsOf(batch: RawRows): Generator<RawRows> {
  const size = batch.series.length / Math.max(1, batch.rows);
  const { lengths } = batch;
  for (let first = 0; first < batch.rows; first += AT_ONCE) {
    const rows = Math.min(AT_ONCE, batch.rows - first);
    yield {
      ...batch,
      series: batch.series.subarray(first * size, (first + rows) * size),
      rows,
      ...(lengths && { lengths: lengths.subarray(first, first + rows) }),
    };
  }
}
