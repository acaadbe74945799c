/** Trains in a worker. `fit` lets messages in every 50 ms, so that "cancel" reaches its signal. */
import { architectures, fit, mnist1d, optimizers } from "toeplitz";
import type { News, Order } from "./messages.ts";

const say = (news: News): void => postMessage(news);
let running: AbortController | null = null;

async function train(epochs: number, { signal }: AbortController): Promise<void> {
  const { train, test } = mnist1d(); // generated here, 4,000 rows of 40 values in ten classes
  const run = await fit(architectures.mnist1dCnn(train), train, {
    epochs,
    batch: 100,
    seed: 0,
    optimizer: optimizers.adam({ learningRate: 0.01 }),
    signal,
    onEpoch: ({ epoch, loss }) => say({ kind: "epoch", epoch, epochs, loss }),
  });
  const { accuracy } = run.model.evaluate(test);
  const { aborted, weightsSha256 } = run;
  say({ kind: "end", aborted, epochs: run.epochs, accuracy, weightsSha256 });
}

addEventListener("message", ({ data }: MessageEvent<Order>) => {
  running?.abort();
  if (data.kind === "cancel") return;
  running = new AbortController();
  train(data.epochs, running).catch((error: unknown) => say({ kind: "error", message: String(error) }));
});
