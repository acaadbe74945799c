/** A fresh process's first steps: `node start.js WORKLOAD KIND`, with the kind as JSON; prints a `Started`. */
import { isRefusal, watch } from "./contender.ts";
import { runtimeOf, trainerOf, type Kind, type Started } from "./toeplitz.ts";
import { batchOf, workloads } from "./workloads.ts";

const imported = performance.timeOrigin + performance.now();
const [name, kind] = process.argv.slice(2);
const workload = workloads.find((w) => w.name === name);
if (!workload) throw new Error(`no workload ${name}`);
const batch = batchOf(workload);
const begun = performance.now();
const runtime = await runtimeOf(JSON.parse(kind) as Kind);
if (isRefusal(runtime)) throw new Error(runtime.refused);
const t = await trainerOf(workload, runtime);
const builtMs = performance.now() - begun;
const stepsMs = await watch(() => {
  const before = performance.now();
  t.step(batch);
  return performance.now() - before;
});
const started: Started = { imported, firstMs: builtMs + stepsMs[0], stepsMs };
process.stdout.write(`${JSON.stringify(started)}\n`);
