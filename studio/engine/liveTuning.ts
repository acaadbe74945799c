/** A model taught by what it got wrong: stretches of a recording with their class become rows, and training goes on from it. */
import {
  dataset,
  gather,
  InputError,
  optimizers,
  summary,
  type Answers,
  type Dataset,
  type Network,
} from "toeplitz";
import type { Context } from "./context.ts";
import { networkOf } from "./live.ts";
import { modelSummary, type ModelSummary } from "./models.ts";
import { dataShelf, modelShelf } from "./shelf.ts";

/** Samples with a class for some of them. */
export interface Stretch {
  /** Interleaved, in raw units. */
  readonly samples: Float32Array;
  /** Samples `from` up to, but not with, `to` are of the class; what is before and after is context. */
  readonly from: number;
  readonly to: number;
  readonly label: string;
}

export interface TuneAsked {
  readonly model: string;
  readonly stretches: readonly Stretch[];
  /** Rows that are trained on beside: those of training, so that it does not forget. */
  readonly beside?: string;
  /** Rows by which before and after are judged too. */
  readonly test?: string;
  readonly epochs: number;
  readonly learningRate: number;
  /** `features`: the last layer alone learns. */
  readonly freeze: "nothing" | "features";
}

export interface Tuned {
  readonly model: ModelSummary;
  /** Rows of the recording. */
  readonly rows: number;
  readonly before: Accuracies;
  readonly after: Accuracies;
}
/** Parts that are right: of the recording's rows, and of the test rows where there are any. */
export interface Accuracies {
  readonly recorded: number;
  readonly test: number | null;
}

/** What this needs of the core, loaded when it is first asked for. */
const fitting = () => import("./fitting.ts");

/** Rows of one stretch at most, and of the rows beside. */
const MOST_ROWS = 256;
const MOST_BESIDE = 20_000;

async function fineTune(
  { model: id, stretches, beside, test, epochs, learningRate, freeze }: TuneAsked,
  { tell, signal }: Context<{ readonly epoch: number; readonly loss: number }>,
): Promise<Tuned> {
  const network = networkOf(id);
  const recorded = recordedRows(network, stretches);
  const data = beside === undefined ? recorded : joined(network, recorded, dataShelf.get(beside));
  const judged = test === undefined ? null : dataShelf.get(test);
  const accuracies = (net: Network): Accuracies => ({
    recorded: net.evaluate(recorded).accuracy,
    test: judged && net.evaluate(judged).accuracy,
  });
  const before = accuracies(network);
  const frozen = freeze === "nothing" ? [] : features(network);
  const { fit } = await fitting();
  const run = await fit(network.model, data, {
    init: network,
    epochs,
    seed: 0,
    optimizer: optimizers.adam({ learningRate }),
    ...(frozen.length > 0 && { freeze: frozen }),
    signal,
    onEpoch: ({ epoch, loss }) => tell({ epoch, loss }),
    onNote: () => undefined,
    provenance: { tunedFrom: network.provenance.weightsSha256 ?? "" },
  });
  signal.throwIfAborted();
  const name = `${network.model.name}, corrected`;
  return {
    model: modelSummary(modelShelf.add(run.model), name, run.model),
    rows: recorded.rows,
    before,
    after: accuracies(run.model),
  };
}

/** Layers with weights but the last. */
function features({ weights, model }: Network): string[] {
  const names = [...new Set(weights.map(({ name }) => name.split(".")[0]))];
  if (names.length < 2)
    throw new InputError(`${model.name} has one layer with weights; choose to freeze nothing`);
  return names.slice(0, -1).map((name) => `${name}.`);
}

/** Rows of the model's length out of the stretches. */
export function recordedRows(network: Network, stretches: readonly Stretch[]): Dataset {
  const { takes, classes, answers, channelNames, provenance } = network;
  if (answers === "values")
    throw new InputError("the model gives values: a class says nothing to it; choose a model of classes");
  if (stretches.length === 0) throw new InputError("no stretch is labelled; mark one and say its class");
  const { channels, length } = takes;
  const positions = answers === "positions" ? positionsOf(network) : 1;
  const rows: { readonly stretch: Stretch; readonly start: number }[] = [];
  for (const stretch of stretches)
    for (const start of startsOf(stretch, channels, length, answers === "positions"))
      rows.push({ stretch, start });
  const series = new Float64Array(rows.length * channels * length);
  rows.forEach(({ stretch: { samples }, start }, row) => {
    for (let c = 0; c < channels; c++)
      for (let t = 0; t < length; t++)
        series[(row * channels + c) * length + t] = samples[(start + t) * channels + c];
  });
  const rate = Number(provenance.rate);
  const labelOf = ({ label }: Stretch): number => {
    const k = classes.indexOf(label);
    if (k < 0) throw new InputError(`${label} is no class of the model; they are ${classes.join(", ")}`);
    return k;
  };
  return dataset({
    name: "recording",
    series,
    channels,
    length,
    ...(channelNames && { channelNames }),
    ...(rate > 0 && { rate }),
    answers: answersOf(answers, classes, rows, positions, labelOf),
  });
}

function answersOf(
  kind: Exclude<Network["answers"], "values">,
  classes: readonly string[],
  rows: readonly { readonly stretch: Stretch; readonly start: number }[],
  positions: number,
  labelOf: (stretch: Stretch) => number,
): Answers {
  if (kind === "multiLabel") {
    const targets = new Float64Array(rows.length * classes.length);
    rows.forEach(({ stretch }, row) => (targets[row * classes.length + labelOf(stretch)] = 1));
    return { kind, classes, targets };
  }
  if (kind !== "positions")
    return { kind: "classes", classes, labels: Int32Array.from(rows, ({ stretch }) => labelOf(stretch)) };
  const labels = new Int32Array(rows.length * positions).fill(-1);
  rows.forEach(({ stretch, start }, row) => {
    const from = Math.max(0, stretch.from - start);
    const to = Math.min(positions, stretch.to - start);
    labels.fill(labelOf(stretch), row * positions + from, row * positions + Math.max(from, to));
  });
  return { kind, classes, labels, positions };
}

function positionsOf({ model, takes }: Network): number {
  const { length } = summary(model).layers.at(-1)?.output ?? { length: 0 };
  if (length === takes.length) return length;
  throw new InputError(
    `${model.name} answers ${length} positions of ${takes.length}: it is corrected in Train, by annotations`,
  );
}

/**
 * Where rows begin. Of a class a row: they end in the stretch, an eighth of a row apart, as long as the stretch is half of
 * them or they hold all of it. Of a class a position: side by side over the stretch.
 */
function startsOf(
  { samples, from, to }: Stretch,
  channels: number,
  length: number,
  isByPosition: boolean,
): number[] {
  const there = samples.length / channels;
  if (!Number.isInteger(there) || !(from >= 0 && to > from && to <= there))
    throw new InputError(`a stretch of samples ${from} to ${to} of ${there} is none; mark it again`);
  if (there < length)
    throw new InputError(
      `a stretch has ${there} samples with what is before it, and the model takes rows of ${length}; record longer before it`,
    );
  const clipped = (start: number): number => Math.max(0, Math.min(there - length, start));
  const starts = new Set<number>();
  if (isByPosition) {
    for (let at = from; at < to && starts.size < MOST_ROWS; at += length) starts.add(clipped(at));
    return [...starts];
  }
  const hop = Math.max(1, Math.floor(length / 8), Math.ceil((to - from) / MOST_ROWS));
  const least = Math.min(to - from, length / 2);
  for (let end = to; end - Math.max(from, end - length) >= least && end > from; end -= hop)
    starts.add(clipped(end - length));
  return [...starts];
}

/** Both sets' rows, the classes the model's. */
function joined({ classes, takes, answers }: Network, recorded: Dataset, others: Dataset): Dataset {
  const isLike =
    others.channels === recorded.channels &&
    others.length === takes.length &&
    others.answers.kind === recorded.answers.kind &&
    answers === "classes";
  if (!isLike || others.answers.kind !== "classes" || recorded.answers.kind !== "classes")
    throw new InputError(
      `${others.name} has other rows than the model takes (${others.channels} x ${others.length}, ${others.answers.kind}); train on the recording alone`,
    );
  const rows = Int32Array.from({ length: Math.min(others.rows, MOST_BESIDE) }, (_, i) => i);
  const { series, lengths } = gather(others, rows);
  if (lengths?.some((n) => n < takes.length))
    throw new InputError(`${others.name} has rows of several lengths; train on the recording alone`);
  const place = others.classes.map((name) => classes.indexOf(name));
  const both = new Float64Array(recorded.series.length + series.length);
  both.set(recorded.series);
  both.set(series, recorded.series.length);
  const labels = Int32Array.from([
    ...recorded.labels,
    ...Array.from(rows, (row) => place[others.labels[row]]),
  ]);
  if (labels.includes(-1))
    throw new InputError(`${others.name} has classes that the model has not; train on the recording alone`);
  return recorded.with({ series: both, answers: { kind: "classes", classes, labels } });
}

/** The rows as a table that `toeplitz` and the Data view read: a line a sample, the columns row, time, channels and label. */
async function recordedTable({ model, stretches }: Pick<TuneAsked, "model" | "stretches">): Promise<string> {
  const data = recordedRows(networkOf(model), stretches);
  const names = data.channelNames ?? Array.from({ length: data.channels }, (_, c) => `channel${c}`);
  const cell = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const isByPosition = data.answers.kind === "positions";
  const several = data.answers.kind === "multiLabel" ? data.answers.targets : null;
  const labelAt = (row: number, t: number): string => {
    const k = several
      ? several.subarray(row * data.classes.length, (row + 1) * data.classes.length).indexOf(1)
      : data.labels[isByPosition ? row * data.length + t : row];
    return data.classes[k] ?? "";
  };
  const lines = [["row", "time", ...names.map(cell), "label"].join(",")];
  for (let row = 0; row < data.rows; row++)
    for (let t = 0; t < data.length; t++) {
      const values = names.map((_, c) => data.series[(row * data.channels + c) * data.length + t]);
      lines.push([row, t, ...values, cell(labelAt(row, t))].join(","));
    }
  return `${lines.join("\n")}\n`;
}

export const tuningHandlers = { fineTune, recordedTable };
