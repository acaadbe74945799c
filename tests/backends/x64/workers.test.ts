/** A worker that is terminated leaves no native thread behind, whatever it was at. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, describe, expect, it } from "vitest";
import { nativeBackend } from "../../../src/backends/x64/native.ts";

const backend = await nativeBackend();
const reason = typeof backend === "string" ? backend : backend.oneThread();
const missing = reason === null ? "" : ` (skipped: ${reason})`;

const folder = mkdtempSync(join(tmpdir(), "toeplitz-workers-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const root = new URL("../../..", import.meta.url);

/** A worker's program in one file, since workers have no loader of TypeScript; packages are found from here. */
async function bundled(contents: string, outfile: string): Promise<void> {
  await build({
    stdin: { contents, resolveDir: fileURLToPath(root), loader: "ts" },
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    define: { "import.meta.url": JSON.stringify(import.meta.url) },
  });
}

/** Three kinds of ends: among loads, among runs, and with several programs held. */
const kinds: Readonly<Record<string, string>> = {
  "that loads and disposes":
    "for (;;) { const e = await backend.load(program, shares); say(); e.dispose(); }",
  "that runs": "const e = await backend.load(program, shares); say(); for (;;) e.run('main');",
  "that holds ten programs and sleeps":
    "const held = (globalThis.held = []); for (let i = 0; i < 10; i++) held.push(await backend.load(program, shares)); say(); setInterval(say, 1000);",
};

describe.skipIf(missing !== "")(`a terminated worker${missing}`, () => {
  it.each(Object.keys(kinds))("%s leaves no thread and no executable page behind", async (kind) => {
    const work = `
      import { parentPort } from "node:worker_threads";
      import { nativeBackend } from "./src/backends/x64/native.ts";
      import { compile } from "./src/compiler/compile.ts";
      import { partition } from "./src/vector/partition.ts";
      import { GraphBuilder } from "./src/graph/build.ts";
      const backend = await nativeBackend();
      const b = new GraphBuilder();
      const x = b.input("x", "sample", [1, 8, 50]);
      const program = compile({ main: b.build({ y: b.map("tanh", b.map("add", x, b.constant(1))) }) }, { batch: 16 });
      const shares = partition(program, 3, 0);
      const say = () => parentPort.postMessage(1);
      ${kinds[kind]}
    `;
    const file = join(folder, `${kind.replaceAll(" ", "-")}.mjs`);
    await bundled(work, file);
    const source = `
      import { readdirSync, readFileSync } from "node:fs";
      import { Worker } from "node:worker_threads";
      const threads = () => readdirSync("/proc/self/task").length;
      const pages = () => readFileSync("/proc/self/maps", "utf8").split("\\n").filter((l) => / r-xp 00000000 00:00 0 *$/.test(l)).length;
      const once = async (wait) => {
        const worker = new Worker(${JSON.stringify(file)}, { execArgv: [] });
        await new Promise((resolve, reject) => { worker.once("message", resolve); worker.once("error", reject); });
        await new Promise((resolve) => setTimeout(resolve, wait));
        const most = threads();
        await worker.terminate();
        return most;
      };
      await once(5);
      const before = [threads(), pages()];
      let most = 0;
      for (let i = 0; i < 12; i++) most = Math.max(most, await once(i));
      console.log(JSON.stringify([most > before[0], threads() - before[0], pages() - before[1]]));
    `;
    const args = ["--input-type=module", "-e", source];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      encoding: "utf8",
      cwd: fileURLToPath(root),
      timeout: 60_000,
    });
    expect({ status, stderr, left: stdout.trim() }).toEqual({ status: 0, stderr: "", left: "[true,0,0]" });
  });
});
