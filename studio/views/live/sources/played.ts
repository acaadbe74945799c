/** Rows of what is open in Data, one after another, as a device would give them: at their own speed, ten times as fast, or as fast as the worker answers. */
import { ask } from "../../../engine/client.ts";
import type { DataSummary } from "../../../engine/data.ts";
import { testData, trainData } from "../../../session.ts";
import { opened } from "../../data/state.ts";
import type { Source } from "./source.ts";

const FRAME_MS = 50;
/** Samples of a frame where nothing limits it. */
const FRAME = 4096;
/** Samples a second where nothing says it. */
const RATE = 100;

interface OpenData {
  readonly data: DataSummary;
  readonly text: string;
}

/** What is open: the part to test on first, the rows to train on, and what these were made or drawn of. */
function openData(): readonly OpenData[] {
  const all = [
    { data: testData.value, part: " to test on" },
    { data: trainData.value, part: testData.value ? " to train on" : "" },
    { data: opened.value?.train ?? null, part: ", all that was read" },
  ].flatMap(({ data, part }) => (data ? [{ data, part }] : []));
  return all
    .filter(({ data }, i) => all.findIndex((one) => one.data.id === data.id) === i)
    .map(({ data, part }) => ({
      data,
      text:
        data.rows === 1
          ? `${data.name}, one row of ${data.length} samples`
          : `${data.name}, ${data.rows} rows${part}`,
    }));
}

export const played: Source = {
  title: "Rows of the data",
  missing: () => (openData().length === 0 ? "no data is open: open some in Data" : null),
  fields: () => [
    {
      name: "data",
      text: "Data",
      initial: openData()[0]?.data.id ?? "",
      choices: openData().map(({ data, text }) => [data.id, text] as const),
    },
    { name: "rows", text: "Rows (3, or 0-49)", initial: "0" },
    {
      name: "speed",
      text: "Speed",
      initial: "1",
      choices: [
        ["1", "its own"],
        ["10", "10 times"],
        ["max", "as fast as it goes"],
      ],
    },
  ],
  async start({ channels, rate, chosen, push, ended }) {
    const data = openData().find((one) => one.data.id === chosen.data)?.data;
    if (!data) throw new Error("no data is chosen; choose some");
    if (data.channels !== channels)
      throw new Error(
        `${data.name} has ${data.channels} channels and the model takes ${channels}; choose other data`,
      );
    const rows = rowsOf(chosen.rows, data.rows);
    const own = data.rate ?? rate ?? RATE;
    const stopping = new AbortController();
    const { signal } = stopping;
    const play = async (): Promise<void> => {
      const speed = chosen.speed === "max" ? Infinity : Number(chosen.speed) * own;
      const start = performance.now();
      let played = 0;
      for (let row = rows.first; row <= rows.last && !signal.aborted; row++) {
        const samples = await ask("rowSamples", { data: data.id, row });
        for (let at = 0; at < samples.length && !signal.aborted;) {
          const due = speed === Infinity ? Infinity : ((performance.now() - start) / 1000) * speed - played;
          const end = Math.min(samples.length, at + channels * Math.min(FRAME, Math.floor(due)));
          if (end > at) {
            await push(samples.slice(at, end));
            played += (end - at) / channels;
            at = end;
          }
          if (speed !== Infinity) await new Promise((resolve) => setTimeout(resolve, FRAME_MS));
        }
      }
      if (!signal.aborted) ended(`${rows.said} at the end after ${played} samples`);
    };
    play().catch((error: unknown) => ended(error instanceof Error ? error.message : String(error)));
    return {
      stop: () => stopping.abort(),
      said: `${rows.said} of ${data.name}, ${own} samples a second${data.rate === undefined ? " (supposed: the data do not say)" : ""}`,
      rate: own,
    };
  },
};

/** `3`, or `0-49`. */
function rowsOf(
  text: string,
  count: number,
): { readonly first: number; readonly last: number; readonly said: string } {
  const [, from, to = from] = /^\s*(\d{1,9})\s*(?:-\s*(\d{1,9})\s*)?$/.exec(text) ?? [];
  const [first, last] = [Number(from), Number(to)];
  if (!(first <= last && last < count))
    throw new Error(`rows ${text} are none of 0 to ${count - 1}; give one (3) or some (0-49)`);
  return { first, last, said: first === last ? `row ${first}` : `rows ${first} to ${last}` };
}
