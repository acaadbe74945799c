/**
 * `npm run proof:leaks`: nothing stays behind. Loads and disposes of a program on three threads again and again, then starts workers that train on
 * three threads and terminates them at random moments; shows threads, mappings and memory of the process. Linux.
 *
 *   npm run build && npx tsx scripts/leaks.ts [--loads N] [--workers N]      (default: 5000 and 200)
 */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { compile } from "../src/compiler/compile.ts";
import { GraphBuilder } from "../src/graph/build.ts";
import { partition } from "../src/vector/partition.ts";
import { nativeBackend } from "../src/node.ts";

const { values } = parseArgs({
  options: { loads: { type: "string", default: "5000" }, workers: { type: "string", default: "200" } },
});
const [loads, workers] = [Number(values.loads), Number(values.workers)];
const dist = new URL("../dist/", import.meta.url).href;

interface Held {
  readonly threads: number;
  readonly mappings: number;
  readonly megabytes: number;
}

async function held(): Promise<Held> {
  for (let i = 0; i < 5; i++) {
    globalThis.gc?.();
    await sleep(20);
  }
  return {
    threads: readdirSync("/proc/self/task").length,
    mappings: readFileSync("/proc/self/maps", "utf8").split("\n").length,
    megabytes: Math.round(process.memoryUsage.rss() / 2 ** 20),
  };
}

const tell = (what: string, { threads, mappings, megabytes }: Held): void =>
  console.log(`${what.padEnd(40)} threads ${threads}, mappings ${mappings}, ${megabytes} MB`);

/** Shows four quarters of the work; fails where threads are left, or more mappings or memory than `may`. */
async function flat(
  what: string,
  times: number,
  may: { mappings: number },
  once: () => Promise<void>,
): Promise<void> {
  for (let i = 0; i < times / 4; i++) await once();
  const before = await held();
  tell(`${what}: warmed up`, before);
  for (let quarter = 1; quarter <= 4; quarter++) {
    for (let i = 0; i < times / 4; i++) await once();
    tell(`${what}: ${Math.round((times * quarter) / 4)}`, await held());
  }
  const after = await held();
  const isFlat =
    after.threads <= before.threads &&
    after.mappings - before.mappings <= may.mappings &&
    after.megabytes - before.megabytes <= 40;
  console.log(isFlat ? "  flat" : "  NOT FLAT");
  if (!isFlat) process.exitCode = 1;
}

const b = new GraphBuilder();
const x = b.input("x", "sample", [1, 2, 50]);
const program = compile(
  { main: b.build({ y: b.map("tanh", b.map("add", x, b.constant(1))) }) },
  { batch: 64 },
);
const shares = partition(program, 3, 0);
const backend = await nativeBackend();
if (typeof backend === "string") console.log(`load and dispose: skipped, ${backend}`);
else
  await flat("load and dispose", loads, { mappings: 100 }, async () => {
    const executable = await backend.load(program, shares);
    executable.run("main");
    executable.dispose();
  });

/**
 * Works until it is terminated: while it loads, steps, or disposes of what it loaded. What ends it before koffi is there would end the
 * whole process (docs/machines.md), so it says when it is.
 */
const work = `
import { architectures, mnist1d, optimizers, trainer } from "${dist}index.js";
import { nativeBackend } from "${dist}node.js";
import { parentPort, workerData } from "node:worker_threads";
const backend = workerData === "x64" ? await nativeBackend() : workerData;
parentPort.postMessage("open");
const { train } = mnist1d({ samples: 100 });
for (let round = 0; ; round++) {
  const t = await trainer(architectures.mnist1dCnn(train), { optimizer: optimizers.adam(), batch: 16, backend, threads: 3 });
  for (const batch of train.batches(16, { epochs: 1, seed: 0 })) t.step(batch);
  parentPort.postMessage(round);
  if (round % 2 === 0) t.dispose();
}`;
/** What koffi itself keeps for a worker that called one function: it has no part of ours. */
const koffiAlone = `
import { createRequire } from "node:module";
import { parentPort } from "node:worker_threads";
createRequire("${dist}node.js")("@koromix/koffi-linux-x64").load("libc.so.6").func("int getpid()")();
parentPort.postMessage(0);
setInterval(() => undefined, 1000);`;

const terminated = (text: string, name: string) => async (): Promise<void> => {
  const url = new URL(`data:text/javascript,${encodeURIComponent(text)}`);
  const worker = new Worker(url, { workerData: name });
  const first = new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  await first;
  // some before they have compiled anything
  await sleep((Math.random() < 0.8 ? 200 : 60) * Math.random());
  await worker.terminate();
};
if (typeof backend !== "string") {
  // the first ones fill what the process keeps free, and say nothing yet
  for (let i = 0; i < 50; i++) await terminated(koffiAlone, "")();
  const start = await held();
  for (let i = 0; i < 100; i++) await terminated(koffiAlone, "")();
  const each = ((await held()).mappings - start.mappings) / 100;
  console.log(`koffi alone keeps ${each.toFixed(1)} mappings a worker, its work areas`);
  await flat(
    "terminated, x64",
    workers,
    { mappings: workers * Math.max(0, each) + 100 },
    terminated(work, "x64"),
  );
}
await flat("terminated, wasm", workers, { mappings: 100 }, terminated(work, "wasm"));
