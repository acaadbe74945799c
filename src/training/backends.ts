/** Which back end runs a program: the fastest that can run here, or the one asked for. */
import type { Backend } from "../backends/backend.ts";
import { reference } from "../backends/reference/reference.ts";
import { wasm } from "../backends/wasm/wasm.ts";
import { InputError } from "./errors.ts";

/** Fastest first. */
export const backends: readonly Backend[] = [wasm, reference];
export const backendChoices = ["auto", "wasm", "reference"] as const;
export type BackendChoice = (typeof backendChoices)[number];

export function chooseBackend(choice: BackendChoice = "auto"): Backend {
  const found = backends.find((b) => (choice === "auto" ? b.unavailable() === null : b.name === choice));
  if (!found)
    throw new InputError(
      `backend ${JSON.stringify(choice)} is unknown; it is one of ${backendChoices.join(", ")}`,
    );
  const reason = found.unavailable();
  if (reason !== null)
    throw new InputError(`backend ${found.name} cannot run here: ${reason}; use backend reference`);
  if (Math.fround(denormal[0]) === 0)
    throw new InputError(
      "this process flushes denormal numbers to zero, which changes results; a native library switched that on: run without it",
    );
  return found;
}

/** Read back through memory, so that no compiler folds the probe away. */
const denormal = Float64Array.of(1e-40);
