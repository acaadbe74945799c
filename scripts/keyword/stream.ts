/**
 * A trained `keyword` model on a long recording of a speaker that it never heard: words among noise, streamed, as events; how many
 * are found, and false alarms an hour, for several thresholds.
 *
 *   npx tsx scripts/keyword/stream.ts MODEL [--held SPEAKER] [--minutes N] [--hop N] [--seed N]
 */
import { parseArgs } from "node:util";
import { events, scoreEvents, type StreamEvent } from "../../src/index.ts";
import { fastestBackend, loadFile } from "../../src/node.ts";
import { folder, isThere, NOISE, RATE, recordingOf, recordings } from "./digits.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    held: { type: "string", default: "yweweler" },
    minutes: { type: "string", default: "60" },
    hop: { type: "string", default: "800" },
    seed: { type: "string", default: "5" },
  },
});
if (!isThere()) {
  console.error(`skipped: there are no recordings in ${folder.pathname}`);
  process.exit(0);
}
const [minutes, hop, seed] = [values.minutes, values.hop, values.seed].map(Number);
const net = await loadFile(positionals[0] ?? "keyword.safetensors", { backend: await fastestBackend() });
if (net.kind !== "network") throw new Error("a single network streams");
const held = recordings().filter(({ speaker }) => speaker === values.held);
const { samples, words } = recordingOf(held, 60 * minutes, seed);

const stream = await net.stream({ hop });
console.log(stream.describe());
const thresholds = [0.5, 0.7, 0.9, 0.95, 0.99];
const detectors = thresholds.map((threshold) =>
  events({ threshold, hold: 3, coolDown: RATE / 4, unknown: [NOISE] }),
);
const found: StreamEvent[][] = thresholds.map(() => []);
const begun = performance.now();
for (let from = 0; from < samples.length; from += 1024)
  for (const answer of stream.push(samples.subarray(from, from + 1024)))
    detectors.forEach((detector, k) => {
      const event = detector.take(answer);
      if (event) found[k].push(event);
    });
const seconds = (performance.now() - begun) / 1000;
console.log(
  `${minutes} minutes with ${words.length} words in ${seconds.toFixed(1)} s: ${Math.round(samples.length / seconds)} samples a second`,
);
const truth = words.map(({ digit, start, end }) => ({ label: digit, start, end }));
thresholds.forEach((threshold, k) => {
  // a window's answer is about its last sample: up to a second behind the word
  const score = scoreEvents(found[k], truth, { samples: samples.length, rate: RATE, tolerance: RATE });
  console.log(
    `threshold ${threshold}: ${(100 * score.recall).toFixed(1)} % of words found, ${score.falseAlarmsPerHour.toFixed(0)} false alarms an hour`,
  );
});
