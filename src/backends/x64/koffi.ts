/**
 * koffi, the foreign function interface of Node, as far as it is used here. Its binaries come one package a platform, and
 * such a package is whole: it needs no `koffi` beside it, whose install script would look for a compiler. Only platforms
 * that the machine code is written for are listed in package.json.
 */

/** A pointer as koffi gives it. */
type Pointer = bigint;

export interface Library {
  /** A function by its prototype in C. Throws where the library has none of that name. */
  func(prototype: string): (...args: readonly unknown[]) => unknown;
  /** Where a symbol lies. Throws where the library has none of that name. */
  symbol(name: string, type: string): Pointer;
}

export interface Koffi {
  /** Throws where there is none. `global`: libraries that are loaded later find its symbols. */
  load(path: string, options?: { readonly global?: boolean }): Library;
  /** Where a buffer or pointer lies. */
  address(of: Pointer | ArrayBufferLike): bigint;
  /** Memory outside of JavaScript as a buffer. */
  view(at: Pointer, bytes: number): ArrayBuffer;
  /** The type of a function. */
  proto(result: string, parameters: readonly string[]): unknown;
  /** What lies at an address: here functions alone. */
  decode(at: Pointer, type: unknown): unknown;
  /** The C library's number of the last error in this thread. */
  errno(): number;
}

/** koffi for this platform, or the reason why there is none. */
export function loadKoffi(): Koffi | string {
  const name = `@koromix/koffi-${process.platform}-${process.arch}`;
  try {
    return fromHere(name) as Koffi;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "MODULE_NOT_FOUND")
      return `the optional package ${name} was not found (npm install ${name}; in a bundle: keep toeplitz external)`;
    return `${name} cannot be loaded: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`;
  }
}

/** Loads a package when it is asked for, in a form that bundlers leave as it is: they cannot take a binary in. */
function fromHere(name: string): unknown {
  const { createRequire } = process.getBuiltinModule("node:module");
  // a bundle in CommonJS has no import.meta.url
  return createRequire(import.meta.url ?? __filename)(name);
}
