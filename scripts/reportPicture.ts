/**
 * The README's picture of a report: docs/report.png, the upper part of the page in a headless Chromium.
 *
 *   toeplitz train mnist1d --validation 0.1 --out runs/picture && npx tsx scripts/reportPicture.ts runs/picture
 */
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { findChromium } from "../tests/browser/chromium.ts";

const [run = "runs/picture"] = process.argv.slice(2);
const found = findChromium();
if (!("path" in found)) throw new Error(found.reason);
const browser = await chromium.launch({ executablePath: found.path, args: ["--no-sandbox"] });
try {
  const viewport = { width: 1120, height: 1010 };
  const page = await browser.newPage({ viewport, colorScheme: "light" });
  await page.goto(pathToFileURL(resolve(run, "report.html")).href);
  await page.screenshot({ path: fileURLToPath(new URL("../docs/report.png", import.meta.url)) });
} finally {
  await browser.close();
}
