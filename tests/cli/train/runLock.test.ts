import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { takeLock } from "../../../src/cli/train/runLock.ts";
import { cli, tsText, workshop } from "../harness.ts";

const shop = workshop();
const data = shop.put("waves.ts", tsText(20));
const short = ["--model", "chain", "--filters", "3", "--quiet", "--json"];
const train = (folder: string, ...more: string[]): ReturnType<typeof cli> =>
  cli(["train", data, ...short, "--steps", "3", "--out", folder, ...more]);

interface Lock {
  readonly pid: number;
  readonly host: string;
  readonly since: string;
  readonly birth: string | null;
  readonly space: string | null;
}
const lockOf = (folder: string): Lock => JSON.parse(readFileSync(`${folder}/run.lock`, "utf8")) as Lock;
const since = "2025-01-02T03:04:05.000Z";

/** A folder that some process has locked. */
function locked(name: string, lock: Partial<Lock> | string): string {
  const folder = shop.path(name);
  mkdirSync(folder, { recursive: true });
  const text = typeof lock === "string" ? lock : JSON.stringify({ host: hostname(), since, ...lock });
  writeFileSync(`${folder}/run.lock`, text);
  return folder;
}

/** The number of a process that was there and is gone. */
async function goneProcess(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""]);
  await new Promise((done) => child.on("close", done));
  return child.pid ?? 0;
}

describe("run.lock", () => {
  it("is there while a run trains, names this process, and is gone afterwards", async () => {
    const out = shop.path("during");
    let seen: Lock | null = null;
    const code = await cli(["train", data, ...short, "--steps", "3", "--out", out], (first) => {
      seen = lockOf(out);
      first();
    });
    expect(code.code).toBe(130);
    expect(seen).toMatchObject({ pid: process.pid, host: hostname() });
    expect(existsSync(`${out}/run.lock`)).toBe(false);
    expect((await train(shop.path("whole"))).code).toBe(0);
    expect(shop.has("whole/run.lock")).toBe(false);
  });

  it("of a live process refuses a new run, --force, --resume and minirocket, and leaves every file", async () => {
    const out = shop.path("live");
    expect((await train(out)).code).toBe(0);
    locked("live", { pid: process.ppid });
    const before = readFileSync(`${out}/model.safetensors`);
    const refused = {
      code: 2,
      stdout: "",
      stderr: `toeplitz: ${out}: process ${process.ppid} trains in it since ${since}; wait until it ends, or give --out another folder\n`,
    };
    expect(await train(out)).toEqual(refused);
    expect(await train(out, "--force")).toEqual(refused);
    expect(await cli(["train", data, "--steps", "4", "--quiet", "--out", out, "--resume"])).toEqual(refused);
    expect(await cli(["train", data, "--model", "minirocket", "--quiet", "--out", out, "--force"])).toEqual(
      refused,
    );
    expect(readFileSync(`${out}/model.safetensors`)).toEqual(before);
    expect(lockOf(out).pid).toBe(process.ppid);
  });

  it("of another host is refused with the remedy", async () => {
    const out = locked("elsewhere", { pid: 1, host: "far.example" });
    expect((await train(out)).stderr).toBe(
      `toeplitz: ${out}: process 1 of host far.example trains in it since ${since}; wait until it ends, ` +
        `give --out another folder, or, where that process is gone, delete ${out}/run.lock\n`,
    );
  });

  it("that cannot be read is refused with the remedy", async () => {
    for (const text of ["", "{}", '{"pid":"x","host":"a","since":"b"}', "\u0000\u0000"]) {
      const out = locked("unreadable", text);
      expect((await train(out, "--force")).stderr).toBe(
        `toeplitz: ${out}/run.lock: it cannot be read, so who trains in the folder is not known; ` +
          "if no process does, delete it; else give --out another folder\n",
      );
    }
  });

  it.skipIf(process.platform === "win32")("that is no file is refused, and not waited on", async () => {
    const put: Readonly<Record<string, (path: string) => void>> = {
      folder: (path) => mkdirSync(path),
      pipe: (path) => void execFileSync("mkfifo", [path]),
      link: (path) => symlinkSync("/dev/zero", path),
    };
    for (const [name, make] of Object.entries(put)) {
      const out = shop.path(`odd-${name}`);
      mkdirSync(out);
      make(`${out}/run.lock`);
      const { code, stderr } = await train(out, "--force");
      expect([code, stderr]).toEqual([
        2,
        expect.stringContaining("/run.lock: it cannot be read, so who trains"),
      ]);
    }
  });

  it.skipIf(process.platform !== "linux")(
    "of another container of this host is refused with the remedy",
    async () => {
      const out = locked("container", { pid: 1, space: "pid:[1]" });
      expect((await train(out)).stderr).toBe(
        `toeplitz: ${out}: process 1 of another container trains in it since ${since}; wait until it ends, ` +
          `give --out another folder, or, where that process is gone, delete ${out}/run.lock\n`,
      );
    },
  );

  it("of a process that is gone is taken over", async () => {
    const out = locked("gone", { pid: await goneProcess() });
    expect((await train(out)).code).toBe(0);
    expect(existsSync(`${out}/run.lock`)).toBe(false);
  });

  it.skipIf(process.platform !== "linux")(
    "of a process whose number is another's by now, as after a power cut, is taken over",
    async () => {
      for (const pid of [process.ppid, process.pid]) {
        const out = locked(`reused-${pid}`, { pid, birth: "an-earlier-boot 12345" });
        expect((await train(out)).code).toBe(0);
      }
    },
  );

  it("is refused twice in one process, and may be taken again when it is given back", () => {
    const out = locked("twice", "");
    const path = `${out}/run.lock`;
    writeFileSync(path, JSON.stringify({ pid: process.ppid, host: hostname(), since }));
    expect(() => takeLock(out)).toThrow(`process ${process.ppid} trains in it`);
    const other = shop.path("other");
    mkdirSync(other);
    const lock = takeLock(other);
    lock.release();
    lock.release();
    takeLock(other).release();
    expect(existsSync(`${other}/run.lock`)).toBe(false);
  });

  it("keeps the second of two processes out, whose run is whole", async () => {
    const out = shop.path("two");
    const main = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));
    const start = (seed: number): Promise<{ code: number | null; stdout: string; stderr: string }> =>
      new Promise((done) => {
        const words = ["train", data, ...short, "--steps", "4000", "--seed", String(seed), "--out", out];
        const child = spawn(process.execPath, ["--import", "tsx", main, ...words]);
        let stdout = "";
        let stderr = "";
        child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
        child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
        child.on("close", (code) => done({ code, stdout, stderr }));
      });
    const ended = await Promise.all([start(0), start(1)]);
    const [winner, loser] = ended[0].code === 0 ? ended : [ended[1], ended[0]];
    expect([winner.code, loser.code]).toEqual([0, 2]);
    expect(loser.stderr).toMatch(/^toeplitz: \S+two: (process \d+ trains in it since|it holds another run)/);
    const { seed, weightsSha256 } = JSON.parse(winner.stdout) as { seed: number; weightsSha256: string };
    const result = JSON.parse(readFileSync(`${out}/result.json`, "utf8")) as object;
    expect(result).toMatchObject({ seed, weightsSha256 });
    const epochs = readFileSync(`${out}/log.jsonl`, "utf8").trim().split("\n");
    const numbers = epochs.map((line) => (JSON.parse(line) as { epoch: number }).epoch);
    expect(numbers).toEqual(numbers.map((_, i) => i + 1));
  });
});
