/** Fine-tuning: a network that learned one task from many rows is the start for another that has four rows a class. */
import {
  fit,
  fromArrays,
  layers as L,
  model,
  optimizers,
  type Dataset,
  type Model,
  type Tensor,
} from "toeplitz";
import { fastestBackend } from "toeplitz/node";
import { random } from "./random.ts";

/** Short pulses, u from -1 to 1. */
const pulses: Readonly<Record<string, (u: number) => number>> = {
  bump: (u) => Math.cos(1.5 * u),
  ring: (u) => Math.cos(9 * u),
  swing: (u) => Math.sin(3 * u),
  saw: (u) => (u < 0 ? u + 1 : u - 1),
  chirp: (u) => Math.sin(4 * (u + 1) ** 2),
};

/** Rows of noise with one pulse somewhere, or with two: a class is a list of its pulses, "ring swing". */
function rows(seed: number, classes: readonly string[], each: number): Dataset {
  const r = random(seed);
  const labels = Array.from({ length: each * classes.length }, (_, n) => classes[n % classes.length]);
  const series = labels.map((label) => {
    const placed = label.split(" ").map((name) => ({ pulse: pulses[name], middle: 10 + 76 * r() }));
    return Array.from({ length: 96 }, (_, t) => {
      const at = placed.map(({ pulse, middle }) => ({ pulse, u: (t - middle) / 10 }));
      const sum = at.reduce((y, { pulse, u }) => y + (Math.abs(u) <= 1 ? 1.5 * pulse(u) : 0), 0);
      return sum + 0.7 * r.normal();
    });
  });
  return fromArrays({ series, labels });
}

function build(task: Dataset): Model {
  const block = (x: Tensor, filters: number, kernelSize: number): Tensor =>
    L.relu(L.batchNorm(L.conv1d(x, { filters, kernelSize, padding: "same" })));
  return model(task, (x) =>
    L.dense(L.globalMaxPool(block(block(x, 16, 9), 32, 13)), { units: task.classes.length }),
  );
}

const known = rows(8, Object.keys(pulses), 100);
const pairs = ["bump ring", "ring swing", "swing saw", "saw chirp", "chirp bump"];
const few = rows(9, pairs, 4);
const test = rows(10, pairs, 60);
const backend = await fastestBackend();
const optimizer = optimizers.adam({ learningRate: 0.003 });

const base = await fit(build(known), known, { epochs: 20, batch: 32, seed: 0, optimizer, backend });
console.log(
  `${known.rows} rows of ${known.classes.length} pulses: accuracy ${base.train.accuracy.toFixed(3)}`,
);
console.log(`${few.rows} rows of ${few.classes.length} pairs of them; accuracy on ${test.rows} others:`);

const how = { epochs: 60, batch: 20, seed: 0, optimizer, backend };
const say = (what: string, accuracy: number): void =>
  console.log(`  ${what.padEnd(28)} ${accuracy.toFixed(3)}`);
const fresh = await fit(build(few), few, how);
say("from scratch", fresh.model.evaluate(test).accuracy);
// give reinit: ["dense"] where the old and the new head have as many classes: else the head starts anew by itself
const tuned = await fit(build(few), few, { ...how, init: base.model, reinit: ["dense"] });
say("fine-tuned", tuned.model.evaluate(test).accuracy);
const frozen = await fit(build(few), few, {
  ...how,
  init: base.model,
  reinit: ["dense"],
  freeze: ["conv1d", "batchNorm"],
});
say("fine-tuned, the head alone", frozen.model.evaluate(test).accuracy);
