/** Under mpirun: sums of random vectors of many lengths; rank 0 prints a hash of all, and every rank has to have its. */
import { createHash } from "node:crypto";
import { openRanks } from "../../../src/distributed/openRanks.ts";
import { alone, partsOf, randomFloats } from "../parts.ts";

const [shards, lengths] = [Number(process.argv[2]), process.argv[3].split(",").map(Number)];
const asked = process.argv.at(4);
const ranks = await openRanks({ timeoutMs: 20_000, ranks: asked ? Number(asked) : undefined });
const { rank, size } = ranks ?? { rank: 0, size: 1 };
const sums = (ranks ?? alone()).sum.bind(ranks ?? alone());
const hash = createHash("sha256");
const pending = lengths.map((length, n) => {
  const into = new Float32Array(length);
  const parts = partsOf(shards, { rank, size }, (shard) => randomFloats(length, 1000 * n + shard));
  return { into, sum: sums(shards, parts, into) };
});
for (const { into, sum } of pending) {
  sum.progress();
  await sum.done();
  hash.update(new Uint8Array(into.buffer));
}
const digest = hash.digest("hex");
const all = ranks ? await ranks.gather(new TextEncoder().encode(digest)) : [new TextEncoder().encode(digest)];
const differ = new Set(all.map((bytes) => new TextDecoder().decode(bytes))).size > 1;
if (rank === 0)
  console.log(JSON.stringify({ size, digest: differ ? "ranks differ" : digest, sent: ranks?.sent ?? 0 }));
await ranks?.close();
