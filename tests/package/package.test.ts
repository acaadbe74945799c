/**
 * The packed tarball is the product: what is in it, and that it installs, runs, type-checks and bundles in projects that
 * have nothing but it. Slow neighbours (Next.js, webpack, old releases of DuckDB) are in `npm run proof:package`.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { gzipSync } from "node:zlib";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build as esbuild } from "esbuild";
import { build as vite } from "vite";
import { afterAll, beforeAll, describe, expect, test, type TestContext } from "vitest";
import { nativeBackend } from "../../src/backends/x64/native.ts";
import {
  aloneAt,
  emptyProject,
  noRegistry,
  npmInstall,
  pack,
  root,
  run,
  succeed,
  unpackedProject,
  workplace,
  write,
  type Ended,
  type Packed,
} from "./harness.ts";

const { folder, remove } = await workplace();
const offline = await noRegistry(folder);
const named = offline === null ? "" : ` (skipped: ${offline})`;
const platformPackage = `@koromix/koffi-${process.platform}-${process.arch}`;
const native = await nativeBackend();
const fastest = typeof native === "string" ? "wasm" : native.name;

let packed: Packed;
/** The packed files with their dependencies, laid out without a registry. */
let project: string;

beforeAll(async () => {
  packed = await pack(folder);
  project = await unpackedProject(join(folder, "project"), packed, ["@types/node", "undici-types"]);
});
afterAll(remove);

/** Six short rows of two classes, in the archive's tab-separated form. */
const tsv = Array.from(
  { length: 6 },
  (_, n) => `${n % 2}\t${[1, 2, 3, 4].map((t) => (n % 2 ? -t : t)).join("\t")}`,
);
/** The same rows with names. */
const csv = ["kind,a,b,c,d", ...tsv.map((row) => row.replaceAll("\t", ","))];

interface Trained {
  readonly backend: string;
  readonly weightsSha256: string;
}

const tsvArgs = ["train", "rows.tsv", "--epochs", "2", "--quiet", "--json", "--force"];
const csvArgs = ["train", "rows.csv", "--label", "kind", "--epochs", "2", "--quiet", "--json", "--force"];
const program = "node_modules/.bin/toeplitz";

async function train(at: string, args: readonly string[], ...by: readonly string[]): Promise<Trained> {
  await write(at, { "rows.tsv": tsv.join("\n"), "rows.csv": csv.join("\n") });
  const [start, ...before] = by.length > 0 ? by : [program];
  return JSON.parse(await succeed(at, start, ...before, ...args)) as Trained;
}

const warnings = ({ stdout, stderr }: Ended): readonly string[] =>
  `${stdout}\n${stderr}`.split("\n").filter((line) => /warn|error/i.test(line));

describe("The tarball", () => {
  test("has the built files, the pages for users, and nothing else", () => {
    const places = new Set(packed.files.map(({ path }) => path.replace(/^(dist|docs|schema)\/.*/, "$1")));
    expect([...places].toSorted()).toEqual([
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "SECURITY.md",
      "dist",
      "docs",
      "package.json",
      "schema",
    ]);
    const paths = packed.files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining(
        ["index", "node", "operators/index"].flatMap((p) => [`dist/${p}.js`, `dist/${p}.d.ts`]),
      ),
    );
    expect(paths.filter((path) => /^dist\/(cli|bench)\/.*\.d\.ts$|\.map$|(?<!\.d)\.ts$/.test(path))).toEqual(
      [],
    );
    // messages name docs/data.md and docs/runs.md; how it is built and measured is for contributors
    const pages = paths.filter((path) => path.startsWith("docs/"));
    expect(pages).toEqual(expect.arrayContaining(["docs/data.md", "docs/runs.md"]));
    expect(pages.filter((path) => /architecture|measurements|performance|(?<!\.md)$/.test(path))).toEqual([]);
    expect(packed.bytes).toBeLessThan(1_650_000);
  });

  test("has no script that runs where it is installed", () => {
    const { scripts } = JSON.parse(
      readFileSync(join(project, "node_modules/toeplitz/package.json"), "utf8"),
    ) as {
      scripts: Record<string, string>;
    };
    const atInstall = [
      "preinstall",
      "install",
      "postinstall",
      "prepublish",
      "preprepare",
      "prepare",
      "postprepare",
    ];
    expect(Object.keys(scripts).filter((name) => atInstall.includes(name))).toEqual([]);
  });
});

describe.skipIf(offline !== null)(`Installed from the registry${named}`, { timeout: 300_000 }, () => {
  test("alone, it brings no warning and trains on CSV; DuckDB installs after it, and queries are answered", async () => {
    const at = await emptyProject(join(folder, "alone"));
    const installed = await npmInstall(at, packed.tarball);
    expect({ code: installed.code, warnings: warnings(installed) }).toEqual({ code: 0, warnings: [] });
    const trained = await train(at, tsvArgs, "npx", "--no-install", "toeplitz");
    expect(trained.backend).toBe(fastest);
    expect((await train(at, csvArgs)).weightsSha256).toBe(trained.weightsSha256);
    await write(at, { "rows.parquet": "PAR1" });
    const refused = await run(at, program, ["inspect", "rows.parquet"]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(
      /^toeplitz: rows\.parquet: .*not installed; npm install @duckdb\/node-api\n$/,
    );

    const joined = await npmInstall(at, "@duckdb/node-api");
    expect({ code: joined.code, warnings: warnings(joined) }).toEqual({ code: 0, warnings: [] });
    const asked = await train(at, [...csvArgs, "--sql", "select * from data"]);
    expect(asked.weightsSha256).toBe(trained.weightsSha256);
    // all of its releases are prereleases to semver: an older one is admitted as well
    expect(await npmInstall(at, "@duckdb/node-api@1.4.0-r.1", "--dry-run")).toMatchObject({ code: 0 });
  });

  test("without optional packages it trains in wasm to the same bits, and doctor says why", async () => {
    const at = await emptyProject(join(folder, "omitted"));
    const installed = await npmInstall(at, packed.tarball, "--omit=optional");
    expect({ code: installed.code, warnings: warnings(installed) }).toEqual({ code: 0, warnings: [] });
    const trained = await train(at, tsvArgs);
    expect(trained.backend).toBe("wasm");
    const main = "node_modules/toeplitz/dist/cli/main.js";
    expect(trained.weightsSha256).toBe((await train(project, tsvArgs, process.execPath, main)).weightsSha256);
    const doctor = JSON.parse(await succeed(at, program, "doctor", "--json")) as {
      ok: boolean;
      backends: { name: string; unavailable: string | null }[];
    };
    expect(doctor.ok).toBe(true);
    if (typeof native === "string") return;
    expect(doctor.backends.find(({ name }) => name === "x64")?.unavailable).toBe(
      `the optional package ${platformPackage} was not found (npm install ${platformPackage}; in a bundle: keep toeplitz external)`,
    );
  });

  test("by pnpm it trains too", async ({ skip }: TestContext) => {
    const at = await emptyProject(join(folder, "pnpm"));
    const pnpm = (...args: readonly string[]): Promise<Ended> =>
      run(at, "npx", ["--yes", "--prefer-offline", "pnpm@10", ...args]);
    const { code, stderr } = await pnpm("--version");
    if (code !== 0) skip(`pnpm cannot be had: ${stderr.trim().split("\n").at(-1)}`);
    const installed = await pnpm("add", packed.tarball, `--store-dir=${join(folder, "store")}`);
    expect({ code: installed.code, warnings: warnings(installed) }).toEqual({ code: 0, warnings: [] });
    expect((await train(at, tsvArgs)).backend).toBe(fastest);
  });
});

describe("The studio", () => {
  test("is in the tarball, page and worker, and is served from there", async () => {
    const paths = packed.files.map(({ path }) => path).filter((path) => path.startsWith("dist/studio/"));
    expect(paths).toEqual(
      expect.arrayContaining([
        "dist/studio/index.html",
        expect.stringMatching(/^dist\/studio\/assets\/index-.+\.js$/),
        expect.stringMatching(/^dist\/studio\/assets\/worker-.+\.js$/),
      ]),
    );
    const main = join(project, "node_modules/toeplitz/dist/cli/main.js");
    const server = spawn(process.execPath, [main, "studio", "--port", "0", "--json"], { cwd: project });
    try {
      const [line] = (await once(server.stdout, "data")) as [Buffer];
      const { address } = JSON.parse(line.toString()) as { address: string };
      const page = await fetch(address);
      expect(page.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
      expect(await page.text()).toContain("toeplitz studio");
      expect(await (await fetch(`${address}api/runs`)).json()).toMatchObject({ schema: 1, folder: "runs" });
    } finally {
      const ended = once(server, "exit");
      server.kill("SIGINT");
      expect(await ended).toEqual([0, null]);
    }
  });
});

describe("Its types", () => {
  const consumer = `
import { architectures, fit, fromArrays, load, type Dataset, type Run } from "toeplitz";
import { fastestBackend, readDataset, save } from "toeplitz/node";
import * as operators from "toeplitz/operators";
const data: Dataset = fromArrays({ series: [[[1, 2, 3]]], labels: [0] });
export const run: Promise<Run> = fit(architectures.fcn(data), data, { backend: await fastestBackend() });
export const both: Promise<{ train: Dataset; test: Dataset }> = readDataset("a.csv", { label: "kind", test: 0.2 });
export { load, operators, save };
// @ts-expect-error options are checked
fit(architectures.fcn(data), data, { epochs: "3" });
`;
  test.for([
    { moduleResolution: "bundler", module: "esnext", lib: ["es2023", "dom"], types: [] },
    { moduleResolution: "node16", module: "node16", lib: ["es2023"], types: ["node"] },
    { moduleResolution: "nodenext", module: "nodenext", lib: ["es2023"], types: ["node"] },
  ])("are whole under moduleResolution $moduleResolution, strict, libraries checked", async (options) => {
    const name = `types-${options.moduleResolution}`;
    const strict = { strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true };
    await write(project, {
      [`${name}.mts`]: consumer,
      [`${name}.json`]: JSON.stringify({
        compilerOptions: { ...strict, target: "es2022", ...options },
        files: [`${name}.mts`],
      }),
    });
    expect(await run(project, join(root, "node_modules/.bin/tsc"), ["-p", `${name}.json`])).toEqual({
      code: 0,
      stdout: "",
      stderr: "",
    });
  });
});

describe("Loaded by Node", () => {
  test("it is the same module by import and by require, with every door in `exports`", async () => {
    const script = `
      const doors = ["toeplitz", "toeplitz/node", "toeplitz/operators"];
      const same = doors.map(async (door) => {
        const [required, imported] = [require(door), await import(door)];
        return Object.keys(imported).length > 0 && Object.keys(imported).every((name) => required[name] === imported[name]);
      });
      Promise.all(same).then((all) => console.log(JSON.stringify([all, require("toeplitz/package.json").name])));
    `;
    await write(project, { "doors.cjs": script });
    expect(JSON.parse(await succeed(project, process.execPath, "doors.cjs"))).toEqual([
      [true, true, true],
      "toeplitz",
    ]);
  });
});

describe("Bundled", () => {
  test("for a page by Vite, it is the core without a trace of Node", async () => {
    await write(project, {
      "index.html": '<script type="module" src="./page.js"></script>',
      "page.js":
        'import { architectures, fit, mnist1d } from "toeplitz";\nconst { train } = mnist1d({ samples: 20 });\n' +
        "const run = await fit(architectures.mnist1dCnn(train), train, { steps: 1 });\ndocument.title = run.weightsSha256;\n",
    });
    const warned: string[] = [];
    const built = await vite({
      root: project,
      configFile: false,
      logLevel: "silent",
      build: {
        write: false,
        target: "es2022",
        rolldownOptions: { onLog: (_level, log) => void warned.push(log.message) },
      },
    });
    const [{ output }] = [built].flat() as { output: { type: string; code?: string }[] }[];
    const code = output.map((file) => file.code ?? "").join("\n");
    expect(warned).toEqual([]);
    expect(code).toContain("document.title");
    expect(code).not.toMatch(/from\s*["']node:|import\(["']node:|__vite-browser-external|koffi|duckdb/);
  });

  test.for([
    // 60 is wanted: docs/architecture.md says what it went to, and the next test what a page fetches of it
    { names: "load", kB: 88 },
    { names: "fromArrays", kB: 5 },
    { names: "VERSION", kB: 0.2 },
  ])("by esbuild, { $names } takes less than $kB kB with gzip", async ({ names, kB }) => {
    const { outputFiles } = await esbuild({
      stdin: { contents: `export { ${names} } from "toeplitz";`, resolveDir: project },
      bundle: true,
      minify: true,
      format: "esm",
      write: false,
    });
    expect(gzipSync(outputFiles[0].contents, { level: 9 }).length / 1000).toBeLessThan(kB);
  });

  test("by Vite, in chunks, a page fetches less than 66 kB of it with gzip before it predicts", async () => {
    await write(project, { "loads.js": 'export { load } from "toeplitz";\n' });
    const built = await vite({
      root: project,
      configFile: false,
      logLevel: "silent",
      build: {
        write: false,
        target: "es2022",
        minify: true,
        rolldownOptions: { input: "loads.js", preserveEntrySignatures: "strict" },
      },
    });
    type File = { fileName: string; code: string; imports: readonly string[]; isEntry: boolean };
    const [{ output }] = [built].flat() as unknown as { output: readonly File[] }[];
    const first = new Set(output.flatMap((file) => (file.isEntry ? [file.fileName] : [])));
    for (const name of first)
      for (const other of output.find((file) => file.fileName === name)?.imports ?? []) first.add(other);
    const bytes = output.reduce(
      (sum, { fileName, code }) => sum + (first.has(fileName) ? gzipSync(code, { level: 9 }).length : 0),
      0,
    );
    expect(first.size).toBeGreaterThan(0);
    expect(bytes).toBeGreaterThan(20_000);
    expect(bytes / 1000).toBeLessThan(66);
  });

  const server = `
import { architectures, fit, mnist1d } from "toeplitz";
import { fastestBackend, nativeBackend, readDataset } from "toeplitz/node";
async function main() {
  const native = await nativeBackend();
  const { train } = mnist1d({ samples: 100 });
  const backend = await fastestBackend();
  const run = await fit(architectures.mnist1dCnn(train), train, { steps: 2, batch: 20, backend });
  const table = await readDataset("none.parquet").catch((error) => error.message);
  console.log(JSON.stringify({ reason: typeof native === "string" ? native : null, backend: backend.name, sha: run.weightsSha256, table }));
}
main();
`;
  interface Served {
    readonly reason: string | null;
    readonly backend: string;
    readonly sha: string;
    readonly table: string;
  }
  const serve = async (at: string, file: string): Promise<Served> =>
    JSON.parse(await succeed(at, process.execPath, file)) as Served;

  const esbuilt = (format: "cjs" | "esm") => async (outfile: string) => {
    const entryPoints = [join(project, "server.js")];
    const { warnings: warned } = await esbuild({
      entryPoints,
      outfile,
      bundle: true,
      minify: true,
      platform: "node",
      format,
    });
    expect(warned).toEqual([]);
  };
  const rolled = async (outfile: string): Promise<void> => {
    await vite({
      root: project,
      configFile: false,
      logLevel: "silent",
      ssr: { noExternal: true },
      build: {
        ssr: join(project, "server.js"),
        outDir: "served",
        rolldownOptions: { output: { entryFileNames: "vite.mjs", inlineDynamicImports: true } },
      },
    });
    expect(outfile).toBe(join(project, "served/vite.mjs"));
  };
  test.for([
    { name: "vite.mjs", by: "Vite's server build (Rolldown)", bundle: rolled },
    { name: "esbuild.cjs", by: "esbuild to CommonJS", bundle: esbuilt("cjs") },
    { name: "esbuild.mjs", by: "esbuild to ESM", bundle: esbuilt("esm") },
  ])(
    "for a server by $by, it finds machine code where its package is, and runs wasm elsewhere",
    async (kind) => {
      await write(project, { "server.js": server });
      const file = join(project, "served", kind.name);
      await kind.bundle(file);
      const here = await serve(project, file);
      expect(here.backend).toBe(fastest);
      const elsewhere = join(folder, "elsewhere", kind.name);
      const there = await serve(folder, await aloneAt(elsewhere, file, kind.name));
      expect(there).toEqual({
        reason:
          typeof native === "string"
            ? native
            : `the optional package ${platformPackage} was not found (npm install ${platformPackage}; in a bundle: keep toeplitz external)`,
        backend: "wasm",
        sha: here.sha,
        table: expect.stringMatching(/none\.parquet/) as string,
      });
    },
  );
});
