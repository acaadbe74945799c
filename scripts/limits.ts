/**
 * `npm run proof:limits`: small and locked machines. Each situation runs the built command line under a limit and shows
 * the first line that is printed and the exit code; a stack trace, "a fault of toeplitz", other weights than those of a plain run, or another
 * line than is wanted fails. Linux; those that want root say so.
 */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { situations, type Situation } from "./limits/situations.ts";
import { workplace } from "./limits/workplace.ts";

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const place = workplace();

function run({ command, env = {}, cwd = place.folder }: Pick<Situation, "command" | "env" | "cwd">): Ended {
  rmSync(place.out, { recursive: true, force: true });
  const [program, ...words] = command;
  const { status, signal, stdout, stderr } = spawnSync(program, words, {
    cwd,
    env: { ...process.env, ...env },
    encoding: "utf8",
    timeout: 60_000,
    killSignal: "SIGKILL",
  });
  return { code: status, stdout, stderr: signal === null ? stderr : `ended by ${signal}\n${stderr}` };
}

/** Node's own warnings are not ours. */
const firstLine = (text: string): string =>
  text.split("\n").find((line) => line !== "" && !/^\(node:|^\(Use|^Warning: disabling flag/.test(line)) ??
  "";

const plain = run({ command: [process.execPath, place.program, ...place.train] });
const weights = (JSON.parse(plain.stdout) as { weightsSha256: string }).weightsSha256;

/** What a run shows: its back end and threads where it trained, else its first line. */
function shown({ code, stdout, stderr }: Ended): string {
  if (code !== 0 || !stdout.startsWith("{")) return firstLine(code === 0 ? stdout : stderr).trim();
  const result = JSON.parse(stdout) as { backend: string; threads: number; weightsSha256: string };
  const same = result.weightsSha256 === weights ? "the same weights" : "OTHER WEIGHTS";
  return `trains: ${result.backend}, threads: ${result.threads}, ${same}`;
}

let failed = 0;
console.log("| situation | what is printed | exit code |\n| --- | --- | --- |");
try {
  for (const situation of situations(place)) {
    if (situation.skipped !== null) {
      console.log(`| ${situation.name} | skipped: ${situation.skipped} | |`);
      continue;
    }
    const ended = run(situation);
    const line = shown(ended).replaceAll(place.folder, ".").replaceAll("|", "\\|");
    const all = ended.stdout + ended.stderr;
    const isGood =
      ended.code === situation.code &&
      situation.says.test(line) &&
      !/fault of toeplitz|^ +at .+:\d+/m.test(all) &&
      !line.includes("OTHER WEIGHTS");
    if (!isGood) failed++;
    console.log(`| ${situation.name} | ${line} | ${ended.code} |${isGood ? "" : " WRONG"}`);
    if (!isGood) console.log(all.slice(0, 2000));
  }
} finally {
  place.remove();
}
console.log(failed === 0 ? "all as wanted" : `${failed} WRONG`);
process.exitCode = failed === 0 ? 0 : 1;
