/** Two processes in one folder, begun at once, in all pairs of what writes there or reads it. */
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { epochsOf, folder, hashesOf, leftovers, putRows, toeplitz, verdict, type Ended } from "./shop.ts";

const CHAIN = "--model chain --filters 5,5 --steps 3000 --json --quiet";

/** What is done in a folder, as words. */
type Verb = (data: string, out: string) => string;
const verbs: Readonly<Record<string, Verb>> = {
  train: (data, out) => `train ${data} ${CHAIN} --out ${out}`,
  "train --force": (data, out) => `train ${data} ${CHAIN} --seed 1 --out ${out} --force`,
  "train --resume": (data, out) => `train ${data} ${CHAIN} --out ${out} --resume`,
  "train --seeds": (data, out) => `train ${data} ${CHAIN} --seeds 2 --out ${out} --force`,
  minirocket: (data, out) => `train ${data} --model minirocket --json --quiet --out ${out} --force`,
  reproduce: (data, out) => `reproduce ${out}/model.safetensors ${data} --json --quiet`,
  predict: (data, out) => `predict ${out}/model.safetensors ${data} --out ${out}/p.csv`,
};
const writes = ["train", "train --force", "train --resume", "train --seeds", "minirocket"];

/** Whether the folder is that of one of the runs that say that they ended well, whole, and the others said why they did not. */
function faultOf(out: string, ended: readonly Ended[], names: readonly string[]): string | null {
  for (const [i, { code, stderr }] of ended.entries()) {
    if (code === 0) continue;
    // a model that is taken away before it is read is no fault of the reader
    if (code !== 2 || stderr.trim().split("\n").length !== 1) return `${names[i]}: exit ${code}: ${stderr}`;
  }
  const left = leftovers(out);
  if (left.length > 0) return `left: ${left.join()}`;
  const written = ended.filter(({ code }, i) => code === 0 && writes.includes(names[i]));
  if (written.length === 0 && names.every((name) => writes.includes(name))) return "none of them ended";
  for (const run of written) {
    const told = JSON.parse(run.stdout) as { out: string; runs?: { out: string; weightsSha256: string }[] };
    const runs = told.runs ?? [told as { out: string; weightsSha256: string }];
    for (const { out: where, weightsSha256 } of runs) {
      const result = JSON.parse(readFileSync(join(where, "result.json"), "utf8")) as object;
      const last = !("weightsSha256" in result) || result.weightsSha256 === weightsSha256;
      const overwritten = written.some(
        (other) =>
          other !== run &&
          hashesOf(other).includes(String((result as { weightsSha256?: string }).weightsSha256)),
      );
      if (!last && !overwritten) return `${where}: its result is of no run that ended`;
      const model = readFileSync(join(where, "model.safetensors")).toString("latin1");
      if (!model.includes((result as { weightsSha256: string }).weightsSha256))
        return `${where}: model and result differ`;
      const epochs = epochsOf(where);
      if (epochs !== "" && epochs.split(",").some((e, i) => e !== `1:${i + 1}`))
        return `${where}: its log has gaps`;
    }
  }
  return null;
}

export async function pairs(): Promise<void> {
  const data = putRows("pairs.ts");
  const before = join(folder, "before");
  const made = await toeplitz(verbs.train(data, before).split(" "), { run: before });
  if (made.code !== 0) throw new Error(made.stderr);
  let [good, of] = [0, 0];
  const tasks = Object.keys(verbs).flatMap((first, i) =>
    Object.keys(verbs)
      .slice(i)
      .filter((second) => writes.includes(first) || writes.includes(second))
      .map((second) => async (): Promise<void> => {
        const out = join(folder, `pair-${of++}`);
        if (first !== "train" || !writes.includes(second)) cpSync(before, out, { recursive: true });
        const ended = await Promise.all(
          [first, second].map((name) => toeplitz(verbs[name](data, out).split(" "), { run: out })),
        );
        const fault = faultOf(out, ended, [first, second]);
        if (fault === null) good++;
        else console.log(`  ${first} and ${second}: ${fault}`);
      }),
  );
  // one pair at a time: each is two processes
  for (const task of tasks) await task();
  verdict("two processes in one folder, all pairs of verbs", good, of, " ended as one whole run each");
}
