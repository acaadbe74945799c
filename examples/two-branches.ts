/** A network of one's own with two branches, short filters for detail and dilated ones that see far, joined by concat. */
import {
  checkModel,
  fit,
  fromArrays,
  layers as L,
  model,
  optimizers,
  type Dataset,
  type Tensor,
} from "toeplitz";
import { fastestBackend } from "toeplitz/node";
import { random } from "./random.ts";

/** Four classes: a slow or a slower wave, with clicks that go up or down. */
function rows(seed: number, count: number): Dataset {
  const r = random(seed);
  const labels = Array.from(
    { length: count },
    (_, n) => `${["slow", "slower"][n % 2]} ${["up", "down"][(n >> 1) % 2]}`,
  );
  const series = labels.map((label) => {
    const [wave, click] = label.split(" ");
    const phase = 6 * r();
    const at = Math.floor(118 * r());
    return Array.from({ length: 120 }, (_, t) => {
      const sharp = t === at ? 4 : t === at + 1 ? -4 : 0;
      return (
        Math.sin(phase + t / (wave === "slow" ? 6 : 9)) + (click === "up" ? sharp : -sharp) + 0.6 * r.normal()
      );
    });
  });
  return fromArrays({ series, labels });
}

const train = rows(6, 400);
const test = rows(7, 200);

const branch = (x: Tensor, kernelSize: number, dilation: number): Tensor =>
  L.globalMaxPool(L.relu(L.batchNorm(L.conv1d(x, { filters: 8, kernelSize, dilation, padding: "same" }))));
const short = (x: Tensor): Tensor => branch(x, 3, 1); // 3 readings beside each other
const long = (x: Tensor): Tensor => branch(x, 9, 5); // 9 readings, 5 apart
const head = (x: Tensor): Tensor => L.dense(x, { units: 4 });
const networks = {
  "short filters": model(train, (x) => head(short(x))),
  "long filters": model(train, (x) => head(long(x))),
  "both branches": model(train, (x) => head(L.concat(short(x), long(x)))),
};

// a model is plain JSON: a file for `toeplitz train DATA --model FILE`, and it trains to the same weights when read back
const json = JSON.stringify(networks["both branches"]);
console.log(json);

const backend = await fastestBackend();
const optimizer = optimizers.adam({ learningRate: 0.01 });
for (const [name, net] of Object.entries({ ...networks, "read from JSON": checkModel(JSON.parse(json)) })) {
  const run = await fit(net, train, { epochs: 30, batch: 40, seed: 0, optimizer, backend });
  const { accuracy } = run.model.evaluate(test);
  console.log(
    `${name.padEnd(15)} ${(100 * accuracy).toFixed(1).padStart(5)} %  weights ${run.weightsSha256.slice(0, 16)}`,
  );
}
