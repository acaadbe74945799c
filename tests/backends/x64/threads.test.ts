/** Several threads on emitted code: the same bits, and nothing left behind. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { partition } from "../../../src/vector/partition.ts";
import { architectures, fit, trainer } from "../../../src/index.ts";
import { nativeBackend } from "../../../src/backends/x64/native.ts";
import { processors } from "../../../src/backends/choose.ts";
import { models, trainingProgram, twoSteps } from "../../compiler/programs.ts";
import { bumps } from "../../training/shared.ts";

const found = await Promise.all([nativeBackend("avx512"), nativeBackend("avx2")]);
const backends = found.filter((b) => typeof b !== "string");
const reason = typeof found[1] === "string" ? found[1] : found[1].oneThread();
const missing = reason === null ? "" : ` (skipped: ${reason})`;
const [backend] = backends;

describe.skipIf(missing !== "")(`threads on emitted code${missing}`, () => {
  it.each(Object.keys(models))("%s: 1, 2, 3 and 5 threads leave the same arena", async (name) => {
    for (const native of backends) {
      const program = trainingProgram(models[name], 20, native.schedule);
      const hashes = new Set<string>();
      for (const threads of [1, 2, 3, 5]) {
        const executable = await native.load(program, partition(program, threads, 0));
        expect(executable.threads).toBe(threads);
        hashes.add(twoSteps(executable));
        executable.dispose();
      }
      expect(hashes.size).toBe(1);
    }
  });

  it("16 threads, more than there are cores here or more than there is work, do 200 runs", async () => {
    const program = trainingProgram(models.chain, 16, backend.schedule);
    const executable = await backend.load(program, partition(program, Math.max(16, processors() + 1), 0));
    for (let i = 0; i < 200; i++) executable.run("predict");
    executable.dispose();
    expect(() => executable.run("predict")).toThrow("this executable was disposed of");
    executable.dispose();
  });

  it("fit on three threads gives the weights of one, and says how many it had", async () => {
    const data = bumps({ rows: 32, length: 60, classes: 2 });
    const train = (threads: number): ReturnType<typeof fit> =>
      fit(architectures.fcn(data), data, { steps: 3, batch: 16, backend, threads });
    const [one, three] = [await train(1), await train(3)];
    expect(three.weightsSha256).toBe(one.weightsSha256);
    expect([one.threads, three.threads]).toEqual([1, 3]);
  });

  it("a small net stays on one thread unless asked, a large one takes what there is", async () => {
    const data = bumps({ rows: 16, length: 60, classes: 2 });
    const threadsOf = async (model: Parameters<typeof trainer>[0]): Promise<number> => {
      const t = await trainer(model, { batch: 16, backend });
      t.dispose();
      return t.threads;
    };
    expect(await threadsOf(architectures.chain(data))).toBe(1);
    expect(await threadsOf(architectures.fcn(data))).toBe(Math.min(processors(), 11));
  });

  it.each([
    ["comes to its end", ""],
    ["calls process.exit", "process.exit(0);"],
  ])("a script that %s ends although its threads sleep", (_, ending) => {
    const root = new URL("../../..", import.meta.url);
    const source = `
      import { nativeBackend } from "SRC/backends/x64/native.ts";
      import { compile } from "SRC/compiler/compile.ts";
      import { partition } from "SRC/vector/partition.ts";
      import { GraphBuilder } from "SRC/graph/build.ts";
      const backend = await nativeBackend();
      const b = new GraphBuilder();
      const x = b.input("x", "sample", [1, 8, 50]);
      const program = compile({ main: b.build({ y: b.map("tanh", b.map("add", x, b.constant(1))) }) }, { batch: 16 });
      const executable = await backend.load(program, partition(program, 4, 0));
      executable.run("main");
      globalThis.held = executable;
      console.log(executable.threads);
      ${ending}
    `.replaceAll("SRC", new URL("src", root).href);
    const args = ["--import", "tsx", "--input-type=module", "-e", source];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      encoding: "utf8",
      cwd: fileURLToPath(root),
      timeout: 60_000,
    });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "4\n", stderr: "" });
  });
});
