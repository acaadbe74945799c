/**
 * Whether a run is the one that a state is of, and when states are handed out. A run that is not the same one is refused
 * by name.
 */
import type { CheckpointOptions, RunState, Identity } from "./state.ts";
import { InputError } from "../data/errors.ts";
import { printable, printableJson } from "../data/printable.ts";
import { plain } from "./identity.ts";
import { wholeModel } from "../layers/model.ts";
import { PARAMETERS } from "../models/graphs.ts";
import { prepareSteps } from "../models/preparation.ts";
import { dependsOnLength, type Schedule } from "./schedules.ts";

/** Throws InputError where a state is of other data than those with this hash. */
export function requireSameData({ dataSha256 }: Pick<RunState, "dataSha256">, now: string): void {
  if (dataSha256 !== now)
    throw new InputError(
      `the checkpoint is of other data (sha256 ${dataSha256.slice(0, 16)}, these have ${now.slice(0, 16)}); give the data that the run was begun with or start it over`,
    );
}

/** Throws InputError, naming the first difference, where a run cannot go on from a state to the bits that it would have had. */
export function requireSame(state: RunState, now: Identity): void {
  if (state.toeplitz !== now.toeplitz)
    throw new InputError(
      `the checkpoint is of toeplitz ${short(printable(state.toeplitz))}, this is ${now.toeplitz}, whose bits may be others; end the run with that version or start it over`,
    );
  requireSameData(state, now.dataSha256);
  const remedy = "give what the run was begun with or start it over";
  const model = difference(wholeModel(state.model), wholeModel(now.model));
  if (model)
    throw new InputError(
      `the checkpoint is of another model (${model.path} is ${model.now}, there ${model.was}); ${remedy}`,
    );
  // the start is behind it, and the preparation in it: only what is given again has to be the same
  const { start, steps, ...others } = state.settings;
  const begun = "start" in now.settings ? { ...others, start } : others;
  // before there was a choice, all convolutions were direct
  const convolution = begun.convolution ?? "direct";
  const { steps: wanted, ...settings } = now.settings;
  const normalize = "normalize" in settings ? (begun.normalize ?? "channel") : undefined;
  const prepare = "prepare" in settings ? prepareSteps(state.preparation) : undefined;
  const units = begun.targets ?? (state.targets ? "standardize" : "raw");
  const targets = "targets" in settings ? units : undefined;
  const before = plain({ ...begun, convolution, normalize, prepare, targets });
  const found = difference(before, settings);
  if (found)
    throw new InputError(`${found.path} is ${found.now}, but ${found.was} in the checkpoint; ${remedy}`);
  if (steps === wanted) return;
  const { schedule } = settings as { schedule: Schedule };
  if (dependsOnLength(schedule))
    throw new InputError(
      `the run is to have ${String(wanted)} steps, but ${String(steps)} in the checkpoint, and every rate of its ${schedule.kind} schedule follows from the whole length; ${remedy}`,
    );
  if ((wanted as number) < state.progress.steps)
    throw new InputError(
      `the run is to have ${String(wanted)} steps, but has taken ${state.progress.steps} already; give at least as many or start it over`,
    );
}

/** Where two plain values differ first, and what stands there; null where they are equal. */
export function difference(
  was: unknown,
  now: unknown,
  path = "",
): { readonly path: string; readonly was: string; readonly now: string } | null {
  const isObject = (x: unknown): x is Record<string, unknown> => typeof x === "object" && x !== null;
  if (!isObject(was) || !isObject(now) || Array.isArray(was) !== Array.isArray(now)) {
    const shown = (x: unknown): string => (x === undefined ? "absent" : short(printableJson(x)));
    return was === now ? null : { path, was: shown(was), now: shown(now) };
  }
  for (const key of new Set([...Object.keys(was), ...Object.keys(now)])) {
    const found = difference(was[key], now[key], path === "" ? key : `${path}.${key}`);
    if (found) return found;
  }
  return null;
}

const short = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}...` : text);

/** Decides when a state is due, and hands it out. */
export class Checkpoints {
  readonly #options: CheckpointOptions | undefined;
  #last = -Infinity;
  #cost = 0;
  /** Steps at the last one. */
  #steps: number;

  /** `steps`: those of the state that the run goes on from, or 0. */
  constructor(options: CheckpointOptions | undefined, steps: number) {
    this.#options = options;
    this.#steps = steps;
    if (steps > 0) this.#last = performance.now();
  }

  /** Whether it is time, within an epoch or at its end. */
  due(at: "step" | "epoch"): boolean {
    if (!this.#options) return false;
    const { everySeconds = 30 } = this.#options;
    if (everySeconds === 0) return true;
    const wait = 1000 * (at === "epoch" ? Math.min(1, everySeconds) : everySeconds);
    return performance.now() - this.#last >= Math.max(wait, 20 * this.#cost);
  }

  /** Whether steps were taken since the last one: what the end of a run must not lose. */
  behind(steps: number): boolean {
    return this.#options !== undefined && steps !== this.#steps;
  }

  /** Hands out a state; not one whose parameters are not finite, which no step leads out of. */
  async save(state: RunState): Promise<void> {
    if (!state.tensors.find(({ name }) => name === PARAMETERS)?.data.every(Number.isFinite)) return;
    const start = performance.now();
    await this.#options?.save({ members: [state] });
    this.#last = performance.now();
    this.#cost = this.#last - start;
    this.#steps = state.progress.steps;
  }
}
