/** `--backend`: the names that a command line knows, and the back end behind each. */
import type { Backend } from "../../backends/backend.ts";
import { backendNames as everywhere } from "../../backends/choose.ts";
import { nativeBackend } from "../../backends/x64/native.ts";
import { fastestBackend } from "../../node.ts";
import { chooseBackend } from "../../models/runtime.ts";
import { InputError } from "../../data/errors.ts";

export const backendNames = ["auto", "x64", ...everywhere] as const;
export type BackendName = (typeof backendNames)[number];

/** The back end of a name; `auto` is machine code where it can run, else wasm. Throws InputError with the reason. */
export async function backendOf(name: BackendName): Promise<Backend> {
  if (name === "auto") return fastestBackend();
  if (name !== "x64") return chooseBackend(name);
  const native = await nativeBackend();
  if (typeof native === "string")
    throw new InputError(`--backend x64 cannot run here: ${native}; use --backend wasm`);
  return chooseBackend(native);
}
