/** What a back end is: it turns a Program into something that runs. It sees kernels, never layers. */
import type { Program } from "../compiler/program.ts";
import type { Schedule } from "../compiler/schedule.ts";

export interface Executable {
  readonly program: Program;
  /** The arena, as floats and as bits; one lasting view each. */
  readonly floats: Float32Array;
  readonly bits: Int32Array;
  /** Runs the kernels of an entry, in order. */
  run(entry: string): void;
}

export interface Backend {
  readonly name: "reference" | "wasm" | "x64";
  /** The tile shapes that suit it. */
  readonly schedule: Schedule;
  /** Null where it can run here, else the reason why it cannot. */
  unavailable(): string | null;
  load(program: Program): Promise<Executable>;
}
