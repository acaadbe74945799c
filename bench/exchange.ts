/**
 * `mpirun -n R node --import tsx bench/exchange.ts`: sums of all ranks' vectors as training has them, in the order of the
 * shards' tree, against MPI_Allreduce, which sums in an order of its own. Medians of interleaved rounds, as rank 0 sees them.
 */
import { performance } from "node:perf_hooks";
import { openRanks } from "../src/distributed/openRanks.ts";
import { median } from "../src/numerics/median.ts";

const ranks = await openRanks();
if (!ranks) throw new Error("start it with mpirun -n 2");
const { rank, size } = ranks;
const sizes = [
  { name: "1 KB", bytes: 1e3, rounds: 2000 },
  { name: "100 KB", bytes: 1e5, rounds: 400 },
  { name: "1 MB", bytes: 1e6, rounds: 200 },
  { name: "10 MB", bytes: 1e7, rounds: 40 },
  { name: "100 MB", bytes: 1e8, rounds: 11 },
];
if (rank === 0) {
  console.log(`${ranks.library}, ${size} ranks`);
  console.log("| a vector of | ours, ms | MPI_Allreduce, ms | ratio | bytes sent a rank, of the vector |");
  console.log("| --- | --: | --: | --: | --: |");
}
for (const { name, bytes, rounds } of sizes) {
  const own = new Float32Array(bytes / 4).fill(1 + rank / 8);
  const into = new Float32Array(own.length);
  const part = { of: { from: rank, to: rank + 1 }, sum: own };
  const ways = {
    ours: async () => await ranks.sum(size, [part], into).done(),
    theirs: async () => ranks.mpi.allReduce(own, into),
  };
  const times = { ours: [] as number[], theirs: [] as number[] };
  let sent = 0;
  for (let round = 0; round < rounds; round++)
    for (const way of ["ours", "theirs"] as const) {
      await ranks.barrier();
      const [before, start] = [ranks.sent, performance.now()];
      await ways[way]();
      times[way].push(performance.now() - start);
      if (way === "ours") sent = ranks.sent - before;
    }
  if (rank !== 0) continue;
  const [ours, theirs] = [median(times.ours), median(times.theirs)];
  console.log(
    `| ${name} | ${ours.toPrecision(3)} | ${theirs.toPrecision(3)} | ${(ours / theirs).toFixed(2)} | ${(sent / bytes).toFixed(3)} |`,
  );
}
await ranks.close();
