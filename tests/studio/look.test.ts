/** Look inside as a person uses it, in a real browser. */
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { serious } from "./axe.ts";
import { hasChromium, studio, titled } from "./harness.ts";

/** A small network of MNIST-1D, a few hundred steps old. */
async function trained(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^MNIST-1D/ }).click();
  await page.waitForSelector("text=rows to train on");
  await page.click('nav a[href="#train"]');
  await page.waitForSelector('select[name="model"]');
  await page.fill('input[name="steps"]', "150");
  await page.fill('input[name="validation"]', "0.2");
  await page.getByRole("button", { name: "Train", exact: true }).click();
  await page.waitForSelector('tr[data-state="ended"]', { timeout: 90_000 });
}
const lookInside = async (page: Page): Promise<void> => {
  await page.getByRole("button", { name: /^Look inside/ }).click();
  await page.waitForSelector(".shaded svg", { timeout: 60_000 });
};
const rows = '.windowed [role="option"]';

describe.skipIf(!hasChromium)(titled("looking inside in the studio"), () => {
  const { open } = studio();

  it("lists rows by their loss; a click on a wrong one shows why it was called so", async () => {
    const page = await open();
    await trained(page);
    await lookInside(page);
    const losses = (await page.locator(`${rows} > :last-child`).allTextContents()).map(Number);
    expect(losses).toEqual(losses.toSorted((a, b) => b - a));
    await page.locator('label:has-text("Rows") select').selectOption("wrong");
    await page.locator(rows).nth(3).click();
    const said = await page.locator(rows).nth(3).textContent();
    expect(said).toContain(", wrong");
    const row = Number(/^(\d+)/.exec(said ?? "")?.[1]);
    await page.waitForSelector(`text=What is said of row ${row}`);
    await page.waitForFunction(() =>
      /parts sum to/.test(document.querySelector('section[aria-label="Why"]')?.textContent ?? ""),
    );
    await page.getByLabel("Method").selectOption("occlusion");
    await page.waitForSelector("figcaption >> text=/occlusion$/");
    await page.getByLabel("For class").selectOption("7");
    await page.waitForSelector("text=What speaks for 7");
    await page.getByLabel("Method").selectOption("classActivation");
    await page.waitForSelector("text=does not end with a global average pool");
    expect(await serious(page)).toEqual([]);
  }, 120_000);

  it("goes from a cell of the confusion to its rows", async () => {
    const page = await open({ colorScheme: "dark" });
    await trained(page);
    const cell = page.locator(".confusion button[aria-label]").first();
    const [, count, actual, called] =
      /^(\d+) rows of (\S+) called (\S+)$/.exec((await cell.getAttribute("aria-label")) ?? "") ?? [];
    await cell.click();
    await page.waitForSelector(rows);
    expect(await page.locator(rows).first().textContent()).toMatch(new RegExp(`^\\d+ ${actual}${called}`));
    expect(await page.locator(rows).first().getAttribute("aria-setsize")).toBe(count);
  }, 120_000);

  it("derives a row by a layer, certifies the gradients, and looks at the whole model", async () => {
    const page = await open({ colorScheme: "dark", viewport: { width: 400, height: 900 } });
    await trained(page);
    await lookInside(page);
    for (const summary of await page.locator(".whole summary").all()) await summary.click();
    await page.waitForSelector("text=/^Vectors of the pair/");
    await page.waitForSelector(".matrix");
    expect(await page.locator("figure:has(.matrix) figcaption > span:first-child").allTextContents()).toEqual(
      [
        "A(w), 19 × 40",
        "H(y), 19 × 5",
        "C(v), 5 × 40",
        "D, 19 × 19",
        expect.stringMatching(/^D A\(w\).*19 × 40$/),
        expect.stringMatching(/^D H\(y\).*19 × 5$/),
      ],
    );
    await page
      .locator(".matrix")
      .first()
      .hover({ position: { x: 3, y: 3 } });
    expect(await page.locator("figure:has(.matrix) .readout").first().textContent()).toMatch(
      /^A_\{1,1\} = w_2 = -?\d/,
    );
    await page.getByRole("button", { name: /^Certify/ }).click();
    await page.waitForSelector("text=Certificate: it holds", { timeout: 60_000 });
    await page.waitForSelector("text=/^Expected calibration error/");
    await page.waitForSelector('[role="img"][aria-label^="Rows of mnist1d in the plane"]');
    await page.waitForSelector("text=/^Frequency response of conv1d_1/");
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(
      0,
    );
    expect(await serious(page)).toEqual([]);
    await page.getByRole("button", { name: /^Fit a temperature/ }).click();
    await page.waitForFunction(() =>
      document.querySelector("select")?.selectedOptions[0].text.endsWith("calibrated"),
    );
  }, 180_000);
});
