/** Which back ends there are, and how many threads can run here. */
import type { Backend } from "./backend.ts";
import { reference } from "./reference/reference.ts";
import { wasm } from "./wasm/wasm.ts";

/** Those that run wherever JavaScript does, by name, fastest first: the only list of them. */
const everywhere = { wasm, reference } as const;
export const backends: readonly Backend[] = Object.values(everywhere);
export const backendNames = Object.keys(everywhere) as readonly (keyof typeof everywhere)[];
export const backendChoices = ["auto", ...backendNames] as const;
/**
 * `auto`: the fastest that can run here; `wasm`, `reference`: that one; or a back end from elsewhere, such as the
 * native one of `toeplitz/node`.
 *
 * @useDeclaredType
 */
export type BackendChoice = (typeof backendChoices)[number] | Backend;

/** Beyond this a step's work is in crumbs. */
export const MOST_THREADS = 64;

/** How many processors this process may use; 1 where the platform does not say. */
export function processors(): number {
  const platform: { process?: Partial<NodeJS.Process>; navigator?: { hardwareConcurrency?: number } } =
    globalThis;
  const os = platform.process?.getBuiltinModule?.("node:os");
  return os?.availableParallelism() ?? platform.navigator?.hardwareConcurrency ?? 1;
}
