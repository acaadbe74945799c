/** The worker: answers each question as it comes; long ones give way to others between their steps. */
import { InputError } from "toeplitz";
import { Handed, type Context } from "./context.ts";
import { handlers } from "./handlers.ts";
import type { FromWorker, ToWorker } from "./messages.ts";

type Handler = (ask: unknown, context: Context<unknown>) => Promise<unknown>;
const byName = handlers as unknown as Readonly<Record<string, Handler>>;
const waiting = new Map<number, AbortController>();
const post = (message: FromWorker, buffers: Transferable[] = []): void =>
  postMessage(message, { transfer: buffers });

addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  if (data.kind === "abort") return waiting.get(data.number)?.abort();
  void answer(data);
});

async function answer({ number, name, ask }: Extract<ToWorker, { kind: "ask" }>): Promise<void> {
  const controller = new AbortController();
  waiting.set(number, controller);
  try {
    const tell = (told: unknown): void => post({ kind: "told", number, told });
    const given = await byName[name](ask, { tell, signal: controller.signal });
    if (given instanceof Handed) post({ kind: "answer", number, answer: given.answer }, given.buffers);
    else post({ kind: "answer", number, answer: given });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    post({ kind: "refused", number, fault: error instanceof InputError ? "input" : "ours", message });
    if (!(error instanceof InputError)) console.error(error);
  } finally {
    waiting.delete(number);
  }
}
