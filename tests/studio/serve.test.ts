/** The studio's server: what it gives, and everything that it refuses. */
import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  appendFileSync,
} from "node:fs";
import { request, type IncomingHttpHeaders, type Server } from "node:http";
import { connect, type Socket } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { studioFiles } from "../../src/cli/studio/files.ts";
import { runsFolder } from "../../src/cli/studio/runs.ts";
import { listen, studioServer } from "../../src/cli/studio/server.ts";
import type { RunList, RunLog } from "../../src/index.ts";
import { thisProcess } from "../../src/readers/node/processes.ts";
import { cli, tsText } from "../cli/harness.ts";
import { buildStudio, hasChromium, launch, titled, watch } from "./harness.ts";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "toeplitz-serve-")));
const runs = join(folder, "runs");
/** What the verb serves where nothing else is said: built here, since dist may not be. */
vi.mock("../../src/cli/studio/files.ts", async (original) => {
  const own = await original<{ studioFiles: typeof studioFiles }>();
  return { ...own, studioFiles: (at = `${join(folder, "studio")}/`) => own.studioFiles(at) };
});
let server: Server;
let url = "";
const port = (): number => Number(new URL(url).port);

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A request as it is written here: paths are not made tidy on the way. */
function ask(
  path: string,
  { method = "GET", headers = {} }: { method?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: "127.0.0.1", port: port(), path, method, headers, agent: false },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (part: string) => void (text += part));
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
      },
    );
    asked.on("error", reject);
    asked.end();
  });
}
const json = async <T>(path: string): Promise<T> => JSON.parse((await ask(path)).text) as T;

beforeAll(async () => {
  await buildStudio(join(folder, "studio"));
  writeFileSync(join(folder, "waves.ts"), tsText(20));
  writeFileSync(join(folder, "secret"), "secret");
  const words = ["--epochs", "2", "--model", "chain", "--filters", "3", "--quiet"];
  const train = (name: string, ...more: string[]): ReturnType<typeof cli> =>
    cli(["train", join(folder, "waves.ts"), ...words, "--out", join(runs, name), ...more]);
  expect((await train("waves a&b")).code).toBe(0);
  expect((await train("folds", "--folds", "2")).code).toBe(0);
  server = studioServer(studioFiles(`${join(folder, "studio")}/`), await runsFolder(runs));
  url = await listen(server, 0);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("The studio's server", () => {
  it("gives the page with a policy that nothing frames, isolated, and its files by name", async () => {
    const page = await ask("/");
    expect(page.status).toBe(200);
    expect(page.text).toContain('<meta name="toeplitz-runs" content="api/runs" />');
    expect(page.headers).toMatchObject({
      "content-security-policy": expect.stringMatching(/^default-src 'none'; .*; frame-ancestors 'none'$/),
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
      "cross-origin-resource-policy": "same-origin",
      "x-content-type-options": "nosniff",
      "content-type": "text/html; charset=utf-8",
    });
    expect(page.headers).not.toHaveProperty("access-control-allow-origin");
    expect((await ask("/index.html")).text).toBe(page.text);
    const script = /src="\.(\/assets\/[^"]+\.js)"/.exec(page.text)?.[1] ?? "";
    expect((await ask(script)).headers).toMatchObject({
      "content-type": "text/javascript; charset=utf-8",
      "cache-control": "public, max-age=31536000, immutable",
    });
    const head = await ask("/", { method: "HEAD" });
    expect([head.status, head.text, head.headers["content-length"]]).toEqual([
      200,
      "",
      page.headers["content-length"],
    ]);
  });

  it("lists runs with what they were trained with, and gives their logs and models", async () => {
    const { runs: listed, leftOut } = await json<RunList>("/api/runs");
    expect(listed.map(({ name }) => name).toSorted()).toEqual(["folds/fold-1", "folds/fold-2", "waves a&b"]);
    expect(leftOut).toBe(0);
    const own = listed.find(({ name }) => name === "waves a&b");
    expect(own).toMatchObject({
      state: "ended",
      model: "chain",
      hasModel: true,
      settings: { "fit.epochs": "2", "fit.optimizer.kind": "adam", data: "waves" },
      last: { epoch: 2 },
      result: { test: null },
    });
    const log = await json<RunLog>("/api/runs/waves%20a%26b/log?from=0");
    expect(log.lines.map(({ epoch }) => epoch)).toEqual([1, 2]);
    expect(await json<RunLog>(`/api/runs/waves%20a%26b/log?from=${log.next}`)).toMatchObject({
      from: log.next,
      lines: [],
      next: log.next,
    });
    const model = await ask("/api/runs/folds%2Ffold-1/model");
    expect([model.status, model.headers["cache-control"]]).toEqual([200, "no-store"]);
    expect(model.text).toContain('"format":"toeplitz"');
  });

  it("tells a run that goes on, its new lines alone, and one that was begun anew", async () => {
    const at = join(runs, "live");
    mkdirSync(at);
    const line = (epoch: number): string =>
      `${JSON.stringify({ epoch, steps: epoch, loss: 1 / epoch, accuracy: 0.5, validation: null })}\n`;
    writeFileSync(join(at, "log.jsonl"), `${line(1)}{"epoch":2,"st`);
    writeFileSync(join(at, "run.lock"), JSON.stringify({ ...thisProcess(), since: "2026-01-01T00:00:00Z" }));
    const first = await json<RunLog>("/api/runs/live/log");
    expect(first).toMatchObject({ state: "running", lines: [{ epoch: 1 }], next: line(1).length });
    writeFileSync(join(at, "log.jsonl"), line(1) + line(2));
    const second = await json<RunLog>(`/api/runs/live/log?from=${first.next}`);
    expect(second.lines.map(({ epoch }) => epoch)).toEqual([2]);
    writeFileSync(join(at, "log.jsonl"), line(7));
    expect(await json<RunLog>(`/api/runs/live/log?from=${second.next}`)).toMatchObject({
      from: 0,
      lines: [{ epoch: 7 }],
    });
    appendFileSync(join(at, "log.jsonl"), "no json\n{}\n");
    expect((await json<RunLog>("/api/runs/live/log")).lines).toHaveLength(1);
    // its process is gone, as after a power cut
    writeFileSync(
      join(at, "run.lock"),
      JSON.stringify({ pid: 2 ** 30, host: hostname(), since: "2026-01-01T00:00:00Z" }),
    );
    expect(await json<RunLog>("/api/runs/live/log")).toMatchObject({ state: "interrupted" });
    rmSync(at, { recursive: true });
  });

  it("answers to no other name, no other origin and no other site", async () => {
    const own = `127.0.0.1:${port()}`;
    for (const host of ["evil.example", `evil.example:${port()}`, "127.0.0.1", "127.0.0.1:1", "[::1]:80"])
      expect((await ask("/", { headers: { host } })).status, host).toBe(403);
    expect((await ask("/api/runs", { headers: { host: `localhost:${port()}` } })).status).toBe(200);
    for (const origin of ["http://evil.example", "null", "http://127.0.0.1:1", `https://${own}`])
      expect((await ask("/api/runs", { headers: { origin } })).status, origin).toBe(403);
    expect((await ask("/api/runs", { headers: { origin: `http://${own}` } })).status).toBe(200);
    for (const site of ["cross-site", "same-site"])
      expect((await ask("/api/runs", { headers: { "sec-fetch-site": site } })).status).toBe(403);
  });

  it("reads alone", async () => {
    for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"]) {
      const { status, headers } = await ask("/api/runs", { method });
      expect([method, status, headers.allow]).toEqual([method, 405, "GET, HEAD"]);
    }
  });

  it("leads nowhere by dots, encoded or not, by links, or by names that are no run", async () => {
    symlinkSync(folder, join(runs, "up"));
    symlinkSync(join(runs, "waves a&b"), join(runs, "linked"));
    const hollow = join(runs, "hollow");
    mkdirSync(hollow);
    writeFileSync(join(hollow, "result.json"), "{}");
    symlinkSync(join(folder, "secret"), join(hollow, "model.safetensors"));
    symlinkSync(join(folder, "secret"), join(hollow, "log.jsonl"));
    const names = (await json<RunList>("/api/runs")).runs.map(({ name }) => name);
    expect(names).toContain("hollow");
    expect(names.filter((name) => /up|linked/.test(name))).toEqual([]);
    expect((await ask("/api/runs/hollow/model")).status).toBe(404);
    expect(await json<RunLog>("/api/runs/hollow/log")).toMatchObject({ lines: [], next: 0 });
    rmSync(hollow, { recursive: true });
    const paths = [
      "/../secret",
      "/assets/../../secret",
      "/%2e%2e/secret",
      "/..%2fsecret",
      "/assets/..%5c..%5csecret",
      "/api/runs/../secret/model",
      "/api/runs/..%2f/model",
      "/api/runs/%2e%2e/log",
      "/api/runs/..%2f..%2fsecret/model",
      "/api/runs/linked/model",
      "/api/runs/up/log",
      "/api/runs/folds%2F..%2Fwaves%20a%26b/model",
      "/api/runs/waves%20a%26b/secret",
      "/api/runs/waves%20a%26b/model/..",
      "/api/runs/%00/log",
      "/api/runs/__proto__/log",
      "/api/runsx",
      "//evil.example/",
      "/package.json",
    ];
    for (const path of paths) {
      const { status, text } = await ask(path);
      expect([path, status]).toEqual([path, 404]);
      expect(text).not.toContain("secret");
    }
    expect((await ask("/api/runs/%zz/log")).status).toBe(400);
    for (const query of ["from=-1", "from=1e9", "from=1&from=2", "to=3", `from=${"9".repeat(30)}`])
      expect((await ask(`/api/runs/waves%20a%26b/log?${query}`)).status, query).toBe(400);
    expect(await json<RunLog>("/api/runs/waves%20a%26b/log?from=999999999999999")).toMatchObject({ from: 0 });
  });

  it("refuses a long address and large headers", async () => {
    expect((await ask(`/${"a".repeat(20_000)}`)).status).toBe(431);
    expect((await ask("/", { headers: { "x-long": "a".repeat(20_000) } })).status).toBe(431);
    expect((await ask("/")).status).toBe(200);
  });

  it("keeps what files of runs hold from harming it: headers that lie, nothing but zeros, endless nesting", async () => {
    const at = join(runs, "bad");
    mkdirSync(at);
    const header = (length: bigint, text = ""): Buffer => {
      const bytes = Buffer.alloc(8 + text.length);
      bytes.writeBigUInt64LE(length);
      bytes.write(text, 8);
      return bytes;
    };
    const deep = `{"__metadata__":${"[".repeat(100_000)}`;
    for (const bytes of [
      header(2n ** 63n),
      header(100n),
      Buffer.alloc(3),
      Buffer.alloc(1000),
      header(BigInt(deep.length), deep),
      header(2n, "[]"),
    ]) {
      writeFileSync(join(at, "model.safetensors"), bytes);
      writeFileSync(join(at, "log.jsonl"), "[".repeat(200_000));
      writeFileSync(join(at, "result.json"), "[".repeat(200_000));
      const run = (await json<RunList>("/api/runs")).runs.find(({ name }) => name === "bad");
      expect(run).toMatchObject({ model: null, settings: {}, last: null, result: null });
    }
    rmSync(at, { recursive: true });
  });

  it("bounds connections, and goes on when they are gone", async () => {
    const sockets = await Promise.all(
      Array.from(
        { length: 200 },
        () =>
          new Promise<Socket>((resolve) => {
            const socket = connect(port(), "127.0.0.1", () => resolve(socket));
            socket.on("error", () => resolve(socket));
          }),
      ),
    );
    // those beyond the bound are closed at once
    await expect.poll(() => sockets.filter((socket) => !socket.closed).length).toBeLessThanOrEqual(64);
    for (const socket of sockets) socket.destroy();
    await expect.poll(async () => (await ask("/").catch(() => null))?.status).toBe(200);
  });

  it("gives up one that never ends its request", async () => {
    const socket = connect(port(), "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n");
    let said = "";
    socket.on("data", (part) => void (said += part.toString()));
    await new Promise((resolve) => socket.on("close", resolve));
    expect(said).toMatch(/^HTTP\/1\.1 408 /);
  }, 20_000);
});

describe("toeplitz studio", () => {
  it("says its address, and ends at an interrupt", async () => {
    let stop = (): void => undefined;
    const running = cli(["studio", runs, "--port", "0"], (first) => void (stop = first));
    await expect.poll(() => stop.name).not.toBe("stop");
    stop();
    const { code, stdout, stderr } = await running;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\n$/);
    expect(stderr).toContain("Ctrl-C ends it");
  });

  it("says in one line that a port is taken, that a folder is none, and what is wrong with an option", async () => {
    expect(await cli(["studio", "--port", String(port())])).toEqual({
      code: 2,
      stdout: "",
      stderr: `toeplitz: --port ${port()}: another program listens there, perhaps another studio; give --port 0 for one that is free\n`,
    });
    const absent = join(folder, "absent");
    expect((await cli(["studio", absent])).stderr).toBe(
      `toeplitz: ${absent}: there is no such folder; give one that holds runs, as train makes them\n`,
    );
    expect((await cli(["studio", "--port", "70000"])).stderr).toBe(
      'toeplitz: --port is "70000"; it is a whole number from 0 to 65535, such as 5757\n',
    );
    expect(() => studioFiles(`${folder}/`)).toThrow(
      "the studio's files are not there: this is a clone that is not built; run npm run build",
    );
  });
});

describe.skipIf(!hasChromium)(titled("The served studio in Chromium"), () => {
  it("is isolated, and neither the page nor its worker can ask for anything elsewhere", async () => {
    const browser = await launch();
    try {
      const page = await browser.newPage();
      const complaints: string[] = [];
      watch(page, (text) => void complaints.push(text));
      await page.goto(url);
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
      expect(complaints).toEqual([]);
      const other = await page.evaluate(
        async (elsewhere) => {
          const tried = (address: string): Promise<string> =>
            fetch(address).then(
              () => "fetched",
              () => "refused",
            );
          return [await tried("https://example.invalid/"), await tried(elsewhere), await tried("api/runs")];
        },
        `http://127.0.0.1:${port() === 80 ? 81 : 80}/`,
      );
      expect(other).toEqual(["refused", "refused", "fetched"]);
      expect(complaints.join("\n")).toContain("Content Security Policy");

      // the worker has the server's header, and its threads start in spite of it
      complaints.length = 0;
      await page.getByRole("button", { name: "MNIST-1D, an example" }).click();
      await page
        .getByText(/4,?000 rows/)
        .first()
        .waitFor();
      const [worker] = page.workers();
      const refused = await worker.evaluate(async (elsewhere) => {
        const violated: string[] = [];
        addEventListener("securitypolicyviolation", (event) => violated.push(event.effectiveDirective));
        await fetch(elsewhere).catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, 200));
        const text = new Blob(["postMessage(1)"], { type: "text/javascript" });
        const started = await new Promise((resolve) => {
          const thread = new Worker(URL.createObjectURL(text));
          thread.addEventListener("message", () => resolve("started"));
          thread.addEventListener("error", () => resolve("refused"));
        });
        return { violated, started };
      }, "https://example.invalid/");
      expect(refused).toEqual({ violated: ["connect-src"], started: "started" });
    } finally {
      await browser.close();
    }
  });

  it("is shown in no frame of another page", async () => {
    const browser = await launch();
    try {
      const page = await browser.newPage();
      await page.setContent(`<iframe src="${url}"></iframe>`);
      await expect.poll(() => page.frames().length).toBe(2);
      await page.waitForTimeout(300);
      expect(await page.frames()[1].evaluate(() => document.querySelector("main"))).toBeNull();
    } finally {
      await browser.close();
    }
  });
});
