/**
 * A trained `keyword` model in float and in 8 bits: accuracy on a speaker that neither training nor calibration heard, words found
 * and false alarms of a recording by both, and the size of their C.
 *
 *   npx tsx scripts/keyword/int8.ts MODEL [--held SPEAKER] [--minutes N] [--hop N] [--threshold P]
 */
import { parseArgs } from "node:util";
import { events, scoreEvents, type StreamEvent } from "../../src/index.ts";
import { encodeC } from "../../src/export/c/c.ts";
import { encodeInt8, int8Network, scoresOf } from "../../src/export/int8/encode.ts";
import { fastestBackend, loadFile } from "../../src/node.ts";
import { folder, isThere, NOISE, RATE, recordingOf, recordings, rowsOf } from "./digits.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    held: { type: "string", default: "yweweler" },
    minutes: { type: "string", default: "10" },
    hop: { type: "string", default: "800" },
    threshold: { type: "string", default: "0.9" },
  },
});
if (!isThere()) {
  console.error(`skipped: there are no recordings in ${folder.pathname}`);
  process.exit(0);
}
const [minutes, hop, threshold] = [values.minutes, values.hop, values.threshold].map(Number);
const net = await loadFile(positionals[0] ?? "keyword.safetensors", { backend: await fastestBackend() });
if (net.kind !== "network") throw new Error("a single network has a form in 8 bits");
const all = recordings();
const known = all.filter(({ speaker }) => speaker !== values.held);
const held = all.filter(({ speaker }) => speaker === values.held);

// ranges by every fifth recording of the known speakers
const calibration = rowsOf(
  known.filter((_, i) => i % 5 === 0),
  1,
  3,
);
const int8 = await int8Network(net, calibration);
const scores = scoresOf(net, int8, rowsOf(held, 1, 1));
console.log(
  `accuracy on ${values.held}: float ${scores.float.accuracy.toFixed(4)}, int8 ${scores.int8.accuracy.toFixed(4)}, the same class for ${scores.agreement.toFixed(4)}`,
);

const { samples, words } = recordingOf(held, 60 * minutes, 5);
const truth = words.map(({ digit, start, end }) => ({ label: digit, start, end }));
for (const [name, model] of [
  ["float", net],
  ["int8", int8],
] as const) {
  const detector = events({ threshold, hold: 3, coolDown: RATE / 4, unknown: [NOISE] });
  const found: StreamEvent[] = [];
  for (let at = RATE; at <= samples.length; at += hop) {
    const series = Float64Array.from(samples.subarray(at - RATE, at));
    const [answer] = model.predictRows({ series, rows: 1 });
    const event = detector.take({ at: at - 1, ...answer });
    if (event) found.push(event);
  }
  const score = scoreEvents(found, truth, { samples: samples.length, rate: RATE, tolerance: RATE });
  console.log(
    `${name}, ${minutes} minutes with ${words.length} words, threshold ${threshold}: ${(100 * score.recall).toFixed(1)} % found, ${score.falseAlarmsPerHour.toFixed(0)} false alarms an hour`,
  );
}
const [float, small] = [await encodeC(net, "keyword"), await encodeInt8(net, "keyword", calibration)];
for (const [name, { source, flash, ram }] of [
  ["float", float],
  ["int8", small],
] as const)
  console.log(
    `C, ${name}: ${(source.length / 1024).toFixed(0)} KiB of text, ${(flash / 1024).toFixed(0)} KiB of constants, ${(ram / 1024).toFixed(0)} KiB of memory`,
  );
