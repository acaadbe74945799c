/**
 * One seed, one result: trains every architecture for a few steps by the command line on each back end, on 1 to 3
 * threads, and each Node given, and compares the SHA-256 of the weights.
 *
 *   npm run build && npx tsx scripts/sameBits.ts [NODE ...]      (default: the Node that runs this)
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { architectureNames } from "../src/training/recipes.ts";

const cli = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const nodes = process.argv.length > 2 ? process.argv.slice(2) : [process.execPath];
const folder = mkdtempSync(join(tmpdir(), "toeplitz-bits-"));

/** Rows of two classes, 12 of them, as a .ts file. */
function write(length: number): string {
  const rows = Array.from({ length: 12 }, (_, n) => {
    const value = (t: number): number => Math.round(100 * Math.sin((t * (1 + (n % 2))) / 5 + n)) / 100;
    return `${Array.from({ length }, (_unused, t) => value(t)).join(",")}:${n % 2}`;
  });
  const file = join(folder, `bits${length}.ts`);
  writeFileSync(file, `@problemName bits\n@classLabel true 0 1\n@data\n${rows.join("\n")}\n`);
  return file;
}

const runs = [
  ["reference", "1"],
  ...["wasm", "x64"].flatMap((backend) => ["1", "2", "3"].map((threads) => [backend, threads] as const)),
] as const;
const [short, long] = [write(48), write(1100)];
let failed = false;
for (const model of architectureNames) {
  // labels a position, which a .ts file does not hold
  if (model === "unet1d") continue;
  const slow = model === "m5";
  const hashes = new Map<string, string>();
  for (const node of nodes) {
    for (const [backend, threads] of runs) {
      const [data, steps, batch] = slow ? [long, "1", "2"] : [short, "3", "4"];
      const args = [
        "train",
        data,
        "--model",
        model,
        "--steps",
        steps,
        "--batch",
        batch,
        "--backend",
        backend,
        "--threads",
        threads,
      ];
      const more = ["--seed", "3", "--json", "--quiet", "--force", "--out", join(folder, "run")];
      try {
        const out = execFileSync(node, [cli, ...args, ...more], {
          encoding: "utf8",
          stdio: ["ignore", "pipe", "pipe"],
        });
        const { weightsSha256 } = JSON.parse(out) as { weightsSha256: string };
        hashes.set(`${node} ${backend} ${threads}`, weightsSha256);
      } catch (error) {
        console.log(
          `${model}: ${node} ${backend} on ${threads} did not run: ${String((error as { stderr?: string }).stderr).trim()}`,
        );
      }
    }
  }
  const distinct = new Set(hashes.values());
  failed ||= distinct.size !== 1;
  const verdict =
    distinct.size === 1 ? `equal, ${[...distinct][0].slice(0, 16)}` : JSON.stringify([...hashes], null, 1);
  console.log(`${model.padEnd(12)} ${hashes.size} runs: ${verdict}`);
}
rmSync(folder, { recursive: true, force: true });
process.exitCode = failed ? 1 : 0;
