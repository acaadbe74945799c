/** Features of a hidden layer as an embedding, and rows of another length by the same weights, as a global pool allows. */
import {
  fit,
  fromArrays,
  layers as L,
  model,
  optimizers,
  type Dataset,
  type Network,
  type Tensor,
} from "toeplitz";
import { fastestBackend } from "toeplitz/node";
import { random } from "./random.ts";

/** Rows with a tone, which is their class, above a slow wave and noise. A reading is a hundredth of a second. */
function rows(seed: number, hertz: readonly number[], each: number, length = 100): Dataset {
  const r = random(seed);
  const labels = Array.from({ length: each * hertz.length }, (_, n) => hertz[n % hertz.length]);
  const series = labels.map((f) => {
    const [phase, other] = [6 * r(), 6 * r()];
    return Array.from(
      { length },
      (_, t) => Math.sin(phase + (2 * Math.PI * f * t) / 100) + Math.sin(other + t / 40) + r.normal(),
    );
  });
  return fromArrays({ series, labels: labels.map((f) => `${f} Hz`) });
}

/** The part of `asked` rows whose nearest row of `known`, by squared distance of their features a and b, has the same class. */
function nearest(known: Dataset, asked: Dataset, a: ArrayLike<number>, b: ArrayLike<number>): number {
  const width = a.length / known.rows;
  let right = 0;
  for (let i = 0; i < asked.rows; i++) {
    let [best, at] = [Infinity, 0];
    for (let j = 0; j < known.rows; j++) {
      let d = 0;
      for (let k = 0; k < width; k++) d += (b[i * width + k] - a[j * width + k]) ** 2;
      if (d < best) [best, at] = [d, j];
    }
    right += Number(known.classes[known.labels[at]] === asked.classes[asked.labels[i]]);
  }
  return right / asked.rows;
}

const backend = await fastestBackend();
const train = rows(11, [5, 8, 12, 17, 23], 60);
const block = (x: Tensor, kernelSize: number): Tensor =>
  L.relu(L.batchNorm(L.conv1d(x, { filters: 24, kernelSize, padding: "same" })));
const net = model(train, (x) => L.dense(L.globalAveragePool(block(block(x, 15), 9)), { units: 5 }));
const optimizer = optimizers.adam({ learningRate: 0.003 });
const how = { epochs: 20, batch: 32, seed: 0, normalize: "sample", optimizer, backend } as const;
const { model: trained } = await fit(net, train, how);

/** 24 features a row, those that the last layer reads. */
const features = async (net: Network, data: Dataset): Promise<Float32Array> => (await net.embed(data)).values;

const unseen = [6, 10, 14, 20];
const [shelf, asked] = [rows(12, unseen, 5), rows(13, unseen, 50)];
console.log(`${asked.rows} rows of classes that training never saw, by the nearest of ${shelf.rows} rows:`);
console.log(`  by the values       ${nearest(shelf, asked, shelf.series, asked.series).toFixed(3)}`);
const known = await features(trained, shelf);
console.log(
  `  by the embedding    ${nearest(shelf, asked, known, await features(trained, asked)).toFixed(3)}`,
);
const long = rows(14, unseen, 50, 300);
const longer = await features(await trained.withLength(300), long);
console.log(
  `  rows of 300 values  ${nearest(shelf, long, known, longer).toFixed(3)} (the nearest still of 100)`,
);
