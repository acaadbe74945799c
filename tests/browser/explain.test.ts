/** The page of an explained row in a real browser: offline, without a complaint, by mouse and by keyboard, as wide as a phone. */
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { describe, expect, it } from "vitest";
import { cli, tsText, workshop } from "../cli/harness.ts";
import { findChromium } from "./chromium.ts";

const found = findChromium();
const title =
  "path" in found
    ? "an explained row in Chromium"
    : `an explained row in Chromium (skipped: ${found.reason})`;

describe.skipIf(!("path" in found))(title, () => {
  const shop = workshop();

  it("shows the formula of the entry under the mouse or in focus, and asks for nothing", async () => {
    const data = shop.put("waves.ts", tsText(12, { classes: ["<b>up", "down"] }));
    const words = [
      "train",
      data,
      "--model",
      "chain",
      "--filters",
      "3,3",
      "--steps",
      "4",
      "--out",
      shop.path("run"),
    ];
    expect(await cli([...words, "--quiet"])).toMatchObject({ code: 0 });
    const file = shop.path("row.html");
    expect(await cli(["explain", shop.path("run"), data, "--to", file])).toMatchObject({ code: 0 });
    const executablePath = "path" in found ? found.path : "";
    const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    try {
      const context = await browser.newContext({ offline: true, viewport: { width: 400, height: 800 } });
      const page = await context.newPage();
      const requests: string[] = [];
      const complaints: string[] = [];
      page.on("request", (request) => requests.push(request.url()));
      page.on("console", (message) => complaints.push(message.text()));
      page.on("pageerror", (error) => complaints.push(error.message));
      const address = pathToFileURL(file).href;
      await page.goto(address);
      expect([requests, complaints]).toEqual([[address], []]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(400);

      const figure = page.locator("figure:has(table.heat)").first();
      const entry = figure.locator(".entry");
      await figure.locator("tr").nth(1).locator("td").nth(2).hover();
      expect(await entry.textContent()).toMatch(/^A_\{2,3\} = w_2 = -?[\d.]+$/);
      await figure.locator("td").first().focus();
      expect(await entry.textContent()).toMatch(/^A_\{1,1\} = w_1 = /);
      for (const key of ["ArrowDown", "ArrowRight", "ArrowRight", "ArrowUp"]) await page.keyboard.press(key);
      expect(await entry.textContent()).toMatch(/^A_\{1,3\} = w_3 = /);
      await page.keyboard.press("End");
      expect(await entry.textContent()).toBe("A_{1,12} = 0, outside the band");
      await page.keyboard.press("Tab");
      expect(await page.evaluate(() => document.activeElement?.getAttribute("title"))).toMatch(
        /^H_\{1,1\} = y_1 = /,
      );
      // one stop a matrix
      expect(await page.$$eval('table.heat td[tabindex="0"]', (cells) => cells.length)).toBe(
        await page.$$eval("table.heat", (tables) => tables.length),
      );
    } finally {
      await browser.close();
    }
  });
});
