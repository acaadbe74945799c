/** The runs of this page: what was asked for, how far each is, and what came of it. They go on whatever view is open. */
import { computed, signal, type Signal } from "@preact/signals";
import type { EpochEvent } from "toeplitz";
import { ask } from "../../engine/client.ts";
import type { TrainAsked, Trained, TrainTold } from "../../engine/training.ts";
import { chosenModel, models } from "../../session.ts";
import { emptyCurve, withPoint, type Curve } from "./curve.ts";

export type RunState = "waits" | "trains" | "stopping" | "stopped" | "ended" | "failed";

export interface PageRun {
  readonly kind: "page";
  readonly id: string;
  /** What a table calls it. */
  readonly name: string;
  /** The same in a legend. */
  readonly brief: string;
  readonly asked: TrainAsked;
  readonly state: Signal<RunState>;
  readonly progress: Signal<Progress | null>;
  /** The loss, step by step. */
  readonly steps: Signal<Curve>;
  readonly epochs: Signal<readonly EpochEvent[]>;
  readonly outcome: Signal<Trained | null>;
  /** Why it failed, or what it said on the way. */
  readonly said: Signal<string | null>;
  /** Whether its curves are drawn. */
  readonly isShown: Signal<boolean>;
  controller: AbortController;
}

export interface Progress {
  readonly step: number;
  readonly steps: number;
  /** Left, by the pace so far; NaN before there is one. */
  readonly secondsLeft: number;
}

export const runs = signal<readonly PageRun[]>([]);
/** The run whose outcome is shown in full. */
export const shownRun = signal<PageRun | null>(null);
export const isTraining = computed(() =>
  runs.value.some(({ state }) => ["waits", "trains", "stopping"].includes(state.value)),
);

let count = 0;

/** Puts a run into the queue. Throws what it is refused with; a refused run is none. */
export async function begin(model: string, differs: string, asked: Omit<TrainAsked, "run">): Promise<void> {
  const id = `run-${++count}`;
  const run: PageRun = {
    kind: "page",
    id,
    name: `${count} ${model}${differs}`,
    brief: `${count} ${model}`,
    asked: { ...asked, run: id },
    state: signal<RunState>("waits"),
    progress: signal<Progress | null>(null),
    steps: signal(emptyCurve),
    epochs: signal<readonly EpochEvent[]>([]),
    outcome: signal<Trained | null>(null),
    said: signal<string | null>(null),
    isShown: signal(true),
    controller: new AbortController(),
  };
  runs.value = [...runs.value, run];
  shownRun.value = run;
  try {
    await follow(run, {});
  } catch (error) {
    if (run.progress.value === null && run.steps.value.x.length === 0) remove(run);
    throw error;
  }
}

/** Goes on with a run that was stopped, from where it was; one that was stopped before its first step begins. */
export async function goOn(run: PageRun): Promise<void> {
  run.controller = new AbortController();
  run.state.value = "waits";
  await follow(run, run.outcome.value ? { from: "state" } : {});
}

export function stop(run: PageRun): void {
  run.state.value = "stopping";
  run.controller.abort();
}

export function remove(run: PageRun): void {
  runs.value = runs.value.filter((other) => other !== run);
  if (shownRun.value === run) shownRun.value = runs.value.at(-1) ?? null;
  void ask("forgetRun", { run: run.id });
}

async function follow(run: PageRun, how: Pick<TrainAsked, "from">): Promise<void> {
  const pace = { step: -1, at: 0 };
  try {
    const outcome = await ask(
      "train",
      { ...run.asked, ...how },
      { signal: run.controller.signal, onTold: (told) => hear(run, told, pace) },
    );
    if (outcome === null) return void (run.state.value = "stopped");
    run.outcome.value = outcome;
    run.epochs.value = outcome.history;
    run.state.value = outcome.isStopped ? "stopped" : "ended";
    const named = { ...outcome.model, name: run.name };
    models.value = [...models.value, named];
    chosenModel.value = named;
  } catch (error) {
    run.state.value = "failed";
    run.said.value = error instanceof Error ? error.message : String(error);
    throw error;
  }
}

function hear(run: PageRun, told: TrainTold, pace: { step: number; at: number }): void {
  switch (told.kind) {
    case "waits":
      run.state.value = "waits";
      return;
    case "begun":
      run.state.value = "trains";
      run.epochs.value = told.history;
      return;
    case "note":
      run.said.value = told.text;
      return;
    case "epoch":
      run.epochs.value = [...run.epochs.value, told.event];
      return;
    case "steps": {
      if (pace.step < 0) Object.assign(pace, { step: told.step, at: performance.now() });
      const perStep = (performance.now() - pace.at) / 1000 / (told.step - pace.step);
      run.progress.value = {
        step: told.step,
        steps: told.steps,
        secondsLeft: perStep * (told.steps - told.step),
      };
      run.steps.value = withPoint(run.steps.value, told.step, told.loss);
    }
  }
}
