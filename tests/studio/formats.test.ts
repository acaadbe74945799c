/** Every kind of file that the core reads, given to the page. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { afterAll, describe, expect, it } from "vitest";
import { architectures, encodeModel, fit, mnist1d } from "../../src/index.ts";
import { ascii, npy, u16, wav, zip } from "../readers/bytes.ts";
import { flac, frame, verbatim } from "../readers/flacFiles.ts";
import { atr, dat, edf, mat, tals } from "../readers/signalFiles.ts";
import { hasChromium, studio, titled } from "./harness.ts";

const folder = mkdtempSync(join(tmpdir(), "toeplitz-formats-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Files = Readonly<Record<string, Uint8Array | string>>;
const give = (page: Page, files: Files): Promise<void> =>
  page.setInputFiles(
    'input[aria-label="Files"]',
    Object.entries(files).map(([name, content]) => ({
      name,
      mimeType: "",
      buffer: Buffer.from(typeof content === "string" ? ascii(content) : content),
    })),
  );

/** What the page says of the rows: their number, channels, length, rate and answers. */
async function facts(page: Page): Promise<string> {
  const all = await page.locator(".facts dd").allTextContents();
  return all.slice(0, 5).join("; ");
}

const ts = "@problemName g\n@univariate true\n@classLabel true a b\n@data\n1,2,3:a\n4,5,6:b\n";
const arff =
  "@relation g\n@attribute a numeric\n@attribute b numeric\n@attribute class {x,y}\n@data\n1,2,x\n3,4,y\n";
const samples = Array.from({ length: 40 }, (_, i) => i * 100);
const x = npy("<f4", [2, 3], [1, 2, 3, 4, 5, 6]);
const y = npy("<i4", [2], [0, 1]);

describe.skipIf(!hasChromium)(titled("files in the studio"), () => {
  const site = studio();

  it("shows what every format holds", async () => {
    const page = await site.open();
    const cases: readonly (readonly [string, Files, string])[] = [
      ["time series", { "g.ts": ts }, "2; 1; 3; not known; a class a row"],
      ["ARFF", { "g.arff": arff }, "2; 1; 2; not known; a class a row"],
      ["UCR", { "g.txt": "1 2 3 4\n2 3 4 5\n" }, "2; 1; 3; not known; a class a row"],
      ["NumPy", { "x.npy": x, "y.npy": y }, "2; 1; 3; not known; a class a row"],
      [
        "an archive",
        { "g.npz": zip({ "X_train.npy": x, "y_train.npy": y, "X_test.npy": x, "y_test.npy": y }) },
        "2; 1; 3; not known; a class a row",
      ],
      [
        "MATLAB",
        { "g.mat": mat([{ name: "X", shape: [2, 3], values: [1, 2, 3, 4, 5, 6] }]) },
        "2; 1; 3; not known; no answers",
      ],
      ["WAV", { "g.wav": wav({ rate: 20 }, u16(...samples)) }, "1; 1; 40 (2 s); 20 Hz; no answers"],
      [
        "FLAC",
        { "g.flac": flac(1, 40, frame(40, 0, verbatim(16, samples))) },
        "1; 1; 40 (0.005 s); 8000 Hz; no answers",
      ],
      [
        "EDF",
        { "g.edf": edf([{ label: "EEG", records: [samples.slice(0, 20), samples.slice(20)] }]) },
        "1; 1; 40 (2 s); 20 Hz; no answers",
      ],
      ["a packed table", { "g.csv.gz": gzipSync("t,v\n0,1\n1,2\n") }, "2; 1; 2; not known; no answers"],
    ];
    for (const [what, files, said] of cases) {
      await give(page, files);
      await expect
        .poll(async () => `${what}: ${await facts(page)}`, { timeout: 10_000 })
        .toBe(`${what}: ${said}`);
      expect(await page.getByRole("alert").count(), what).toBe(0);
    }
  });

  it("draws the intervals that come with a recording: WFDB's rhythms, EDF+'s annotations, Label Studio's regions", async () => {
    const page = await site.open();
    const intervals = (): Promise<string[]> =>
      page.getByRole("listbox", { name: "Intervals" }).getByRole("option").allTextContents();
    await give(page, {
      "r.hea": "r 1 10 40\nr.dat 16 200/mV\n",
      "r.dat": dat(16, samples),
      "r.atr": atr([
        { at: 0, code: 28, aux: "(N" },
        { at: 20, code: 28, aux: "(AFIB" },
      ]),
    });
    await expect.poll(intervals).toEqual(["N0 s to 2 s", "AFIB2 s to 4 s"]);
    const notes = [tals(60, "+0\x14\x14", "+0.5\x151\x14hum\x14"), tals(60, "+1\x14\x14")];
    await give(page, {
      "g.edf": edf(
        [
          { label: "EEG", records: [samples.slice(0, 20), samples.slice(20)] },
          { label: "EDF Annotations", records: notes },
        ],
        { reserved: "EDF+C" },
      ),
    });
    await expect.poll(intervals).toEqual(["hum0.5 s to 1.5 s"]);
    const region = { value: { start: 0.25, end: 1, timeserieslabels: ["step"] } };
    await give(page, {
      "g.wav": wav({ rate: 20 }, u16(...samples)),
      "g.json": JSON.stringify([{ annotations: [{ result: [region] }] }]),
    });
    await expect.poll(intervals).toEqual(["step0.25 s to 1 s"]);
  });

  it("reads a folder of recordings with their classes by their folders", async () => {
    const page = await site.open();
    for (const [name, from] of [
      ["yes/a_1.wav", 0],
      ["yes/b_2.wav", 1],
      ["no/a_3.wav", 2],
    ] as const) {
      mkdirSync(join(folder, "words", name, ".."), { recursive: true });
      writeFileSync(join(folder, "words", name), wav({}, u16(...samples.slice(from))));
    }
    await page.setInputFiles('input[aria-label="Folder"]', join(folder, "words"));
    await expect.poll(() => facts(page)).toBe("3; 1; 38 to 40 (0.005 s); 8000 Hz; a class a row");
    expect(await page.locator(".bars tr").allTextContents()).toEqual(["no1", "yes2"]);
  });

  it("opens a model", async () => {
    const page = await site.open();
    const { train } = mnist1d({ samples: 100 });
    const { model } = await fit(architectures.fcn(train), train, { epochs: 1, batch: 16, seed: 0 });
    await give(page, { "net.safetensors": encodeModel(model) });
    await page.waitForTimeout(500);
    expect(await page.getByRole("alert").count()).toBe(0);
    await give(page, { "net.safetensors": "no model" });
    await expect.poll(() => page.getByRole("alert").textContent()).toContain("net.safetensors");
  });

  it.each<[string, Files, string]>([
    ["an empty file", { "a.csv": "" }, "a.csv: the file is empty; give another"],
    [
      "MP3",
      { "a.mp3": Uint8Array.of(0xff, 0xfb, 0x90, 0xc4, ...new Uint8Array(413)) },
      "which is decoded on the command line alone",
    ],
    ["Parquet", { "a.parquet": "PAR1aaaaaaaa" }, "the file is Parquet"],
    [
      "a packed file that is cut short",
      { "a.csv.gz": gzipSync("t,v\n0,1\n1,2\n").subarray(0, 20) },
      "does not unpack as gzip",
    ],
    ["what is no data", { "a.bin": "hello" }, 'the file has no "@data" line'],
  ])("refuses in one line: %s", async (_, files, said) => {
    const page = await site.open();
    await give(page, files);
    await expect.poll(() => page.getByRole("alert").textContent()).toContain(said);
    expect(await page.locator(".facts").count()).toBe(0);
  });
});
