/** Live: what the page says of a stream is what the library says, from a file, a microphone and a socket; and it learns from what was wrong. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { load, readCsv, type Network } from "../../src/index.ts";
import { cli, workshop } from "../cli/harness.ts";
import { seriousFaults } from "./axe.ts";
import { wav } from "./files.ts";
import { hasChromium, studio, titled } from "./harness.ts";

const LENGTH = 32;
/** A tone of so many samples a period, with a little of something else. */
const tone = (period: number, at: number): number =>
  Math.round(8000 * Math.sin((2 * Math.PI * at) / period) + 500 * Math.sin(at * at));
/** Stretches of 400 samples: low, high, low; then one between them, which nothing was trained on. */
const periods = [16, 4, 16, 7];
const recording = Int16Array.from({ length: 400 * periods.length }, (_, at) =>
  tone(periods[Math.floor(at / 400)], at),
);

/** A server of WebSockets that sends frames of text: just enough of RFC 6455. */
async function socketOf(
  texts: readonly string[],
): Promise<{ readonly server: Server; readonly address: string }> {
  const server = createServer();
  server.on("upgrade", (request, socket: Duplex) => {
    const key = `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash("sha1").update(key).digest("base64");
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    for (const text of texts) {
      const payload = Buffer.from(text);
      const size = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 255];
      socket.write(Buffer.concat([Buffer.from([0x81, ...size]), payload]));
    }
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, address: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

describe.skipIf(!hasChromium)(titled("The studio's live view"), () => {
  const site = studio({ args: ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"] });
  const shop = workshop();
  let model = "";
  let sound = "";

  beforeAll(async () => {
    const lines = [Array.from({ length: LENGTH }, (_, t) => `t${t}`).join(",") + ",kind"];
    for (let row = 0; row < 60; row++) {
      const [period, kind] = row % 2 ? [4, "high"] : [16, "low"];
      // in the units of a recording: from -1 to 1
      const values = Array.from({ length: LENGTH }, (_, t) => tone(period, t + 5 * row) / 32768);
      lines.push(`${values.join(",")},${kind}`);
    }
    const data = shop.put("tones.csv", lines.join("\n"));
    const words = [
      "--label",
      "kind",
      "--model",
      "fcn",
      "--epochs",
      "15",
      "--quiet",
      "--out",
      shop.path("run"),
    ];
    const { code, stderr } = await cli(["train", data, ...words]);
    expect([code, stderr]).toEqual([0, ""]);
    model = shop.path("run/model.safetensors");
    sound = shop.put("sound.wav", wav(1000, recording));
  });

  const opened = async (): Promise<Page> => {
    const page = await site.open({ at: "#live" });
    await page.getByLabel("Open a model file").setInputFiles(model);
    await page.getByText("Samples from").waitFor();
    return page;
  };
  const withSound = async (): Promise<Page> => {
    const page = await site.open();
    await page.locator('input[aria-label="Files"]').setInputFiles(sound);
    await page
      .getByText(/1,?600/)
      .first()
      .waitFor();
    await page.getByRole("link", { name: "Live" }).click();
    await page.getByLabel("Open a model file").setInputFiles(model);
    return page;
  };
  const samplesSoFar = async (page: Page): Promise<number> =>
    Number(/: (\d+) samples/.exec(await page.getByText(/^(Running|Ended): /).innerText())?.[1]);

  it("plays a recording to the answers of the library, tells events and how late it is", async () => {
    const page = await withSound();
    await page.getByLabel("Speed").selectOption("max");
    await page.getByText("Answers and events").click();
    await page.getByLabel("An answer every (samples)").fill("8");
    await page.getByLabel("Least probability").fill("0.9");
    await page.getByRole("button", { name: "Begin" }).click();
    await page.getByText("row 0 at the end after 1600 samples").waitFor();
    await page.getByText("Ended: 1600 samples, 197 answers").waitFor();
    expect(await page.locator("[data-late]").innerText()).toMatch(
      /^Late by 0 samples of the network \(0\.0 ms\), and [\d.]+ ms from the arrival .* ms of computing in all\.$/,
    );

    const [saved] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save the answers" }).click(),
    ]);
    const [head, ...told] = readFileSync(await saved.path(), "utf8")
      .trim()
      .split("\n");
    expect(head).toBe('sample,"high","low"');
    const network = (await load(readFileSync(model))) as Network;
    const stream = await network.stream({ hop: 8 });
    const samples = Float32Array.from(recording, (x) => x / 32768);
    const own = Array.from(stream.push(samples), ({ at, probabilities }) =>
      [at, ...Float32Array.from(probabilities)].join(","),
    );
    expect(told).toEqual(own);

    const rows = await page.getByRole("group", { name: "Events" }).getByRole("row").allInnerTexts();
    const kinds = rows.slice(1).map((row) => row.split("\t")[2]);
    expect(kinds.toReversed().slice(0, 3)).toEqual(["low", "high", "low"]);
    expect(await seriousFaults(page)).toEqual([]);
  });

  it("plays at its own speed", async () => {
    const page = await withSound();
    const start = Date.now();
    await page.getByRole("button", { name: "Begin" }).click();
    await page.getByText("Ended: 1600 samples, 50 answers").waitFor();
    // 1600 samples at 1000 a second; how much longer it takes is the machine's
    expect(Date.now() - start).toBeGreaterThan(1500);
  });

  it("learns a stretch that was wrong, goes on with what it learned, and saves the rows as a table", async () => {
    const page = await withSound();
    await page.getByLabel("Speed").selectOption("max");
    await page.getByRole("button", { name: "Begin" }).click();
    await page.getByText("Ended: 1600 samples, 50 answers").waitFor();
    // period 7 is taken for one of the two; say that it is the other
    const said = (await page.locator("[data-newest]").innerText()).split(" ")[0];
    const other = said === "low" ? "high" : "low";
    await page.getByLabel("Marked from (sample)").fill("1200");
    await page.getByLabel("Marked from (sample)").press("Tab");
    await page.getByLabel("to", { exact: true }).fill("1600");
    await page.getByLabel("to", { exact: true }).press("Tab");
    await page.getByLabel("Its class").selectOption(other);
    await page.getByRole("button", { name: "Keep this stretch" }).click();
    const panel = page.getByRole("region", { name: "Correct the model" });
    await panel.getByText(`samples 1200 to 1600: ${other}`).waitFor();

    const [saved] = await Promise.all([
      page.waitForEvent("download"),
      panel.getByRole("button", { name: "Save the rows" }).click(),
    ]);
    const text = readFileSync(await saved.path(), "utf8");
    const rows = await readCsv(new Blob([text]), { seriesBy: "row", time: "time", label: "label" });
    // the last ends with the stretch, the first holds half of it
    expect(rows).toMatchObject({ rows: 97, channels: 1, length: LENGTH, classes: [other] });

    await panel.getByLabel("Epochs").fill("30");
    await panel.getByRole("button", { name: "Train on it" }).click();
    await panel.getByText(/97 rows of the recording: .* right before, .* now\./).waitFor();
    const outcome = await panel.getByRole("status").innerText();
    const [, before, after] = /: ([\d.]+) % right before, ([\d.]+) % now/.exec(outcome) ?? [];
    expect(Number(before)).toBeLessThan(50);
    expect(Number(after)).toBeGreaterThan(95);
    await panel.getByRole("button", { name: /^Go on with it/ }).click();
    await expect
      .poll(async () => (await page.locator("[data-newest]").innerText()).split(" ")[0], { timeout: 20_000 })
      .toBe(other);
    await page.getByRole("link", { name: "Ship" }).click();
    await page.getByText(/^fcn, corrected: network/).waitFor();
  });

  it("hears the microphone", async () => {
    const page = await opened();
    await page.getByLabel("Samples from").selectOption("microphone");
    await page.getByLabel("Samples a second").fill("8000");
    await page.getByRole("button", { name: "Begin" }).click();
    await page.getByText(/one channel from -1 to 1/).waitFor();
    await expect.poll(() => samplesSoFar(page), { timeout: 20_000 }).toBeGreaterThan(8000);
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText(/^Ended: /).waitFor();
  });

  it("hears a program on this machine, and says which lines were left out", async () => {
    const numbers = Array.from(recording.subarray(0, 200), (x) => String(x / 32768));
    const { server, address } = await socketOf([
      `${numbers.slice(0, 100).join("\n")}\n`,
      "no number\n1;2\n",
      numbers.slice(100).join("\n"),
    ]);
    try {
      const page = await opened();
      await page.getByLabel("Samples from").selectOption("socket");
      await page.getByLabel("Address").fill("ws://192.0.2.1:80/");
      await page.getByRole("button", { name: "Begin" }).click();
      await page
        .getByRole("alert")
        .getByText(/^ws:\/\/192\.0\.2\.1:80\/ is not on this machine; give /)
        .waitFor();
      await page.getByLabel("Address").fill(address);
      await page.getByRole("button", { name: "Begin" }).click();
      await expect.poll(() => samplesSoFar(page), { timeout: 20_000 }).toBe(200);
      await page.getByText("2 lines were left out: they are not 1 numbers").waitFor();
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it("says by name what a source or a browser lacks", async () => {
    const page = await opened();
    await page.getByText("Rows of the data: no data is open: open some in Data.").waitFor();
    await page.getByLabel("Samples from").selectOption("motion");
    await page.getByRole("button", { name: "Begin" }).click();
    await page
      .getByRole("alert")
      .getByText(/^motion is 3 channels .* the model takes 1; choose another source$/)
      .waitFor();
    await page.evaluate(() => {
      // as in a browser without it
      Object.defineProperty(Object.getPrototypeOf(navigator), "serial", { value: undefined });
    });
    await page.getByLabel("Samples from").selectOption("serial");
    await page
      .getByText("Serial port: this browser has no Web Serial (Chrome and Edge on computers have it).")
      .waitFor();
  });
});
