import { spawn } from "node:child_process";
import { existsSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { cli, tsText, workshop } from "./harness.ts";

const shop = workshop();
const data = shop.put("waves.ts", tsText(20));
const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const program = [process.execPath, "--import", "tsx", main];
const short = ["--model", "chain", "--filters", "3"];

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program; `closed` is a stream whose reader goes away at its first bytes, or before any. */
function run(
  words: readonly string[],
  { closed, when }: { closed: "stdout" | "stderr"; when: "first bytes" | "start" },
): Promise<Ended> {
  return new Promise((done) => {
    const [node, ...before] = program;
    const child = spawn(node, [...before, ...words]);
    const said = { stdout: "", stderr: "" };
    if (when === "start") child[closed].destroy();
    for (const name of ["stdout", "stderr"] as const)
      child[name].on("data", (chunk: Buffer) => {
        said[name] += chunk.toString();
        if (name === closed) child[name].destroy();
      });
    child.on("close", (code) => done({ code, ...said }));
  });
}

const files = (folder: string): string[] =>
  ["model.safetensors", "result.json", "log.jsonl", "checkpoint"].filter((name) =>
    existsSync(`${folder}/${name}`),
  );
const ALL = ["model.safetensors", "result.json", "log.jsonl", "checkpoint"];

describe.skipIf(process.platform === "win32")("a stream that is closed", () => {
  it("stderr: training goes on in silence, and the model is saved and printed", async () => {
    for (const when of ["first bytes", "start"] as const) {
      const out = shop.path(`stderr-${when.replace(" ", "-")}`);
      const words = ["train", data, ...short, "--steps", "3000", "--json", "--out", out];
      const { code, stdout } = await run(words, { closed: "stderr", when });
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ steps: 3000, out });
      expect(files(out)).toEqual(ALL);
      expect(existsSync(`${out}/run.lock`)).toBe(false);
    }
  });

  it("stdout: the model is saved, and the exit code and a line say that nothing was printed", async () => {
    const out = shop.path("stdout");
    const words = ["train", data, ...short, "--steps", "300", "--quiet", "--out", out];
    expect(await run(words, { closed: "stdout", when: "start" })).toEqual({
      code: 2,
      stdout: "",
      stderr:
        "toeplitz: standard output: its reader is gone; the result was not printed, it is in the run's folder (result.json)\n",
    });
    expect(files(out)).toEqual(ALL);
  });

  it.skipIf(!existsSync("/dev/full"))("stdout on a full disk: one line and exit code 2", async () => {
    const full = openSync("/dev/full", "w");
    const ended = (words: readonly string[]): Promise<{ code: number | null; stderr: string }> =>
      new Promise((done) => {
        const [node, ...before] = program;
        const child = spawn(node, [...before, ...words], { stdio: ["ignore", full, "pipe"] });
        let stderr = "";
        child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
        child.on("close", (code) => done({ code, stderr }));
      });
    const line = "toeplitz: standard output: cannot write it: the disk is full (free some space)";
    expect(await ended(["inspect", data])).toEqual({ code: 2, stderr: `${line}\n` });
    const out = shop.path("full");
    expect(await ended(["train", data, ...short, "--steps", "5", "--quiet", "--out", out])).toEqual({
      code: 2,
      stderr: `${line}; the result was not printed, it is in the run's folder (result.json)\n`,
    });
    expect(files(out)).toEqual(ALL);
  });
});

describe("help of a command that is none", () => {
  it.each([
    ["trian", "train"],
    ["Predict", "predict"],
    ["inspekt", "inspect"],
  ])("toeplitz help %s suggests %s", async (word, meant) => {
    expect(await cli(["help", word])).toEqual({
      code: 2,
      stdout: "",
      stderr:
        `toeplitz: command ${JSON.stringify(word)} is unknown (did you mean ${meant}?); it is one of train, evaluate, ` +
        "predict, explain, inspect, export, import, compare, reproduce, sweep, studio, doctor, bench, completion\n",
    });
  });
  it("of one that is there, and of all, is help", async () => {
    const own = await cli(["train", "--help"]);
    expect(await cli(["help", "train"])).toEqual(own);
    expect(own.stdout).toContain("Usage: toeplitz train");
    expect((await cli(["help"])).stdout).toContain("Usage: toeplitz [options] [command]");
    expect((await cli(["help", "xyzzy"])).stderr).toMatch(
      /^toeplitz: command "xyzzy" is unknown; it is one of/,
    );
  });
});
