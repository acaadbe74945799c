/** Forecasting one series: 12 steps from the 48 before them, by a TCN, beside "it stays as it is". */
import { architectures, fit, metrics, optimizers, windows } from "toeplitz";
import { fastestBackend } from "toeplitz/node";
import { random } from "./random.ts";

/** Load of a town in MW, an hour a step: it grows, has a day of 24 hours, and noise. */
const r = random(5);
const load = Array.from(
  { length: 1600 },
  (_, hour) => 100 + 0.02 * hour + 15 * Math.sin((2 * Math.PI * hour) / 24) + 3 * r.normal(),
);

// relative to the last value of each window, so that the growth does not matter
const { train, validation, test, deviation } = windows([load], {
  length: 48,
  horizon: 12,
  split: [1000, 1300, 1600],
  relativeTo: "last",
});
const net = architectures.tcn(train, { channels: 16, kernelSize: 3, levels: 4, dropout: 0 });
const run = await fit(net, train, {
  epochs: 20,
  batch: 32,
  seed: 0,
  validation,
  keep: "best",
  normalize: "none", // the windows are scaled already
  optimizer: optimizers.adam({ learningRate: 0.002 }),
  backend: await fastestBackend(),
});

const megawatts = (rmse = NaN): string => `${(rmse * deviation[0]).toFixed(2)} MW`;
const { rmse } = run.model.evaluate(test);
const stays = metrics.valueMetrics(new Float64Array(test.targets.length), test.targets, test.rows);
console.log(`${test.rows} forecasts of 12 hours each, root of the mean squared error:`);
console.log(`  TCN             ${megawatts(rmse)}`);
console.log(`  the last value  ${megawatts(stays.rmse)}`);
console.log(`  (the noise is 3 MW, and no forecast can know it)`);
