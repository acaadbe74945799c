/** What a trainer looks for in a model as a whole: findings, filters, calibration, groups, and rows as points of a plane. */
import {
  InputError,
  rowsOf,
  summary,
  type Dataset,
  type Finding,
  type LayerResponse,
  type LayerSummary,
  type Network,
} from "toeplitz";
import { modelSummary, type ModelSummary } from "./models.ts";
import { dataShelf, heldRows, modelShelf } from "./shelf.ts";

/** What this needs of the core, loaded when it is first asked for. */
const inside = () => import("./inside.ts");

interface Asked {
  readonly model: string;
  readonly data: string;
}

/** The network that is looked into: of an ensemble the first. */
function networkOf(id: string): Network {
  const model = modelShelf.get(id);
  switch (model.kind) {
    case "network":
      return model;
    case "ensemble":
      return model.members[0];
    case "rocket":
      throw new InputError(`a ${model.model.name} has fixed features and no layers to look into`);
  }
}

/** The layers, and what can be asked of the model. */
export interface WholeModel {
  readonly layers: readonly LayerSummary[];
  /** Of an ensemble the first of so many is looked into. */
  readonly members: number;
  readonly temperature: number | null;
  /** Whether rows that it was not trained on are here to fit a temperature on. */
  readonly canCalibrate: boolean;
}

async function wholeModel({ model: id }: Pick<Asked, "model">): Promise<WholeModel> {
  const model = modelShelf.get(id);
  const isNetwork = model.kind !== "rocket";
  return {
    layers: isNetwork ? summary(networkOf(id).model).layers : [],
    members: model.kind === "ensemble" ? model.members.length : 1,
    temperature: isNetwork ? (model.temperature ?? null) : null,
    canCalibrate:
      isNetwork && heldRows.has(model) && (model.answers === "classes" || model.answers === "positions"),
  };
}

async function findings({ model, data }: Asked): Promise<readonly Finding[]> {
  const { diagnose } = await inside();
  return diagnose(networkOf(model), dataShelf.get(data));
}

async function responses({
  model,
  layer,
  rate,
}: {
  readonly model: string;
  readonly layer: string;
  readonly rate?: number;
}): Promise<LayerResponse> {
  const { filterResponse } = await inside();
  const [found] = filterResponse(networkOf(model), { layer, ...(rate !== undefined && { rate }) });
  return found;
}

type ReliabilityDiagram = ReturnType<Awaited<ReturnType<typeof inside>>["reliabilityOf"]>;

async function reliabilityDiagram({ model, data }: Asked): Promise<ReliabilityDiagram> {
  const { reliabilityOf } = await inside();
  return reliabilityOf(modelShelf.get(model), dataShelf.get(data));
}

/** The model with a temperature of its own, fitted on the rows that its training held back. */
async function calibrateModel({
  model: id,
  name,
}: {
  readonly model: string;
  readonly name: string;
}): Promise<ModelSummary> {
  const model = modelShelf.get(id);
  const held = heldRows.get(model);
  if (!held || model.kind === "rocket")
    throw new InputError(
      "the rows that its training held back are not here; train it with a validation part",
    );
  const { calibrate } = await inside();
  const made = model.kind === "ensemble" ? await calibrate(model, held) : await calibrate(model, held);
  heldRows.set(made, held);
  return modelSummary(modelShelf.add(made), `${name}, calibrated`, made);
}

export interface GroupScore {
  readonly group: string;
  readonly rows: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly rmse?: number;
  /** What is mixed up most, in words; empty where nothing is. */
  readonly mixedUp: string;
}

async function groupScores({ model: id, data: dataId }: Asked): Promise<readonly GroupScore[]> {
  const [model, data] = [modelShelf.get(id), dataShelf.get(dataId)];
  const { evaluateGroups } = await inside();
  return evaluateGroups(model, data).map(({ group, rows, loss, accuracy, rmse, confusion }) => {
    const worst = confusion.pairs
      .filter(({ actual, predicted }) => actual !== predicted)
      .toSorted((a, b) => b.count - a.count)
      .at(0);
    const name = (k: number): string => model.classes[k] ?? "no class";
    return {
      group,
      rows,
      loss,
      accuracy,
      ...(rmse !== undefined && { rmse }),
      mixedUp: worst ? `${worst.count} × ${name(worst.actual)} called ${name(worst.predicted)}` : "",
    };
  });
}

/** Rows as points, by what a layer makes of them. */
export interface RowPlane {
  readonly layer: string;
  readonly points: readonly (readonly [number, number])[];
  /** The row of each point. */
  readonly rows: readonly number[];
  readonly explained: readonly [number, number];
  /** Rows that are no points: more would take too long. */
  readonly leftOut: number;
}

/** Rows that are brought to a plane. */
const MOST_POINTS = 2000;

async function rowPlane({
  model,
  data: id,
  layer,
}: Asked & { readonly layer: string | null }): Promise<RowPlane> {
  const data = dataShelf.get(id);
  const rows = spread(data, MOST_POINTS);
  const embedding = await networkOf(model).embed(rowsOf(data, rows), layer ?? undefined);
  const { plane } = await inside();
  const { points, explained } = plane(embedding);
  return { layer: embedding.layer, points, rows, explained, leftOut: data.rows - rows.length };
}

/** So many rows, evenly over the data. */
function spread({ rows }: Dataset, most: number): number[] {
  const count = Math.min(rows, most);
  return Array.from({ length: count }, (_, i) => Math.floor((i * rows) / count));
}

export const wholeHandlers = {
  wholeModel,
  findings,
  responses,
  reliabilityDiagram,
  calibrateModel,
  groupScores,
  rowPlane,
};
