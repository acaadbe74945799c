/** The Train view as a person uses it, in a real browser, against the command line. */
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { cli, tsText, workshop } from "../cli/harness.ts";
import { serious } from "./axe.ts";
import { hasChromium, studio, titled } from "./harness.ts";

const shop = workshop();
const waves = shop.put("Waves.ts", tsText(60));

const toTrain = async (page: Page): Promise<void> => {
  await page.click('nav a[href="#train"]');
  await page.waitForSelector('select[name="model"]');
};
const open = async (page: Page, path: string): Promise<void> => {
  await page.setInputFiles('input[aria-label="Files"]', [path]);
  await page.waitForSelector("text=rows to train on");
  await toTrain(page);
};
const example = async (page: Page): Promise<void> => {
  await page.getByRole("button", { name: /^MNIST-1D/ }).click();
  await page.waitForSelector("text=rows to train on");
  await toTrain(page);
};
const begin = (page: Page): Promise<void> => page.getByRole("button", { name: "Train", exact: true }).click();
const ended = (page: Page, count = 1): Promise<unknown> =>
  page.waitForFunction((n) => document.querySelectorAll('tr[data-state="ended"]').length === n, count, {
    timeout: 90_000,
  });
/** The hash of the weights, and the command line, of the run that is shown. */
const shown = async (page: Page): Promise<{ sha256: string; command: string }> => {
  const [sha256, command] = await page
    .locator('section[aria-label^="Run "] .copyable code')
    .allTextContents();
  return { sha256, command };
};

describe.skipIf(!hasChromium)(titled("training in the studio"), () => {
  const { open: openPage, expectComplaint } = studio();

  it("gives the weights of the command line that it shows, and a model that reproduce makes again", async () => {
    const page = await openPage({ acceptDownloads: true });
    await open(page, waves);
    await page.selectOption('select[name="model"]', "fcn");
    await page.fill('input[name="epochs"]', "4");
    await page.fill('input[name="batch"]', "8");
    await page.fill('input[name="validation"]', "0.2");
    await page.fill('input[name="seed"]', "3");
    await page.selectOption('select[name="keep"]', "best");
    await page.click("summary:has-text('More options')");
    await page.fill('input[name="augment"]', "jitter=0.05");
    await begin(page);
    await ended(page);
    const { sha256, command } = await shown(page);
    expect(command).toBe(
      "toeplitz train Waves.ts --model fcn --validation 0.2 --keep best --epochs 4 --batch 8 --augment jitter=0.05 --seed 3",
    );
    const words = command
      .split(" ")
      .slice(1)
      .map((word) => (word === "Waves.ts" ? waves : word));
    const typed = await cli([...words, "--out", shop.path("typed"), "--json", "--quiet"]);
    expect(typed.code).toBe(0);
    expect(sha256).toBe((JSON.parse(typed.stdout) as { weightsSha256: string }).weightsSha256);
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: /^Save model/ }).click();
    await (await download).saveAs(shop.path("page.safetensors"));
    const again = await cli(["reproduce", shop.path("page.safetensors"), waves]);
    expect([again.code, again.stderr]).toEqual([0, expect.not.stringContaining("differ")]);
    const curve = page.locator('[role="img"][aria-label^="Loss by epoch"]');
    expect(await curve.getAttribute("aria-label")).toMatch(/training ends at \d.*validation ends at \d/);
  }, 120_000);

  it("stops after a step, keeps the model, and goes on to the weights of a run that never stopped", async () => {
    const page = await openPage();
    await example(page);
    await page.fill('input[name="steps"]', "900");
    await begin(page);
    const heights = new Set<string>();
    await page.waitForFunction(() => (document.querySelector("progress")?.value ?? 0) > 100, null, {
      timeout: 60_000,
    });
    heights.add(
      await page.locator('[role="img"][aria-label^="Loss by step"]').getAttribute("aria-label").then(String),
    );
    await page.getByRole("button", { name: /^Stop/ }).click();
    await page.waitForSelector('tr[data-state="stopped"]');
    heights.add(
      await page.locator('[role="img"][aria-label^="Loss by step"]').getAttribute("aria-label").then(String),
    );
    expect(await page.textContent('section[aria-label^="Run "]')).toMatch(/Stopped after \d+ steps/);
    expect(heights.size).toBe(2);
    await page.getByRole("button", { name: /^Go on/ }).click();
    await ended(page);
    const typed = await cli([
      "train",
      "mnist1d",
      "--steps",
      "900",
      "--out",
      shop.path("whole"),
      "--json",
      "--quiet",
    ]);
    expect((await shown(page)).sha256).toBe(
      (JSON.parse(typed.stdout) as { weightsSha256: string }).weightsSha256,
    );
  }, 120_000);

  it("trains run after run and compares them; minirocket and an ensemble are runs too", async () => {
    const page = await openPage({ viewport: { width: 400, height: 900 } });
    await open(page, waves);
    await page.fill('input[name="steps"]', "3");
    for (const model of ["fcn", "inceptiontime"]) {
      await page.selectOption('select[name="model"]', model);
      await begin(page);
    }
    await page.selectOption('select[name="model"]', "minirocket");
    expect(await page.locator('input[name="steps"]').count()).toBe(0);
    await begin(page);
    // one that waits is stopped before its first step, and begins when it goes on
    await page.getByRole("button", { name: "Stop: 3 minirocket" }).click();
    await ended(page, 2);
    await page.getByRole("button", { name: "Go on: 3 minirocket" }).click();
    await ended(page, 3);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(
      0,
    );
    const cells = await page
      .locator(".runs tr")
      .evaluateAll((lines) => lines.map(({ children }) => children.length));
    expect(new Set(cells)).toEqual(new Set([11]));
    expect(await page.locator(".runs thead th").nth(3).textContent()).toBe("what to do");
    expect(await page.locator(".runs tbody th").allTextContents()).toEqual([
      "1 fcn, steps 3",
      "2 inceptiontime, steps 3",
      "3 minirocket",
    ]);
    for (const [i, model] of ["inceptiontime", "minirocket"].entries()) {
      await page
        .locator(".runs tbody th button")
        .nth(i + 1)
        .click();
      const { sha256, command } = await shown(page);
      const words = command
        .split(" ")
        .slice(1)
        .map((word) => (word === "Waves.ts" ? waves : word));
      const typed = await cli([...words, "--out", shop.path(model), "--json", "--quiet"]);
      expect(sha256, model).toBe((JSON.parse(typed.stdout) as { weightsSha256: string }).weightsSha256);
    }
    expect(await serious(page)).toEqual([]);
  }, 180_000);

  it("says what is wrong with an option and with a model of one's own in the command line's words", async () => {
    const page = await openPage({ colorScheme: "dark", viewport: { width: 400, height: 800 } });
    await open(page, waves);
    await page.fill('input[name="lr"]', "much");
    await begin(page);
    expect(await page.textContent('[role="alert"] p')).toBe(
      '--lr is "much"; it is a number above 0, such as 0.001',
    );
    await page.fill('input[name="lr"]', "");
    await page.click("summary:has-text('More options')");
    expect(await page.getAttribute('input[name="balance"]', "placeholder")).toBe("off, usually 1");
    await page.fill('input[name="balance"]', "yes");
    await begin(page);
    await expect
      .poll(() => page.textContent('[role="alert"] p'))
      .toBe('--balance is "yes"; it is a number above 0, such as 1');
    await page.fill('input[name="balance"]', "");
    await page.selectOption('select[name="model"]', "own");
    await page.fill('textarea[name="own"]', '{"name":"mine"}');
    await begin(page);
    await page.waitForFunction(() =>
      document.querySelector('[role="alert"] p')?.textContent?.startsWith("model.json"),
    );
    expect(await page.textContent('[role="alert"] p')).toMatch(/^model\.json: not a model/);
    expect(await page.locator(".runs").count()).toBe(0);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(
      0,
    );
    expect(await serious(page)).toEqual([]);
  }, 60_000);

  it("shows the runs of the folder that is served beside it, as they go", async () => {
    expectComplaint(/Service Worker registration blocked/);
    const page = await openPage({ serviceWorkers: "block" });
    // as toeplitz studio serves it
    await page.route("**/", async (route) => {
      const response = await route.fetch();
      const body = (await response.text()).replace(
        "<head>",
        '<head><meta name="toeplitz-runs" content="" />',
      );
      await route.fulfill({ response, body });
    });
    await page.reload();
    const line = (epoch: number): object => ({
      epoch,
      steps: 10 * epoch,
      loss: 1 / epoch,
      accuracy: 0.5,
      validation: null,
      learningRate: 0.001,
      seconds: epoch,
    });
    let epochs = 2;
    await page.route("**/api/runs", (route) =>
      route.fulfill({
        json: {
          schema: 1,
          folder: "runs",
          leftOut: 0,
          runs: [
            {
              name: "Waves-fcn-0",
              state: "running",
              model: "fcn",
              settings: {},
              last: line(epochs),
              result: null,
              hasModel: false,
            },
          ],
        },
      }),
    );
    await page.route("**/api/runs/*/log?from=*", (route) => {
      const from = Number(new URL(route.request().url()).searchParams.get("from"));
      const lines = Array.from({ length: epochs - from }, (_, i) => line(from + i + 1));
      return route.fulfill({ json: { schema: 1, from, lines, next: epochs, more: false, state: "running" } });
    });
    await page.click('nav a[href="#train"]');
    const curve = '[role="img"][aria-label="Loss by epoch: Waves-fcn-0 training ends at ';
    await page.waitForSelector(`${curve}0.5"]`);
    epochs = 4;
    await page.waitForSelector(`${curve}0.25"]`);
    expect(await page.locator(".runs tbody tr").allTextContents()).toEqual([
      expect.stringMatching(/^Waves-fcn-0trains, elsewhere/),
    ]);
  }, 60_000);
});

describe.skipIf(!hasChromium)(titled("training in a page that is not isolated"), () => {
  const { open: openPage } = studio({ isolated: false });

  it("says that it has one thread, and why", async () => {
    const page = await openPage();
    await open(page, waves);
    expect(await page.textContent(".train")).toContain(
      "with one thread: the page is not cross-origin isolated",
    );
  }, 60_000);
});
