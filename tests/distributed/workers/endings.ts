/**
 * Under mpirun: the way in which rank 1 ends, by the word given; the others wait for its part of a sum, and end with
 * the line that is theirs.
 */
import { appendFileSync } from "node:fs";
import { openRanks } from "../../../src/distributed/openRanks.ts";
import { RankError } from "../../../src/training/ranks.ts";
import { partsOf, randomFloats } from "../parts.ts";

const [way, length, said] = [process.argv[2], Number(process.argv[3]), process.argv[4]];
const ranks = await openRanks({ timeoutMs: 2000 });
if (!ranks) throw new Error("no ranks");
// a launcher that ends may lose what was printed last
const say = (line: string): void => appendFileSync(said, `rank ${ranks.rank} says: ${line}\n`);
process.on("SIGTERM", () => {
  say("ended by a signal");
  process.exit(1);
});
await ranks.barrier();
if (ranks.rank === 1) {
  if (way === "computes") for (const start = performance.now(); performance.now() - start < 30_000;);
  if (way === "is killed") process.kill(process.pid, "SIGKILL");
  if (way === "is stopped") process.kill(process.pid, "SIGSTOP");
  if (way === "exits") process.exit(0);
  if (way === "fails") {
    say("the disk is full");
    await ranks.fail("the disk is full", 2);
  }
}
try {
  const parts = partsOf(ranks.size, ranks, (shard) => randomFloats(length, shard));
  await ranks.sum(ranks.size, parts, new Float32Array(length)).done();
  await ranks.close();
} catch (error) {
  if (!(error instanceof RankError)) throw error;
  say(error.message);
  await ranks.fail(error.message, 1);
}
