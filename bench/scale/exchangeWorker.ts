/**
 * `mpirun -n 2 node --import tsx bench/scale/exchangeWorker.ts FLOATS BYTES...`: how long sums of two ranks' vectors of so many
 * bytes take, in messages of at most so many floats. Rank 0 prints JSON: the fastest of interleaved rounds, since whatever
 * else the machine does only adds.
 */
import { performance } from "node:perf_hooks";
import { openRanks } from "../../src/distributed/openRanks.ts";
import { leastOf } from "../../src/numerics/extremes.ts";

const ROUNDS = 60;
/** Vectors below this are summed several times a round. */
const SHORT = 1e5;
const TURNS = 20;

const [pieceFloats, ...sizes] = process.argv.slice(2).map(Number);
const ranks = await openRanks({ pieceFloats });
if (!ranks) throw new Error("start it with mpirun -n 2");
const { rank, size } = ranks;
const cases = sizes.map((bytes) => ({
  bytes,
  own: new Float32Array(bytes / 4).fill(1 + rank),
  into: new Float32Array(bytes / 4),
  times: [] as number[],
}));
for (let round = 0; round < ROUNDS; round++)
  for (const { bytes, own, into, times } of cases)
    for (let turn = 0; turn < (bytes < SHORT ? TURNS : 1); turn++) {
      await ranks.barrier();
      const start = performance.now();
      await ranks.sum(size, [{ of: { from: rank, to: rank + 1 }, sum: own }], into).done();
      times.push(performance.now() - start);
    }
if (rank === 0) console.log(JSON.stringify(cases.map(({ bytes, times }) => ({ bytes, ms: leastOf(times) }))));
await ranks.close();
