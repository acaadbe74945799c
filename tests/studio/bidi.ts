/**
 * Firefox, spoken to by WebDriver BiDi (https://www.w3.org/TR/webdriver-bidi/): JSON over a WebSocket, of which this has as much as
 * it takes (RFC 6455, the client's side).
 */
import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { Duplex } from "node:stream";

const names = ["firefox-esr", "firefox"];

/** The browser's path, or the reason why there is none. */
export function findFirefox(): { readonly path: string } | { readonly reason: string } {
  const own = process.env.FIREFOX_PATH;
  if (own) return { path: own };
  for (const folder of (process.env.PATH ?? "").split(delimiter))
    for (const name of names) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return { path: join(folder, name) };
      } catch {
        // look further
      }
    }
  return { reason: "no Firefox on the PATH (Debian: apt-get install firefox-esr)" };
}

/** A page of Firefox. */
export interface FirefoxPage {
  /** The value of an expression, awaited; it is JSON. */
  evaluate<T>(expression: string): Promise<T>;
  /** As `evaluate`, until the value is true. */
  until(expression: string): Promise<void>;
  /** Gives files to an input. */
  setFiles(selector: string, files: readonly string[]): Promise<void>;
  /** Errors and warnings of the page so far. */
  readonly complaints: readonly string[];
}

/** Opens a page in a Firefox of its own; `close` ends it. */
export async function openFirefox(
  path: string,
  url: string,
): Promise<{ readonly page: FirefoxPage; readonly close: () => Promise<void> }> {
  const profile = mkdtempSync(join(tmpdir(), "toeplitz-firefox-"));
  const args = [
    "--headless",
    "--no-remote",
    "--profile",
    profile,
    "--remote-debugging-port",
    "0",
    "about:blank",
  ];
  const browser = spawn(path, args, { stdio: ["ignore", "ignore", "pipe"] });
  const close = async (): Promise<void> => {
    const ended = new Promise((resolve) => browser.once("exit", resolve));
    browser.kill("SIGKILL");
    await ended;
    rmSync(profile, { recursive: true, force: true });
  };
  try {
    const connection = await connect(await addressOf(browser));
    await connection.send("session.new", { capabilities: {} });
    await connection.send("session.subscribe", { events: ["log.entryAdded"] });
    const { context } = await connection.send<{ context: string }>("browsingContext.create", { type: "tab" });
    await connection.send("browsingContext.navigate", { context, url, wait: "complete" });
    return { page: pageOf(connection, context), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function addressOf(browser: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    browser.stderr?.on("data", (part: Buffer) => {
      said += part.toString();
      const found = /WebDriver BiDi listening on (ws:\/\/\S+)/.exec(said);
      if (found) resolve(`${found[1].replace("ws:", "http:")}/session`);
    });
    browser.once("exit", () => reject(new Error(`Firefox ended: ${said}`)));
    browser.once("error", reject);
  });
}

interface Connection {
  send<T = unknown>(method: string, params: object): Promise<T>;
  readonly logged: string[];
}

interface Message {
  readonly id?: number;
  readonly type: string;
  readonly result?: unknown;
  readonly message?: string;
  readonly method?: string;
  readonly params?: { readonly level?: string; readonly text?: string };
}

function connect(address: string): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const key = randomBytes(16).toString("base64");
    const headers = {
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": key,
    };
    const asked = request(address, { headers });
    asked.on("error", reject);
    asked.on("response", ({ statusCode }) => reject(new Error(`Firefox answers ${statusCode}`)));
    asked.on("upgrade", (_, socket) => resolve(connection(socket)));
    asked.end();
  });
}

function connection(socket: Duplex): Connection {
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  const logged: string[] = [];
  let count = 0;
  let held = Buffer.alloc(0);
  let parts: Buffer[] = [];
  const hear = ({ id, type, result, message, params }: Message): void => {
    if (type === "event") {
      if (params?.level === "error" || params?.level === "warn") logged.push(params.text ?? "");
      return;
    }
    const waits = waiting.get(id ?? -1);
    waiting.delete(id ?? -1);
    if (type === "error") waits?.reject(new Error(message));
    else waits?.resolve(result);
  };
  socket.on("data", (more: Buffer) => {
    held = Buffer.concat([held, more]);
    for (;;) {
      const frame = frameOf(held);
      if (!frame) return;
      held = held.subarray(frame.end);
      parts.push(frame.payload);
      if (!frame.isLast) continue;
      hear(JSON.parse(Buffer.concat(parts).toString()) as Message);
      parts = [];
    }
  });
  socket.on("close", () => {
    for (const { reject } of waiting.values()) reject(new Error("Firefox is gone"));
  });
  return {
    logged,
    send: <T>(method: string, params: object) =>
      new Promise<T>((resolve, reject) => {
        const id = ++count;
        waiting.set(id, { resolve: (value) => resolve(value as T), reject });
        socket.write(masked(JSON.stringify({ id, method, params })));
      }),
  };
}

/** The first frame of what came in; null where it is not whole. */
function frameOf(
  bytes: Buffer,
): { readonly payload: Buffer; readonly isLast: boolean; readonly end: number } | null {
  if (bytes.length < 10 && bytes.length < 2 + (bytes[1] < 126 ? 0 : bytes[1] === 126 ? 2 : 8)) return null;
  const short = bytes[1] & 127;
  const start = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < start) return null;
  const size = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (bytes.length < start + size) return null;
  return { payload: bytes.subarray(start, start + size), isLast: (bytes[0] & 128) !== 0, end: start + size };
}

/** A frame of text as clients send it: masked. */
function masked(text: string): Buffer {
  const payload = Buffer.from(text);
  const head = Buffer.alloc(10);
  head[0] = 0x81;
  head[1] = 128 | 127;
  head.writeBigUInt64BE(BigInt(payload.length), 2);
  const mask = randomBytes(4);
  payload.forEach((byte, i) => (payload[i] = byte ^ mask[i % 4]));
  // lengths are said as shortly as they can be
  const short =
    payload.length < 126
      ? Buffer.from([0x81, 128 | payload.length])
      : payload.length < 65_536
        ? Buffer.from([0x81, 128 | 126, payload.length >> 8, payload.length & 255])
        : head;
  return Buffer.concat([short, mask, payload]);
}

function pageOf({ send, logged }: Connection, context: string): FirefoxPage {
  const target = { context };
  const evaluate = async <T>(expression: string): Promise<T> => {
    interface Evaluated {
      readonly type: string;
      readonly result?: { readonly value?: string };
      readonly exceptionDetails?: { readonly text: string };
    }
    const wrapped = `(async () => JSON.stringify(await (${expression})))()`;
    const said = await send<Evaluated>("script.evaluate", {
      expression: wrapped,
      target,
      awaitPromise: true,
    });
    if (said.type !== "success") throw new Error(said.exceptionDetails?.text);
    return JSON.parse(said.result?.value ?? "null") as T;
  };
  return {
    complaints: logged,
    evaluate,
    async until(expression) {
      while (!(await evaluate<boolean>(`Boolean(${expression})`)))
        await new Promise((resolve) => setTimeout(resolve, 100));
    },
    async setFiles(selector, files) {
      const found = await send<{ result: { sharedId: string } }>("script.evaluate", {
        expression: `document.querySelector(${JSON.stringify(selector)})`,
        target,
        awaitPromise: false,
      });
      await send("input.setFiles", { context, element: { sharedId: found.result.sharedId }, files });
    },
  };
}
