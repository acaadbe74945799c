/** Streams in the worker: samples in, answers and events out. */
import {
  events,
  gather,
  InputError,
  type AnyModel,
  type EventOptions,
  type Events,
  type Network,
  type Stream,
  type StreamAnswers,
  type StreamEvent,
} from "toeplitz";
import { Handed } from "./context.ts";
import { dataShelf, modelShelf, Shelf } from "./shelf.ts";

interface LiveStream {
  readonly stream: Stream;
  readonly network: Network;
  /** Null of values, which have no events. */
  readonly events: Events | null;
}

const streamShelf = new Shelf<LiveStream>("stream");

/** A stream as the page knows it. */
export interface StreamSummary {
  readonly id: string;
  readonly channels: number;
  readonly channelNames?: readonly string[];
  readonly classes: readonly string[];
  /** Of values: outputs of an answer. */
  readonly width: number;
  readonly by: Stream["answersBy"];
  readonly every: number;
  readonly latency: number;
  readonly receptiveField: number;
  /** Samples a second of the training rows, where they said it. */
  readonly rate?: number;
  readonly said: string;
}

export function networkOf(id: string): Network {
  const model: AnyModel = modelShelf.get(id);
  if (model.kind === "network") return model;
  throw new InputError(`a ${model.kind} does not stream: its answers are of whole rows; choose a network`);
}

async function openStream({
  model,
  hop,
  how,
}: {
  readonly model: string;
  readonly hop?: number;
  readonly how: EventOptions;
}): Promise<StreamSummary> {
  const network = networkOf(model);
  const stream = await network.stream(hop === undefined ? {} : { hop });
  const { classes, channelNames, answers, provenance } = network;
  const rate = Number(provenance.rate);
  const made = { stream, network, events: answers === "values" ? null : events(how) };
  return {
    id: streamShelf.add(made),
    channels: stream.channels,
    ...(channelNames && { channelNames }),
    classes,
    width: answers === "values" ? stream.outputs : classes.length,
    by: stream.answersBy,
    every: stream.every,
    latency: stream.latency,
    receptiveField: stream.receptiveField,
    ...(rate > 0 && { rate }),
    said: stream.describe(),
  };
}

/** What samples were answered with. */
export interface Pushed {
  /** The samples that the answers are about. */
  readonly at: Float64Array<ArrayBuffer>;
  /** Probabilities by class, or values, answer by answer. */
  readonly said: Float32Array<ArrayBuffer>;
  /** Events that ended. */
  readonly ended: readonly StreamEvent[];
  /** The event that goes on. */
  readonly open: StreamEvent | null;
  /** Milliseconds of computing. */
  readonly ms: number;
}

/** Interleaved samples in raw units. */
async function pushSamples({
  stream: id,
  samples,
}: {
  readonly stream: string;
  readonly samples: Float32Array;
}): Promise<Handed<Pushed>> {
  const live = streamShelf.get(id);
  const start = performance.now();
  return taken(live, live.stream.push(samples), start);
}

/** The end of the series: answers that waited, and the event that it ends. */
async function finishStream({ stream: id }: { readonly stream: string }): Promise<Handed<Pushed>> {
  const live = streamShelf.get(id);
  const start = performance.now();
  const { answer } = taken(live, live.stream.finish(), start);
  const last = live.events?.finish() ?? null;
  streamShelf.remove(id);
  return handed({ ...answer, ended: last ? [...answer.ended, last] : answer.ended, open: null });
}

function taken(
  { network, events: found }: LiveStream,
  answers: StreamAnswers,
  start: number,
): Handed<Pushed> {
  const width = network.answers === "values" ? undefined : network.classes.length;
  const at = new Float64Array(answers.count);
  let said = new Float32Array(answers.count * (width ?? 1));
  const ended: StreamEvent[] = [];
  let i = 0;
  for (const answer of answers) {
    const values = width === undefined ? answer.outputs : answer.probabilities;
    if (i === 0 && width === undefined) said = new Float32Array(answers.count * values.length);
    at[i] = answer.at;
    said.set(values, i * values.length);
    const event = found?.take(answer);
    if (event) ended.push(event);
    i++;
  }
  return handed({ at, said, ended, open: found?.open ?? null, ms: performance.now() - start });
}

const handed = (pushed: Pushed): Handed<Pushed> => new Handed(pushed, [pushed.at.buffer, pushed.said.buffer]);

async function closeStream({ stream }: { readonly stream: string }): Promise<void> {
  streamShelf.remove(stream);
}

/** A row as a device would give it: interleaved, in raw units. */
async function rowSamples({
  data: id,
  row,
}: {
  readonly data: string;
  readonly row: number;
}): Promise<Handed<Float32Array<ArrayBuffer>>> {
  const data = dataShelf.get(id);
  if (!(Number.isInteger(row) && row >= 0 && row < data.rows))
    throw new InputError(`${data.name} has rows 0 to ${data.rows - 1}; ${row} is none of them`);
  const { series } = gather(data, [row]);
  const length = data.lengths?.[row] ?? data.length;
  const samples = new Float32Array(length * data.channels);
  for (let t = 0; t < length; t++)
    for (let c = 0; c < data.channels; c++) samples[t * data.channels + c] = series[c * data.length + t];
  return new Handed(samples, [samples.buffer]);
}

export const liveHandlers = { openStream, pushSamples, finishStream, closeStream, rowSamples };
