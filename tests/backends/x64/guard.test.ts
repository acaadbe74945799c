/** An address outside of the arena ends the process: what the conformance suite's arenas rely on. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { nativeBackend } from "../../../src/backends/x64/native.ts";

const backend = await nativeBackend();
const reason =
  process.platform === "linux" ? backend : `guard pages are tested on Linux, not ${process.platform}`;
const missing = typeof reason === "string" ? ` (skipped: ${reason})` : "";

/** Runs one store of 64 bytes at each place given, each in a fresh arena of 256 bytes. */
function storesAt(...offsets: readonly number[]): { signal: string | null; stdout: string } {
  const root = new URL("../../..", import.meta.url);
  const source = `
    import { guardedBackends } from "ROOTtests/conformance/guarded.ts";
    const [backend] = await guardedBackends();
    for (const at of ${JSON.stringify(offsets)}) {
      const body = [{ op: "const", out: 0, bits: 1 }, { op: "store", pointer: 0, offset: 0, value: 0 }];
      const kernel = { name: "store", code: { pointers: 1, values: 1, body }, pointers: [at] };
      const program = { batch: 1, arenaBytes: 256, entries: { main: [kernel] }, tensors: {}, rows: { count: 0, mask: 0 }, constants: [] };
      (await backend.load(program)).run("main");
      console.log(at);
    }
  `.replaceAll("ROOT", root.href);
  const args = ["--import", "tsx", "--input-type=module", "-e", source];
  const { signal, stdout } = spawnSync(process.execPath, args, {
    encoding: "utf8",
    cwd: fileURLToPath(root),
  });
  return { signal, stdout };
}

describe.skipIf(missing !== "")(`guard pages around the arena${missing}`, () => {
  it("an arena of 256 bytes takes vectors at 0 and 192, flush against either region", () => {
    expect(storesAt(0, 192, 192, 0)).toEqual({ signal: null, stdout: "0\n192\n192\n0\n" });
  });

  it("4 bytes beyond its end, or before its start, end the process", () => {
    expect(storesAt(196)).toEqual({ signal: "SIGSEGV", stdout: "" });
    expect(storesAt(0, -4)).toEqual({ signal: "SIGSEGV", stdout: "0\n" });
  });
});
