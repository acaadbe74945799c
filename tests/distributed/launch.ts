/** Starts workers by the launchers of this machine's MPIs. A family that is absent is skipped by its name. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { FamilyName } from "../../src/distributed/families.ts";
import { withoutLauncher } from "../../src/distributed/launcher.ts";
import { findLauncher } from "../../src/distributed/probe.ts";

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

interface Launcher {
  readonly family: FamilyName;
  readonly program: string;
  readonly words: readonly string[];
  readonly skipped: string | null;
}

const env = {
  ...withoutLauncher(process.env),
  // root's mpirun asks twice; ranks may be more than cores
  OMPI_ALLOW_RUN_AS_ROOT: "1",
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1",
};

/** A launcher under Debian's name, or the `mpirun` there is. */
async function launcher(family: FamilyName, words: readonly string[]): Promise<Launcher> {
  const program = await findLauncher(family, env);
  return { family, program: program ?? "", words, skipped: program === null ? "no mpirun of it here" : null };
}

export const launchers: readonly Launcher[] = [
  await launcher("openmpi", ["--oversubscribe"]),
  await launcher("mpich", []),
];

/** Runs a worker on so many ranks. */
export async function launch(
  { program, words }: Launcher,
  size: number,
  worker: string,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const path = fileURLToPath(new URL(`workers/${worker}.ts`, import.meta.url));
  const start = performance.now();
  return await new Promise((resolve) => {
    execFile(
      program,
      ["-n", String(size), ...words, process.execPath, "--import", "tsx", path, ...args],
      { env: { ...env, ...more }, timeout: 60_000, killSignal: "SIGKILL" },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : null;
        resolve({ code, stdout, stderr, seconds: (performance.now() - start) / 1000 });
      },
    );
  });
}
