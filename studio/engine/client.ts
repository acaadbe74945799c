/** The page's side of the worker: `ask` a question by name, and wait for its answer. */
import type { Context, Handed } from "./context.ts";
import type { Handlers } from "./handlers.ts";
import type { FromWorker, ToWorker } from "./messages.ts";

export type Question = keyof Handlers;
export type Asked<N extends Question> = Parameters<Handlers[N]>[0];
type Unhanded<T> = T extends Handed<infer A> ? A : T;
export type Answered<N extends Question> = Unhanded<Awaited<ReturnType<Handlers[N]>>>;
export type Told<N extends Question> =
  Parameters<Handlers[N]> extends [unknown, Context<infer T>] ? T : never;

/** What the worker refused: `message` is for the person who asked. */
export class Refused extends Error {
  override name = "Refused";
}

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly onTold?: (told: unknown) => void;
}

const waiting = new Map<number, Waiting>();
let count = 0;
let worker: Worker | undefined;

function theWorker(): Worker {
  if (worker) return worker;
  worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => {
    const waits = waiting.get(data.number);
    if (!waits) return;
    if (data.kind === "told") return waits.onTold?.(data.told);
    waiting.delete(data.number);
    if (data.kind === "answer") return waits.resolve(data.answer);
    const ours = data.fault === "ours" ? "this is a fault of the studio: " : "";
    waits.reject(new Refused(`${ours}${data.message}`));
  });
  worker.addEventListener("error", (event) => {
    for (const { reject } of waiting.values())
      reject(new Refused(`the worker ended: ${event.message}; load the page again`));
    waiting.clear();
    worker = undefined;
  });
  return worker;
}

/**
 * Asks the worker. `onTold` hears what it says on the way; an aborted `signal` tells it to stop, and the promise is then
 * rejected with an AbortError.
 */
export function ask<N extends Question>(
  name: N,
  asked: Asked<N>,
  {
    onTold,
    signal,
    hand = [],
  }: { onTold?: (told: Told<N>) => void; signal?: AbortSignal; hand?: Transferable[] } = {},
): Promise<Answered<N>> {
  const number = ++count;
  const send = (message: ToWorker, buffers: Transferable[] = []): void =>
    theWorker().postMessage(message, buffers);
  return new Promise((resolve, reject) => {
    waiting.set(number, {
      resolve: (answer) => resolve(answer as Answered<N>),
      reject,
      onTold: onTold && ((told) => onTold(told as Told<N>)),
    });
    signal?.addEventListener("abort", () => send({ kind: "abort", number }), { once: true });
    send({ kind: "ask", number, name, ask: asked }, hand);
  });
}
