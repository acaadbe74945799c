/** What started this process, and what is loaded then. */
import { describe, expect, test } from "vitest";
import { launcherOf, withoutLauncher } from "../../src/distributed/launcher.ts";
import { loadMpi } from "../../src/distributed/library.ts";
import { openRanks } from "../../src/distributed/openRanks.ts";

const openMpi = { OMPI_COMM_WORLD_SIZE: "4", OMPI_COMM_WORLD_RANK: "3" };
const hydra = { PMI_SIZE: "2", PMI_RANK: "0", PMI_FD: "6" };

describe("The environment", () => {
  test("says which launcher started how many", () => {
    expect(launcherOf({ PATH: "/usr/bin" })).toBeNull();
    // Open MPI 5 sets PMIx's variables too
    expect(launcherOf({ ...openMpi, PMIX_RANK: "3" })).toEqual({
      name: "Open MPI's mpirun",
      family: "openmpi",
      size: 4,
      rank: 3,
    });
    expect(launcherOf(hydra)).toEqual({ name: "MPICH's mpirun", family: "mpich", size: 2, rank: 0 });
  });

  test("of a job of Slurm says nothing unless srun speaks to MPI", () => {
    const job = { SLURM_JOB_ID: "7", SLURM_NTASKS: "8", SLURM_PROCID: "0", SLURM_STEP_NUM_TASKS: "8" };
    expect(launcherOf(job)).toBeNull();
    const srun = { name: "srun", family: null, size: 8, rank: 5 };
    expect(launcherOf({ ...job, PMIX_RANK: "5" })).toEqual(srun);
    expect(launcherOf({ ...job, PMI_RANK: "5", PMI_SIZE: "8" })).toEqual(srun);
  });

  test("that says no numbers is refused", () => {
    expect(() => launcherOf({ ...openMpi, OMPI_COMM_WORLD_SIZE: "four" })).toThrow(
      'OMPI_COMM_WORLD_SIZE is "four", not a whole number from 1: unset what Open MPI\'s mpirun left behind',
    );
    expect(() => launcherOf({ ...hydra, PMI_RANK: "2" })).toThrow(
      "PMI_RANK is 2, but PMI_SIZE is 2: unset both",
    );
  });

  test("is left without what a launcher said", () => {
    const kept = { PATH: "/usr/bin", OMPI_ALLOW_RUN_AS_ROOT: "1", OMP_NUM_THREADS: "2" };
    expect(withoutLauncher({ ...kept, ...openMpi, ...hydra, PMIX_RANK: "3" })).toEqual(kept);
    // a user's own settings
    const own = { ...kept, OMPI_MCA_btl: "tcp,self", PMIX_MCA_gds: "hash" };
    expect(withoutLauncher(own)).toEqual(own);
  });
});

describe("Ranks", () => {
  test("are none where one process is alone", async () => {
    expect(await openRanks({ env: {} })).toBeNull();
    expect(await openRanks({ env: { PMI_SIZE: "1", PMI_RANK: "0" } })).toBeNull();
    expect(await openRanks({ env: openMpi, ranks: 1 })).toBeNull();
  });

  test("are as many as were asked for", async () => {
    await expect(openRanks({ env: {}, ranks: 4 })).rejects.toThrow(
      "--ranks 4, but no mpirun started this: use mpirun -n 4 toeplitz ...",
    );
    await expect(openRanks({ env: hydra, ranks: 4 })).rejects.toThrow(
      "--ranks 4, but MPICH's mpirun started 2: use mpirun -n 4",
    );
  });
});

describe("A library", () => {
  const launcher = { name: "MPICH's mpirun", family: "mpich" } as const;

  test("that is not there is refused with what to do", () => {
    expect(() => loadMpi({ TOEPLITZ_MPI: "/nowhere/libmpi.so" }, launcher)).toThrow(
      /^TOEPLITZ_MPI="\/nowhere\/libmpi.so" cannot be loaded: .*; give the path of MPI's library$/,
    );
  });

  test.skipIf(process.platform !== "linux")("that is no MPI is refused", () => {
    expect(() => loadMpi({ TOEPLITZ_MPI: "libm.so.6" }, launcher)).toThrow(
      /^TOEPLITZ_MPI="libm.so.6" cannot be loaded: .*; give the path of MPI's library$/,
    );
  });
});
