/** Code blocks of the docs as files: compiled, or run, in a folder of their own with "toeplitz" resolved to src. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../house/house.ts";
import type { Block } from "./markdown.ts";

/** Does something in a folder that goes afterwards. */
function inFolder<T>(act: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "toeplitz-docs-"));
  try {
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "dir");
    const compilerOptions = {
      noUnusedLocals: false,
      noUnusedParameters: false,
      typeRoots: [join(root, "node_modules/@types")],
    };
    const config = { extends: join(root, "tsconfig.json"), compilerOptions, include: ["*.mts"] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    return act(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `docs/runs.md` line 120 as `docs_runs_120.mts`. */
const nameOf = ({ page, line }: Block): string =>
  `${page.replace(/\.md$/, "").replaceAll("/", "_")}_${line}.mts`;

/** What the compiler says of blocks, one run for all of them; nothing where it has no complaint. */
export const complaints = (blocks: readonly Block[]): string =>
  inFolder((folder) => {
    for (const block of blocks) {
      // what is given stands on one line, so that lines of complaints are lines of the block, and 1
      const given = block.given.replaceAll("\n", " ");
      writeFileSync(join(folder, nameOf(block)), `${given} export {};\n${block.text}`);
    }
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const { stdout, stderr } = spawnSync(process.execPath, [tsc, "-p", folder], {
      encoding: "utf8",
      cwd: folder,
    });
    return stdout + stderr;
  });

/** What code prints when it is run as a module; what it throws is thrown. */
export const printed = (code: string): string =>
  inFolder((folder) => {
    mkdirSync(join(folder, "work"));
    writeFileSync(join(folder, "program.mts"), code);
    const tsx = join(root, "node_modules/tsx/dist/cli.mjs");
    const words = [tsx, "--tsconfig", join(folder, "tsconfig.json"), join(folder, "program.mts")];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, {
      encoding: "utf8",
      cwd: join(folder, "work"),
    });
    if (status !== 0) throw new Error(`the program ended with ${status}:\n${stderr}`);
    return stdout;
  });
