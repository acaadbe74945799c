/** A folder for the situations: data, and copies of the program with and without its optional package. */
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Workplace {
  readonly folder: string;
  /** The built command line. */
  readonly program: string;
  /** The words that train for some steps on two threads, into `out`. */
  readonly train: readonly string[];
  readonly out: string;
  /** The same program where the optional package is left out, or is there and damaged. */
  readonly withoutKoffi: string;
  readonly damagedKoffi: string;
  /** An empty file system's folder, and one that holds a table as JSON. */
  readonly table: string;
  remove(): void;
}

const root = fileURLToPath(new URL("../..", import.meta.url));
const KOFFI = `@koromix/koffi-${process.platform}-${process.arch}`;

/** Small, since the reference runs it too. */
const model = {
  format: "toeplitz-model",
  version: 1,
  name: "small",
  input: { channels: 1, length: 20 },
  layers: [
    { kind: "conv1d", from: [0], options: { filters: 4, kernelSize: 3 } },
    { kind: "relu", from: [1], options: {} },
    { kind: "dense", from: [2], options: { units: 2 } },
  ],
};

export function workplace(): Workplace {
  const folder = mkdtempSync(join(tmpdir(), "toeplitz-limits-"));
  chmodSync(folder, 0o777);
  const out = join(folder, "out");
  const rows = Array.from({ length: 40 }, (_, n) =>
    [n % 2, ...Array.from({ length: 20 }, (_unused, t) => ((n * 31 + t * t * (1 + (n % 2))) % 17) / 8)].join(
      "\t",
    ),
  );
  writeFileSync(join(folder, "rows.tsv"), rows.join("\n"));
  writeFileSync(join(folder, "model.json"), JSON.stringify(model));
  const table = join(folder, "rows.json");
  writeFileSync(table, '{"a":1,"kind":"x"}\n{"a":2,"kind":"y"}\n');
  const withoutKoffi = copyOf(folder, "without");
  const damagedKoffi = copyOf(folder, "damaged");
  const damaged = join(folder, "damaged/node_modules", KOFFI);
  mkdirSync(damaged, { recursive: true });
  writeFileSync(join(damaged, "index.js"), 'module.exports = require("./koffi.node");\n');
  writeFileSync(join(damaged, "koffi.node"), "this is no library");
  return {
    folder,
    program: join(root, "dist/cli/main.js"),
    train:
      `train rows.tsv --model model.json --steps 3 --batch 16 --threads 2 --json --quiet --out ${out}`.split(
        " ",
      ),
    out,
    withoutKoffi,
    damagedKoffi,
    table,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The program with all of its packages but koffi's. */
function copyOf(folder: string, name: string): string {
  const at = join(folder, name);
  cpSync(join(root, "dist"), join(at, "dist"), { recursive: true });
  cpSync(join(root, "package.json"), join(at, "package.json"));
  mkdirSync(join(at, "node_modules"));
  for (const entry of readdirSync(join(root, "node_modules")))
    if (!entry.startsWith(".") && entry !== "@koromix")
      symlinkSync(join(root, "node_modules", entry), join(at, "node_modules", entry));
  return join(at, "dist/cli/main.js");
}
