import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { tsText, workshop } from "./harness.ts";

const shop = workshop();
const data = shop.put("waves.ts", tsText(20));
const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** Runs main.ts as a process; `interrupt` sends SIGINT when the log of a run is there. */
function toeplitz(
  words: readonly string[],
  interrupt?: string,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((done) => {
    const child = spawn(process.execPath, ["--import", "tsx", main, ...words]);
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    const timer = setInterval(() => {
      if (interrupt === undefined || !existsSync(interrupt)) return;
      clearInterval(timer);
      child.kill("SIGINT");
    }, 50);
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
  it.skipIf(process.platform === "win32")("ends with 130 on Ctrl-C", async () => {
    const out = shop.path("run");
    const words = ["train", data, "--model", "chain", "--filters", "3", "--steps", "100000000", "--out", out];
    const { code, stderr } = await toeplitz(words, `${out}/log.jsonl`);
    expect(code).toBe(130);
    expect(stderr).toContain("interrupted: ending after this step (once more ends at once)\n");
  });
});
