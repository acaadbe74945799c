/** Disks that fill: a run warns, goes on, cannot save its model, and goes on later from the last checkpoint. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { trainWords, type Whole } from "./kinds.ts";
import { below, folder, hashesOf, leftovers, logsOf, toeplitz, verdict } from "./shop.ts";

export async function fullDisks(
  wholes: readonly Whole[],
  times: number,
  random: () => number,
): Promise<void> {
  const disk = join(folder, "disk");
  mkdirSync(disk);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "toeplitz", disk], { stdio: "pipe" });
  } catch (error) {
    const reason = String((error as { stderr?: Buffer }).stderr ?? error).trim();
    console.log(`on a disk that fills: skipped, since no tmpfs can be mounted here (${reason})`);
    return;
  }
  try {
    await onDisk(
      disk,
      wholes.filter(({ kind }) => /^(network|seeds|minirocket)/.test(kind.name)),
      times,
      random,
    );
  } finally {
    execFileSync("umount", [disk]);
  }
}

async function onDisk(
  disk: string,
  wholes: readonly Whole[],
  times: number,
  random: () => number,
): Promise<void> {
  let [good, refused] = [0, 0];
  for (let n = 0; n < times; n++) {
    const { kind, hashes, logs, ms } = wholes[n % wholes.length];
    const out = join(disk, "run");
    const kept = join(folder, `full-${n}`); // temporary files are on another disk
    const filler = join(disk, "filler");
    const filled = fillWhen(out, filler, Math.floor(random() * 4000), ms);
    const strike = { signal: "SIGKILL", ms: random() * ms } as const;
    const ended = await toeplitz(trainWords(kind, out), n % 2 === 0 ? { run: kept } : { run: kept, strike });
    await filled;
    if (ended.code === 2 && ended.stderr.includes("the disk is full")) refused++;
    else if (ended.code !== null && ended.code !== 0)
      console.log(`  ${kind.name}: exit ${ended.code}: ${ended.stderr}`);
    rmSync(filler, { force: true });
    const again = existsSync(out) ? [kind.onward] : [];
    const run = await toeplitz(trainWords(kind, out, ...again), { run: kept });
    const left = [...leftovers(out), ...leftovers(kept)];
    if (run.code === 0 && hashesOf(run) === hashes && logsOf(out) === logs && left.length === 0) good++;
    else console.log(`  ${kind.name}: exit ${run.code}, ${hashesOf(run)}; left: ${left.join()}`);
    rmSync(out, { recursive: true, force: true });
  }
  verdict(
    "on a disk that fills (half of them killed too)",
    good,
    times,
    ` equal, ${refused} refused by name`,
  );
}

/** Fills the disk when the logs of a run have so many bytes, or after a while. */
function fillWhen(out: string, filler: string, bytes: number, ms: number): Promise<void> {
  const logged = (): number =>
    below(out)
      .filter((name) => name.endsWith("log.jsonl"))
      .reduce((sum, name) => sum + (statSync(join(out, name), { throwIfNoEntry: false })?.size ?? 0), -1);
  return new Promise((done) => {
    const start = performance.now();
    const timer = setInterval(() => {
      if (logged() < bytes && performance.now() - start < 0.7 * ms) return;
      clearInterval(timer);
      for (let chunk = 2 ** 16; chunk >= 1; chunk /= 2) while (append(filler, chunk));
      done();
    }, 5);
  });
}

/** Adds bytes to a file; false where the disk has no room for them. */
function append(file: string, bytes: number): boolean {
  try {
    writeFileSync(file, new Uint8Array(bytes), { flag: "a" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOSPC") return false;
    throw error;
  }
}
