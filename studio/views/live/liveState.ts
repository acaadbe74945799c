/** What the Live view keeps while others are shown: a stream goes on behind them. */
import { signal } from "@preact/signals";
import type { Stretch } from "../../engine/liveTuning.ts";
import { chosenModel, fault } from "../../session.ts";
import type { LiveRun } from "./liveRun.ts";
import { LiveRun as Runs } from "./liveRun.ts";
import { sources, type SourceName } from "./sources/index.ts";
import type { Running } from "./sources/source.ts";

/** A stretch of the recording, with the class that it is said to be. */
export interface Correction extends Stretch {
  /** Its first sample's number in the recording. */
  readonly at: number;
}

export const run = signal<LiveRun | null>(null);
export const running = signal<Running | null>(null);
export const corrections = signal<readonly Correction[]>([]);
export const source = signal<SourceName>("played");
/** What was chosen of each source's fields. */
export const chosen = signal<Readonly<Record<string, string>>>({});
export const how = signal({ threshold: 0.8, hold: 1, coolDown: 0, unknown: [] as readonly string[] });
export const hop = signal<number | undefined>(undefined);

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Begins a stream of the chosen model from the chosen source. Throws an Error of one line. */
export async function begin(): Promise<void> {
  await stop();
  const model = chosenModel.value;
  if (!model) throw new Error("no model is chosen; train one or open one");
  const kind = sources[source.value];
  const missing = kind.missing();
  if (missing !== null) throw new Error(`${kind.title}: ${missing}`);
  const made = await Runs.open(model.id, how.value, hop.value, (error) => {
    fault.value = textOf(error);
    void stop();
  });
  run.value = made;
  const { channels, rate } = made.stream;
  const fields = kind.fields({ rate });
  try {
    running.value = await kind.start({
      channels,
      ...(rate !== undefined && { rate }),
      chosen: Object.fromEntries(
        fields.map(({ name, initial }) => [name, chosen.value[`${source.value}.${name}`] ?? initial]),
      ),
      push: (samples) => made.push(samples),
      ended: (why) => {
        if (run.value === made) running.value = null;
        void made.end(why);
      },
      say: (text) => void (made.said.value = text),
    });
    made.rate = running.value.rate ?? rate;
  } catch (error) {
    await made.end();
    run.value = null;
    throw error;
  }
  // a source that was at its end at once
  if (made.state.value === "ended") running.value = null;
}

export async function stop(): Promise<void> {
  running.value?.stop();
  running.value = null;
  await run.value?.end();
}

/** Keeps a stretch of the recording as one of a class, with what is before it as the model needs it. */
export function correct(from: number, to: number, label: string): void {
  const now = run.value;
  if (!now) return;
  const { first, samples } = now.history.cut(from - now.stream.receptiveField, to);
  const length = samples.length / now.stream.channels;
  const start = Math.max(0, Math.round(from) - first);
  if (length === 0 || start >= length)
    throw new Error("that stretch is no longer in memory; mark a later one");
  corrections.value = [...corrections.value, { samples, from: start, to: length, label, at: first + start }];
}
