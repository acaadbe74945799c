/** Ranks that a launcher of this machine starts, of each family that is there. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { families } from "../../src/distributed/families.ts";
import { launch, launchers, type Ended } from "./launch.ts";

interface Summed {
  readonly size: number;
  readonly digest: string;
  readonly sent: number;
}

const lengths = [0, 1, 3, 15, 16, 17, 100, 1000, 65_537, 600_011];

/** Ranks, of which one ends in some way; what each of them said. */
async function end(
  launcher: (typeof launchers)[number],
  size: number,
  way: string,
  length: string,
): Promise<Ended & { readonly said: Readonly<Record<string, string>> }> {
  const folder = mkdtempSync(join(tmpdir(), "ranks-"));
  const file = join(folder, "said");
  writeFileSync(file, "");
  const ended = await launch(launcher, size, "endings", [way, length, file]);
  const lines = readFileSync(file, "utf8").matchAll(/^rank (\d) says: (.*)$/gm);
  rmSync(folder, { recursive: true });
  // what came first: a launcher that ends all interrupts those that have said it
  return {
    ...ended,
    said: Object.fromEntries([...lines].toReversed().map(([, rank, line]) => [rank, line])),
  };
}

const silent = (rank: number): RegExp =>
  new RegExp(
    `^rank ${rank} on \\S+ has sent nothing for 2 s: it hangs, or its network is cut; end the run and go on with --resume$`,
  );

describe.each(launchers)("Ranks of $family", (launcher) => {
  const { skipped, family } = launcher;
  const title = (text: string): string => (skipped === null ? text : `${text} (${skipped})`);
  const on = test.skipIf(skipped !== null);

  on(title("sum to the same bits, one, two or four of them"), async () => {
    const digests: string[] = [];
    for (const size of [1, 2, 4]) {
      const { code, stdout, stderr } = await launch(launcher, size, "sums", ["8", lengths.join()]);
      expect({ size, code, stderr: code === 0 ? "" : stderr }).toEqual({ size, code: 0, stderr: "" });
      const summed = JSON.parse(stdout) as Summed;
      expect(summed.size).toBe(size);
      digests.push(summed.digest);
    }
    expect(new Set(digests).size).toBe(1);
    // of one process alone, by the arithmetic of JavaScript
    expect(digests[0]).toBe("5c6beadcf6ebd6eaf9a7cbaae50d77ac9adca478002784ad92517eb693ba2e6e");
  });

  for (const way of ["is stopped", "computes"])
    on(title(`name the one that ${way} beyond the time-out`), async () => {
      const ended = await end(launcher, 3, way, "1000");
      expect(ended.code).toBeGreaterThan(0);
      const { said } = ended;
      // one of them may be ended by the other before it has said it
      expect(Object.keys(said).some((rank) => rank !== "1" && silent(1).test(said[rank]))).toBe(true);
      expect(ended.seconds).toBeLessThan(25);
    });

  for (const length of ["10", "1000000"])
    on(title(`end within seconds of the death of one, sums of ${length} floats under way`), async () => {
      const ended = await end(launcher, 3, "is killed", length);
      expect(ended.code).toBeGreaterThan(0);
      expect(ended.seconds).toBeLessThan(20);
    });

  on(title("hear from one that fails why it ends"), async () => {
    const ended = await end(launcher, 3, "fails", "1000");
    expect(ended.code).toBeGreaterThan(0);
    const { said } = ended;
    expect(said["1"]).toBe("the disk is full");
    expect(["0", "2"].some((rank) => /^rank 1 on \S+ has ended: the disk is full$/.test(said[rank]))).toBe(
      true,
    );
  });

  on(title("end where one leaves without a word"), async () => {
    const ended = await end(launcher, 2, "exits", "1000");
    expect(ended.code).toBeGreaterThan(0);
    expect(ended.seconds).toBeLessThan(20);
  });

  on(title("refuse the library of the other family in one line"), async () => {
    const other = family === "openmpi" ? "mpich" : "openmpi";
    const library = families[other].libraries.linux.find((name) => name !== "libmpi.so.12") ?? "";
    const { code, stderr } = await launch(launcher, 2, "sums", ["8", "10"], {
      TOEPLITZ_MPI: library,
    });
    expect(code).toBeGreaterThan(0);
    expect(stderr).toMatch(/InputError: .* is (MPICH|Open MPI), but .*mpirun started this: start it with/);
  });

  on(title("are as many as were asked for"), async () => {
    const { stderr } = await launch(launcher, 2, "sums", ["8", "10", "4"]);
    expect(stderr).toMatch(/InputError: --ranks 4, but .*mpirun started 2: use mpirun -n 4/);
  });

  on(title("leave wasm its traps"), async () => {
    const { code, stdout } = await launch(launcher, 2, "traps", []);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "RuntimeError\n" });
  });
});
