/**
 * The studio as a person has it: built once a test file, served on loopback, opened in a real Chromium. Every page is watched: what
 * it complains of, what its policy refuses and what it asks for off loopback makes the test red, unless it says before that it means to.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { build, preview, type PreviewServer } from "vite";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { findChromium } from "../browser/chromium.ts";

const found = findChromium();
/** Whether there is a browser to test with: `describe.skipIf(!hasChromium)(titled("..."), ...)`. */
export const hasChromium = "path" in found;
/** A title that says why its tests are skipped, where they are. */
export const titled = (what: string): string =>
  "path" in found ? what : `${what} (skipped: ${found.reason})`;

/** The browser, with more of its flags. */
export const launch = (args: readonly string[] = []): Promise<Browser> =>
  chromium.launch({ executablePath: "path" in found ? found.path : "", args: ["--no-sandbox", ...args] });

const ISOLATED = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
} as const;

export interface OpenOptions extends BrowserContextOptions {
  /** What follows the address: `#train`. Default: nothing. */
  readonly at?: string;
}

export interface Studio {
  /** The address it is served at, with the slash at its end. */
  readonly url: string;
  /** The folder it was built into. */
  readonly folder: string;
  /** A page of its own context, opened and drawn. It is closed after the test. */
  open(options?: OpenOptions): Promise<Page>;
  /** Complaints of this test's pages that are meant: they make nothing red. */
  expectComplaint(pattern: RegExp): void;
  /** Ends the server, for tests of what goes on without it. */
  stop(): Promise<void>;
}

export interface StudioOptions {
  /** Whether pages are cross-origin isolated, so that threads share memory. Default: true. */
  readonly isolated?: boolean;
  /** More of Chromium's flags. */
  readonly args?: readonly string[];
}

/** Builds the studio's files into a folder, as `npm run build` does: vitest's own NODE_ENV would make JSX as for development. */
export async function buildStudio(outDir: string): Promise<void> {
  const configFile = fileURLToPath(new URL("../../studio/vite.config.ts", import.meta.url));
  const before = process.env.NODE_ENV;
  process.env.NODE_ENV = "production";
  try {
    await build({ configFile, logLevel: "error", build: { outDir, emptyOutDir: true } });
  } finally {
    process.env.NODE_ENV = before;
  }
}

/** Serves the studio to the tests of the `describe` in which it is called. */
export function studio({ isolated = true, args = [] }: StudioOptions = {}): Studio {
  const folder = mkdtempSync(join(tmpdir(), "toeplitz-studio-"));
  const complaints: string[] = [];
  const meant: RegExp[] = [];
  const pages: Page[] = [];
  let server: PreviewServer | undefined;
  let browser: Browser | undefined;
  let url = "";
  const stop = async (): Promise<void> => {
    await server?.close();
    server = undefined;
  };

  beforeAll(async () => {
    await buildStudio(folder);
    server = await preview({
      configFile: false,
      root: folder,
      logLevel: "error",
      build: { outDir: folder },
      preview: { host: "127.0.0.1", port: 0, headers: isolated ? ISOLATED : {} },
    });
    const address = server.httpServer.address();
    if (address === null || typeof address === "string") throw new Error("the server has no port");
    url = `http://127.0.0.1:${address.port}/`;
    browser = await launch(args);
  });
  afterEach(async () => {
    for (const page of pages.splice(0)) await page.context().close();
    const unmeant = complaints.splice(0).filter((text) => !meant.some((pattern) => pattern.test(text)));
    meant.length = 0;
    expect(unmeant).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await stop();
    rmSync(folder, { recursive: true, force: true });
  });

  return {
    get url() {
      return url;
    },
    folder,
    async open({ at = "", ...context } = {}) {
      if (!browser) throw new Error("the browser is not there yet");
      const page = await (await browser.newContext(context)).newPage();
      pages.push(page);
      watch(page, (complaint) => void complaints.push(complaint));
      await page.goto(`${url}${at}`);
      await page.waitForSelector("main");
      return page;
    },
    expectComplaint: (pattern) => void meant.push(pattern),
    stop,
  };
}

const isHere = (address: string): boolean =>
  /^(blob|data|about):/.test(address) || /^(127\.0\.0\.1|localhost)$/.test(new URL(address).hostname);

/** Hears errors and warnings of a page and its workers, what is thrown, what a policy refuses, and addresses off loopback. */
export function watch(page: Page, complain: (text: string) => void): void {
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complain(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => complain(`thrown: ${error.message}`));
  const asked = (address: string): void => {
    if (!isHere(address)) complain(`asked for ${address}`);
  };
  page.on("request", (request) => asked(request.url()));
  page.on("websocket", (socket) => asked(socket.url()));
}
