/**
 * The studio's server: this machine alone reaches it, and no page of another origin does. It reads and never writes. What it gives
 * is a table of files made before anybody asks, and the runs of one folder.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { MODEL } from "../train/runFolder.ts";
import type { ServedFile, StudioFiles } from "./files.ts";
import { listRuns, MOST_MODEL, openIn, readLogFrom, runPath, type RunsFolder } from "./runs.ts";

/** What holds a server up is bounded: connections, headers, and how long anything may take. */
const bounds = {
  connections: 64,
  headerBytes: 8192,
  headersMs: 5000,
  requestMs: 10_000,
  keepAliveMs: 5000,
  idleMs: 30_000,
  requestsPerSocket: 1000,
} as const;

/** What a request is refused with. */
class Refusal extends Error {
  readonly status: number;
  constructor(status: number, text: string) {
    super(text);
    this.status = status;
  }
}

/** A server that does not listen yet. */
export function studioServer({ byTarget, policy }: StudioFiles, runs: RunsFolder): Server {
  const always = headersOf(policy);
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    for (const [name, value] of always) response.setHeader(name, value);
    try {
      requireOurs(request);
      const { method, url = "" } = request;
      if (method !== "GET" && method !== "HEAD") {
        response.setHeader("Allow", "GET, HEAD");
        throw new Refusal(405, "this server is read alone: GET and HEAD");
      }
      const [target, query = ""] = url.split("?", 2);
      const file = byTarget.get(target);
      if (file) return sendFile(request, response, file);
      if (!target.startsWith("/api/runs")) throw new Refusal(404, "there is nothing of that name");
      requireSameSite(request);
      await answerRuns(request, response, runs, target, query);
    } catch (error) {
      refuse(request, response, error);
    }
  };
  const server = createServer(
    {
      maxHeaderSize: bounds.headerBytes,
      headersTimeout: bounds.headersMs,
      requestTimeout: bounds.requestMs,
      keepAliveTimeout: bounds.keepAliveMs,
      connectionsCheckingInterval: 1000,
      insecureHTTPParser: false,
    },
    (request, response) => void answer(request, response),
  );
  server.maxConnections = bounds.connections;
  server.maxRequestsPerSocket = bounds.requestsPerSocket;
  server.setTimeout(bounds.idleMs, (socket) => socket.destroy());
  return server;
}

/**
 * Every answer's headers. The policy is the page's own, and none may frame it. Its threads are workers that the worker makes
 * of text (`blob:`), which is the page's own policy's one exception: it never reaches the worker, whose policy is this header.
 */
const headersOf = (policy: string): readonly (readonly [string, string])[] => [
  [
    "Content-Security-Policy",
    `${policy.replace("worker-src 'self'", "worker-src 'self' blob:")}; frame-ancestors 'none'`,
  ],
  ["Cross-Origin-Opener-Policy", "same-origin"],
  ["Cross-Origin-Embedder-Policy", "require-corp"],
  ["Cross-Origin-Resource-Policy", "same-origin"],
  ["X-Content-Type-Options", "nosniff"],
  ["Referrer-Policy", "no-referrer"],
  ["Permissions-Policy", "camera=(), geolocation=(), payment=(), usb=()"],
];

const HOSTS = ["127.0.0.1", "localhost"] as const;

/** Refuses a name that somebody else's DNS has led here, and what a page of another origin asks. */
function requireOurs({ headers, socket }: IncomingMessage): void {
  const port = socket.localPort ?? 0;
  const places = HOSTS.flatMap((host) => [`${host}:${port}`, ...(port === 80 ? [host] : [])]);
  if (!places.includes(headers.host ?? ""))
    throw new Refusal(403, `this server is ${HOSTS[0]}:${port} and answers to no other name`);
  const { origin } = headers;
  if (origin !== undefined && !places.some((place) => origin === `http://${place}`))
    throw new Refusal(403, "pages of other origins are not answered");
}

/** Refuses what another site's page brings a browser to ask for; a browser says which by itself. */
function requireSameSite({ headers }: IncomingMessage): void {
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none")
    throw new Refusal(403, "pages of other sites are not answered");
}

/** `/api/runs`, `/api/runs/NAME/log?from=BYTE`, `/api/runs/NAME/model`. */
async function answerRuns(
  request: IncomingMessage,
  response: ServerResponse,
  runs: RunsFolder,
  target: string,
  query: string,
): Promise<void> {
  response.setHeader("Cache-Control", "no-store");
  if (target === "/api/runs") return sendJson(request, response, 200, await listRuns(runs));
  const [, given, what] = /^\/api\/runs\/([^/]+)\/(log|model)$/.exec(target) ?? [];
  const path = given === undefined ? null : await runPath(runs, decoded(given));
  if (path === null) throw new Refusal(404, "there is no such run");
  if (what === "log") return sendJson(request, response, 200, await readLogFrom(path, fromOf(query)));
  await sendModel(request, response, path);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Refusal(400, "the name of the run is no encoded text");
  }
}

function fromOf(query: string): number {
  const [, digits = "0"] = /^(?:from=(\d{1,15}))?$/.exec(query) ?? [];
  if (query !== "" && query !== `from=${digits}`)
    throw new Refusal(400, "a log is asked for with from=BYTE, a whole number");
  return Number(digits);
}

async function sendModel(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
  const opened = await openIn(path, MODEL);
  if (!opened) throw new Refusal(404, "the run has no model yet");
  const { handle, size } = opened;
  if (size > MOST_MODEL || request.method === "HEAD") await handle.close();
  if (size > MOST_MODEL) throw new Refusal(413, "the model is larger than 2 GiB");
  response.writeHead(200, { "Content-Type": "application/octet-stream", "Content-Length": size });
  if (request.method === "HEAD") return void response.end();
  const stream = handle.createReadStream({ end: Math.max(0, size - 1) });
  // a file that fails midway ends the answer short of its length, which whoever reads sees
  stream.on("error", () => response.destroy());
  response.on("close", () => stream.destroy());
  stream.pipe(response);
}

function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  { bytes, type, cache }: ServedFile,
): void {
  response.writeHead(200, {
    "Content-Type": type,
    "Content-Length": bytes.length,
    "Cache-Control": cache === "immutable" ? "public, max-age=31536000, immutable" : "no-cache",
  });
  response.end(request.method === "HEAD" ? undefined : bytes);
}

function sendJson(request: IncomingMessage, response: ServerResponse, status: number, value: unknown): void {
  const bytes = Buffer.from(JSON.stringify(value));
  response.writeHead(status, {
    "Content-Type": "application/json; charset=utf-8",
    "Content-Length": bytes.length,
  });
  response.end(request.method === "HEAD" ? undefined : bytes);
}

/** One line, and nothing of what was asked for in it. */
function refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (response.headersSent) return void response.destroy();
  response.setHeader("Cache-Control", "no-store");
  const { status, message } =
    error instanceof Refusal ? error : { status: 500, message: "this is a fault of toeplitz" };
  sendJson(request, response, status, { error: message });
}

/** Listens on loopback; resolves to the address. */
export function listen(server: Server, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: HOSTS[0], port }, () => {
      server.off("error", reject);
      resolve(`http://${HOSTS[0]}:${(server.address() as AddressInfo).port}/`);
    });
  });
}
