/** What `toeplitz doctor` says of MPI. */
import { describe, expect, test } from "vitest";
import { probeMpi } from "../../src/distributed/probe.ts";
import { launchers } from "./launch.ts";

describe("The look for MPI", () => {
  test("says by name what is missing", async () => {
    const reports = await probeMpi({ PATH: "/nowhere" });
    expect(reports.map(({ family, unavailable }) => [family, unavailable])).toEqual([
      ["Open MPI", "no mpirun of it on the PATH (Debian: openmpi-bin)"],
      ["MPICH", "no mpirun of it on the PATH (Debian: mpich)"],
    ]);
  });

  const absent = launchers.filter(({ skipped }) => skipped !== null).map(({ family }) => family);
  const why = absent.length > 0 ? ` (no mpirun of ${absent.join(", ")} here)` : "";
  test.skipIf(absent.length > 0)(`has two ranks of each family sum 1 KB and 1 MB${why}`, async () => {
    // as if two ranks looked themselves
    const reports = await probeMpi({ ...process.env, PMI_SIZE: "2", PMI_RANK: "0", PMI_FD: "6" });
    expect(reports.map(({ unavailable }) => unavailable)).toEqual([null, null]);
    for (const { library, launcher, sums } of reports) {
      expect(library).toMatch(/^(Open MPI v|MPICH Version: )\d.* \(.*lib\S+\)$/);
      expect(launcher).toMatch(/^mpi(run|exec)/);
      expect(sums.map(({ bytes }) => bytes)).toEqual([1024, 2 ** 20]);
      for (const { ms } of sums) expect(ms).toBeGreaterThan(0);
    }
  });

  test("says what a launcher says that starts nothing", async () => {
    const [openMpi] = await probeMpi({ ...process.env, OMPI_MCA_rmaps: "nothing-of-this-name" });
    if (openMpi.launcher === null) return;
    expect(openMpi.unavailable).toMatch(/^mpirun\S*: .+/);
  });
});
