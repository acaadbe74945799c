import { once } from "node:events";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, it } from "vitest";
import { start } from "./run.ts";

const child = start("http-server", { PORT: "0" });
let url = "";

beforeAll(async () => {
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [""];
});

afterAll(async () => {
  const closed = once(child, "close");
  child.kill("SIGTERM");
  expect(await closed).toEqual([0, null]);
});

async function post(body: string): Promise<{ status: number; json: unknown }> {
  const response = await fetch(`${url}/predict`, { method: "POST", body });
  return { status: response.status, json: await response.json() };
}

it("answers each sample with a label and its probabilities", async () => {
  const sample = Array.from({ length: 40 }, (_, t) => Math.sin(t / 4));
  const { status, json } = await post(JSON.stringify({ samples: [sample, [sample.map((x) => -x)]] }));
  expect(status).toBe(200);
  const answers = json as { label: string; probabilities: number[] }[];
  expect(answers).toHaveLength(2);
  for (const { label, probabilities } of answers) {
    expect(probabilities).toHaveLength(10);
    expect(probabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 9);
    expect(probabilities[Number(label)]).toBe(Math.max(...probabilities));
  }
});

it.each([
  ['{"samples": [[1, 2]]}', "the sample has 1 channels of 2 values; the model takes 1 of 40"],
  ['{"samples": [[1, null]]}', "a sample holds null; it is [channel][time] of numbers"],
  ['{"rows": []}', 'the body is {"samples": [...]}'],
  ['{"samples"', expect.stringContaining("JSON") as string],
])("refuses %s in one line with status 400", async (body, error) => {
  expect(await post(body)).toEqual({ status: 400, json: { error } });
});

it("knows no other address, and no body above its bound", async () => {
  expect((await fetch(url)).status).toBe(404);
  expect((await post(" ".repeat(2 ** 20 + 1))).status).toBe(413);
});
