/** A back end that computes nothing: it notes what it is given and which entries are run, so that steps can be counted. */
import type { Backend } from "../../src/backends/backend.ts";
import { avx512 } from "../../src/backends/x64/machine.ts";
import { whole, workOf, type Partition } from "../../src/vector/partition.ts";
import type { Kernel } from "../../src/vector/vector.ts";
import type { Program } from "../../src/vector/program.ts";

export interface Counting {
  /** Kernels as machine code for AVX-512 has them. */
  readonly backend: Backend;
  /** What was loaded, in order. */
  readonly loaded: { readonly program: Program; readonly partition: Partition }[];
}

/** `ran`: told of each entry that is run, with its work in vector instructions. */
export function counting(ran: (work: number) => void = () => undefined): Counting {
  const loaded: Counting["loaded"] = [];
  const backend: Backend = {
    name: "counting",
    schedule: avx512.schedule,
    unavailable: () => null,
    oneThread: () => null,
    fewMs: 0.1,
    load: (program, partition = whole(program)) => {
      loaded.push({ program, partition });
      const floats = new Float32Array(program.arenaBytes / 4);
      // counted once: runs are timed, too, for the JavaScript around them
      const works = new Map(
        Object.entries(program.entries).map(([entry, kernels]) => [entry, workOfKernels(kernels)]),
      );
      return Promise.resolve({
        program,
        threads: partition.threads,
        floats,
        bits: new Int32Array(floats.buffer),
        run: (entry: string) => ran(works.get(entry) ?? 0),
        alone: null,
        dispose: () => undefined,
      });
    },
  };
  return { backend, loaded };
}

/** Vector instructions of kernels. */
export const workOfKernels = (kernels: readonly Kernel[]): number =>
  kernels.reduce((sum, { code }) => sum + workOf(code.body), 0);
