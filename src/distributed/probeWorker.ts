/** One of the two ranks by which `probe.ts` finds out whether an MPI works, and how fast it sums; rank 0 prints a `Probed`. */
import { median } from "../numerics/median.ts";
import { openRanks } from "./openRanks.ts";
import type { Probed } from "./probe.ts";

const ROUNDS = 20;
const TIMEOUT_MS = 10_000;

try {
  const ranks = await openRanks({ timeoutMs: TIMEOUT_MS });
  if (ranks === null) throw new Error("no launcher told this process of another");
  const sums: { bytes: number; ms: number }[] = [];
  for (const bytes of [1024, 2 ** 20]) {
    const { rank, size } = ranks;
    const sum = new Float32Array(bytes / 4).fill(rank + 1);
    const into = new Float32Array(bytes / 4);
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await ranks.barrier();
      const before = performance.now();
      await ranks.sum(size, [{ of: { from: rank, to: rank + 1 }, sum }], into).done();
      times.push(performance.now() - before);
    }
    if (into.some((value) => value !== (size * (size + 1)) / 2))
      throw new Error("the sum of two ranks is wrong");
    sums.push({ bytes, ms: median(times) });
  }
  const probed: Probed = { library: ranks.library, sums };
  if (ranks.rank === 0) process.stdout.write(`${JSON.stringify(probed)}\n`);
  await ranks.close();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
