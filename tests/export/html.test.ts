/** Exported pages in Chromium: opened from the disk, without a network. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium, type Page } from "playwright-core";
import { afterAll, describe, expect, it } from "vitest";
import { encodeHtml } from "../../src/export/html/html.ts";
import { signalOf, windowsOf } from "../../src/export/html/rows.ts";
import { network, type NetworkFields } from "../../src/models/network.ts";
import { findChromium } from "../browser/chromium.ts";
import { everyArchitecture, fieldsOf } from "./models.ts";

const folder = mkdtempSync(join(tmpdir(), "toeplitz-html-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const found = findChromium();

describe("numbers of a file", () => {
  const one = { channels: 1, length: 4 };
  const two = { channels: 2, length: 3, names: ["x", "y"] };

  it("are one channel in whatever lines, with missing ones, and a first line of names", () => {
    expect(signalOf("1 2\n3,nan\n", one).channels).toEqual([[1, 2, 3, NaN]]);
    expect(signalOf("volts\r\n1\r\n2\r\n", one)).toEqual({
      channels: [[1, 2]],
      note: "the first line was taken as names",
    });
  });

  it("are a column a channel, in the order of the model's names, or a line a channel", () => {
    expect(signalOf("y,t,x\n1,0,4\n2,1,5\n3,2,6", two)).toEqual({
      channels: [
        [4, 5, 6],
        [1, 2, 3],
      ],
      note: "1 other columns were left out",
    });
    expect(signalOf("1 2 3\n4 5 6", two)).toEqual({
      channels: [
        [1, 2, 3],
        [4, 5, 6],
      ],
      note: "each line was taken as a channel",
    });
    expect(signalOf("1 4\n2 5\n3 6", two).channels).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });

  it("are refused with the place and the rule", () => {
    expect(() => signalOf("", one)).toThrow("there are no numbers in it");
    expect(() => signalOf("1\n2\nthree", one)).toThrow('line 3 has "three", which is no number');
    expect(() => signalOf("1 2\n3", two)).toThrow("line 2 has 1 numbers, the first 2");
    expect(() => signalOf("a,b\n1,2", two)).toThrow("its columns are a, b; the model's channels are x, y");
    expect(() => signalOf("1 2 3 4\n1 2 3 4\n1 2 3 4", two)).toThrow("it has 3 lines of 4 numbers");
  });

  it("are cut into windows where there are more than a row has", () => {
    expect(windowsOf(10, 4, false)).toEqual([
      [0, 4],
      [4, 8],
    ]);
    expect(windowsOf(3, 4, false)).toEqual([]);
    expect(windowsOf(3, 4, true)).toEqual([[0, 3]]);
    expect(windowsOf(4, 4, true)).toEqual([[0, 4]]);
  });
});

/** A page of a network, and what it asked the network for. */
async function withPage(
  name: string,
  fields: NetworkFields,
  use: (page: Page, faults: string[]) => Promise<void>,
): Promise<void> {
  const file = join(folder, `${name}.html`);
  writeFileSync(file, encodeHtml(await network(fields, { threads: 1 }), name));
  const executablePath = "path" in found ? found.path : "";
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage();
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
    page.on("request", (request) => {
      if (!/^(file|data):/.test(request.url())) faults.push(request.url());
    });
    await page.goto(pathToFileURL(file).href);
    await page.getByText("golden rows were computed").waitFor();
    await use(page, faults);
  } finally {
    await browser.close();
  }
}

const title = "reason" in found ? ` (skipped: ${found.reason})` : "";
describe.skipIf("reason" in found)(`a page${title}`, () => {
  it("says of a file what predict says, window after window, and asks for nothing", async () => {
    const fields = everyArchitecture.mnist1dCnn();
    const model = await network(fields, { threads: 1 });
    const values = Array.from({ length: 95 }, (_, t) => Math.round(Math.sin(t / 3) * 1000) / 500);
    await withPage("digits", fields, async (page, faults) => {
      await page.setInputFiles("#file", {
        name: "signal.csv",
        mimeType: "text/csv",
        buffer: Buffer.from(values.join("\n")),
      });
      await page.getByText("2 windows of 40, one after another").waitFor();
      for (const [k, from] of [0, 40].entries()) {
        await page.locator("#list button").nth(k).click();
        const { label, probabilities } = model.predict(values.slice(from, from + 40));
        expect(await page.textContent("#answer")).toBe(label);
        expect(await page.locator("#answers td:nth-child(2)").allTextContents()).toEqual(
          probabilities.map((p) => `${(p * 100).toFixed(1)} %`),
        );
      }
      expect(faults).toEqual([]);
    });
  });

  it("says what is wrong with a text, and takes rows with missing values where the model does", async () => {
    const fields = fieldsOf(everyArchitecture.chain().model, {
      kind: "sample",
      fill: "linear",
      resample: 64,
    });
    const model = await network(fields, { threads: 1 });
    await withPage("chain", fields, async (page, faults) => {
      await page.click("summary");
      await page.fill("#text", "1 2 three");
      await page.click("#use");
      expect(await page.textContent("#fault")).toBe('line 1 has "three", which is no number');
      await page.fill("#text", "1 2 nan 4 3");
      await page.click("#use");
      expect(await page.textContent("#fault")).toBe("");
      expect(await page.textContent("#answer")).toBe(model.predict([1, 2, NaN, 4, 3]).label);
      expect(faults).toEqual([]);
    });
  });

  it("is no place for markup in names", async () => {
    const fields = fieldsOf(everyArchitecture.chain().model, { kind: "none" }, 1, {
      classes: ["<img src=x onerror=alert(1)>", "</script>", "b"],
      channelNames: ['"><b>'],
    });
    await withPage("names", fields, async (page, faults) => {
      await page.click("summary");
      await page.fill("#text", Array(64).fill("0.5").join(" "));
      await page.click("#use");
      expect(await page.locator("#answers th").allTextContents()).toEqual(fields.classes);
      expect(await page.locator("img, b").count()).toBe(0);
      expect(faults).toEqual([]);
    });
  });
});
