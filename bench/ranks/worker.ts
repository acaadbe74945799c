/**
 * A training step of FCN in shards, alone or on ranks: prints the median in milliseconds, and bytes sent a step beside the
 * least that can be. `worker.ts BATCH LENGTH CLASSES STEPS SHARDS`: BATCH is the whole batch.
 */
import { architectures, fromArrays } from "../../src/index.ts";
import { nativeBackend } from "../../src/node.ts";
import { gather } from "../../src/data/dataset.ts";
import { openRanks } from "../../src/distributed/openRanks.ts";
import { GRADIENT } from "../../src/models/graphs.ts";
import { median } from "../../src/numerics/median.ts";
import { alone } from "../../src/training/ranks.ts";
import { sharded } from "../../src/training/sharded.ts";
import { ownShards } from "../../src/training/shards.ts";

const [batch, length, classes, steps, shards] = process.argv.slice(2).map(Number);
const ranks = await openRanks();
const data = fromArrays({
  series: Array.from({ length: batch }, (_, n) => [
    Array.from({ length }, (_, t) => Math.fround(((7 * n + 13 * t) % 101) / 50 - 1)),
  ]),
  labels: Array.from({ length: batch }, (_, n) => n % classes),
});
const native = await nativeBackend();
const spread = { shards, ranks: ranks ?? alone };
const backend = typeof native === "string" ? "wasm" : native;
const s = await sharded(architectures.fcn(data), { batch, backend, threads: 1 }, spread, "ofShard");
const { from, to } = ownShards(spread);
const own = Array.from({ length: to - from }, (_, k) =>
  gather(
    data,
    Array.from({ length: batch / shards }, (_, i) => i * shards + from + k),
  ),
);
const times: number[] = [];
let sent = 0;
for (let step = 0; step < steps; step++) {
  const before = ranks?.sent ?? 0;
  const start = performance.now();
  await s.step(own, batch, false);
  times.push(performance.now() - start);
  sent = (ranks?.sent ?? 0) - before;
}
await ranks?.close();
if ((ranks?.rank ?? 0) === 0) {
  const floats = s.first.view(GRADIENT).length;
  const size = ranks?.size ?? 1;
  const least = (2 * (size - 1) * 4 * floats) / size;
  // as text: a launcher may give a terminal, in which numbers have colours
  console.log([median(times.slice(Math.floor(steps / 5))), sent, least].join(" "));
}
process.exit();
