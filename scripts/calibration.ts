/**
 * What a temperature does to probabilities that nobody fitted it on, and what a network says of a class that it was never shown.
 * FCN on public sets beside the checkout (../shared/data), a few epochs each:
 *
 *   1. trained on 70 % of the training rows, the temperature fitted on the other 30 %: calibration error (ECE, 15 bins) and
 *      cross-entropy of the test rows before and after, with labels that are the same to the bit;
 *   2. trained without one class, as often as there are classes (at most three): the area under the ROC curve of test rows of known
 *      classes against those of the class held out, and the threshold that 5 % of the validation rows lie below.
 *
 *   npm run proof:calibration [-- --epochs N --seeds N]
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  architectures,
  calibrate,
  dataset,
  fit,
  knownFromUnknown,
  optimizers,
  rowsOf,
  schedules,
  splitRows,
  unknownThreshold,
  type Dataset,
  type Network,
} from "../src/index.ts";
import { readDataset } from "../src/node.ts";

const { values } = parseArgs({
  options: { epochs: { type: "string", default: "20" }, seeds: { type: "string", default: "1" } },
});
const [epochs, seeds] = [values.epochs, values.seeds].map(Number);
const folder = new URL("../../shared/data/", import.meta.url);
if (!existsSync(folder)) {
  console.error(`skipped: there are no data sets in ${fileURLToPath(folder)}`);
  process.exit(0);
}
const sets = ["ItalyPowerDemand", "SyntheticControl", "SwedishLeaf"] as const;
const HELD = 3;

/** A network on 70 % of the rows, and the rows that it was not trained on. */
async function trained(train: Dataset, seed: number): Promise<{ net: Network; held: Dataset }> {
  const { train: own, test: rest } = splitRows(train, 0.3, seed);
  const [rows, held] = [rowsOf(train, own), rowsOf(train, rest)];
  const run = await fit(architectures.fcn(rows), rows, {
    epochs,
    batch: 16,
    seed,
    optimizer: optimizers.adam({ learningRate: 1e-3 }),
    schedule: schedules.cosine(),
  });
  return { net: run.model, held };
}

/** Both parts of a set. */
async function partsOf(name: string): Promise<{ train: Dataset; test: Dataset }> {
  const file = (part: string): string => {
    const [found] = ["ts", "tsv"]
      .map((ending) => fileURLToPath(new URL(`${name}/${name}_${part}.${ending}`, folder)))
      .filter(existsSync);
    return found;
  };
  return readDataset(file("TRAIN"), { test: file("TEST") });
}

const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;
const four = (x: number): string => x.toFixed(4);

/** The rows of a class, or all others, without it among the classes. */
function classOf(data: Dataset, name: string, which: "alone" | "others"): Dataset {
  const k = data.classes.indexOf(name);
  const rows = Array.from({ length: data.rows }, (_, i) => i).filter(
    (i) => (data.labels[i] === k) === (which === "alone"),
  );
  const part = rowsOf(data, rows);
  if (which === "alone") return part;
  const classes = data.classes.filter((_, j) => j !== k);
  const labels = Int32Array.from(part.labels, (label) => label - Number(label > k));
  const { name: called, channels, length, series } = part;
  return dataset({ name: called, channels, length, series, answers: { kind: "classes", classes, labels } });
}

let failed = false;
console.log(
  "| set | validation rows | test accuracy | temperature | ECE before, after | cross-entropy before, after |",
);
console.log("| --- | --- | --- | --- | --- | --- |");
for (const name of sets) {
  const { train, test } = await partsOf(name);
  const figures: number[][] = [];
  for (let seed = 0; seed < seeds; seed++) {
    const { net, held } = await trained(train, seed);
    const found = await calibrate(net, held);
    const [before, after] = [net.evaluate(test), found.evaluate(test)];
    if (before.accuracy !== after.accuracy) failed = true;
    figures.push([
      held.rows,
      before.accuracy,
      found.temperature ?? NaN,
      before.ece ?? NaN,
      after.ece ?? NaN,
      before.loss,
      after.loss,
    ]);
  }
  const [rows, accuracy, t, e0, e1, l0, l1] = figures[0].map((_, i) => mean(figures.map((f) => f[i])));
  console.log(
    `| ${name} | ${rows} | ${(100 * accuracy).toFixed(2)} % | ${t.toFixed(3)} | ${four(e0)}, ${four(e1)} | ${four(l0)}, ${four(l1)} |`,
  );
}

console.log(
  "\n| set | classes held out | AUROC by probability | AUROC by energy | known rows rejected | held-out rows rejected |",
);
console.log("| --- | --- | --- | --- | --- | --- |");
for (const name of sets.slice(1)) {
  const { train, test } = await partsOf(name);
  const every = Math.max(1, Math.floor(train.classes.length / HELD));
  const outside = train.classes.filter((_, k) => k % every === 0).slice(0, HELD);
  const figures: number[][] = [];
  for (const left of outside) {
    const { net, held } = await trained(classOf(train, left, "others"), 0);
    const found = await calibrate(net, held);
    const [known, unknown] = [classOf(test, left, "others"), classOf(test, left, "alone")];
    const { probability, energy } = knownFromUnknown(found, known, unknown);
    const { threshold } = unknownThreshold(found, held, { reject: 0.05 });
    const rejected = (data: Dataset): number =>
      mean(
        found
          .predictRows({ series: data.series, rows: data.rows })
          .map(({ probabilities }) => Number(Math.max(...probabilities) < threshold)),
      );
    figures.push([probability, energy, rejected(known), rejected(unknown)]);
  }
  const [p, e, k, u] = figures[0].map((_, i) => mean(figures.map((f) => f[i])));
  const least = Math.min(...figures.map(([x]) => x));
  console.log(
    `| ${name} | ${outside.length} (${outside.join(", ")}) | ${four(p)} (least ${four(least)}) | ${four(e)} | ${(100 * k).toFixed(1)} % | ${(100 * u).toFixed(1)} % |`,
  );
}
if (failed) {
  console.error("a temperature changed an accuracy");
  process.exit(1);
}
