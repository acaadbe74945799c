/** What a network's stream is made of: which engine, its program and how to run it. What cannot stream is refused here. */
import type { Scales } from "../../vector/arena.ts";
import type { Program } from "../../vector/program.ts";
import type { AnswerKind } from "../../data/answers.ts";
import { InputError } from "../../data/errors.ts";
import { resolve, type Resolved } from "../../layers/model.ts";
import { placedWeights } from "../predictor.ts";
import type { Preparation } from "../preparation.ts";
import { takesOf } from "../takes.ts";
import type { StreamFields } from "./engine.ts";
import type { EngineSheet } from "./engines.ts";
import { planOverlap } from "./overlap.ts";
import { planStream, type StreamPlan } from "./plan.ts";
import { byPosition, chunkProgram, windowProgram, type ChunkGraphs, type Target } from "./programs.ts";

/** How a stream is wanted. */
export interface PlannedOptions extends Target {
  readonly hop?: number;
  /** The chunks that a stream of positions is computed by. */
  readonly chunks?: (plan: StreamPlan) => ChunkGraphs;
}

export interface Planned {
  readonly program: Program;
  readonly sheet: EngineSheet;
  /** Weights, under the names that the program has for them. */
  readonly weights: ReturnType<typeof placedWeights>;
}

/** Compiles a stream; throws InputError with the layer, or the step of the preparation, that does not stream. */
export function planned(fields: StreamFields, answers: AnswerKind, options: PlannedOptions): Planned {
  const layers = resolve(fields.model);
  const { output } = layers[layers.length - 1];
  const byPositions = output.length > 1 && (answers === "positions" || answers === "values");
  const { program, sheet } = (byPositions ? positions : windows)(layers, fields, options);
  return { program, sheet, weights: placedWeights(layers, fields.weights, program) };
}

function positions(
  layers: readonly Resolved[],
  { model, preparation, targets }: StreamFields,
  { hop, chunks = byPosition, ...target }: PlannedOptions,
): Omit<Planned, "weights"> {
  const whose = `the model ${model.name}`;
  if (hop !== undefined)
    throw new InputError(
      `${whose} answers each position, and hop is for networks that answer whole series; leave it out`,
    );
  if (targets)
    throw new InputError(
      `${whose} does not stream: its targets are standardised by their place in a row; train with targets "raw"`,
    );
  const scales = scalesOf(preparation);
  if (scales === "whole row")
    throw new InputError(
      `${whose} does not stream position by position: its preparation (${wholeRowSteps(preparation)}) needs the whole row; ` +
        'train with normalize "channel" and without it',
    );
  const plan = planStream(layers, model.input.channels, model.name);
  const { program, sheet } = chunkProgram(plan, chunks(plan), target);
  return { program, sheet: { by: "positions", chunks: sheet, scales } };
}

/** Overlaps are computed once where a hop then takes less than this much of a whole window's work. */
const WORTHWHILE = 0.9;

function windows(
  layers: readonly Resolved[],
  { model, preparation }: StreamFields,
  { hop = model.input.length, ...target }: PlannedOptions,
): Omit<Planned, "weights"> {
  if (!(Number.isSafeInteger(hop) && hop >= 1))
    throw new InputError(`hop is ${hop}; it is a whole number of at least 1`);
  const { input } = model;
  const { channels } = takesOf(preparation, input);
  const scales = scalesOf(preparation);
  const overlap =
    scales === "whole row" || hop >= input.length ? null : planOverlap(layers, input, hop, model.name);
  if (scales !== "whole row" && overlap !== null && overlap.share < WORTHWHILE) {
    const { plan, lead, graph } = overlap;
    const blocks = [hop / plan.block];
    const { program, sheet } = chunkProgram(plan, { blocks, graphOf: () => graph }, target);
    return { program, sheet: { by: "overlap", chunks: sheet, hop, lead, length: input.length, scales } };
  }
  const { program, sheet } = windowProgram(layers, target);
  return { program, sheet: { by: "windows", whole: sheet, input, channels, hop, preparation, scales } };
}

/** What samples are scaled by; "whole row" where a preparation asks for more of a row than one sample. */
function scalesOf(p: Preparation): Scales | null | "whole row" {
  if (wholeRowSteps(p) !== "") return "whole row";
  switch (p.kind) {
    case "channel":
      return { shift: p.mean, scale: p.deviation };
    case "minmax":
      return { shift: p.low, scale: p.range };
    default:
      return null;
  }
}

/** The steps of a preparation that look at more than a sample; a fill has nothing to do, since values are finite. */
const wholeRowSteps = ({ kind, fill, detrend, resample }: Preparation): string =>
  [
    ...(kind === "sample" ? ["normalize sample"] : []),
    ...(fill === "zero" ? ["fill zero"] : []),
    ...(detrend ? [`detrend ${detrend}`] : []),
    ...(resample === undefined ? [] : [`resample ${resample}`]),
  ].join(", ");
