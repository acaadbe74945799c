/** What `toeplitz doctor` says of MPI. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

  test.skipIf(process.platform === "win32")("says what a launcher says that starts nothing", async () => {
    const folder = mkdtempSync(join(tmpdir(), "mpirun-"));
    const says =
      '[ "$1" = --version ] && echo "mpirun (Open MPI) 5.0.7" && exit 0\necho "no slots" >&2\nexit 1\n';
    writeFileSync(join(folder, "mpirun"), `#!/bin/sh\n${says}`, { mode: 0o755 });
    const [openMpi] = await probeMpi({ PATH: folder });
    rmSync(folder, { recursive: true });
    expect(openMpi).toEqual({
      family: "Open MPI",
      launcher: "mpirun",
      library: null,
      unavailable: "mpirun: no slots",
      sums: [],
    });
  });
});
