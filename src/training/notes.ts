/** What a run says of the place where it runs, where somebody should know it. */
import { backends, type BackendChoice } from "../backends/choose.ts";
import type { FitOptions } from "./run.ts";

/** A page stays alive: control goes back to the event loop after so many milliseconds. */
export const YIELD_MS = 50;

/** Who hears notes. */
export const noteTo = ({ onNote }: Pick<FitOptions, "onNote">): ((note: string) => void) =>
  onNote ?? ((note) => console.warn(`toeplitz: ${note}`));

/** Whether this is the thread that a page is drawn by. */
export const isMainThread = (where: { readonly document?: unknown } = globalThis): boolean =>
  where.document !== undefined;

/** Null of steps between which a page stays alive. */
export const slowStepNote = (stepMs: number): string | null =>
  stepMs > YIELD_MS
    ? `a step takes ${Math.round(stepMs)} ms on this page's main thread, which can do nothing else meanwhile; ` +
      "train in a worker (examples/browser-worker)"
    : null;

/** Null where the fastest back end runs, or one was asked for. */
export function slowBackendNote(name: string, asked: BackendChoice = "auto"): string | null {
  const [fastest] = backends;
  const reason = asked === "auto" && name !== fastest.name ? fastest.unavailable() : null;
  return reason && `training runs on the back end ${name}, many times slower than ${fastest.name}: ${reason}`;
}
