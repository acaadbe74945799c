import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { build, preview } from "vite";
import { describe, expect, it } from "vitest";
import { findChromium } from "./chromium.ts";
import { train200, type Outcome } from "./workload.ts";

const found = findChromium();
const title = "path" in found ? "the core in Chromium" : `the core in Chromium (skipped: ${found.reason})`;

describe.skipIf(!("path" in found))(title, () => {
  it("trains 200 steps of MNIST-1D in a Web Worker to the weights of Node, bit for bit", async () => {
    const executablePath = "path" in found ? found.path : "";
    const root = fileURLToPath(new URL(".", import.meta.url));
    const outDir = mkdtempSync(join(tmpdir(), "toeplitz-browser-"));
    const config = { root, logLevel: "error", configFile: false, worker: { format: "es" } } as const;
    await build({ ...config, build: { outDir, emptyOutDir: true, target: "es2022" } });
    const server = await preview({ ...config, build: { outDir }, preview: { host: "127.0.0.1", port: 0 } });
    const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    try {
      const page = await browser.newPage();
      const failures: string[] = [];
      page.on("pageerror", (error) => failures.push(error.message));
      const address = server.httpServer.address();
      if (address === null || typeof address === "string") throw new Error("the server has no port");
      await page.goto(`http://127.0.0.1:${address.port}/`);
      const outcome = await page.waitForFunction(() => document.body.dataset.outcome, undefined, {
        timeout: 90_000,
      });
      const inBrowser = JSON.parse(String(await outcome.jsonValue())) as Outcome;
      expect(failures).toEqual([]);
      expect(inBrowser).toEqual(await train200());
      expect(inBrowser).toMatchObject({ steps: 200, backend: "wasm" });
    } finally {
      await browser.close();
      await server.close();
      rmSync(outDir, { recursive: true, force: true });
    }
  });
});
