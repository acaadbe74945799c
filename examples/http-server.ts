/**
 * Predictions over HTTP: the model is loaded once, and each request is answered at once, since `predict` is synchronous.
 *
 *   curl -s localhost:8000/predict -d '{"samples": [[0, 0.1, ...]]}'   # one list of 40 numbers a sample
 */
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { architectures, encodeModel, fit, InputError, load, mnist1d, type Prediction } from "toeplitz";
import { fastestBackend } from "toeplitz/node";

const backend = await fastestBackend();

/** The bytes of the model file that is named, or of a small network for want of one. */
async function modelBytes(file: string | undefined): Promise<Uint8Array> {
  if (file !== undefined) return readFile(file);
  const { train } = mnist1d();
  const run = await fit(architectures.mnist1dCnn(train), train, { steps: 300, batch: 100, seed: 0, backend });
  return encodeModel(run.model);
}

const net = await load(await modelBytes(process.argv[2]), { backend });
const mostBytes = 2 ** 20;

/** Refuses what JSON can hold and a sample cannot: null stands where a client had NaN. */
function requireNumbers(values: unknown): void {
  if (Array.isArray(values)) values.forEach(requireNumbers);
  else if (typeof values !== "number")
    throw new InputError(`a sample holds ${JSON.stringify(values)}; it is [channel][time] of numbers`);
}

function answer(body: string): readonly Prediction[] {
  const { samples } = Object(JSON.parse(body)) as { readonly samples?: unknown };
  if (!Array.isArray(samples)) throw new InputError('the body is {"samples": [...]}');
  requireNumbers(samples);
  return samples.map((sample: number[][]) => net.predict(sample));
}

const server = createServer((request: IncomingMessage, response) => {
  const send = (status: number, body: object): void => {
    response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
  };
  if (request.method !== "POST" || request.url !== "/predict")
    return send(404, { error: "POST samples to /predict" });
  if (!(Number(request.headers["content-length"]) <= mostBytes))
    return send(413, { error: `a body has a content-length of at most ${mostBytes}` });
  text(request)
    .then((body) => send(200, answer(body)))
    .catch((error: unknown) => {
      const theirs = error instanceof InputError || error instanceof SyntaxError;
      if (!theirs) console.error(error);
      send(theirs ? 400 : 500, { error: theirs ? error.message : "the server failed" });
    });
});

server.listen(Number(process.env.PORT ?? 8000), "127.0.0.1", () => {
  const address = server.address();
  if (typeof address !== "string") console.log(`listening on http://127.0.0.1:${address?.port}`);
});
process.once("SIGTERM", () => server.close());
