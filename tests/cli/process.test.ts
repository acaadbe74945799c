import { spawn } from "node:child_process";
import { existsSync, readFileSync, renameSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { tsText, workshop } from "./harness.ts";

const shop = workshop();
const data = shop.put("waves.ts", tsText(20));
const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** Runs main.ts as a process; `interrupt` is sent when the log of a run has a line. */
function toeplitz(
  words: readonly string[],
  interrupt?: { readonly log: string; readonly signal: NodeJS.Signals; readonly afterMs?: number },
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((done) => {
    const child = spawn(process.execPath, ["--import", "tsx", main, ...words]);
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    const timer = setInterval(() => {
      if (interrupt === undefined || !existsSync(interrupt.log) || statSync(interrupt.log).size === 0) return;
      clearInterval(timer);
      setTimeout(() => child.kill(interrupt.signal), interrupt.afterMs ?? 0);
    }, 20);
    child.on("close", (code) => {
      clearInterval(timer);
      done({ code, stdout, stderr });
    });
  });
}

describe("the process", () => {
  it("ends with the exit code, one line on stderr and no stack trace", async () => {
    expect(await toeplitz(["train", data, "--batch", "0"])).toEqual({
      code: 2,
      stdout: "",
      stderr: 'toeplitz: --batch is "0"; it is a whole number of at least 1, such as 16\n',
    });
  });
  it.skipIf(process.platform === "win32")(
    "ends with 130 on Ctrl-C, SIGTERM and SIGHUP, and says how to go on",
    async () => {
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
        const out = shop.path(signal);
        const words = [
          "train",
          data,
          "--model",
          "chain",
          "--filters",
          "3",
          "--steps",
          "100000000",
          "--out",
          out,
        ];
        const { code, stderr } = await toeplitz(words, { log: `${out}/log.jsonl`, signal });
        expect(code).toBe(130);
        expect(stderr).toContain("interrupted: ending after this step (once more ends at once)\n");
        expect(stderr).toMatch(/; go on from step \d+ with: toeplitz train .* --resume\n$/);
      }
    },
  );
  it.skipIf(process.platform === "win32")("killed and resumed, it ends with the same weights", async () => {
    const out = shop.path("killed");
    const words = [
      "train",
      data,
      "--model",
      "chain",
      "--steps",
      "20000",
      "--batch",
      "7",
      "--keep",
      "best",
      "--ema",
      "0.9",
      "--filters",
      "3,3",
      "--out",
      out,
      "--quiet",
    ];
    expect((await toeplitz(words)).code).toBe(0);
    renameSync(out, shop.path("whole"));
    const killed = await toeplitz([...words, "--checkpoint-every", "0.05"], {
      log: `${out}/log.jsonl`,
      signal: "SIGKILL",
      afterMs: 150,
    });
    expect(killed.code).toBe(null);
    expect(await toeplitz([...words, "--resume"])).toMatchObject({ code: 0, stderr: "" });
    const model = (folder: string): Buffer => readFileSync(`${folder}/model.safetensors`);
    const hash = (folder: string): unknown =>
      /weightsSha256[^0-9a-f]+([0-9a-f]{64})/.exec(model(folder).toString("latin1"))?.[1];
    expect(hash(out)).toMatch(/^[0-9a-f]{64}$/);
    expect(hash(out)).toBe(hash(shop.path("whole")));
  });
  it("predicts in a pipe: rows on standard input, and a reader that goes away is no fault", async () => {
    const out = shop.path("piped");
    const words = [
      "train",
      data,
      "--model",
      "chain",
      "--filters",
      "3",
      "--epochs",
      "1",
      "--out",
      out,
      "--quiet",
    ];
    expect((await toeplitz(words)).code).toBe(0);
    const model = `${out}/model.safetensors`;
    const child = spawn(process.execPath, ["--import", "tsx", main, "predict", model, "-", "--json"]);
    let first = "";
    let stderr = "";
    child.stdout.once("data", (chunk: Buffer) => {
      first = chunk.toString().split("\n")[0];
      child.stdout.destroy();
    });
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdin.end(tsText(5000));
    const code = await new Promise((done) => child.on("close", done));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(first).toMatch(/^\{"row":0,"label":"(up|down)","probabilities":\[/);
  });
});
