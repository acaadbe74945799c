/**
 * Addresses as a limit. V8 takes 10 GiB of them for each WebAssembly memory, whatever its size, so that no access wants a
 * check, and ends the process where a worker finds too few. Clusters limit them (`ulimit -v`).
 */

/** Below this much, other threads are not tried. */
export const ROOMY = 64 * 2 ** 30;

interface Platform {
  readonly process?: Partial<Pick<NodeJS.Process, "getBuiltinModule" | "platform">>;
}
const platform: Platform = globalThis;

/** How many bytes of addresses this process may take; null where there is no limit, or none that can be seen. */
export function addressLimit({ process }: Platform = platform): number | null {
  if (process?.platform !== "linux") return null;
  try {
    const limits = process.getBuiltinModule?.("node:fs").readFileSync("/proc/self/limits", "utf8") ?? "";
    const bytes = Number(/^Max address space +(\d+) /m.exec(limits)?.[1]);
    return Number.isFinite(bytes) ? bytes : null;
  } catch {
    return null;
  }
}

/** The limit and what to do about it. */
export function addressText(bytes: number): string {
  return (
    `addresses are limited to ${(bytes / 2 ** 30).toFixed(1)} GiB (ulimit -v), and V8 takes 10 GiB for each WebAssembly memory: ` +
    "raise the limit, or set NODE_OPTIONS=--disable-wasm-trap-handler"
  );
}
