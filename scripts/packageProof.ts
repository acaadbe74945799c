/**
 * `npm run proof:package`: the packed tarball among slow neighbours, which `npm test` leaves out: Next.js with each of its
 * bundlers, webpack, and DuckDB's oldest release that is taken and one before it. Wants the registry and some minutes.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { emptyProject, npmInstall, pack, run, succeed, workplace, write } from "../tests/package/harness.ts";

const { folder, remove } = await workplace();
const { tarball, bytes } = await pack(folder);
console.log(`packed: ${(bytes / 1000).toFixed(0)} kB`);

/** Trains two steps and reads a table, as a program and as a route handler; gives what came of it. */
const work = `
import { architectures, fit, mnist1d } from "toeplitz";
import { nativeBackend, readDataset } from "toeplitz/node";
export async function work(file) {
  const native = await nativeBackend();
  const { train } = mnist1d({ samples: 100 });
  const backend = typeof native === "string" ? "auto" : native;
  const run = await fit(architectures.mnist1dCnn(train), train, { steps: 2, batch: 20, backend });
  const table = await readDataset(file, { label: "kind" }).then((data) => data.rows, (error) => error.message);
  return { native: typeof native === "string" ? native : native.name, weights: run.weightsSha256, table };
}
`;
const json = '[{"a":1,"b":2,"kind":"p"},{"a":2,"b":1,"kind":"q"},{"a":3,"b":1,"kind":"p"}]';

let failures = 0;
function tell(name: string, result: string, good: boolean): void {
  if (!good) failures++;
  console.log(`${good ? "good" : "BAD "}  ${name}: ${result.trim()}`);
}
const isGood = (printed: string): boolean => {
  const { native, weights, table } = JSON.parse(printed) as Record<string, unknown>;
  return table === 3 && typeof weights === "string" && (native === "x64" || process.arch !== "x64");
};

async function install(at: string, ...packages: readonly string[]): Promise<void> {
  await emptyProject(at);
  const { code, stdout, stderr } = await npmInstall(at, tarball, ...packages);
  if (code !== 0) throw new Error(`npm install ${packages.join(" ")}:\n${stdout}${stderr}`);
}

async function duckDb(release: string, wanted: RegExp): Promise<void> {
  const at = join(folder, `duckdb-${release}`);
  await install(at, `@duckdb/node-api@${release}`);
  await write(at, { "rows.json": json });
  const args = ["inspect", "rows.json", "--label", "kind"];
  const { code, stdout, stderr } = await run(at, "node_modules/.bin/toeplitz", args);
  const printed = code === 0 ? stdout : stderr;
  tell(`DuckDB ${release}`, printed.split("\n")[0], wanted.test(printed));
}

async function webpack(): Promise<void> {
  const at = join(folder, "webpack");
  await install(at, "@duckdb/node-api", "webpack");
  await write(at, {
    "rows.json": json,
    "work.js": work,
    "server.js":
      'import { work } from "./work.js";\nwork("rows.json").then((all) => console.log(JSON.stringify(all)));\n',
    "build.mjs": `
      import webpack from "webpack";
      const output = { path: process.cwd() + "/out", filename: "server.cjs" };
      webpack({ mode: "production", target: "node20", entry: "./server.js", output }, (error, stats) => {
        if (error) throw error;
        console.log(stats.toString({ all: false, errors: true, warnings: true }));
      });`,
  });
  const told = await succeed(at, process.execPath, "build.mjs");
  if (told.trim() !== "") tell("webpack's build", told, false);
  const printed = await succeed(at, process.execPath, "out/server.cjs");
  tell("webpack", printed, isGood(printed));
}

async function next(): Promise<void> {
  const at = join(folder, "next");
  await install(at, "@duckdb/node-api", "next", "react", "react-dom");
  await write(at, {
    "rows.json": json,
    "app/work.js": work,
    "app/layout.js": "export default ({ children }) => <html><body>{children}</body></html>;\n",
    "app/page.js": "export default () => <p>a page</p>;\n",
    "app/api/route.js":
      'import { work } from "../work.js";\nexport const dynamic = "force-dynamic";\n' +
      'export const GET = async () => Response.json(await work("rows.json"));\n',
  });
  const program = "node_modules/next/dist/bin/next";
  const env = { NEXT_TELEMETRY_DISABLED: "1" };
  for (const bundler of ["--turbopack", "--webpack"]) {
    const built = await run(at, process.execPath, [program, "build", bundler], env);
    if (built.code !== 0) {
      tell(`Next.js ${bundler}`, built.stdout + built.stderr, false);
      continue;
    }
    const port = String(20_000 + (process.pid % 20_000));
    const server = spawn(process.execPath, [program, "start", "-p", port], {
      cwd: at,
      env: { ...process.env, ...env, NODE_ENV: "production" },
      stdio: "ignore",
    });
    const ended = once(server, "exit");
    const printed = await answerOf(`http://localhost:${port}/api`);
    server.kill();
    await ended;
    tell(`Next.js ${bundler}`, printed, isGood(printed));
  }
}

/** What a server answers once it has started. */
async function answerOf(url: string): Promise<string> {
  for (let attempts = 0; ; attempts++) {
    const answer = await fetch(url).catch(() => null);
    if (answer !== null) return answer.text();
    if (attempts === 120) throw new Error(`${url} did not answer`);
    await sleep(500);
  }
}

try {
  await duckDb("1.4.0-r.1", /3 rows/);
  await duckDb(
    "1.3.2-alpha.26",
    /is DuckDB v1\.3\.2, and Parquet, JSON and queries want 1\.4 or newer; npm install/,
  );
  await webpack();
  await next();
} finally {
  await remove();
}
process.exitCode = failures > 0 ? 1 : 0;
