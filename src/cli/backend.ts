/** `--backend`: the names that a command line knows, and the back end behind each. */
import type { Backend } from "../backends/backend.ts";
import { nativeBackend } from "../native.ts";
import { chooseBackend } from "../training/backends.ts";
import { InputError } from "../training/errors.ts";

export const backendNames = ["auto", "x64", "wasm", "reference"] as const;
export type BackendName = (typeof backendNames)[number];

/** The back end of a name; `auto` is machine code where it can run, else wasm. Throws InputError with the reason. */
export async function backendOf(name: BackendName): Promise<Backend> {
  if (name === "wasm" || name === "reference") return chooseBackend(name);
  const native = await nativeBackend();
  if (typeof native !== "string") return chooseBackend(native);
  if (name === "x64") throw new InputError(`--backend x64 cannot run here: ${native}; use --backend wasm`);
  return chooseBackend();
}
