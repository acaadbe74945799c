/** The example of a worker: built by its own Vite configuration, trained and cancelled by its buttons in Chromium. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { build, preview, type PreviewServer } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { architectures, fit, mnist1d, optimizers } from "../../src/index.ts";
import { findChromium } from "../browser/chromium.ts";
import { root } from "./run.ts";

const found = findChromium();
const title = "path" in found ? "browser-worker" : `browser-worker (skipped: ${found.reason})`;

describe.skipIf(!("path" in found))(title, () => {
  let outDir: string;
  let server: PreviewServer;
  let browser: Browser;
  let page: Page;
  const failures: string[] = [];

  beforeAll(async () => {
    outDir = mkdtempSync(join(tmpdir(), "toeplitz-worker-"));
    const config = { root: `${root}examples/browser-worker`, logLevel: "error" } as const;
    await build({ ...config, build: { outDir, emptyOutDir: true } });
    server = await preview({ ...config, build: { outDir }, preview: { host: "127.0.0.1", port: 0 } });
    const executablePath = "path" in found ? found.path : "";
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    page = await browser.newPage();
    page.on("pageerror", (error) => failures.push(error.message));
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    rmSync(outDir, { recursive: true, force: true });
  });

  /** Opens the page for so many epochs and starts. */
  async function train(epochs: number): Promise<void> {
    const address = server.httpServer.address();
    if (address === null || typeof address === "string") throw new Error("the server has no port");
    await page.goto(`http://127.0.0.1:${address.port}/?epochs=${epochs}`);
    await page.click("#train");
  }

  /** The status once it begins like that. */
  async function status(like: string): Promise<string> {
    const begins = (text: string): boolean =>
      document.querySelector("#status")?.textContent?.startsWith(text) ?? false;
    await page.waitForFunction(begins, like, { timeout: 60_000 });
    return (await page.textContent("#status")) ?? "";
  }

  it("trains to the weights of Node and shows how far it is", async () => {
    await train(2);
    const text = await status("done");
    const { train: rows, test } = mnist1d();
    const optimizer = optimizers.adam({ learningRate: 0.01 });
    const inNode = await fit(architectures.mnist1dCnn(rows), rows, {
      epochs: 2,
      batch: 100,
      seed: 0,
      optimizer,
    });
    const accuracy = inNode.model.evaluate(test).accuracy.toFixed(3);
    expect(text).toBe(`done after epoch 2: accuracy ${accuracy}, weights ${inNode.weightsSha256}`);
    expect(await page.$eval("#progress", (bar) => (bar as HTMLProgressElement).value)).toBe(1);
    expect(failures).toEqual([]);
  });

  it("ends at once when it is cancelled, and can be started again", async () => {
    await train(100_000);
    await status("epoch");
    await page.click("#cancel");
    expect(await status("cancelled")).toMatch(
      /^cancelled in epoch \d+: accuracy 0\.\d{3}, weights [\da-f]{64}$/,
    );
    expect(await page.isEnabled("#train")).toBe(true);
    await page.click("#train");
    await status("epoch");
    expect(failures).toEqual([]);
  });
});
