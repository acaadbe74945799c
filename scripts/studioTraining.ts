/**
 * `npm run proof:studio-training`: how fast the studio trains in a page, against Node's wasm: the same network, batch and seed, one
 * thread each, in turns; and how long the page was held up meanwhile. Prints a table; exits with 1 where the weights differ, a
 * step is slower than 1 / 0.8 of Node's, or a task of the page took more than 100 ms.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, type Browser, type Page } from "playwright-core";
import { build, preview } from "vite";
import { fit, mnist1d, readRecipe, recipeRun } from "../src/index.ts";
import { findChromium } from "../tests/browser/chromium.ts";

/** In turns; the best of each counts, since what else a machine does only makes a step slower. */
const ROUNDS = 5;
const LEAST = 0.8;
const MOST_TASK_MS = 100;
const workloads = [
  { model: "mnist1d-cnn", steps: "1000" },
  { model: "fcn", steps: "60" },
] as const;

interface Timed {
  readonly stepMs: number;
  readonly seconds: number;
  readonly sha256: string;
}

async function inNode(options: Readonly<Record<string, string>>): Promise<Timed> {
  const { train, test } = mnist1d();
  const run = recipeRun(train, readRecipe(options), { test });
  if (run.kind !== "network") throw new Error(`${run.title} takes no steps`);
  const { stepMs, seconds, weightsSha256 } = await fit(run.model, train, {
    ...run.options,
    backend: "wasm",
    threads: 1,
  });
  return { stepMs, seconds, sha256: weightsSha256 };
}

/** One run, by the view. */
async function inPage(page: Page, { model, steps }: Readonly<Record<string, string>>): Promise<Timed> {
  const before = await page.locator('tr[data-state="ended"]').count();
  await page.selectOption('select[name="model"]', model);
  await page.fill('input[name="steps"]', steps);
  await page.getByRole("button", { name: "Train", exact: true }).click();
  await page.waitForFunction((n) => document.querySelectorAll('tr[data-state="ended"]').length > n, before, {
    timeout: 600_000,
  });
  const shown = page.locator('section[aria-label^="Run "]');
  const text = (await shown.textContent()) ?? "";
  const [, seconds, stepMs] = /steps in ([\d.]+) s, ([\d.]+) ms a step/.exec(text) ?? [];
  const sha256 = (await shown.locator(".copyable code").first().textContent()) ?? "";
  return { stepMs: Number(stepMs), seconds: Number(seconds), sha256 };
}

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly dur?: number;
  /** Of the thread's own time, in microseconds: what others take from the processor is not in it. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** The longest task of the page's own thread while something goes on, in milliseconds: by the thread's clock and by the wall's. */
async function longestTask(
  browser: Browser,
  page: Page,
  work: () => Promise<unknown>,
): Promise<{ readonly own: number; readonly wall: number }> {
  await browser.startTracing(page, { categories: ["toplevel", "devtools.timeline", "__metadata"] });
  await work();
  const text = (await browser.stopTracing()).toString("utf8");
  const { traceEvents } = JSON.parse(text) as { readonly traceEvents: readonly TraceEvent[] };
  const threads = new Set(
    traceEvents
      .filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain")
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const tasks = traceEvents.filter(
    ({ name, ph, pid, tid }) => ph === "X" && name.endsWith("RunTask") && threads.has(`${pid} ${tid}`),
  );
  const most = (of: (event: TraceEvent) => number | undefined): number =>
    tasks.reduce((longest, event) => Math.max(longest, (of(event) ?? 0) / 1000), 0);
  if (tasks.length === 0) throw new Error("the trace has no tasks of the page");
  return { own: most(({ tdur }) => tdur), wall: most(({ dur }) => dur) };
}

async function main(): Promise<number> {
  const found = findChromium();
  if ("reason" in found) {
    console.log(`skipped: ${found.reason}`);
    return 0;
  }
  const folder = mkdtempSync(join(tmpdir(), "toeplitz-studio-"));
  const configFile = fileURLToPath(new URL("../studio/vite.config.ts", import.meta.url));
  await build({ configFile, logLevel: "error", build: { outDir: folder, emptyOutDir: true } });
  // not isolated, so that there is one thread
  const server = await preview({
    configFile: false,
    root: folder,
    logLevel: "error",
    build: { outDir: folder },
    preview: { host: "127.0.0.1", port: 0 },
  });
  const browser = await chromium.launch({ executablePath: found.path, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage();
    await page.goto(server.resolvedUrls?.local[0] ?? "");
    await page.getByRole("button", { name: /^MNIST-1D/ }).click();
    await page.waitForSelector("text=rows to train on");
    await page.click('nav a[href="#train"]');
    await page.waitForSelector('select[name="model"]');
    let isFine = true;
    for (const options of workloads) {
      const node: Timed[] = [];
      const own: Timed[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        node.push(await inNode(options));
        own.push(await inPage(page, options));
      }
      const of = (runs: readonly Timed[], what: "stepMs" | "seconds"): number =>
        Math.min(...runs.map((run) => run[what]));
      const ratio = of(node, "stepMs") / of(own, "stepMs");
      const isEqual = [...node, ...own].every(({ sha256 }) => sha256 === node[0].sha256);
      isFine &&= ratio >= LEAST && isEqual;
      console.log(
        `${options.model}: ${of(own, "stepMs").toFixed(2)} ms a step in the page, ${of(node, "stepMs").toFixed(2)} in Node: ` +
          `${ratio.toFixed(2)} of its speed; whole runs ${of(own, "seconds").toFixed(1)} s and ${of(node, "seconds").toFixed(1)} s; ` +
          `weights ${isEqual ? "equal" : "NOT EQUAL"}`,
      );
    }
    const [options] = workloads;
    const { own, wall } = await longestTask(browser, page, () => inPage(page, options));
    console.log(
      `longest task of the page: ${own.toFixed(0)} ms of its thread's time (${wall.toFixed(0)} ms by the wall, with what else ran here)`,
    );
    return isFine && own <= MOST_TASK_MS ? 0 : 1;
  } finally {
    await browser.close();
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exit(await main());
