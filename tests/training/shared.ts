/** Small data sets, made from a seed. */
import { type Dataset, dataset } from "../../src/data/dataset.ts";
import { fromArrays } from "../../src/data/fromArrays.ts";
import { numbers } from "../graph/numeric.ts";

/** Rows of noise; class k has a bump of height 2 over a quarter of the row that starts at k / classes of it. */
export function bumps(o: {
  rows: number;
  channels?: number;
  length: number;
  classes: number;
  seed?: number;
}): Dataset {
  const { rows, channels = 1, length, classes, seed = 7 } = o;
  const series = numbers(seed)(rows * channels * length, -0.5, 0.5);
  const labels = Int32Array.from({ length: rows }, (_, i) => i % classes);
  labels.forEach((label, row) => {
    const from = Math.floor((label * length) / classes);
    for (let t = from; t < Math.min(length, from + Math.ceil(length / 4)); t++)
      for (let c = 0; c < channels; c++) series[(row * channels + c) * length + t] += 2;
  });
  const names = Array.from({ length: classes }, (_, k) => `class ${k}`);
  return dataset({
    name: "bumps",
    series,
    channels,
    length,
    answers: { kind: "classes", classes: names, labels },
  });
}

/** 6 rows of "down", 2 of "up", 4 of "still". */
const moved = [
  "down",
  "up",
  "still",
  "down",
  "down",
  "still",
  "down",
  "up",
  "still",
  "down",
  "down",
  "still",
];
export const moves = fromArrays({
  name: "moves",
  series: moved.map((label, r) =>
    Array.from({ length: 8 }, (_, t) => t * ["down", "still", "up"].indexOf(label) - r / 9),
  ),
  labels: moved,
});
