/**
 * Pictures of the studio's views for docs/studio.md, as a person has them after a while: MNIST-1D trained, a row looked into, rows
 * streamed, files made. In light and dark, 1440 and 400 pixels wide, as WebP. `npm run studio:pictures`; it needs Chromium.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { runProgram } from "../src/cli/program.ts";
import { studioFiles } from "../src/cli/studio/files.ts";
import { runsFolder } from "../src/cli/studio/runs.ts";
import { listen, studioServer } from "../src/cli/studio/server.ts";
import { buildStudio, hasChromium, launch } from "../tests/studio/harness.ts";

const docs = fileURLToPath(new URL("../docs/", import.meta.url));
const widths = [1440, 400] as const;
const schemes = ["light", "dark"] as const;
/** Of a view, at most so much of its height. */
const MOST_HEIGHT = 1800;
const QUALITY = 0.8;

/** What is done in each view before it is taken. */
const views: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  async data(page) {
    await page.getByRole("button", { name: "MNIST-1D, an example" }).click();
    await page
      .getByText(/4,?000 rows/)
      .first()
      .waitFor();
  },
  async train(page) {
    await page.getByLabel("Epochs").first().fill("30");
    await page.getByRole("button", { name: "Train", exact: true }).click();
    await page
      .getByText(/ended|done/i)
      .first()
      .waitFor({ timeout: 120_000 });
  },
  async look(page) {
    await page.waitForTimeout(4000);
  },
  async live(page) {
    await page.getByLabel(/^Rows/).fill("0-29");
    await page.getByLabel("Speed").selectOption("max");
    await page.getByText("Answers and events").click();
    await page.getByLabel("An answer every (samples)").fill("4");
    await page.getByLabel("Least probability").fill("0.9");
    await page.getByRole("button", { name: "Begin" }).click();
    await page.getByText(/^Ended: /).waitFor();
  },
  async ship(page) {
    await page.getByRole("button", { name: "Measure" }).click();
    await page.getByText(/rows a second/).waitFor();
    for (const kind of ["Model file", ".onnx", ".mjs", ".html", ".c"])
      await page.getByRole("button", { name: `Make ${kind}`, exact: true }).click();
    await page.getByRole("button", { name: /^Save .*[^t]\.c$/ }).waitFor();
  },
};

async function webp(page: Page, png: Buffer): Promise<Buffer> {
  const text = await page.evaluate(
    async ({ base64, quality }) => {
      const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
      const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
      canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
      return canvas.toDataURL("image/webp", quality).split(",")[1];
    },
    { base64: png.toString("base64"), quality: QUALITY },
  );
  return Buffer.from(text, "base64");
}

/** Takes a view in all schemes and widths. */
async function take(page: Page, empty: Page, name: string): Promise<void> {
  for (const width of widths)
    for (const colorScheme of schemes) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      await page.waitForTimeout(600);
      const height = await page.evaluate(() => document.documentElement.scrollHeight);
      const clip = { x: 0, y: 0, width, height: Math.min(height, MOST_HEIGHT) };
      const picture = await webp(empty, await page.screenshot({ fullPage: true, clip }));
      const file = `studio-${name}-${colorScheme}-${width}.webp`;
      writeFileSync(`${docs}${file}`, picture);
      console.log(`docs/${file}: ${(picture.length / 1024).toFixed(0)} KiB`);
    }
}

if (!hasChromium) throw new Error("there is no Chromium; set CHROMIUM_PATH");
const folder = mkdtempSync(join(tmpdir(), "toeplitz-pictures-"));
const io = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: {},
  onInterrupt: () => () => undefined,
};
const words = ["train", "mnist1d", "--steps", "600", "--quiet", "--out", join(folder, "runs/mnist1d")];
if ((await runProgram(words, io)) !== 0) throw new Error("the run of the pictures did not train");
await buildStudio(join(folder, "studio"));
const server = studioServer(
  studioFiles(`${join(folder, "studio")}/`),
  await runsFolder(join(folder, "runs")),
);
const browser = await launch();
try {
  const url = await listen(server, 0);
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const empty = await browser.newPage();
  await page.goto(url);
  for (const [name, prepare] of Object.entries(views)) {
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.evaluate((hash) => void (location.hash = hash), name);
    await prepare(page);
    await take(page, empty, name);
  }
} finally {
  await browser.close();
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
}
