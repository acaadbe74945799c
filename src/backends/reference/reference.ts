/** The reference back end. Its interpreter is apart, so that pages whose programs run as wasm fetch none of it. */
import { registers16 } from "../../vector/schedule.ts";
import type { Backend } from "../backend.ts";

export const reference: Backend = {
  name: "reference",
  schedule: registers16,
  unavailable: () => null,
  oneThread: () => "it interprets on one thread",
  fewMs: Infinity,
  load: async (program) => (await import("./interpret.ts")).interpret(program),
};
