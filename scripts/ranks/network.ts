/**
 * Two machines: two network namespaces, joined by a link of our own with delay and loss (link.py), and launchers that reach
 * into them. Equal weights, also over a bad link; where it is cut, a clear end within the time-out, and the run goes on.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  alone,
  check,
  folder,
  hashOf,
  launch,
  pause,
  present,
  processesOf,
  trainWords,
  type Family,
  type Launch,
} from "./shop.ts";

const [A, B] = ["10.77.0.1", "10.77.0.2"];
const agent = fileURLToPath(new URL("agent.sh", import.meta.url));
const program = fileURLToPath(new URL("link.py", import.meta.url));
const STEPS = ["--steps", "30"];

interface Link {
  readonly cut: () => void;
  readonly end: () => Promise<void>;
}

async function link(delayMs: number, loss: number): Promise<Link> {
  const words = [program, "toeplitz-a", A, "toeplitz-b", B, String(delayMs), String(loss)];
  const child = spawn("python3", words, { stdio: ["ignore", "pipe", "inherit"] });
  const closed = new Promise<void>((done) => child.on("close", () => done()));
  await new Promise<void>((up) => child.stdout.once("data", () => up()));
  return {
    cut: () => child.kill("SIGUSR1"),
    end: () => {
      for (const namespace of ["toeplitz-a", "toeplitz-b"]) {
        const { stdout } = spawnSync("ip", ["netns", "pids", namespace], { encoding: "utf8" });
        for (const pid of stdout.split("\n").filter(Boolean)) process.kill(Number(pid), "SIGKILL");
      }
      child.kill("SIGTERM");
      return closed;
    },
  };
}

/** How a family starts a rank on each of both. */
const across: Readonly<Record<Family, Omit<Launch, "family" | "size">>> = {
  openmpi: { words: ["--host", `${A},${B}`, "--mca", "plm_rsh_agent", agent] },
  mpich: {
    words: ["-launcher", "ssh", "-launcher-exec", agent, "-hosts", `${A},${B}`],
    // both have one kernel, whose memory is no network
    env: { UCX_TLS: "tcp,self" },
  },
};

export async function network(): Promise<void> {
  if (
    process.getuid?.() !== 0 ||
    spawnSync("ip", ["netns", "list"]).status !== 0 ||
    !existsSync("/dev/net/tun")
  ) {
    console.log("two machines: skipped, network namespaces and TUN devices want root on Linux");
    return;
  }
  const whole = hashOf(await alone(trainWords("whole-network", ...STEPS, "--force")));
  for (const family of present) {
    const place: Launch = {
      family,
      size: 2,
      within: ["ip", "netns", "exec", "toeplitz-a"],
      ...across[family],
    };
    for (const [delay, loss] of [
      [0, 0],
      [20, 0.01],
    ]) {
      const way = await link(delay, loss);
      const ended = await launch(place, trainWords(`${family}-${delay}`, ...STEPS, "--quiet")).ended;
      await way.end();
      const hash = hashOf(ended);
      check(
        `${family} on two machines, ${delay} ms of delay, ${100 * loss} % loss`,
        hash === whole,
        `${ended.seconds.toFixed(1)} s${hash === whole ? "" : ` ${hash} ${ended.stderr}`}`,
      );
    }
    await cutOff(place, whole);
  }
}

async function cutOff(place: Launch, whole: string): Promise<void> {
  const out = `${place.family}-cut`;
  const words = trainWords(out, ...STEPS, "--checkpoint-every", "0", "--quiet", "--rank-timeout", "5");
  const way = await link(20, 0);
  const { ended, kill } = launch(place, words);
  while (!existsSync(join(folder, out, "checkpoint"))) await pause(20);
  await pause(500);
  way.cut();
  const cut = performance.now();
  while (processesOf(out).size > 0 && performance.now() - cut < 60_000) await pause(100);
  const seconds = (performance.now() - cut) / 1000;
  // a launcher may wait for its own daemon on the other machine
  kill();
  const { stderr } = await ended;
  await way.end();
  const said = stderr.match(/^toeplitz: .*$/gm) ?? [];
  check(
    `${place.family}: one side cut off, a time-out of 5 s`,
    seconds < 15 && said.some((line) => line.includes("has sent nothing for 5 s")),
    `all ranks gone after ${seconds.toFixed(1)} s, ${said.length} lines of ours`,
  );
  const resumed = hashOf(await alone(trainWords(out, ...STEPS, "--resume")));
  check(`${place.family}: goes on after the cut`, resumed === whole, resumed === whole ? "" : resumed);
}
