/**
 * MultiRocket-Hydra beside its published accuracies, on the data sets beside the checkout that have one: the authors' means
 * over 30 resamples (github.com/angus924/hydra, results/results_ucr112_variants.csv, column MultiRocket+Hydra). Two tables' worth
 * in one: of the default split the mean over five seeds, and of ten resamples (the default split, and nine that are drawn
 * here with as many training rows of each class) the mean, which is what was published but for the draw.
 *
 *   npm run proof:rocket -- [resamples] [set,set]
 */
import { existsSync, readFileSync } from "node:fs";
import { alignClasses } from "../../src/data/classes.ts";
import { dataset, rowsOf, type Dataset } from "../../src/data/dataset.ts";
import { permutation } from "../../src/numerics/threefry.ts";
import { parseDataset } from "../../src/readers/read.ts";
import { multiRocketHydra } from "../../src/training/rocket.ts";

const published: Readonly<Record<string, readonly [ending: string, accuracy: number]>> = {
  ArrowHead: ["ts", 0.897333],
  FaceFour: ["ts", 0.898485],
  GunPoint: ["ts", 0.998667],
  ItalyPowerDemand: ["ts", 0.964205],
  Plane: ["ts", 1],
  SwedishLeaf: ["tsv", 0.975093],
  SyntheticControl: ["ts", 0.994556],
  Trace: ["tsv", 1],
  TwoLeadECG: ["tsv", 0.997981],
};

const shared = new URL("../../../shared/data/", import.meta.url);
const SEEDS = 5;
const RESAMPLE_STREAM = 0x5253;

function read(name: string, ending: string, part: string): Dataset {
  const file = `${name}_${part}.${ending}`;
  return parseDataset(readFileSync(new URL(`${name}/${file}`, shared)), file);
}

/** Both parts as one set, and which rows of it learn in a resample. */
function resample(train: Dataset, test: Dataset, index: number): { train: Dataset; test: Dataset } {
  if (index === 0) return { train, test };
  const labels = Int32Array.from([...train.labels, ...test.labels]);
  const { name, channels, length, classes } = train;
  const series = Float64Array.from([...train.series, ...test.series]);
  const all = dataset({ name, channels, length, series, answers: { kind: "classes", classes, labels } });
  const left = classes.map((_, k) => train.labels.filter((label) => label === k).length);
  const learned: number[] = [];
  const tested: number[] = [];
  for (const row of permutation(all.rows, 0, RESAMPLE_STREAM, index))
    (left[labels[row]]-- > 0 ? learned : tested).push(row);
  return { train: rowsOf(all, learned), test: rowsOf(all, tested) };
}

const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length;
const percent = (x: number): string => (100 * x).toFixed(2).padStart(7);

const resamples = Number(process.argv[2] ?? 10);
const only = process.argv[3]?.split(",");
const columns: number[][] = [];
console.log("set               published  5 seeds  resamples");
for (const [name, [ending, figure]] of Object.entries(published)) {
  if (only && !only.includes(name)) continue;
  if (!existsSync(new URL(`${name}/${name}_TRAIN.${ending}`, shared))) {
    console.log(`${name}: skipped, the data are not here`);
    continue;
  }
  const train = read(name, ending, "TRAIN");
  const test = alignClasses(train, read(name, ending, "TEST"));
  const accuracy = (parts: { train: Dataset; test: Dataset }, seed: number): number =>
    multiRocketHydra(parts.train, { seed }).evaluate(parts.test).accuracy;
  const seeds = Array.from({ length: SEEDS }, (_, seed) => accuracy({ train, test }, seed));
  const drawn = Array.from({ length: resamples - 1 }, (_, i) =>
    accuracy(resample(train, test, i + 1), i + 1),
  );
  const row = [figure, mean(seeds), mean([seeds[0], ...drawn])];
  columns.push(row);
  console.log(`${name.padEnd(18)}${row.map(percent).join("   ")}`);
}
const means = [0, 1, 2].map((k) => mean(columns.map((row) => row[k])));
console.log(`${"mean".padEnd(18)}${means.map(percent).join("   ")}`);
const apart = 100 * Math.abs(means[2] - means[0]);
console.log(`${apart.toFixed(2)} points apart over ${columns.length} sets; at most 0.5`);
process.exitCode = apart <= 0.5 ? 0 : 1;
