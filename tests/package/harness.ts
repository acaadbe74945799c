/** The package as users get it: packed once, installed into empty projects, run from there. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, however it ends. */
export function run(
  folder: string,
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return new Promise((done) => {
    const options = { cwd: folder, env: { ...cleanEnvironment(), ...env }, maxBuffer: 2 ** 26 };
    execFile(program, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
      done({ code, stdout, stderr });
    });
  });
}

/** As `run`, and throws what was printed where it ends badly. */
export async function succeed(folder: string, program: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(folder, program, args);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
  return stdout;
}

/** Without what `npm run` and vitest set, which would change what npm and Node do. */
function cleanEnvironment(): Record<string, string> {
  const own =
    /^(npm_(?!config_)|npm_config_(local_prefix|package_lock_only|workspace)|NODE_ENV$|NODE_OPTIONS$|VITEST|INIT_CWD$)/;
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !own.test(entry[0]),
    ),
  );
}

export interface Packed {
  readonly tarball: string;
  readonly bytes: number;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

/** What `npm publish` would send. */
export async function pack(into: string): Promise<Packed> {
  const printed = await succeed(root, "npm", "pack", "--json", "--pack-destination", into);
  // a list up to npm 11, an object by name after it
  const [packed] = Object.values(
    JSON.parse(printed) as Record<string, { filename: string; size: number; files: Packed["files"] }>,
  );
  return { tarball: join(into, packed.filename), bytes: packed.size, files: packed.files };
}

/** A folder of its own, below one that is removed at the end. */
export async function workplace(): Promise<{
  readonly folder: string;
  readonly remove: () => Promise<void>;
}> {
  const folder = await mkdtemp(join(tmpdir(), "toeplitz-package-"));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** An empty project. */
export async function emptyProject(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true }));
  return folder;
}

export const npmInstall = (folder: string, ...args: readonly string[]): Promise<Ended> =>
  run(folder, "npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", ...args]);

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const manifest = async (folder: string): Promise<Manifest> =>
  JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Manifest;

/** What an install brings along: its dependencies and theirs, optional ones where they are installed here. */
async function brought(): Promise<readonly string[]> {
  const found = new Set(Object.keys((await manifest(root)).dependencies ?? {}));
  for (const name of found) {
    const { dependencies = {} } = await manifest(join(root, "node_modules", name));
    for (const next of Object.keys(dependencies)) found.add(next);
  }
  for (const name of Object.keys((await manifest(root)).optionalDependencies ?? {}))
    if (existsSync(join(root, "node_modules", name))) found.add(name);
  return [...found];
}

/** A project with the packed files, what they depend on, and `others` of this repository: an install without a registry. */
export async function unpackedProject(
  folder: string,
  { tarball }: Packed,
  others: readonly string[],
): Promise<string> {
  await emptyProject(folder);
  const own = join(folder, "node_modules/toeplitz");
  await mkdir(own, { recursive: true });
  await succeed(folder, "tar", "-xzf", tarball, "-C", own, "--strip-components=1");
  for (const name of [...(await brought()), ...others]) {
    const to = join(folder, "node_modules", name);
    await mkdir(dirname(to), { recursive: true });
    await symlink(join(root, "node_modules", name), to);
  }
  return folder;
}

/** Writes files by path. */
export async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

/** Copies a file to a folder of its own, with nothing installed above it. */
export async function aloneAt(folder: string, file: string, name: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await cp(file, join(folder, name));
  return join(folder, name);
}

/** Why the registry cannot be asked; null where it can. */
export async function noRegistry(folder: string): Promise<string | null> {
  const { code, stderr } = await run(folder, "npm", [
    "view",
    "commander",
    "version",
    "--fetch-retries=0",
    "--fetch-timeout=10000",
  ]);
  return code === 0
    ? null
    : `the registry of npm cannot be reached: ${/npm error code (\S+)/.exec(stderr)?.[1]}`;
}
