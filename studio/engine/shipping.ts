/** A model on its way out: every file that it can be, and how fast it is where it is looked at. */
import {
  encodeModel,
  InputError,
  matchChannels,
  type AnyModel,
  type Exported,
  type ExportOptions,
} from "toeplitz";
import { Handed, type Context } from "./context.ts";
import { dataShelf, modelShelf } from "./shelf.ts";

/** A kind of file. */
export interface ExportKind {
  /** By this it is asked for: the file's ending, or `model` for the model file. */
  readonly kind: string;
  readonly ending: string;
  readonly what: string;
  readonly uses: readonly (keyof ExportOptions)[];
}

const MODEL: ExportKind = {
  kind: "model",
  ending: ".safetensors",
  what: "the model file: for toeplitz itself, in Node, in browsers and on the command line",
  uses: [],
};

/** Every kind there is; nothing in it depends on a model. */
async function exportKinds(): Promise<readonly ExportKind[]> {
  const own = Object.entries(await exporters());
  return [MODEL, ...own.map(([ending, { what, uses }]) => ({ kind: ending, ending, what, uses }))];
}

const exporters = async () => (await import("./exporting.ts")).exporters;

export interface ExportAsked {
  readonly model: string;
  readonly kind: string;
  /** The file's name without its ending. */
  readonly name: string;
  readonly options: Omit<ExportOptions, "int8">;
  /** The data set by which it is quantised. */
  readonly int8?: string;
}

/** Files, and what is to be known of them. */
async function exportModel({ model: id, kind, name, options, int8 }: ExportAsked): Promise<Handed<Exported>> {
  const model = modelShelf.get(id);
  const file = plainName(name) + (kind === MODEL.kind ? MODEL.ending : kind);
  const { files, notes } =
    kind === MODEL.kind
      ? { files: [{ name: file, bytes: encodeModel(model) }], notes: [] }
      : await (
          await exporters()
        )[kind].write(model, {
          file,
          ...options,
          ...(int8 !== undefined && { int8: rowsFor(model, int8) }),
        });
  const whole = files.map(({ name, bytes }) => ({ name, bytes: Uint8Array.from(bytes) }));
  return new Handed(
    { files: whole, notes },
    whole.map(({ bytes }) => bytes.buffer),
  );
}

/** A name that is one on every system, and in a C compiler. */
function plainName(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9_-]+/g, "-").replace(/^-+|-+$/g, "");
  if (plain === "") throw new InputError("the file has no name; give one of letters and digits");
  return plain.slice(0, 100);
}

function rowsFor(model: AnyModel, id: string): ReturnType<typeof matchChannels>["data"] {
  const data = dataShelf.get(id);
  if (data.answers.kind === "none")
    throw new InputError(`${data.name}: its rows have no label; int8 is judged by labelled rows`);
  return matchChannels(model.channelNames, data, "the model").data;
}

/** What was measured. */
export interface Speeds {
  /** Milliseconds of one row alone. */
  readonly oneMs: number;
  readonly batch: { readonly rows: number; readonly rowsPerSecond: number };
  /** Of a network that streams; else why it does not. */
  readonly stream: { readonly microseconds: number; readonly said: string } | { readonly not: string };
  readonly threads: string;
}

const BATCH = 256;
/** Milliseconds of one measurement, and how many are made. */
const LEAST_MS = 40;
const TIMES = 7;

/** Measures a model where it is: in this worker of this browser, beside whatever else the machine does. */
async function measureModel({ model: id }: { readonly model: string }, { signal }: Context): Promise<Speeds> {
  const model = modelShelf.get(id);
  const { channels, length } = model.takes;
  const series = noise(channels * length * BATCH);
  const one = { series: series.subarray(0, channels * length), rows: 1 };
  const all = { series, rows: BATCH };
  const oneMs = await medianMs(() => void model.outputs(one), signal);
  const batchMs = await medianMs(() => void model.outputs(all), signal);
  const cores = navigator.hardwareConcurrency;
  return {
    oneMs,
    batch: { rows: BATCH, rowsPerSecond: (1000 * BATCH) / batchMs },
    stream: await streamSpeed(model, signal),
    threads: crossOriginIsolated
      ? `up to ${cores} ${cores === 1 ? "thread" : "threads"}`
      : "one thread (the page is not isolated)",
  };
}

async function streamSpeed(model: AnyModel, signal: AbortSignal): Promise<Speeds["stream"]> {
  if (model.kind !== "network")
    return { not: `a ${model.kind} does not stream: its answers are of whole rows` };
  try {
    const stream = await model.stream();
    const count = Math.max(64, stream.every);
    const samples = noise(count * stream.channels);
    const ms = await medianMs(() => void stream.push(samples), signal);
    return { microseconds: (1000 * ms) / count, said: stream.describe() };
  } catch (error) {
    if (error instanceof InputError) return { not: error.message };
    throw error;
  }
}

/** The median of several measurements, each of enough turns that the clock's own steps do not matter. */
async function medianMs(turn: () => void, signal: AbortSignal): Promise<number> {
  const timed = (turns: number): number => {
    const start = performance.now();
    for (let i = 0; i < turns; i++) turn();
    return performance.now() - start;
  };
  let turns = 1;
  while (timed(turns) < LEAST_MS / 2 && turns < 2 ** 20) turns *= 2;
  const found: number[] = [];
  for (let i = 0; i < TIMES && !signal.aborted; i++) {
    found.push(timed(turns) / turns);
    // others are answered between two measurements
    await new Promise((resolve) => setTimeout(resolve));
  }
  return found.toSorted((a, b) => a - b)[found.length >> 1];
}

/** Numbers of about the size of prepared ones: speed does not depend on them. */
function noise(count: number): Float64Array {
  let state = 1;
  return Float64Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

export const shippingHandlers = { exportKinds, exportModel, measureModel };
