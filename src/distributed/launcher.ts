/** What started this process, by its environment: nothing of MPI is loaded where it is one process alone. */
import { InputError } from "../data/errors.ts";
import type { FamilyName } from "./families.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Launcher {
  /** For messages. */
  readonly name: string;
  /** The libraries that it can start; null where it starts both. */
  readonly family: FamilyName | null;
  /** How many processes it started. */
  readonly size: number;
  /** Which of them this is. */
  readonly rank: number;
}

/** A launcher by the variables that it sets for each of its processes. */
interface Sign extends Pick<Launcher, "name" | "family"> {
  /** These are there. */
  readonly by: readonly string[];
  readonly size: string;
  readonly rank: string;
}

/** The first that fits. Slurm's own variables are in every job's environment and say nothing by themselves. */
const signs: readonly Sign[] = [
  {
    name: "Open MPI's mpirun",
    family: "openmpi",
    by: ["OMPI_COMM_WORLD_SIZE"],
    size: "OMPI_COMM_WORLD_SIZE",
    rank: "OMPI_COMM_WORLD_RANK",
  },
  {
    name: "srun",
    family: null,
    by: ["PMI_RANK", "SLURM_STEP_NUM_TASKS"],
    size: "SLURM_STEP_NUM_TASKS",
    rank: "PMI_RANK",
  },
  {
    name: "srun",
    family: null,
    by: ["PMIX_RANK", "SLURM_STEP_NUM_TASKS"],
    size: "SLURM_STEP_NUM_TASKS",
    rank: "PMIX_RANK",
  },
  {
    name: "MPICH's mpirun",
    family: "mpich",
    by: ["PMI_SIZE", "PMI_RANK"],
    size: "PMI_SIZE",
    rank: "PMI_RANK",
  },
];

const signOf = (env: Environment): Sign | undefined =>
  signs.find(({ by }) => by.every((name) => env[name] !== undefined));

/** The launcher that started this process; null where there is none. Throws InputError where it says no number. */
export function launcherOf(env: Environment): Launcher | null {
  const sign = signOf(env);
  if (!sign) return null;
  const number = (name: string, least: number): number => {
    const text = env[name] ?? "";
    if (/^\d{1,7}$/.test(text) && Number(text) >= least) return Number(text);
    throw new InputError(
      `${name} is "${text}", not a whole number from ${least}: unset what ${sign.name} left behind`,
    );
  };
  const size = number(sign.size, 1);
  const rank = number(sign.rank, 0);
  if (rank >= size) throw new InputError(`${sign.rank} is ${rank}, but ${sign.size} is ${size}: unset both`);
  return { name: sign.name, family: sign.family, size, rank };
}

/**
 * The environment without what a launcher said in it, to start another. Where none did, what there is of MPI in it are the
 * user's own settings.
 */
export function withoutLauncher(env: Environment): Environment {
  if (!signOf(env)) return env;
  const launched = /^(OMPI_(?!ALLOW_RUN_AS_ROOT)|PMI_|PMIX_|PRTE_|HYDI_|MPI_LOCAL)/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !launched.test(name)));
}
