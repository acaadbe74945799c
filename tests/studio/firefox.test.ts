/** The studio in Firefox: it opens isolated, reads, and computes in its worker on threads, without a complaint. */
import { mkdtempSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { studioFiles } from "../../src/cli/studio/files.ts";
import { runsFolder } from "../../src/cli/studio/runs.ts";
import { listen, studioServer } from "../../src/cli/studio/server.ts";
import { cli } from "../cli/harness.ts";
import { findFirefox, openFirefox } from "./bidi.ts";
import { buildStudio } from "./harness.ts";

const found = findFirefox();
const title = "path" in found ? "The studio in Firefox" : `The studio in Firefox (skipped: ${found.reason})`;

describe.skipIf(!("path" in found))(title, () => {
  const folder = mkdtempSync(join(tmpdir(), "toeplitz-firefox-"));
  let server: Server;
  let url = "";
  beforeAll(async () => {
    await buildStudio(join(folder, "studio"));
    const words = ["train", "mnist1d", "--steps", "20", "--quiet", "--out", join(folder, "run")];
    expect((await cli(words)).code).toBe(0);
    server = studioServer(studioFiles(`${join(folder, "studio")}/`), await runsFolder(folder));
    url = await listen(server, 0);
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("opens isolated, reads, and computes in its worker on threads", async () => {
    const { page, close } = await openFirefox("path" in found ? found.path : "", url);
    try {
      await page.until(`document.querySelector("main")`);
      expect(await page.evaluate("crossOriginIsolated")).toBe(true);
      const press = (text: string): Promise<unknown> =>
        page.evaluate(
          `[...document.querySelectorAll("button")].find((b) => b.textContent.startsWith(${JSON.stringify(text)})).click()`,
        );
      await press("MNIST-1D");
      await page.until(`/4,?000 rows/.test(document.body.innerText)`);
      await page.evaluate(`location.hash = "ship"`);
      await page.until(`document.querySelector("section.ship input[type=file]")`);
      await page.setFiles("section.ship input[type=file]", [join(folder, "run/model.safetensors")]);
      await page.until(`[...document.querySelectorAll("button")].some((b) => b.textContent === "Measure")`);
      await press("Measure");
      await page.until(`/rows a second/.test(document.body.innerText)`);
      expect(await page.evaluate<string>("document.body.innerText")).toMatch(/up to \d+ threads?/);
      await page.evaluate(
        `[...document.querySelectorAll("button")].find((b) => b.textContent === "Make .html").click()`,
      );
      await page.until(`/Save .*\\.html/.test(document.body.innerText)`);
      expect(page.complaints).toEqual([]);
    } finally {
      await close();
    }
  });
});
