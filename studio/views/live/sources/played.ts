/** A row of what is open in Data, as a device would give it: at its own speed, ten times as fast, or as fast as the worker answers. */
import { ask } from "../../../engine/client.ts";
import { testData, trainData } from "../../../session.ts";
import type { Source } from "./source.ts";

const FRAME_MS = 50;
/** Samples of a frame where nothing limits it. */
const FRAME = 4096;
/** Samples a second where nothing says it. */
const RATE = 100;

export const played: Source = {
  title: "A row of the data",
  missing: () =>
    trainData.value === null && testData.value === null ? "no data is open: open some in Data" : null,
  fields: () => [
    {
      name: "data",
      text: "Data",
      initial: testData.value?.id ?? trainData.value?.id ?? "",
      choices: [testData.value, trainData.value]
        .filter((data) => data !== null)
        .map(({ id, name, rows }) => [id, `${name} (${rows} rows)`] as const),
    },
    { name: "row", text: "Row", initial: "0" },
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
    const data = [trainData.value, testData.value].find((one) => one?.id === chosen.data);
    if (!data) throw new Error("no data is chosen; choose some");
    if (data.channels !== channels)
      throw new Error(
        `${data.name} has ${data.channels} channels and the model takes ${channels}; choose other data`,
      );
    const samples = await ask("rowSamples", { data: data.id, row: Number(chosen.row) });
    const own = data.rate ?? rate ?? RATE;
    let isStopped = false;
    void (async () => {
      const speed = chosen.speed === "max" ? Infinity : Number(chosen.speed);
      const start = performance.now();
      let at = 0;
      while (!isStopped && at < samples.length) {
        const due = speed === Infinity ? Infinity : ((performance.now() - start) / 1000) * own * speed;
        const end = Math.min(samples.length, channels * Math.floor(due), at + channels * FRAME);
        if (end > at) await push(samples.slice(at, end));
        at = Math.max(at, end);
        if (speed !== Infinity) await new Promise((resolve) => setTimeout(resolve, FRAME_MS));
      }
      if (!isStopped) ended(`the row of ${samples.length / channels} samples is at its end`);
    })();
    return {
      stop: () => void (isStopped = true),
      said: `row ${chosen.row} of ${data.name}, ${own} samples a second${data.rate === undefined ? " (supposed: the data do not say)" : ""}`,
      rate: own,
    };
  },
};
