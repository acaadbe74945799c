/** Finds the MPI of a launcher, loads it through koffi, and tells its family by the library itself. */
import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { loadKoffi, type Koffi, type Library } from "../backends/x64/koffi.ts";
import { InputError } from "../data/errors.ts";
import { quote } from "../data/quote.ts";
import { families, type Family, type FamilyName, type Handle } from "./families.ts";
import type { Environment, Launcher } from "./launcher.ts";

/** A library that is loaded; nothing of MPI has begun. */
export interface MpiLibrary {
  /** Where it was found: a path, or the name under which the system found it. */
  readonly path: string;
  readonly family: FamilyName;
  /** What it says of itself, a line. */
  readonly version: string;
  readonly koffi: Koffi;
  readonly library: Library;
  /** A handle as calls take it. */
  handle(name: Handle): number;
}

/** `TOEPLITZ_MPI=PATH` takes the place of what would be found. */
const OVERRIDE = "TOEPLITZ_MPI";

/**
 * What is below MPI (UCX) is told this before it is loaded, where the user says nothing else: it would put an allocator of
 * its own beside that of a process with threads, whose heap breaks then (openucx/ucx issues 3831 and 5644; MPICH 4.0
 * ended so in 3 of 180 starts, and with this in none of 310), and would take segmentation faults, by which V8 notices what a wasm module reads beyond its memory. It would log among results.
 */
const settings = {
  UCX_MEM_EVENTS: "n",
  UCX_ERROR_SIGNALS: "SIGILL,SIGFPE",
  UCX_LOG_FILE: "stderr",
} as const;

/** Texts of MPI's own are shorter: MPICH's version has its whole configuration. */
const MOST_TEXT = 8192;

/**
 * The library for a family, or of any where it is null. Throws InputError where none is found, where it is none of those
 * known, and where it is another than the launcher's.
 */
export function loadMpi(env: Environment, launcher: Pick<Launcher, "name" | "family">): MpiLibrary {
  const koffi = loadKoffi();
  if (typeof koffi === "string") throw new InputError(`MPI is called through koffi: ${koffi}`);
  for (const [name, value] of Object.entries(settings)) process.env[name] ??= value;
  const override = env[OVERRIDE];
  const wanted = launcher.family ? [launcher.family] : (Object.keys(families) as FamilyName[]);
  const paths = override ? [override] : wanted.flatMap((name) => placesOf(families[name], env));
  const reasons: string[] = [];
  for (const path of paths) {
    const found = open(koffi, path);
    if (typeof found === "string") {
      reasons.push(found);
      continue;
    }
    if (launcher.family !== null && found.family !== launcher.family)
      throw new InputError(otherFamily(found, launcher));
    return found;
  }
  const titles = wanted.map((name) => families[name].title).join(" or ");
  throw new InputError(
    override
      ? `${OVERRIDE}=${quote(override)} cannot be loaded: ${reasons[0]}; give the path of MPI's library`
      : `started by ${launcher.name}, but no library of ${titles} was found (${paths.join(", ")}): install it (Debian: ${wanted
          .map((name) => families[name].packages)
          .join(", ")}), or give its path as ${OVERRIDE}=PATH`,
  );
}

const otherFamily = (found: MpiLibrary, launcher: Pick<Launcher, "name" | "family">): string =>
  `${found.path} is ${families[found.family].title}, but ${launcher.name} started this: start it with ${families[found.family].title}'s mpirun, or set ${OVERRIDE} to the library of ${launcher.family === null ? "the other" : families[launcher.family].title}`;

/** Beside the launcher first, as it is installed outside of where systems look; then by name. */
function placesOf(family: Family, env: Environment): readonly string[] {
  const names = family.libraries[process.platform === "darwin" ? "darwin" : "linux"];
  const roots = (env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "" && existsSync(join(folder, "mpirun")))
    .map(dirname);
  const beside = roots
    .flatMap((root) => names.flatMap((name) => [join(root, "lib", name), join(root, "lib64", name)]))
    .filter((path) => existsSync(path));
  return [...beside, ...names];
}

/** Loads a library, or says why it is none. */
function open(koffi: Koffi, path: string): MpiLibrary | string {
  try {
    // parts of Open MPI that it loads itself look for its symbols among the global ones
    const library = koffi.load(path, { global: true });
    const version = versionOf(koffi, library);
    const family = (Object.keys(families) as FamilyName[]).find((name) =>
      families[name].version.test(version),
    );
    if (!family)
      return `${path} is "${version}", none of ${Object.values(families)
        .map(({ title }) => title)
        .join(" and ")}`;
    return {
      path,
      family,
      version,
      koffi,
      library,
      handle: (name) => {
        const handle = families[family].handles[name];
        return typeof handle === "number" ? handle : Number(koffi.address(library.symbol(handle, "void *")));
      },
    };
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).split("\n")[0];
  }
}

/** What may be asked before anything begins. */
function versionOf(koffi: Koffi, library: Library): string {
  const text = new Uint8Array(MOST_TEXT);
  const length = new Int32Array(1);
  const address = (buffer: ArrayBuffer): number => Number(koffi.address(buffer));
  library.func("int MPI_Get_library_version(uint64_t, uint64_t)")(
    address(text.buffer),
    address(length.buffer),
  );
  const [line] = new TextDecoder().decode(text.subarray(0, length[0])).split(/[\n\0]/);
  // Open MPI's goes on with who built it
  return line.split(",")[0].replace(/\s+/g, " ").trim();
}
