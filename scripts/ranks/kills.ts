/** A rank that is killed: every process ends, the checkpoint is good, and the run goes on at another number of ranks. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { numbersOf } from "../kill/numbers.ts";
import { alone, check, folder, hashOf, launch, pause, present, processesOf, trainWords } from "./shop.ts";

const STEPS = ["--steps", "400"];
/** Within so many seconds of a kill every process has to be gone. */
const END_SECONDS = 10;

export async function kills(times: number, seed: number): Promise<void> {
  const draw = numbersOf(seed);
  const below = (n: number): number => Math.floor(draw() * n);
  const whole = hashOf(await alone(trainWords("whole-kills", ...STEPS, "--force")));
  check("the whole run ends", whole.length === 64, whole);
  for (let n = 0; n < times; n++) {
    const family = present[n % present.length];
    const size = [2, 4, 8][below(3)];
    const victim = below(size);
    const out = `kill-${n}`;
    const words = trainWords(out, ...STEPS, "--checkpoint-every", "0", "--quiet");
    const { ended } = launch({ family, size }, words);
    while (!existsSync(join(folder, out, "checkpoint"))) await pause(20);
    await pause(below(1500));
    const pid = processesOf(out).get(victim);
    if (pid !== undefined) process.kill(pid, "SIGKILL");
    const killed = performance.now();
    const { code, stderr } = await ended;
    const seconds = (performance.now() - killed) / 1000;
    await pause(200);
    const left = processesOf(out).size;
    const again = [1, 2, 4, 8].filter((other) => other !== size)[below(3)];
    const onward = trainWords(out, ...STEPS, "--resume");
    const resumed = again === 1 ? await alone(onward) : await launch({ family, size: again }, onward).ended;
    const hash = hashOf(resumed);
    const said = (stderr.match(/^toeplitz: .*$/gm) ?? []).length;
    check(
      `kill ${n + 1}: ${family}, rank ${victim} of ${size}, on with ${again}`,
      hash === whole && seconds < END_SECONDS && left === 0 && code !== 0,
      `ended in ${seconds.toFixed(1)} s, ${said} lines of ours${hash === whole ? "" : `, ${hash}`}`,
    );
  }
}
