/**
 * Runs that end well: processes are struck at random moments and gone on with, and the SHA-256 of the weights and the epochs of the
 * logs are those of the run that was left alone, with nothing left behind. Then two processes in one folder, disks that
 * fill, outputs that nobody takes, and folders that are put away.
 *
 *   npm run proof:kill -- [--seed N] [--kills N]      (default: 0 and 100)
 */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fullDisks } from "./fullDisks.ts";
import { kinds, leftAlone, trainWords, type Whole } from "./kinds.ts";
import { hardOutputs, movedFolders } from "./outputs.ts";
import { pairs } from "./pairs.ts";
import { numbersOf } from "./numbers.ts";
import { folder, hashesOf, inPairs, leftovers, logsOf, toeplitz, verdict } from "./shop.ts";

const { values } = parseArgs({
  options: { seed: { type: "string", default: "0" }, kills: { type: "string", default: "100" } },
});
const kills = Number(values.kills);
const random = numbersOf(Number(values.seed));

/** A run is struck so often at most. */
const STRIKES = 3;

/** Strikes runs of a kind until so many were hit before their end; each then ends, in one go or struck again. */
async function strike(whole: Whole, signal: NodeJS.Signals, wanted: number): Promise<void> {
  const { kind, hashes, logs, ms } = whole;
  const { name, onward } = kind;
  let [hit, ended, good] = [0, 0, 0];
  while (hit < wanted) {
    const out = join(folder, `${signal}-${kinds.indexOf(kind)}-${ended}`);
    for (let struck = 0; ;) {
      const again = existsSync(out) ? [onward] : [];
      const blow = { signal, ms: random() * 0.9 * ms } as const;
      const run = await toeplitz(
        trainWords(kind, out, ...again),
        hit < wanted && struck < STRIKES ? { run: out, strike: blow } : { run: out },
      );
      if (run.code === null || run.code === 130) {
        hit++;
        struck++;
      } else {
        const left = leftovers(out);
        const equal = run.code === 0 && hashesOf(run) === hashes && logsOf(out) === logs;
        if (equal && left.length === 0) good++;
        else
          console.log(
            `  ${name}, ${signal}: exit ${run.code}, ${hashesOf(run)} for ${hashes}; left: ${left.join()}`,
          );
        break;
      }
    }
    for (const made of [out, `${out}-tmp`]) rmSync(made, { recursive: true, force: true });
    ended++;
  }
  verdict(`${hit} times ${signal}: ${name}`, good, ended, " ended with equal weights and logs, nothing left");
}

const start = performance.now();
const wholes: Whole[] = [];
for (const kind of kinds) wholes.push(await leftAlone(kind));
const strikes = wholes.map(
  (whole) => () => strike(whole, "SIGKILL", Math.max(1, Math.round((kills * whole.kind.share) / 100))),
);
for (const [i, signal] of (["SIGTERM", "SIGHUP", "SIGINT"] as const).entries())
  for (const at of [i, 3 + i])
    strikes.push(() => strike(wholes[at], signal, Math.max(1, Math.round(kills / 50))));
await inPairs(strikes);
await pairs();
await fullDisks(wholes, Math.max(1, Math.round(kills / 5)), random);
await hardOutputs(wholes[0]);
await movedFolders(wholes[0], random);
console.log(`in ${Math.round((performance.now() - start) / 1000)} s`);
