/** The Data view as a person uses it, in a real browser. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, describe, expect, it } from "vitest";
import { serious } from "./axe.ts";
import { wav } from "./files.ts";
import { hasChromium, studio, titled } from "./harness.ts";

const folder = mkdtempSync(join(tmpdir(), "toeplitz-data-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const written = (name: string, content: string | Buffer): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

/** Twelve series of 40 steps of two classes, with a column of text and one that counts. */
const table =
  "t,who,state,ax,ay,remark,id\n" +
  Array.from({ length: 480 }, (_, i) => {
    const [s, t] = [Math.floor(i / 40), i % 40];
    return `${t},p${s},${s % 3 === 0 ? "walk" : "sit"},${Math.sin(t / (3 + (s % 3))).toFixed(4)},${Math.cos(t / 9).toFixed(4)},ok,${i}\n`;
  }).join("");

/** A minute at 100 Hz. */
const hum = wav(
  100,
  Int16Array.from({ length: 6000 }, (_, i) => 8000 * Math.sin(i / 9) * (i % 1500 < 500 ? 1 : 0.2)),
);

const give = (page: Page, ...paths: readonly string[]): Promise<void> =>
  page.setInputFiles('input[aria-label="Files"]', [...paths]);

/** Drags over a part of the plot, with Shift. */
async function draw(page: Page, from: number, to: number): Promise<void> {
  const box = await page.locator(".u-over").boundingBox();
  if (!box) throw new Error("there is no plot");
  await page.keyboard.down("Shift");
  await page.mouse.move(box.x + from * box.width, box.y + 50);
  await page.mouse.down();
  await page.mouse.move(box.x + to * box.width, box.y + 60, { steps: 4 });
  await page.mouse.up();
  await page.keyboard.up("Shift");
}

const options = (page: Page, list: string): Promise<string[]> =>
  page.getByRole("listbox", { name: list }).getByRole("option").allTextContents();

describe.skipIf(!hasChromium)(titled("the Data view"), () => {
  const site = studio();

  it("reads a table, shows what each column became, and reads it again as a person corrects it", async () => {
    const page = await site.open();
    await give(page, written("steps.csv", table));
    await page.getByLabel("What state is").selectOption("label");
    await page.getByLabel("What who is").selectOption("series");
    await page.getByLabel("What t is", { exact: true }).selectOption("time");
    await page.getByText("a class a row").waitFor();
    const rows = await page.locator(".columns tbody tr").allTextContents();
    expect(rows.find((text) => text.startsWith("remark"))).toContain("it is text");
    await page.getByText("columns: channels ax, ay; label state; series by who; time t").waitFor();
    expect(await options(page, "Rows")).toHaveLength(12);
    expect(await page.locator(".bars tr").allTextContents()).toEqual(["sit8", "walk4"]);
    await page.getByLabel("What ay is").selectOption("left out");
    await page.getByText("columns: channels ax; label state; series by who; time t").waitFor();
    await page.getByLabel("Of class").selectOption("walk");
    await expect
      .poll(() => options(page, "Rows"))
      .toEqual(["row 0walk40", "row 3walk40", "row 6walk40", "row 9walk40"]);
    await page.getByRole("listbox", { name: "Rows" }).press("ArrowDown");
    await page.getByText("steps, row 3").waitFor();
    expect(await serious(page)).toEqual([]);
  });

  it("refuses a wrong choice with the core's own line, and takes the next one", async () => {
    const page = await site.open();
    await give(page, written("steps.csv", table));
    await page.getByLabel("What remark is").selectOption("target");
    await expect
      .poll(() => page.getByRole("alert").textContent())
      .toContain('column "remark" is text; values are numbers');
    await page.getByLabel("What remark is").selectOption("");
    await page.getByText("Notes of reading").waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
  });

  it("makes forecasts of columns that are targets, and refuses a horizon without a window", async () => {
    const page = await site.open();
    await give(page, written("steps.csv", table));
    await page.getByLabel("What who is").selectOption("series");
    await page.getByLabel("What t is", { exact: true }).selectOption("time");
    await page.getByLabel("Horizon").fill("4");
    await page.getByLabel("Horizon").press("Enter");
    const refused = "horizon is given without window; a forecast is of what comes after a window; give both";
    await expect.poll(() => page.getByRole("alert").locator("p").textContent()).toBe(refused);
    await page.getByLabel("Window", { exact: true }).fill("16");
    await page.getByLabel("Window", { exact: true }).press("Enter");
    await page.getByLabel("What ax is").selectOption("target");
    await page.getByText("targets: 4 positions of ax after each window").waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
    await page.getByText("values a row").waitFor();
    await page.getByText("24 rows", { exact: true }).waitFor();
    await page.click('nav a[href="#train"]');
    await page
      .getByText("toeplitz train steps.csv --target ax --series-by who --time t --window 16 --horizon 4")
      .waitFor();
  });

  it("divides rows, and says how many of each class are in which part", async () => {
    const page = await site.open();
    await give(page, written("G_TRAIN.tsv", "a\t1\t2\t3\nb\t4\t5\t6\na\t1\t2\t4\nb\t3\t5\t6\n".repeat(5)));
    await page.getByRole("button", { name: "Divide" }).click();
    const cells = page.getByRole("region", { name: "Rows of each part" }).locator("tbody tr");
    await expect.poll(() => cells.allTextContents()).toEqual(["a622", "b622"]);
  });

  it("takes a training and a test file as what they are", async () => {
    const page = await site.open();
    const text = "a\t1\t2\t3\nb\t4\t5\t6\na\t1\t2\t4\nb\t3\t5\t6\n";
    await give(page, written("G_TRAIN.tsv", text), written("G_TEST.tsv", text + text));
    await page.getByText("The files have a part to test on of 8 rows.").waitFor();
    await page.getByLabel("Which rows").selectOption("test");
    await expect.poll(async () => (await options(page, "Rows")).length).toBe(8);
  });

  it("has intervals of a recording drawn by mouse, changed, taken back, saved and read back", async () => {
    const page = await site.open();
    await give(page, written("hum.wav", hum));
    await page.locator(".u-over").waitFor();
    await page.getByLabel("Label", { exact: true }).fill("on");
    await draw(page, 0.1, 0.2);
    await page.getByLabel("Label", { exact: true }).fill("off, slow");
    await draw(page, 0.5, 0.65);
    await expect.poll(() => options(page, "Intervals")).toEqual(["on6 s to 12 s", "off, slow30 s to 39 s"]);
    expect(await serious(page)).toEqual([]);
    await page.getByLabel("To (sample)").fill("3850");
    await page.getByLabel("To (sample)").press("Enter");
    await expect.poll(() => options(page, "Intervals")).toEqual(["on6 s to 12 s", "off, slow30 s to 38.5 s"]);
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByRole("button", { name: "Redo" }).click();
    const saving = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save as CSV" }).click();
    const saved = await saving;
    expect(saved.suggestedFilename()).toBe("hum.annotations.csv");
    const text = readFileSync(await saved.path(), "utf8");
    expect(text).toBe(
      'start_sample,end_sample,start_seconds,end_seconds,label\n600,1200,6,12,on\n3000,3850,30,38.5,"off, slow"\n',
    );
    await page.getByRole("listbox", { name: "Intervals" }).press("Home");
    await page.getByRole("listbox", { name: "Intervals" }).press("Delete");
    await expect.poll(() => options(page, "Intervals")).toEqual(["off, slow30 s to 38.5 s"]);
    await page.setInputFiles('input[aria-label="File of annotations"]', written("back.csv", text));
    await expect.poll(() => options(page, "Intervals")).toEqual(["on6 s to 12 s", "off, slow30 s to 38.5 s"]);
  });

  it("has an edge dragged, and intervals drawn by keys alone", async () => {
    const page = await site.open();
    await give(page, written("hum.wav", hum));
    await page.locator(".u-over").waitFor();
    await draw(page, 0.1, 0.2);
    const box = await page.locator(".u-over").boundingBox();
    if (!box) throw new Error("there is no plot");
    await page.mouse.move(box.x + 0.2 * box.width, box.y + 90);
    await page.mouse.down();
    await page.mouse.move(box.x + 0.3 * box.width, box.y + 90, { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => options(page, "Intervals")).toEqual(["event6 s to 18 s"]);
    await page.locator(".plot").focus();
    for (const key of [",", "[", ".", ".", ".", "]"]) await page.keyboard.press(key);
    await expect.poll(async () => (await options(page, "Intervals")).length).toBe(2);
    expect((await options(page, "Intervals"))[1]).toMatch(/^event(29\.9|30)/);
  });

  it("makes windows of intervals into rows to train on", async () => {
    const page = await site.open();
    const marks = "start,end,label\n5,15,on\n20,40,off\n";
    await give(page, written("hum.wav", hum), written("hum.csv", marks));
    await expect.poll(() => options(page, "Intervals")).toEqual(["on5 s to 15 s", "off20 s to 40 s"]);
    await page.getByLabel("Window length").fill("2s");
    await page.getByLabel("Window hop").fill("1s");
    await page.getByRole("button", { name: "Make rows" }).click();
    await page.getByText("windows of 200 positions, one each 100").waitFor();
    expect(await page.locator(".bars tr").allTextContents()).toEqual(["off19", "on9"]);
    await page.getByRole("button", { name: "Divide" }).click();
    const cells = page.getByRole("region", { name: "Rows of each part" }).locator("tbody tr");
    await expect.poll(() => cells.count()).toBe(2);
    expect(await serious(page)).toEqual([]);
  });

  it("opens what is dropped on it, wherever", async () => {
    const page = await site.open();
    const transfer = await page.evaluateHandle((text) => {
      const own = new DataTransfer();
      own.items.add(new File([text], "steps.csv"));
      return own;
    }, table);
    await page.dispatchEvent("nav", "drop", { dataTransfer: transfer });
    await page.getByText("Notes of reading").waitFor();
  });

  it("pans and zooms by keys, mouse and wheel", async () => {
    const page = await site.open();
    await page.getByRole("button", { name: /MNIST-1D/ }).click();
    await page.locator(".u-over").waitFor();
    expect(await page.getByText("4000 rows").count()).toBe(1);
    const first = async (): Promise<string> => {
      await page.waitForTimeout(100);
      await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
      await page.getByRole("button", { name: "Copy numbers of mnist1d, row 0" }).click();
      const text = await page.evaluate(() => navigator.clipboard.readText());
      const lines = text.split("\n");
      return `${lines[1].split("\t")[0]} to ${lines[lines.length - 1].split("\t")[0]}`;
    };
    expect(await first()).toBe("0 to 39");
    await page.locator(".plot").press("+");
    expect(await first()).toBe("10 to 29");
    await page.locator(".plot").press("End");
    expect(await first()).toBe("20 to 39");
    await page.locator(".plot").press("0");
    expect(await first()).toBe("0 to 39");
    await page.locator(".u-over").hover();
    await page.mouse.wheel(0, -500);
    expect(await first()).not.toBe("0 to 39");
    await page.locator(".u-over").dblclick();
    expect(await first()).toBe("0 to 39");
  });

  it.each([400, 1440])(
    "fits a page of %i pixels, light and dark, with nothing serious for axe",
    async (width) => {
      for (const colorScheme of ["light", "dark"] as const) {
        const page = await site.open({ viewport: { width, height: 900 }, colorScheme });
        expect(await serious(page)).toEqual([]);
        await give(page, written("steps.csv", table));
        await page.getByText("Notes of reading").waitFor();
        await page.locator(".u-over").waitFor();
        expect(await serious(page)).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      }
    },
  );
});
