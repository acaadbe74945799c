/**
 * `npx tsx bench/scaling.ts`: how the cost of a training step grows with rows, length and channels. A network of two convolutions
 * (3 taps, same padding) on one thread; milliseconds, and nanoseconds a multiply-add of direct convolution, medians of interleaved steps.
 */
import { fastestBackend } from "../src/node.ts";
import { layers as L, model, trainer, type Batch } from "../src/index.ts";
import { median } from "../src/numerics/median.ts";

interface Size {
  readonly rows: number;
  readonly length: number;
  readonly channels: number;
}

const start: Size = { rows: 16, length: 128, channels: 32 };
const sizes: readonly (Size & { readonly by: string })[] = (["rows", "length", "channels"] as const).flatMap(
  (by) => [1, 2, 4, 8].map((times) => ({ ...start, [by]: times * start[by], by })),
);

const backend = await fastestBackend();
const running = await Promise.all(
  sizes.map(async (size) => {
    const { rows, length, channels } = size;
    const net = model({ channels: 4, length }, (x) => {
      const wide = L.relu(L.conv1d(x, { filters: channels, kernelSize: 3, padding: "same" }));
      const y = L.relu(L.conv1d(wide, { filters: channels, kernelSize: 3, padding: "same" }));
      return L.dense(L.globalAveragePool(y), { units: 2 });
    });
    const t = await trainer(net, { batch: rows, backend, threads: 1 });
    const series = Float64Array.from({ length: rows * 4 * length }, (_, i) => ((i * 37) % 101) / 50 - 1);
    const labels = Int32Array.from({ length: rows }, (_, i) => i % 2);
    const batch: Batch = { series, rows, answers: { kind: "classes", classes: ["a", "b"], labels } };
    return { ...size, step: () => void t.step(batch), times: [] as number[] };
  }),
);
for (let round = 0; round < 40; round++)
  for (const { step, times } of running) {
    step();
    const before = performance.now();
    step();
    times.push(performance.now() - before);
  }
console.log(
  "| grows | rows | length | channels | ms | ns a multiply-add |\n| --- | --: | --: | --: | --: | --: |",
);
for (const { by, rows, length, channels, times } of running) {
  const ms = median(times);
  const products = rows * length * 3 * (3 * channels * channels + 2 * channels * 4);
  console.log(
    `| ${by} | ${rows} | ${length} | ${channels} | ${ms.toPrecision(3)} | ${((1e6 * ms) / products).toFixed(4)} |`,
  );
}
