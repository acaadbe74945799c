/** Several classes at once (multi-label): each row has any of three faults, or none, and a threshold decides. */
import { fit, fromArrays, layers as L, model, optimizers, type Dataset } from "toeplitz";
import { fastestBackend } from "toeplitz/node";
import { random } from "./random.ts";

const faults = ["drift", "hum", "spike"];

/** Rows of noise to which each fault is added or not. */
function rows(seed: number, count: number): Dataset {
  const r = random(seed);
  const made = Array.from({ length: count }, () => {
    const here = faults.filter(() => r() < 0.35);
    const [slope, phase, at] = [r() < 0.5 ? -1 : 1, 6 * r(), Math.floor(80 * r())];
    const series = Array.from({ length: 80 }, (_, t) => {
      const drift = here.includes("drift") ? (slope * (t - 40)) / 40 : 0;
      const hum = here.includes("hum") ? 0.7 * Math.sin(phase + t) : 0;
      const spike = here.includes("spike") && t === at ? 3.5 : 0;
      return drift + hum + spike + 0.7 * r.normal();
    });
    return { series, here };
  });
  return fromArrays({ series: made.map((m) => m.series), multiLabel: made.map((m) => m.here) });
}

const train = rows(3, 600);
const test = rows(4, 300);
const net = model(train, (x) => {
  const a = L.relu(L.batchNorm(L.conv1d(x, { filters: 16, kernelSize: 9, padding: "same" })));
  const b = L.relu(L.batchNorm(L.conv1d(a, { filters: 16, kernelSize: 5, padding: "same" })));
  return L.dense(L.concat(L.globalAveragePool(b), L.globalMaxPool(b)), { units: train.classes.length });
});
const run = await fit(net, train, {
  epochs: 40,
  batch: 32,
  seed: 0,
  optimizer: optimizers.adam({ learningRate: 0.005 }),
  backend: await fastestBackend(),
});
const { f1, auroc } = run.model.evaluate(test);
console.log(
  `on other rows: F1 ${f1?.toFixed(3)}, AUROC ${auroc?.toFixed(3)} (means over ${faults.join(", ")})`,
);

/** F1 of one class where it is taken for there at a probability of `threshold` and more. */
function f1At(threshold: number, k: number): number {
  let [right, said, there] = [0, 0, 0];
  predictions.forEach(({ probabilities }, row) => {
    const positive = probabilities[k] >= threshold;
    const actual = test.targets[row * faults.length + k] === 1;
    right += Number(positive && actual);
    said += Number(positive);
    there += Number(actual);
  });
  return (2 * right) / (said + there);
}

const predictions = run.model.predictRows(test);
console.log("threshold  " + faults.map((name) => name.padEnd(6)).join("  "));
for (const threshold of [0.2, 0.5, 0.8])
  console.log(
    threshold.toFixed(1).padEnd(11) +
      faults.map((_, k) => f1At(threshold, k).toFixed(3).padEnd(6)).join("  "),
  );
const labels = predictions.slice(0, 5).map((p) => p.labels?.join(" and ") || "no fault");
console.log(`the first five: ${labels.join("; ")}`);
