/** A process in which some library has switched denormal numbers off (MXCSR bits FTZ and DAZ, as -ffast-math code does). */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { nativeBackend } from "../../../src/backends/x64/native.ts";

const backend = await nativeBackend();
const missing = typeof backend === "string" ? ` (skipped: ${backend})` : "";

/** Loads MXCSR with 0x9fc0 by a few bytes of code: sub rsp, 8; mov dword [rsp], 0x9fc0; ldmxcsr [rsp]; add rsp, 8; ret. */
const program = `
  import { loadKoffi } from "SRC/backends/x64/koffi.ts";
  import { fit, fromArrays, layers as L, model } from "SRC/index.ts";
  const koffi = loadKoffi();
  const libc = koffi.load(process.platform === "darwin" ? "libSystem.B.dylib" : "libc.so.6");
  const mmap = libc.func("void *mmap(void *, size_t, int, int, int, int64_t)");
  const mprotect = libc.func("int mprotect(void *, size_t, int)");
  const bytes = [0x48, 0x83, 0xec, 0x08, 0xc7, 0x04, 0x24, 0xc0, 0x9f, 0, 0, 0x0f, 0xae, 0x14, 0x24, 0x48, 0x83, 0xc4, 0x08, 0xc3];
  const at = mmap(null, 4096, 3, process.platform === "darwin" ? 0x1002 : 0x22, -1, 0);
  new Uint8Array(koffi.view(at, bytes.length)).set(bytes);
  mprotect(at, 4096, 5);
  const flush = koffi.decode(at, koffi.proto("void", []));
  const series = Array.from({ length: 8 }, (_, n) => [Array.from({ length: 12 }, (_u, t) => Math.sin(n + t))]);
  const data = fromArrays({ series, labels: series.map((_, n) => n % 2) });
  const net = model(data, (x) => L.dense(L.relu(L.conv1d(x, { filters: 2, kernelSize: 3 })), { units: 2 }));
  const options = { epochs: 3, batch: 4, backend: "wasm" };
  const words = [];
  const attempt = async (more) => {
    try { words.push("trained " + (await fit(net, data, { ...options, ...more })).epochs); } catch (e) { words.push(e.name + ": " + e.message); }
  };
  await attempt({});
  await attempt({ onEpoch: ({ epoch }) => { if (epoch === 1) flush(); } });
  await attempt({});
  console.log(JSON.stringify(words));
`;

describe.skipIf(missing !== "")(`denormal numbers switched off${missing}`, () => {
  it("are seen at the next epoch and at the next compile, and refused by name", () => {
    const root = new URL("../../..", import.meta.url);
    const source = program.replaceAll("SRC", new URL("src", root).href);
    const args = ["--import", "tsx", "--input-type=module", "-e", source];
    const { stdout, stderr } = spawnSync(process.execPath, args, {
      encoding: "utf8",
      cwd: fileURLToPath(root),
    });
    expect(stderr).toBe("");
    const refusal =
      "InputError: this process flushes denormal numbers to zero, which changes results; a native library switched that on: run without it";
    expect(JSON.parse(stdout)).toEqual(["trained 3", refusal, refusal]);
  });
});
