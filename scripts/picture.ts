/**
 * The README's picture, drawn from a run: ten signals of MNIST-1D and the course of training.
 *
 *   npm run demo && npx tsx scripts/picture.ts runs/mnist1d-mnist1d-cnn-0
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mnist1d } from "../src/data/mnist1d.ts";

const [run = "runs/mnist1d-mnist1d-cnn-0"] = process.argv.slice(2);
const epochs = readFileSync(join(run, "log.jsonl"), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as { steps: number; accuracy: number });
const { train } = mnist1d();

const width = 880;
const height = 250;
const ink = "#24292f";
const blue = "#0969da";
const text = (x: number, y: number, content: string, size = 12, anchor = "start", fill = ink): string =>
  `<text x="${x}" y="${y}" font-size="${size}" text-anchor="${anchor}" fill="${fill}">${content}</text>`;
const line = (points: readonly (readonly [number, number])[], stroke: string): string =>
  `<polyline fill="none" stroke="${stroke}" stroke-width="1.6" stroke-linejoin="round" points="${points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ")}"/>`;

/** The first training row of each digit, in a grid of two rows. */
const signals = Array.from({ length: 10 }, (_, digit) => {
  const row = train.labels.indexOf(digit);
  const values = [...train.series.subarray(row * 40, row * 40 + 40)];
  const x0 = 20 + (digit % 5) * 88;
  const y0 = 50 + Math.floor(digit / 5) * 98;
  const points = values.map((v, t) => [x0 + (t / 39) * 72, y0 + 35 - v * 11] as const);
  return line(points, ink) + text(x0 + 36, y0 + 84, String(digit), 12, "middle", "#57606a");
});

const left = 530;
const right = width - 24;
const top = 50;
const bottom = 215;
const last = epochs[epochs.length - 1].steps;
const x = (steps: number): number => left + (steps / last) * (right - left);
const y = (accuracy: number): number => bottom - accuracy * (bottom - top);
const grid = [0, 0.5, 1].map(
  (a) =>
    `<line x1="${left}" x2="${right}" y1="${y(a)}" y2="${y(a)}" stroke="#d0d7de"/>` +
    text(left - 8, y(a) + 4, `${a * 100} %`, 11, "end", "#57606a"),
);
const ticks = [0, last / 2, last].map((s) =>
  text(x(s), bottom + 17, s.toLocaleString("en"), 11, "middle", "#57606a"),
);

writeFileSync(
  new URL("../docs/mnist1d.svg", import.meta.url),
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif">`,
    `<rect width="${width}" height="${height}" rx="8" fill="#ffffff"/>`,
    text(20, 28, "MNIST-1D: one signal of each digit, 40 samples long", 13),
    ...signals,
    text(left, 28, "accuracy on the training rows, by step", 13),
    ...grid,
    ...ticks,
    line(
      epochs.map((e) => [x(e.steps), y(e.accuracy)] as const),
      blue,
    ),
    "</svg>",
    "",
  ].join("\n"),
);
