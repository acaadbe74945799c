/** Optional packages, loaded when a file that wants one is read. */
import { InputError } from "../../data/errors.ts";

/**
 * Loads a package in a form that bundlers leave as it is: they cannot take a binary in. `reads` says what it is for, "Parquet
 * is" or "Parquet and JSON are". Throws InputError, naming `source`, where it is not installed or cannot be loaded.
 */
export function optionalPackage(name: string, reads: string, source: string, release = name): unknown {
  try {
    const { createRequire } = process.getBuiltinModule("node:module");
    // a bundle in CommonJS has no import.meta.url
    return createRequire(import.meta.url ?? __filename)(name);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "MODULE_NOT_FOUND")
      throw new InputError(
        `${source}: ${reads} read by the optional package ${name}, which is not installed; npm install ${release}`,
      );
    const [reason] = (error instanceof Error ? error.message : String(error)).split("\n");
    throw new InputError(`${source}: ${name} is installed but cannot be loaded: ${reason}`);
  }
}
