/** Several threads on WebAssembly: the same bits, and nothing left behind. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { wasm } from "../../../src/backends/wasm/wasm.ts";
import { noWorkers } from "../../../src/backends/wasm/workers.ts";
import { partition } from "../../../src/vector/partition.ts";
import { architectures, fit } from "../../../src/index.ts";
import { models, trainingProgram, twoSteps } from "../../compiler/programs.ts";
import { bumps } from "../../training/shared.ts";

/** Runs a module's text in a Node of its own. */
function run(text: string): { status: number | null; stdout: string; stderr: string } {
  const root = new URL("../../..", import.meta.url);
  const source = text.replaceAll("SRC", new URL("src", root).href);
  const args = ["--expose-gc", "--import", "tsx", "--input-type=module", "-e", source];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: "utf8",
    cwd: fileURLToPath(root),
    timeout: 100_000,
  });
  return { status, stdout, stderr };
}

const setup = `
  import { readFileSync } from "node:fs";
  import { wasm } from "SRC/backends/wasm/wasm.ts";
  import { compile } from "SRC/compiler/compile.ts";
  import { partition } from "SRC/vector/partition.ts";
  import { GraphBuilder } from "SRC/graph/build.ts";
  const b = new GraphBuilder();
  const x = b.input("x", "sample", [1, 8, 50]);
  const program = compile({ main: b.build({ y: b.map("tanh", b.map("add", x, b.constant(1))) }) }, { batch: 16 });
  const load = () => wasm.load(program, partition(program, 3, 0));
`;

describe("threads on WebAssembly", () => {
  it.each(["chain", "mnist1d-cnn", "tcn"])("%s: 1, 2, 3 and 5 threads leave the same arena", async (name) => {
    const program = trainingProgram(models[name], 20);
    const hashes = new Set<string>();
    for (const threads of [1, 2, 3, 5]) {
      const executable = await wasm.load(program, partition(program, threads, 0));
      expect(executable.threads).toBe(threads);
      hashes.add(twoSteps(executable));
      executable.dispose();
    }
    expect(hashes.size).toBe(1);
  });

  it("fit on three threads gives the weights of one, and says how many it had", async () => {
    const data = bumps({ rows: 32, length: 40, classes: 2 });
    const train = (threads: number): ReturnType<typeof fit> =>
      fit(architectures.mnist1dCnn(data), data, { steps: 3, batch: 32, backend: "wasm", threads });
    const [one, three] = [await train(1), await train(3)];
    expect(three.weightsSha256).toBe(one.weightsSha256);
    expect([one.threads, three.threads]).toEqual([1, 3]);
  });

  it("are none where workers cannot be, or a page would have to wait", () => {
    expect(noWorkers()).toBe(null);
    expect(noWorkers({ process: { versions: process.versions } })).toBe(
      "this Node has no process.getBuiltinModule (20.16 has it)",
    );
    expect(noWorkers({})).toBe("the page is not cross-origin isolated, so memory cannot be shared");
    expect(noWorkers({ crossOriginIsolated: true })).toBe(
      "a page's main thread must not wait; in a Worker there are threads",
    );
  });

  it.each([
    ["comes to its end", ""],
    ["calls process.exit", "process.exit(0);"],
  ])("a script that %s ends although its workers sleep", (_, ending) => {
    const result = run(`${setup}
      const executable = await load();
      executable.run("main");
      globalThis.held = executable;
      console.log(executable.threads);
      ${ending}
    `);
    expect(result).toEqual({ status: 0, stdout: "3\n", stderr: "" });
  });

  it("dispose ends the workers, and so does the collector: as many threads after 10 loads as before", () => {
    const result = run(`${setup}
      const count = () => {
        try { return Number(/Threads:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]); } catch { return 0; }
      };
      const settled = async (most) => {
        for (let i = 0; i < 100 && count() > most; i++) { globalThis.gc(); await new Promise((r) => setTimeout(r, 20)); }
        return count() - most;
      };
      (await load()).dispose();
      await settled(0);
      const before = count();
      const use = async (end) => {
        for (let i = 0; i < 5; i++) { const e = await load(); e.run("main"); if (end) e.dispose(); }
      };
      await use(true);
      const disposed = await settled(before);
      await use(false);
      console.log(disposed <= 0, (await settled(before)) <= 0);
    `);
    expect(result).toEqual({ status: 0, stdout: "true true\n", stderr: "" });
  });
});
