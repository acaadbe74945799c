/** Files that appear whole, under temporary names that nobody can prepare. */
import { execFileSync, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readBytes, writeWhole } from "../../../src/node.ts";
import { isAbandoned, isGone, ownerTag, thisProcess } from "../../../src/readers/node/processes.ts";
import { temporaryPath } from "../../../src/readers/node/writeWhole.ts";

const folder = mkdtempSync(join(tmpdir(), "toeplitz-whole-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);
const onLinux = it.skipIf(process.platform !== "linux");

/** The number of a process that was there and is gone. */
async function goneProcess(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""]);
  await new Promise((done) => child.on("close", done));
  return child.pid ?? 0;
}

describe("a file that is written whole", () => {
  it("takes the place of a link, and leaves what the link leads to", async () => {
    writeFileSync(at("victim"), "precious");
    symlinkSync(at("victim"), at("out.csv"));
    await writeWhole(at("out.csv"), "new");
    expect([readFileSync(at("victim"), "utf8"), readFileSync(at("out.csv"), "utf8")]).toEqual([
      "precious",
      "new",
    ]);
  });

  it("has a temporary name that is another each time, short whatever the file's, and gone afterwards", async () => {
    expect(temporaryPath("a")).toMatch(/^a\/\.toeplitz-\d+-[0-9a-f]{8}-[0-9a-f]+-[0-9a-f]{16}\.tmp$/);
    expect(temporaryPath("a")).not.toBe(temporaryPath("a"));
    await writeWhole(at("n".repeat(250)), "x");
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  onLinux("takes away what killed processes left, and nothing else", async () => {
    const own = at("left");
    mkdirSync(own);
    const [, place] = ownerTag().split("-");
    const name = (pid: number, where: string, birth: string): string =>
      `.toeplitz-${pid}-${where}-${birth}-${"0".repeat(16)}.tmp`;
    const gone = name(await goneProcess(), place, "0");
    const reused = name(process.pid, place, "12345678");
    const running = temporaryPath(own).slice(own.length + 1);
    const elsewhere = name(1, "00000000", "0");
    const others = [running, elsewhere, "mine.tmp", ".toeplitz-1.tmp"];
    for (const file of [gone, reused, ...others]) writeFileSync(join(own, file), "");
    await writeWhole(join(own, "p.csv"), "x");
    expect(readdirSync(own).sort()).toEqual([...others, "p.csv"].sort());
  });

  onLinux("is written into devices and refused of named pipes, at once", async () => {
    await writeWhole("/dev/null", "x");
    expect(existsSync("/dev/null")).toBe(true);
    await expect(writeWhole("/dev/full", "x")).rejects.toThrow(
      "/dev/full: cannot write it: the disk is full",
    );
    execFileSync("mkfifo", [at("pipe")]);
    await expect(writeWhole(at("pipe"), "x")).rejects.toThrow(
      `${at("pipe")}: it is a named pipe, no file; give another path, or write to standard output`,
    );
  });
});

describe("what no file is", () => {
  onLinux("is refused by name, without waiting for it", async () => {
    execFileSync("mkfifo", [at("in.wav")]);
    symlinkSync("/dev/zero", at("zero.wav"));
    const said = "no file; give a file, or pipe its content in as /dev/stdin";
    await expect(readBytes(at("in.wav"))).rejects.toThrow(`${at("in.wav")}: it is a named pipe, ${said}`);
    await expect(readBytes(at("zero.wav"))).rejects.toThrow(`${at("zero.wav")}: it is a device, ${said}`);
  });
});

describe("whose something is", () => {
  onLinux("is known by number, host, container and birth", async () => {
    const own = thisProcess();
    expect(isGone(own)).toBe(false);
    expect(isGone({ ...own, birth: "an-earlier-boot 1" })).toBe(true);
    expect(isGone({ ...own, pid: await goneProcess() })).toBe(true);
    expect(isGone({ ...own, host: "far.example" })).toBe(null);
    expect(isGone({ ...own, space: "pid:[1]" })).toBe(null);
    expect([isAbandoned(`x-${ownerTag()}-y`), isAbandoned("x-1-y")]).toEqual([false, false]);
  });

  onLinux("is nobody's where the process has ended and its parent has not noticed", async () => {
    // the child ends when the shell has become something that never asks for it
    const parent = spawn("sh", ["-c", "(exec sleep 0.2) & pid=$!; exec sh -c 'echo $0; exec sleep 20' $pid"]);
    const pid = Number(
      await new Promise((told) => parent.stdout.once("data", (chunk: Buffer) => told(chunk.toString()))),
    );
    await new Promise((later) => setTimeout(later, 800));
    expect(readFileSync(`/proc/${pid}/stat`, "utf8")).toContain(" Z ");
    expect(isGone({ ...thisProcess(), pid, birth: null })).toBe(true);
    parent.kill();
  });
});
