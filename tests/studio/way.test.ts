/** A person's whole way through the studio in a real browser: from a file that is dropped on it to a model that is taken home. */
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { cli, workshop } from "../cli/harness.ts";
import { seriousFaults } from "./axe.ts";
import { wav } from "./files.ts";
import { hasChromium, studio, titled } from "./harness.ts";

/** Sixty series of 32 steps; every seventh is called what it is not, so that some answers are wrong. */
const steps =
  "t,who,state,ax,ay,battery\n" +
  Array.from({ length: 60 * 32 }, (_, i) => {
    const [s, t] = [Math.floor(i / 32), i % 32];
    const isWalk = s % 2 === 0;
    const state = isWalk === (s % 7 !== 3) ? "walk" : "sit";
    const ax = Math.sin((t + s) / (isWalk ? 1.5 : 4)) + 0.3 * Math.sin(s * t);
    return `${t},p${s},${state},${ax.toFixed(4)},${Math.cos((t + s) / 3).toFixed(4)},${3.7 + (s % 5) / 100}\n`;
  }).join("");

/** A minute at 100 Hz: a hum that is loud for five seconds of each fifteen. */
const hum = wav(
  100,
  Int16Array.from(
    { length: 6000 },
    (_, i) => (9000 * Math.sin(i / 3) + 900 * Math.sin(i * i)) * (i % 1500 < 500 ? 1 : 0.1),
  ),
);

/** Drops a file on the page, as from a desktop. */
async function drop(page: Page, name: string, content: Uint8Array): Promise<void> {
  const transfer = await page.evaluateHandle(
    ([file, base64]) => {
      const own = new DataTransfer();
      own.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], file));
      return own;
    },
    [name, Buffer.from(content).toString("base64")] as const,
  );
  await page.dispatchEvent("nav", "drop", { dataTransfer: transfer });
}

/** Drags over a part of the plot. */
async function dragOver(page: Page, from: number, to: number): Promise<void> {
  const plot = page.locator(".u-over").first();
  await plot.scrollIntoViewIfNeeded();
  const box = await plot.boundingBox();
  if (!box) throw new Error("there is no plot");
  await page.mouse.move(box.x + from * box.width, box.y + 50);
  await page.mouse.down();
  await page.mouse.move(box.x + to * box.width, box.y + 60, { steps: 4 });
  await page.mouse.up();
}

/** Counts the page's long tasks, but for those of axe; and what the picture of the loss says, one after another. */
async function watched(page: Page): Promise<void> {
  await page.evaluate(() => {
    const tasks: [start: number, ms: number][] = [];
    const losses: string[] = [];
    new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries()) tasks.push([startTime, duration]);
    }).observe({ type: "longtask" });
    new MutationObserver(() => {
      const said = document.querySelector('[aria-label^="Loss by epoch"]')?.getAttribute("aria-label");
      if (said && said !== losses.at(-1)) losses.push(said);
    }).observe(document.body, { subtree: true, childList: true, attributes: true });
    Object.assign(globalThis, { tasks, losses, looked: [] });
  });
}
const recorded = <T>(page: Page, name: "losses" | "tasks" | "looked"): Promise<T[]> =>
  page.evaluate((key) => (globalThis as unknown as Record<string, T[]>)[key], name);

async function looksRight(page: Page): Promise<void> {
  const now = (): Promise<number> => page.evaluate(() => performance.now());
  const start = await now();
  expect(await seriousFaults(page)).toEqual([]);
  await page.emulateMedia({ colorScheme: "light" });
  await page.waitForTimeout(100);
  const stretch = [start, await now()];
  await page.evaluate(
    (one) => void (globalThis as unknown as { looked: unknown[] }).looked.push(one),
    stretch,
  );
}

/** The longest task of the page that is not of looking at it, in milliseconds; 0 where none is above 50. */
async function longestTask(page: Page): Promise<number> {
  const looked = await recorded<[number, number]>(page, "looked");
  const tasks = await recorded<[number, number]>(page, "tasks");
  const own = tasks.filter(([at]) => !looked.some(([from, to]) => at >= from && at <= to));
  return Math.max(0, ...own.map(([, ms]) => ms));
}

const to = (page: Page, view: string): Promise<void> =>
  page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: view }).click();

/** Trains as it is filled in, and waits for the end. */
async function train(page: Page, runs: number, options: Readonly<Record<string, string>>): Promise<void> {
  await to(page, "Train");
  await page.getByRole("combobox", { name: "model --model" }).selectOption("fcn");
  for (const [name, text] of Object.entries(options)) await page.fill(`input[name="${name}"]`, text);
  await page.getByRole("button", { name: "Train", exact: true }).click();
  await expect.poll(() => page.locator('tr[data-state="ended"]').count(), { timeout: 60_000 }).toBe(runs);
}

async function saved(page: Page, press: () => Promise<unknown>): Promise<Buffer> {
  const [download] = await Promise.all([page.waitForEvent("download"), press()]);
  return readFileSync(await download.path());
}

describe.skipIf(!hasChromium)(titled("A person's whole way through the studio"), () => {
  const site = studio();
  const shop = workshop();

  it("leads from a file to a model that was questioned, corrected and taken home", async ({ annotate }) => {
    const page = await site.open({ viewport: { width: 1280, height: 900 } });
    await watched(page);

    // a table: what its columns are, corrected by hand
    await drop(page, "steps.csv", Buffer.from(steps));
    await page.getByLabel("What state is").selectOption("label");
    await page.getByLabel("What who is").selectOption("series");
    await page.getByLabel("What t is", { exact: true }).selectOption("time");
    await page.getByLabel("What battery is").selectOption("left out");
    await page.getByText("columns: channels ax, ay; label state; series by who; time t").waitFor();
    await page.getByRole("button", { name: "Divide" }).click();
    await page.getByRole("region", { name: "Rows of each part" }).waitFor();
    await looksRight(page);

    // training, to the weights of the command line
    await train(page, 1, { epochs: "6", batch: "8" });
    expect((await recorded<string>(page, "losses")).length).toBeGreaterThan(1);
    const run = page.getByRole("region", { name: /^Run 1 fcn/ });
    const [sha256, command] = await run.locator(".copyable code").allTextContents();
    expect(command).toBe(
      "toeplitz train steps.csv --label state --series-by who --time t --channels ax,ay --test 0.2 --model fcn --validation 0.2 --epochs 6 --batch 8",
    );
    const words = command.replace("steps.csv", shop.put("steps.csv", steps)).split(" ").slice(1);
    const typed = await cli([...words, "--out", shop.path("typed"), "--json", "--quiet"]);
    expect([typed.code, typed.stderr]).toEqual([0, ""]);
    expect(sha256).toBe((JSON.parse(typed.stdout) as { weightsSha256: string }).weightsSha256);
    await looksRight(page);

    // a wrong row, why it was called so, and the numbers behind it
    await to(page, "Look inside");
    await page.getByRole("combobox", { name: "Rows", exact: true }).selectOption("wrong");
    await page
      .getByRole("option", { name: /, wrong/ })
      .first()
      .click();
    await page.getByText(/^What is said of row \d+/).waitFor();
    const why = page.getByRole("region", { name: "Why" });
    await why.getByText(/parts sum to -?\d/).waitFor();
    expect(await why.locator(".shaded svg").count()).toBe(2);
    await why.getByRole("region", { name: "Sums of channels" }).waitFor();
    await page.getByText("The derivation, with the numbers of the row").click();
    await page.getByText("dw three ways").waitFor();
    await page.getByText("A(w), 32 × 32").waitFor();
    await looksRight(page);

    // a recording: intervals drawn by mouse, windows of them, and a second model
    await drop(page, "hum.wav", hum);
    const list = page.getByRole("listbox", { name: "Intervals" });
    await list.waitFor();
    await page.getByLabel("draw without Shift").check();
    for (const [label, from, until] of [
      ["loud", 0.26, 0.32],
      ["quiet", 0.36, 0.48],
    ] as const) {
      await page.getByLabel("Label", { exact: true }).fill(label);
      await dragOver(page, from, until);
    }
    await expect.poll(() => list.getByRole("option").count()).toBe(2);
    await page.getByLabel("Window length").fill("1s");
    await page.getByLabel("Window hop").fill("500ms");
    await page.getByRole("button", { name: "Make rows" }).click();
    await page.getByText("windows of 100 positions, one each 50").waitFor();
    await page.getByRole("button", { name: "Divide" }).click();
    await page.getByRole("region", { name: "Rows of each part" }).waitFor();
    await looksRight(page);
    await train(page, 2, { epochs: "8", batch: "4" });

    // the recording as a stream, and what was wrong of it
    await to(page, "Live");
    await page
      .getByRole("combobox", { name: "Data", exact: true })
      .selectOption({ label: "hum, one row of 6000 samples" });
    await page.getByLabel("Speed").selectOption("max");
    await page.getByText("Answers and events").click();
    await page.getByLabel("An answer every (samples)").fill("25");
    await page.getByRole("button", { name: "Begin" }).click();
    await page.getByText("row 0 at the end after 6000 samples").waitFor();
    await dragOver(page, 0.51, 0.57);
    await page.getByLabel("Its class").selectOption("quiet");
    await page.getByRole("button", { name: "Keep this stretch" }).click();
    await page.getByRole("spinbutton", { name: "Epochs" }).fill("4");
    await page.getByRole("button", { name: "Train on it" }).click();
    await page.getByText(/rows of the recording: .* right before, .* now\./).waitFor();
    await looksRight(page);

    // taken home, with the bytes of the command line
    await to(page, "Ship");
    await page.getByText(/, corrected: network/).waitFor();
    await page.getByLabel("Name of the files").fill("hum");
    const card = async (title: string, file: string): Promise<Buffer> => {
      const region = page.getByRole("region", { name: title, exact: true });
      await region.getByRole("button", { name: /^Make/ }).click();
      return saved(page, () => region.getByRole("button", { name: `Save ${file}`, exact: true }).click());
    };
    const model = shop.put("hum.safetensors", await card("Model file", "hum.safetensors"));
    for (const ending of [".mjs", ".onnx"]) {
      const own = await card(ending, `hum${ending}`);
      const exported = await cli(["export", model, "--to", shop.path(`hum${ending}`)]);
      expect(exported.code).toBe(0);
      expect(own.equals(readFileSync(shop.path(`hum${ending}`)))).toBe(true);
    }
    await looksRight(page);
    const longest = await longestTask(page);
    await annotate(
      longest === 0
        ? "no task of the page above 50 ms on the way"
        : `longest task of the page on the way: ${longest.toFixed(0)} ms`,
    );
  }, 240_000);
});
