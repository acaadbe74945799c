/** Under mpirun: reads beyond a wasm memory, which V8 notices by the signal of a segmentation fault. */
import { openRanks } from "../../../src/distributed/openRanks.ts";

const ranks = await openRanks({ timeoutMs: 10_000 });
// (memory 1) (func (export "f") (result i32) (i32.load (i32.const 0x7ffffff0)))
const code = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 3, 2, 1, 0, 5, 3, 1, 0, 1, 7, 5, 1, 1, 102, 0, 0, 10,
  13, 1, 11, 0, 65, 240, 255, 255, 255, 7, 40, 2, 0, 11,
];
const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(code)));
try {
  (exports.f as () => number)();
} catch (error) {
  if (ranks?.rank === 0) console.log((error as Error).name);
}
await ranks?.close();
