/**
 * How much faster two ranks of one thread each are than one, of FCN, beside PyTorch's data-parallel training over gloo, one
 * after another in turns: `npm run bench:ranks [-- ROUNDS]`. Wants two processors with nothing else to do, and mpirun.
 */
import { execFileSync, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { table } from "../../src/inspect/table.ts";
import { median } from "../../src/numerics/median.ts";

const rounds = Number(process.argv[2] ?? 5);
const [LENGTH, CLASSES] = [128, 5];
const python = process.env.TOEPLITZ_PYTHON ?? "python3";
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const env = { ...process.env, OMPI_ALLOW_RUN_AS_ROOT: "1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1" };
const words = ["--import", "tsx", here("worker.ts")];

const numbersOf = (text: string): number[] => text.trim().split(/\s+/).map(Number);

function toeplitz(family: string | null, size: number, batch: number, steps: number): number[] {
  const args = [...words, ...[batch, LENGTH, CLASSES, steps, 2].map(String)];
  if (family === null) return numbersOf(execFileSync(process.execPath, args, { env, encoding: "utf8" }));
  return numbersOf(
    execFileSync(`mpirun.${family}`, ["-n", String(size), process.execPath, ...args], {
      env,
      encoding: "utf8",
    }),
  );
}

let port = 29_500;

/** PyTorch's step, and its version; null where it is not here. */
async function gloo(size: number, batch: number, steps: number): Promise<number | null> {
  port++;
  const ended = Array.from(
    { length: size },
    (_, rank) =>
      new Promise<string | null>((done) => {
        const args = [rank, size, port, batch, LENGTH, CLASSES, steps].map(String);
        const child = spawn(python, [here("gloo.py"), ...args], { env, stdio: ["ignore", "pipe", "ignore"] });
        let text = "";
        child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
        child.on("error", () => done(null));
        child.on("close", (code) => done(code === 0 ? text : null));
      }),
  );
  const [first] = await Promise.all(ended);
  return first === null ? null : numbersOf(first)[0];
}

const families = ["openmpi", "mpich"].filter((family) => {
  try {
    execFileSync(`mpirun.${family}`, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    console.log(`${family}: absent`);
    return false;
  }
});

const rows = [["batch", "who", "1 rank, ms", "2 ranks, ms", "efficiency", "bytes a step / least"]];
for (const batch of [32, 64, 128]) {
  const steps = Math.ceil(1600 / batch);
  const seen = new Map<string, { one: number[]; two: number[]; bytes: string }>();
  const of = (who: string) => {
    const known = seen.get(who) ?? { one: [], two: [], bytes: "" };
    seen.set(who, known);
    return known;
  };
  for (let round = 0; round < rounds; round++) {
    const [one] = toeplitz(null, 1, batch, steps);
    for (const family of families) {
      const [two, sent, least] = toeplitz(family, 2, batch, steps);
      const who = of(`toeplitz, ${family}`);
      who.one.push(one);
      who.two.push(two);
      who.bytes = `${sent} / ${least}`;
    }
    const torch = [await gloo(1, batch, steps), await gloo(2, batch, steps)];
    if (torch[0] === null || torch[1] === null) continue;
    of("PyTorch, gloo").one.push(torch[0]);
    of("PyTorch, gloo").two.push(torch[1]);
  }
  for (const [who, { one, two, bytes }] of seen) {
    const [a, b] = [median(one), median(two)];
    rows.push([String(batch), who, a.toFixed(2), b.toFixed(2), (a / (2 * b)).toFixed(2), bytes]);
  }
}
console.log(table(rows));
