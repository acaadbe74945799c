/** What one Node finds for `arm64.ts`: the hash of each small workload's weights after two steps in WebAssembly, as JSON a line. */
import { wasm } from "../src/backends/wasm/wasm.ts";
import {
  blocksWorkload,
  fuses,
  hashAfter,
  modes,
  smallWorkloads,
  UNFUSED,
} from "../tests/training/workloads.ts";

for (const workload of [...smallWorkloads, blocksWorkload])
  for (const mode of modes)
    for (const threads of [1, 2]) {
      const name = `${workload.name}, ${mode.numerics} ${mode.convolution}, threads: ${threads}`;
      const hash = fuses(mode)
        ? await hashAfter(workload, 2, { backend: wasm, threads, ...mode })
        : `refused: ${UNFUSED}`;
      console.log(JSON.stringify({ name, hash }));
    }
