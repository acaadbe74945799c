/**
 * The picture of docs/explain.md: docs/explain.png, a part of the page that `toeplitz explain --to` writes, in a headless Chromium.
 *
 *   toeplitz explain MODEL DATA --to row.html && npx tsx scripts/explainPicture.ts row.html
 */
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { findChromium } from "../tests/browser/chromium.ts";

const [file = "row.html"] = process.argv.slice(2);
const found = findChromium();
if (!("path" in found)) throw new Error(found.reason);
const browser = await chromium.launch({ executablePath: found.path, args: ["--no-sandbox"] });
try {
  const page = await browser.newPage({ viewport: { width: 1120, height: 900 }, colorScheme: "light" });
  await page.goto(pathToFileURL(resolve(file)).href);
  const figure = page.locator(".matrices").first();
  await figure.scrollIntoViewIfNeeded();
  await page.evaluate(() => document.querySelector("h3")?.scrollIntoView());
  await page.locator("table.heat td").nth(2).hover();
  await page.screenshot({ path: fileURLToPath(new URL("../docs/explain.png", import.meta.url)) });
} finally {
  await browser.close();
}
