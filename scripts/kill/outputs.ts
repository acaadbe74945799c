/** Outputs that nobody takes, and folders that are put away: the model is there all the same. */
import { existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { trainWords, type Whole } from "./kinds.ts";
import { folder, hashesOf, leftovers, logsOf, toeplitz, verdict, type How } from "./shop.ts";

/** The result that a run has left, as `--json` prints it. */
const resultIn = (out: string): { stdout: string; stderr: string } => ({
  stdout: existsSync(join(out, "result.json")) ? readFileSync(join(out, "result.json"), "utf8") : "",
  stderr: "there is none",
});

/** What an output is, and the exit code that says so. */
const outputs: readonly (readonly [Omit<How, "run">, number])[] = [
  [{ stdout: "full" }, 2],
  [{ stdout: "gone" }, 2],
  [{ stderr: "full" }, 0],
  [{ stderr: "gone" }, 0],
  [{ stdout: "full", stderr: "full" }, 2],
  [{ stdout: "gone", stderr: "gone" }, 2],
];

export async function hardOutputs({ kind, hashes, logs }: Whole): Promise<void> {
  let good = 0;
  for (const [i, [how, code]] of outputs.entries()) {
    const out = join(folder, `output-${i}`);
    // with progress, which goes to stderr
    const words = trainWords(kind, out).filter((word) => word !== "--quiet");
    const run = await toeplitz(words, { ...how, run: out });
    if (
      run.code === code &&
      hashesOf(resultIn(out)) === hashes &&
      logsOf(out) === logs &&
      !leftovers(out).length
    )
      good++;
    else console.log(`  ${JSON.stringify(how)}: exit ${run.code} for ${code}: ${run.stderr.slice(-300)}`);
  }
  verdict(
    "outputs that are full, or whose reader is gone",
    good,
    outputs.length,
    " leave the model, and the exit code says so",
  );
}

export async function movedFolders({ kind, hashes, logs, ms }: Whole, random: () => number): Promise<void> {
  const times = 6;
  let good = 0;
  for (let n = 0; n < times; n++) {
    const out = join(folder, `moved-${n}`);
    const timer = setInterval(() => {
      if (!existsSync(join(out, "checkpoint"))) return;
      clearInterval(timer);
      const put = (): void =>
        n % 2 === 0 ? rmSync(out, { recursive: true, force: true }) : renameSync(out, `${out}-away`);
      setTimeout(put, random() * 0.3 * ms);
    }, 5);
    const run = await toeplitz(trainWords(kind, out), { run: out });
    clearInterval(timer);
    const said =
      run.stderr === "" || /^warning: [^\n]* was put away while the run trained; [^\n]*\n$/.test(run.stderr);
    if (run.code === 0 && said && hashesOf(run) === hashes && logsOf(out) === logs && !leftovers(out).length)
      good++;
    else console.log(`  exit ${run.code}: ${run.stderr.slice(-300)}; left: ${leftovers(out).join()}`);
  }
  verdict("folders that are removed or moved as the run goes", good, times, " lost nothing");
}
