/** A run's report in a real browser: its numbers are those of the run, and nothing is fetched. */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { chromium, type Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { cli, tsText, workshop } from "../cli/harness.ts";
import { findChromium } from "./chromium.ts";

const found = findChromium();
const title =
  "path" in found ? "report.html in Chromium" : `report.html in Chromium (skipped: ${found.reason})`;

/** The rows of a table by its name, cells as text. */
const tableOf = (page: Page, name: string): Promise<string[][]> =>
  page.$$eval(`table[data-table="${name}"] tbody tr`, (rows) =>
    rows.map((row) => [...row.querySelectorAll("th,td")].map((cell) => cell.textContent ?? "")),
  );

describe.skipIf(!("path" in found))(title, () => {
  const shop = workshop();

  it("shows the numbers of the run, and opens offline without a request or an error", async () => {
    const evil = "<script>alert(1)</script>";
    const classes = [evil, "down"];
    const data = shop.put("waves.ts", tsText(30, { classes }));
    const test = shop.put("test.ts", tsText(11, { classes }));
    const out = shop.path("run");
    const words = ["train", data, "--test", test, "--model", "chain", "--filters", "3,3", "--epochs", "12"];
    const run = await cli([...words, "--validation", "0.2", "--out", out, "--json", "--quiet"]);
    expect(run).toMatchObject({ code: 0, stderr: "" });
    const result = JSON.parse(run.stdout) as {
      weightsSha256: string;
      test: { accuracy: number; loss: number };
    };
    expect(readFileSync(`${out}/result.json`, "utf8")).toBe(run.stdout);
    const log = readFileSync(`${out}/log.jsonl`, "utf8")
      .trim()
      .split("\n")
      .map((l) => JSON.parse(l) as Record<string, never>);

    const executablePath = "path" in found ? found.path : "";
    const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    try {
      const context = await browser.newContext({ offline: true, viewport: { width: 360, height: 740 } });
      const page = await context.newPage();
      const requests: string[] = [];
      const complaints: string[] = [];
      page.on("request", (request) => requests.push(request.url()));
      page.on("console", (message) => complaints.push(message.text()));
      page.on("pageerror", (error) => complaints.push(error.message));
      const address = pathToFileURL(`${out}/report.html`).href;
      await page.goto(address);
      expect(requests).toEqual([address]);
      expect(complaints).toEqual([]);

      expect(await page.title()).toBe("chain on waves");
      const tiles = await page.$$eval(".tile", (all) => all.map((tile) => tile.textContent ?? ""));
      expect(tiles[0]).toContain(
        `test accuracy${(100 * result.test.accuracy).toFixed(2)} %loss ${Number(result.test.loss.toPrecision(4))}`,
      );
      const course = await tableOf(page, "course");
      expect(course.map((row) => row[0])).toEqual(log.map((e) => String(e.epoch)));
      expect(course.map((row) => Number(row[2]))).toEqual(
        log.map((e) => Number(Number(e.loss).toPrecision(4))),
      );
      const confusion = (await tableOf(page, "confusion")).map((row) => row.slice(1).map(Number));
      expect(confusion.flat().reduce((a, b) => a + b)).toBe(11);
      expect((confusion[0][0] + confusion[1][1]) / 11).toBeCloseTo(result.test.accuracy, 12);
      expect((await tableOf(page, "classes")).map((row) => [row[0], row[4]])).toEqual([
        [evil, "6"],
        ["down", "5"],
      ]);
      expect(await tableOf(page, "hardest")).toHaveLength(11);
      expect((await tableOf(page, "flow")).map(([layer]) => layer)).toEqual([
        "conv1d_1",
        "conv1d_2",
        "dense_1",
      ]);
      expect(Object.fromEntries(await tableOf(page, "settings"))).toMatchObject({
        "weights sha256": result.weightsSha256,
        "fit.epochs": "12",
        "fit.optimizer.kind": "adam",
      });

      // drawn, named for those who do not see it, and no wider than a phone
      expect(
        await page.$$eval("svg", (all) => all.every((svg) => (svg.getAttribute("aria-label") ?? "") !== "")),
      ).toBe(true);
      expect(await page.$$eval("#course path", (all) => all.length)).toBeGreaterThanOrEqual(5);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);

      // the policy in its head holds: what a page may not fetch, it does not
      const refused = await page.evaluate(() =>
        fetch("https://example.invalid/").then(
          () => "fetched",
          () => "refused",
        ),
      );
      expect(refused).toBe("refused");
      expect(complaints.join()).toContain("Content Security Policy");
      // no script and no style sheet but the page's own, whatever a name in it would bring
      const ran = await page.evaluate(() => {
        const script = document.createElement("script");
        script.textContent = "window.ran = true";
        const style = document.createElement("style");
        style.textContent = "h1{display:none}";
        document.body.append(script, style);
        document.body.insertAdjacentHTML("beforeend", '<img src="x:" onerror="window.ran = true">');
        const { display } = getComputedStyle(document.querySelector("h1") ?? document.body);
        return ["ran" in window, display === "none"];
      });
      expect(ran).toEqual([false, false]);
      const paper = (): Promise<string> =>
        page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      await page.emulateMedia({ colorScheme: "light" });
      expect(await paper()).toBe("rgb(255, 255, 255)");
      await page.emulateMedia({ colorScheme: "dark" });
      expect(await paper()).toBe("rgb(13, 17, 23)");
    } finally {
      await browser.close();
    }
  });
});
