/** Emitted code lives as long as somebody can call it, and no longer. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { nativeBackend } from "../../../src/backends/x64/native.ts";

const backend = await nativeBackend();
const missing = typeof backend === "string" ? ` (skipped: ${backend})` : "";

/** Runs a module's text in a Node of its own whose collector can be called. */
function run(text: string): { status: number | null; signal: string | null; stdout: string; stderr: string } {
  const root = new URL("../../..", import.meta.url);
  const source = text.replaceAll("SRC", new URL("src", root).href);
  const args = ["--expose-gc", "--import", "tsx", "--input-type=module", "-e", source];
  return spawnSync(process.execPath, args, { encoding: "utf8", cwd: fileURLToPath(root) });
}

const setup = `
  import { nativeBackend } from "SRC/backends/x64/native.ts";
  import { compile } from "SRC/compiler/compile.ts";
  import { GraphBuilder } from "SRC/graph/build.ts";
  const backend = await nativeBackend();
  const b = new GraphBuilder();
  const x = b.input("x", "sample", [1, 2, 50]);
  const graph = b.build({ y: b.map("tanh", b.map("add", x, b.constant(1))) });
  const program = compile({ main: graph }, { batch: 64 });
  const collect = async () => {
    for (let i = 0; i < 5; i++) { globalThis.gc(); await new Promise((r) => setTimeout(r, 5)); }
  };
`;

/** How many threads the process has (0 where it cannot be seen). */
const threads = `
  import { readFileSync } from "node:fs";
  import { partition } from "SRC/vector/partition.ts";
  const count = () => {
    try { return Number(/Threads:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]); } catch { return 0; }
  };
`;

describe.skipIf(missing !== "")(`emitted code${missing}`, () => {
  it("stays while `run` alone is held, whatever the collector does", () => {
    const { status, signal, stdout } = run(`${setup}
      const { run } = await backend.load(program);
      for (let i = 0; i < 20; i++) { await collect(); run("main"); }
      console.log("done");
    `);
    expect({ status, signal, stdout }).toEqual({ status: 0, signal: null, stdout: "done\n" });
  });

  it("goes with its last user: 1,000 loads leave the process's memory flat", () => {
    const { status, stdout, stderr } = run(`${setup}
      const load = async (count) => {
        for (let i = 0; i < count; i++) { (await backend.load(program)).run("main"); if (i % 50 === 49) await collect(); }
        await collect();
        return process.memoryUsage().rss / 2 ** 20;
      };
      await load(200);
      const before = await load(200);
      const after = await load(1000);
      console.log(JSON.stringify(after - before));
    `);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(Number(stdout)).toBeLessThan(60);
  });

  it("ends its threads on dispose: 1,000 loads on three threads leave memory flat and one thread fewer each", () => {
    const { status, stdout, stderr } = run(`${setup}${threads}
      const load = async (count) => {
        for (let i = 0; i < count; i++) {
          const executable = await backend.load(program, partition(program, 3, 0));
          executable.run("main");
          executable.dispose();
          if (i % 50 === 49) await collect();
        }
        await collect();
        return process.memoryUsage().rss / 2 ** 20;
      };
      await load(200);
      const before = [await load(200), count()];
      const after = [await load(1000), count()];
      console.log(JSON.stringify(after.map((x, i) => x - before[i])));
    `);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const [megabytes, more] = JSON.parse(stdout) as [number, number];
    expect(megabytes).toBeLessThan(60);
    expect(more).toBe(0);
  });

  it("ends the threads of what nobody uses any more", () => {
    const { status, stdout, stderr } = run(`${setup}${threads}
      const before = count();
      const load = async () => {
        for (let i = 0; i < 20; i++) (await backend.load(program, partition(program, 3, 0))).run("main");
        return count();
      };
      const most = await load();
      await collect();
      console.log(JSON.stringify([most > before, count() - before]));
    `);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual([true, 0]);
  });
});
