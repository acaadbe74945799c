import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { build, preview } from "vite";
import { describe, expect, it } from "vitest";
import { findChromium } from "./chromium.ts";
import { trainFew, type Few } from "./fewSteps.ts";

const found = findChromium();
const title = "path" in found ? "a page's policy" : `a page's policy (skipped: ${found.reason})`;

describe.skipIf(!("path" in found))(title, () => {
  it("that forbids WebAssembly costs speed alone: the reference gives Node's bits, and a note says why", async () => {
    const executablePath = "path" in found ? found.path : "";
    const root = fileURLToPath(new URL(".", import.meta.url));
    const outDir = mkdtempSync(join(tmpdir(), "toeplitz-policy-"));
    const config = { root, logLevel: "error", configFile: false } as const;
    const rollupOptions = { input: join(root, "csp.html") };
    await build({ ...config, build: { outDir, emptyOutDir: true, target: "es2022", rollupOptions } });
    const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    const under = async (policy: string): Promise<Few> => {
      const headers = { "Content-Security-Policy": policy };
      const server = await preview({
        ...config,
        build: { outDir },
        preview: { host: "127.0.0.1", port: 0, headers },
      });
      try {
        const page = await browser.newPage();
        const address = server.httpServer.address();
        if (address === null || typeof address === "string") throw new Error("the server has no port");
        await page.goto(`http://127.0.0.1:${address.port}/csp.html`);
        const outcome = await page.waitForFunction(() => document.body.dataset.outcome, undefined, {
          timeout: 60_000,
        });
        return JSON.parse(String(await outcome.jsonValue())) as Few;
      } finally {
        await server.close();
      }
    };
    try {
      const { weightsSha256 } = await trainFew();
      const forbidden = await under("script-src 'self'");
      expect(forbidden).toMatchObject({ backend: "reference", weightsSha256 });
      expect(forbidden.notes).toEqual([
        expect.stringMatching(
          /^training runs on the back end reference, many times slower than wasm: WebAssembly may not be compiled here \(.*\); a page's content security policy allows it by 'wasm-unsafe-eval' in script-src$/,
        ),
      ]);
      const allowed = await under("script-src 'self' 'wasm-unsafe-eval'");
      expect(allowed).toEqual({ backend: "wasm", weightsSha256, notes: [] });
    } finally {
      await browser.close();
      rmSync(outDir, { recursive: true, force: true });
    }
  });
});
