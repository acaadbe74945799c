/** Which MPI this machine has, found out by two ranks of each: what `toeplitz doctor` says. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { families, type FamilyName } from "./families.ts";
import { withoutLauncher, type Environment } from "./launcher.ts";

/** One family of MPI on this machine. */
export interface MpiReport {
  readonly family: string;
  /** The launcher found, by the name under which it was. */
  readonly launcher: string | null;
  /** The library that its ranks load. */
  readonly library: string | null;
  /** Null where two ranks found each other, else what is missing or failed, a line. */
  readonly unavailable: string | null;
  /** Medians of a sum over two ranks on this machine. */
  readonly sums: readonly { readonly bytes: number; readonly ms: number }[];
}

/** What rank 0 of the probe prints. */
export type Probed = Pick<MpiReport, "library" | "sums">;

const LAUNCH_MS = 5000;
const PROBE_MS = 30_000;

/** What launchers say of themselves. */
const launcherSays: Readonly<Record<FamilyName, RegExp>> = {
  openmpi: /Open MPI|OpenRTE|PRRTE|prterun/,
  mpich: /HYDRA|Intel\(R\) MPI|MVAPICH/i,
};

/** Looks for each family, and has two ranks sum vectors. */
export async function probeMpi(env: Environment): Promise<readonly MpiReport[]> {
  const reports: MpiReport[] = [];
  // one after another: ranks that share cores would slow each other
  for (const name of Object.keys(families) as FamilyName[])
    reports.push(
      await probe(name, env).catch((error: unknown) => ({
        ...nothing(name),
        // Node's permission model, say
        unavailable: `no process can be started: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`,
      })),
    );
  return reports;
}

/** What is known before anything was found. */
const nothing = (name: FamilyName): Omit<MpiReport, "unavailable"> => ({
  family: families[name].title,
  launcher: null,
  library: null,
  sums: [],
});

async function probe(name: FamilyName, env: Environment): Promise<MpiReport> {
  const launcher = await findLauncher(name, env);
  if (launcher === null)
    return {
      ...nothing(name),
      unavailable: `no mpirun of it on the PATH (Debian: ${families[name].packages})`,
    };
  const { stdout, line } = await run(launcher, [...launchWords(name), ...ownWorker()], env, PROBE_MS);
  const probed = probedIn(stdout);
  if (probed !== null) return { ...nothing(name), launcher, ...probed, unavailable: null };
  return { ...nothing(name), launcher, unavailable: line ?? "its two ranks said nothing" };
}

/** The launcher of a family, under the names that it is installed by; null where there is none. */
export async function findLauncher(name: FamilyName, env: Environment): Promise<string | null> {
  for (const program of [`mpirun.${name}`, "mpirun", "mpiexec"]) {
    const { stdout } = await run(program, ["--version"], env, LAUNCH_MS);
    if (launcherSays[name].test(stdout)) return program;
  }
  return null;
}

/** Two ranks on this machine, whatever its cores. Open MPI refuses root where nothing is said. */
function launchWords(name: FamilyName): readonly string[] {
  if (name === "mpich") return ["-n", "2"];
  return ["-n", "2", "--oversubscribe", ...(process.getuid?.() === 0 ? ["--allow-run-as-root"] : [])];
}

/** Node with the probe beside this file, of its kind. */
function ownWorker(): readonly string[] {
  const isSource = import.meta.url.endsWith(".ts");
  const worker = new URL(isSource ? "probeWorker.ts" : "probeWorker.js", import.meta.url);
  return [process.execPath, ...(isSource ? ["--import", "tsx"] : []), fileURLToPath(worker)];
}

/** What a program printed, and where it failed a line about it. */
async function run(
  program: string,
  words: readonly string[],
  env: Environment,
  timeout: number,
): Promise<{ readonly stdout: string; readonly line: string | null }> {
  return await new Promise((resolve) => {
    const options = { env: withoutLauncher(env), timeout, killSignal: "SIGKILL" as const };
    execFile(program, words, options, (error, stdout, stderr) => {
      if (error === null) return resolve({ stdout, line: null });
      const said = stderr.split("\n").find((text) => /\w/.test(text));
      const line = error.killed
        ? `did not end within ${timeout / 1000} s`
        : (said ?? error.message.split("\n")[0]);
      resolve({ stdout, line: `${program}: ${line.trim()}` });
    });
  });
}

function probedIn(stdout: string): Probed | null {
  const line = stdout.split("\n").find((text) => text.startsWith("{"));
  return line === undefined ? null : (JSON.parse(line) as Probed);
}
