/** The built files on any static host: without isolation, without a host once they were loaded, and how large they are. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildStudio, hasChromium, studio, titled } from "./harness.ts";

describe("The studio's bundle", () => {
  const folder = mkdtempSync(join(tmpdir(), "toeplitz-bundle-"));
  const files = new Map<string, Buffer>();
  beforeAll(async () => {
    await buildStudio(folder);
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
      if (entry.isFile()) {
        const path = join(entry.parentPath, entry.name);
        files.set(path.slice(folder.length + 1), readFileSync(path));
      }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Files that are loaded with these, by their static imports. */
  function withImports(names: readonly string[]): Set<string> {
    const found = new Set(names);
    for (const name of found)
      for (const [, next] of (files.get(name)?.toString() ?? "").matchAll(
        /(?:from|import)\s?"\.\/([^"]+\.js)"/g,
      ))
        found.add(`assets/${next}`);
    return found;
  }

  it("is below 200 kB gzipped at the start, 245 with all that trains and looks inside; readers and exports come on top", () => {
    const names = [...files.keys()];
    const worker = names.filter((name) => /^assets\/worker-.*\.js$/.test(name));
    const page = names.filter((name) => /^assets\/index-|^index\.html$/.test(name));
    expect([worker.length, page.length]).toEqual([1, 3]);
    const size = (of: Iterable<string>): number =>
      [...of].reduce((sum, name) => sum + gzipSync(files.get(name) ?? "", { level: 9 }).length, 0);
    const start = [...worker, ...page];
    const work = names.filter((name) => /^assets\/(fitting|inside)-/.test(name));
    expect(work).toHaveLength(2);
    expect(size(withImports(start))).toBeLessThan(200_000);
    expect(size(withImports([...start, ...work]))).toBeLessThan(245_000);
    expect(size(names)).toBeLessThan(372_000);
  });

  it("names nothing elsewhere and holds no data: or inline script that its policy would refuse", () => {
    const page = files.get("index.html")?.toString() ?? "";
    expect(page).not.toMatch(/(src|href)="(https?:)?\/\//);
    expect(page).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\son\w+=|style="/);
    const listed = /const files = (\[.*\]);/.exec(files.get("sw.js")?.toString() ?? "")?.[1] ?? "[]";
    const all = [...files.keys()].filter((name) => name !== "index.html" && name !== "sw.js");
    expect((JSON.parse(listed) as string[]).toSorted()).toEqual(["./", ...all].toSorted());
  });
});

describe.skipIf(!hasChromium)(titled("The studio on a static host"), () => {
  const site = studio({ isolated: false });

  it("works without isolation, on one thread; once loaded, without its host, and opens again without it", async () => {
    const page = await site.open();
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
    await page.evaluate(async () => {
      await navigator.serviceWorker.ready;
      while (!navigator.serviceWorker.controller) await new Promise((resolve) => setTimeout(resolve, 20));
    });
    await site.stop();
    // the worker has not been asked for anything before
    await page.getByRole("button", { name: "MNIST-1D, an example" }).click();
    await page
      .getByText(/4,?000 rows/)
      .first()
      .waitFor();
    await page.reload();
    await page.waitForSelector("main");
    await page.getByRole("link", { name: "Ship" }).click();
    await page.getByText("Train a model, or open a model file").waitFor();
  });
});
