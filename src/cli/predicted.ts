/** What `predict` says of rows: what the model predicts, or with --layer what one of its layers makes of them. */
import { chunks, type Dataset, type RawRows } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { hasClasses, type AnswerKind } from "../data/answers.ts";
import type { AnyModel } from "../formats/modelFile.ts";
import { largestOf } from "../numerics/extremes.ts";
import type { Embedding, Network, Prediction } from "../models/network.ts";
import { JoinedIntervals, type JoinedInterval } from "../models/joinedIntervals.ts";
import type { Row } from "./predictionFormat.ts";

/** What is said of some rows, and how it is to be written. */
export interface Said {
  readonly rows: readonly Omit<Row, "row">[];
  readonly answers: AnswerKind;
  /** Of values: what each is called, where they have names. */
  readonly columns?: readonly string[];
}

/** The single network that a model is; throws InputError for another, naming the option that wants one. */
export function networkFor(model: AnyModel, file: string, option: string): Network {
  if (model.kind === "network") return model;
  const what =
    model.kind === "ensemble"
      ? "an ensemble, each of whose networks has its own"
      : `${model.model.name}, which has none`;
  throw new InputError(
    `${file}: ${option} is about the layers of a network, and this is ${what}; leave it out`,
  );
}

/** How it is said, and of which file's model. */
export interface HowSaid {
  readonly file: string;
  readonly layer?: string;
  /** A stretch of one class in place of a row. */
  readonly intervals?: true;
  /** Below which largest probability a row is called unknown. */
  readonly unknown?: number;
}

/** A row of which no class is probable enough is called that, as a stream's events have it. */
export const UNKNOWN = "unknown";

/** The same, called unknown where its largest probability is below a threshold; one without an answer stays so. */
export const orUnknown = (p: Prediction, threshold: number | undefined): Prediction =>
  threshold === undefined || p.label === "" || largestOf(p.probabilities) >= threshold
    ? p
    : { ...p, label: UNKNOWN };

/** Refuses (InputError) --unknown for a model that has not one class a row. */
export function requireClassesFor(unknown: number | undefined, answers: AnswerKind, file: string): void {
  if (unknown !== undefined && answers !== "classes")
    throw new InputError(
      `--unknown is for models of one class a row, and ${file} gives ${{ values: "values", multiLabel: "several labels a row", positions: "a class at each position" }[answers]}; leave it out`,
    );
}

/** What is said of all rows, some at a time: rows as they stand, or stretches of series as they end. */
export async function* predicted(
  model: AnyModel,
  data: Dataset,
  { file, layer, intervals, unknown }: HowSaid,
): AsyncGenerator<Said & { readonly rows: readonly Row[] }> {
  const { groups, spans } = data;
  const group = (row: number): Pick<Row, "group"> => (groups ? { group: groups[row] } : {});
  const joined = intervals ? new JoinedIntervals(model.classes, data.rate) : null;
  const firstOf = new Map<number, number>();
  const stretches = (found: readonly JoinedInterval[]): Row[] =>
    found.map(({ series, ...interval }) => ({ row: series, ...group(firstOf.get(series) ?? 0), interval }));
  for (const some of chunks(data)) {
    const told = await said(model, some, file, { layer, unknown });
    const rows = told.rows.flatMap((what, i): Row[] => {
      const row = some.first + i;
      if (!joined) return [{ row, ...group(row), ...what }];
      const series = spans?.series[row] ?? row;
      if (!firstOf.has(series)) firstOf.set(series, row);
      return stretches(joined.add(series, spans?.start[row] ?? 0, what.prediction?.positions ?? []));
    });
    yield { ...told, rows };
  }
  if (joined) yield { answers: model.answers, rows: stretches(joined.finish()) };
}

/** Says it of rows. */
async function said(
  model: AnyModel,
  rows: RawRows,
  file: string,
  { layer, unknown }: Pick<HowSaid, "layer" | "unknown">,
): Promise<Said> {
  if (layer !== undefined) return layerSays(await networkFor(model, file, "--layer").embed(rows, layer));
  const predicted = model.predictRows(rows);
  return {
    answers: model.answers,
    rows: hasClasses(model.answers)
      ? predicted.map((prediction) => ({ prediction: orUnknown(prediction, unknown) }))
      : predicted.map(({ values }) => ({ values })),
  };
}

/** `conv1d_1[3][17]`: channel 3 at position 17; of one position `globalAveragePool_1[3]`. */
function layerSays({ layer, channels, length, values }: Embedding): Said {
  const size = channels * length;
  const columns = Array.from({ length: size }, (_, i) => {
    const channel = `${layer}[${Math.floor(i / length)}]`;
    return length === 1 ? channel : `${channel}[${i % length}]`;
  });
  const rows = Array.from({ length: values.length / size }, (_, row) => ({
    values: [...values.subarray(row * size, (row + 1) * size)],
  }));
  return { rows, answers: "values", columns };
}
