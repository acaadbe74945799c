/** Exported modules in JavaScript engines: programs by their paths, and Chromium's page, worker and AudioWorklet. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { encodeMjs, schedule } from "../../src/export/mjs.ts";
import { streamPart } from "../../src/export/stream.ts";
import type { Network } from "../../src/models/network.ts";
import { findChromium } from "../../tests/browser/chromium.ts";
import { streamingNetworks } from "../../tests/export/streams.ts";
import { checksumOf, streamChecksumOf } from "./check.ts";

/** What an engine found: the checksum of each model and each stream, and how many golden rows it passed. */
export type Found = Readonly<Record<string, readonly [checksum: number, golden: number]>>;

/** Writes the modules and what checks them; gives what they have to find. */
export async function writeModules(
  folder: string,
  models: Readonly<Record<string, Network>>,
  rows: number,
): Promise<Found> {
  const put = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  const expected: Record<string, readonly [number, number]> = {};
  for (const [name, model] of Object.entries(models)) {
    const { module, sheet } = encodeMjs(model, name);
    put(`${name}.mjs`, module);
    expected[name] = [checksumOf(model, model, rows), sheet.golden.length];
  }
  const streams: { readonly module: string; readonly hop?: number; readonly length: number }[] = [];
  for (const [name, { make, hops, length }] of Object.entries(streamingNetworks))
    for (const hop of hops) {
      const net = await make();
      const module = `stream_${name}_${hop ?? "any"}`;
      const part = await streamPart(net, `${module}.mjs`, { hop }, { schedule });
      const { module: text, sheet } = encodeMjs(net, module, "inside", part);
      put(`${module}.mjs`, text);
      expected[module] = [streamChecksumOf(await net.stream({ hop }), length), sheet.golden.length];
      streams.push({ module, hop, length });
    }
  await build({
    entryPoints: [fileURLToPath(new URL("check.ts", import.meta.url))],
    bundle: true,
    format: "esm",
    target: "es2022",
    outfile: join(folder, "check.mjs"),
  });
  const names = Object.keys(models);
  const specs = Object.fromEntries(
    names.map((n) => [n, { model: { input: models[n].model.input }, preparation: models[n].preparation }]),
  );
  put(
    "all.mjs",
    `import { checksumOf, streamChecksumOf } from "./check.mjs";
${[...names, ...streams.map(({ module }) => module)].map((n) => `import * as ${n} from "./${n}.mjs";`).join("\n")}
const modules = { ${[...names, ...streams.map(({ module }) => module)].join(", ")} };
const specs = ${JSON.stringify(specs)};
const streams = ${JSON.stringify(Object.fromEntries(streams.map(({ module, ...how }) => [module, how])))};
const checked = (name, model) => {
  if (!Object.hasOwn(streams, name)) return checksumOf(model, specs[name], ${rows});
  const { hop, length } = streams[name];
  return streamChecksumOf(model.stream({ hop }), length);
};
const say = (name, model) => [name, [checked(name, model), model.selfTest()]];
export const sync = () => Object.fromEntries(Object.keys(modules).map((name) => say(name, modules[name].loadSync())));
export const later = async () => {
  const found = [];
  for (const name of Object.keys(modules)) found.push(say(name, await modules[name].load()));
  return Object.fromEntries(found);
};
`,
  );
  put("run.mjs", `import { later } from "./all.mjs";\nconsole.log(JSON.stringify(await later()));\n`);
  put("worker.mjs", `import { sync } from "./all.mjs";\npostMessage(sync());\n`);
  put(
    "worklet.mjs",
    `import { sync } from "./all.mjs";
registerProcessor("check", class extends AudioWorkletProcessor {
  process() {
    if (!this.done) this.port.postMessage({ ...sync(), denormals: [Math.fround(Float64Array.of(1e-40)[0]) > 0 ? 1 : 0, 0] });
    this.done = true;
    return false;
  }
});
`,
  );
  put("index.html", "<!doctype html><title>exports</title>");
  return expected;
}

/** In a program such as node, deno or bun. */
export function inProgram(program: string, folder: string): Found {
  const words = program.endsWith("deno") ? ["run", "--allow-read", "--no-lock", "run.mjs"] : ["run.mjs"];
  return JSON.parse(execFileSync(program, words, { cwd: folder, encoding: "utf8" })) as Found;
}

const types: Readonly<Record<string, string>> = { ".mjs": "text/javascript", ".html": "text/html" };

/** In Chromium: each place and what it found; the reason why not where there is none. */
export async function inChromium(folder: string): Promise<Readonly<Record<string, Found>> | string> {
  const browserFound = findChromium();
  if (!("path" in browserFound)) return browserFound.reason;
  const server = createServer(({ url = "/" }, response) => {
    const file = url === "/" ? "index.html" : url.slice(1);
    try {
      const bytes = readFileSync(join(folder, file));
      response.setHeader("content-type", types[extname(file)] ?? "application/octet-stream").end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  const browser = await chromium.launch({ executablePath: browserFound.path, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(600_000);
    await page.goto(`http://127.0.0.1:${address.port}/`);
    const evaluated = (script: string): Promise<Found> => page.evaluate<Found>(script);
    return {
      page: await evaluated(`import("/all.mjs").then(({ later }) => later())`),
      worker: await evaluated(
        `new Promise((resolve, reject) => { const w = new Worker("/worker.mjs", { type: "module" }); w.onmessage = (e) => resolve(e.data); w.onerror = (e) => reject(new Error(e.message)); })`,
      ),
      AudioWorklet: await evaluated(
        `(async () => { const c = new OfflineAudioContext(1, 128, 44100); await c.audioWorklet.addModule("/worklet.mjs"); const n = new AudioWorkletNode(c, "check", { numberOfInputs: 0 }); n.connect(c.destination); const said = new Promise((r) => { n.port.onmessage = (e) => r(e.data); }); await c.startRendering(); return said; })()`,
      ),
    };
  } finally {
    await browser.close();
    server.close();
  }
}
