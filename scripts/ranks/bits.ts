/** Equal weights for every number of ranks, thread and back end, of both families of MPI, and of one process. */
import { alone, check, hashOf, launch, present, trainWords } from "./shop.ts";

const STEPS = ["--steps", "40"];

export async function bits(): Promise<void> {
  for (const statistics of [[], ["--sync-batch-norm"]]) {
    const named = statistics.length > 0 ? "statistics of all shards" : "statistics of each shard";
    const words = (out: string, ...more: string[]): readonly string[] =>
      trainWords(out, ...STEPS, ...statistics, "--force", ...more);
    const whole = hashOf(await alone(words("whole")));
    check(`${named}: one process ends`, whole.length === 64, whole);
    const wasm = hashOf(await alone(words("wasm", "--backend", "wasm")));
    check(`${named}: one process on wasm`, wasm === whole);
    if (whole.length !== 64) continue;
    for (const family of present) {
      const cases: readonly [number, ...string[]][] = [
        [1],
        [2],
        [4],
        [8],
        [2, "--threads", "1"],
        [2, "--threads", "2"],
        [4, "--backend", "wasm"],
      ];
      for (const [size, ...more] of cases) {
        const ended = await launch({ family, size }, words(`${family}-${size}`, ...more)).ended;
        const hash = hashOf(ended);
        check(
          `${named}: ${family}, ${size} ranks ${more.join(" ")}`,
          hash === whole,
          hash === whole ? `${ended.seconds.toFixed(1)} s` : hash,
        );
      }
    }
  }
}
