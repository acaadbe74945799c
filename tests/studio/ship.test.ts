/** Ship: every file that the page makes is, byte for byte, what the command line writes; and speed is told where it was measured. */
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { cli, tsText, workshop } from "../cli/harness.ts";
import { seriousFaults } from "./axe.ts";
import { hasChromium, studio, titled } from "./harness.ts";

/** Presses Make on a card, then saves each of its files. */
async function made(page: Page, card: string): Promise<Map<string, Buffer>> {
  const region = page.getByRole("region", { name: card, exact: true });
  await region.getByRole("button", { name: /^Make/ }).click();
  await region.getByRole("button", { name: /^Save/ }).first().waitFor();
  const files = new Map<string, Buffer>();
  for (const button of await region.getByRole("button", { name: /^Save/ }).all()) {
    const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
    files.set(download.suggestedFilename(), readFileSync(await download.path()));
  }
  return files;
}

describe.skipIf(!hasChromium)(titled("The studio's exports"), () => {
  const site = studio();
  const shop = workshop();
  let model = "";

  beforeAll(async () => {
    const data = shop.put("waves.ts", tsText(30));
    const words = [
      "--model",
      "chain",
      "--filters",
      "3,3",
      "--epochs",
      "4",
      "--quiet",
      "--out",
      shop.path("run"),
    ];
    expect((await cli(["train", data, ...words])).code).toBe(0);
    model = shop.path("run/model.safetensors");
  });

  const opened = async (): Promise<Page> => {
    const page = await site.open({ at: "#ship" });
    await page.getByLabel("Open a model file").setInputFiles(model);
    await page.getByLabel("Name of the files").fill("waves");
    return page;
  };

  it("are those of the command line, byte for byte, with their notes", async () => {
    const page = await opened();
    expect((await made(page, "Model file")).get("waves.safetensors")).toEqual(readFileSync(model));
    for (const ending of [".onnx", ".pt", ".mjs", ".html", ".c"]) {
      const { code, stdout, stderr } = await cli(["export", model, "--to", shop.path(`waves${ending}`)]);
      expect([ending, code]).toEqual([ending, 0]);
      const files = await made(page, ending);
      expect(files.size).toBe(stdout.trim().split("\n").length);
      for (const [name, bytes] of files)
        expect([name, bytes.equals(readFileSync(shop.path(name)))]).toEqual([name, true]);
      const said = await page
        .getByRole("region", { name: ending, exact: true })
        .locator(".note")
        .allTextContents();
      expect(said).toEqual(stderr.trim().split("\n").filter(Boolean));
    }
    expect(await seriousFaults(page)).toEqual([]);
  });

  it("take the options of the command line", async () => {
    const page = await opened();
    const module = page.getByRole("region", { name: ".mjs", exact: true });
    await module.getByLabel("WebAssembly").selectOption("beside");
    await module.getByLabel(/^Streams too/).fill("4");
    const asked = ["export", model, "--to", shop.path("waves.mjs"), "--wasm", "beside", "--stream", "4"];
    expect((await cli(asked)).code).toBe(0);
    const files = await made(page, ".mjs");
    expect([...files.keys()]).toEqual(["waves.mjs", "waves.d.mts", "waves.wasm", "waves.stream.wasm"]);
    for (const [name, bytes] of files) expect(bytes.equals(readFileSync(shop.path(name)))).toBe(true);
  });

  it("in 8 bits are by the rows that are open, with what they lose", async () => {
    const page = await site.open();
    await page.locator('input[aria-label="Files"]').setInputFiles(shop.path("waves.ts"));
    await page.getByText("30 rows").first().waitFor();
    await page.getByRole("link", { name: "Ship" }).click();
    await page.getByLabel("Open a model file").setInputFiles(model);
    await page.getByLabel("Name of the files").fill("small");
    await page.getByLabel("8 bits, by the rows of").selectOption({ label: "waves, 30 to train on" });
    const asked = ["export", model, "--to", shop.path("small.c"), "--int8", shop.path("waves.ts")];
    const { code, stderr } = await cli(asked);
    expect(code).toBe(0);
    for (const [name, bytes] of await made(page, ".c"))
      expect([name, bytes.equals(readFileSync(shop.path(name)))]).toEqual([name, true]);
    const notes = await page
      .getByRole("region", { name: ".c", exact: true })
      .locator(".note")
      .allTextContents();
    expect(notes[0]).toMatch(/^on 30 rows of waves accuracy .* in float, .* in int8, the same class for /);
    expect(notes).toEqual(stderr.replace(shop.path("waves.ts"), "waves").trim().split("\n"));
  });

  it("tell a name that is none in one line, and speed where it was measured", async () => {
    const page = await opened();
    await page.getByLabel("Name of the files").fill("../");
    await page.getByRole("button", { name: "Make .html" }).click();
    await page.getByRole("alert").getByText("the file has no name; give one of letters and digits").waitFor();
    await page.getByRole("button", { name: "Measure" }).click();
    const table = page.getByRole("row");
    await page.getByText(/rows a second, 256 at a time/).waitFor();
    const cells = await table.allTextContents();
    expect(cells[0]).toMatch(/^one row alone[\d.]+ (µs|ms)$/);
    expect(Number(/time([\d,]+)$/.exec(cells[1])?.[1].replaceAll(",", ""))).toBeGreaterThan(1000);
    expect(cells[2]).toMatch(/^a sample of a stream[\d.]+ µs$/);
    expect(cells.at(-1)).toContain("in a worker of this browser, up to");
  });
});
