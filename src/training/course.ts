/**
 * A run under way: a state, which is the checkpoint's, and what moves it: a step, the close of an epoch, and a rule that
 * says when it is over. Everything else follows from the plan and the seed.
 */
import { hasClasses } from "../data/answers.ts";
import { requireDenormals } from "../models/runtime.ts";
import type { Weights } from "../models/weights.ts";
import { median } from "../numerics/median.ts";
import { Checkpoints } from "./checkpoint.ts";
import { DivergedError, nonFiniteWeights } from "./diverged.ts";
import type { EpochEvent } from "./history.ts";
import { isBetter, patienceStart, patienceStep, worst } from "./monitor.ts";
import { isMainThread, noteTo, slowStepNote, YIELD_MS } from "./notes.ts";
import type { Plan } from "./plan.ts";
import type { FitOptions } from "./run.ts";
import { plateauStart, plateauStep, scheduleFactor } from "./schedules.ts";
import { brief, scoreOutputs } from "./scoring.ts";
import type { Progress } from "./state.ts";
import type { Stepper, Taken } from "./stepper.ts";
import type { Trainer } from "./trainerApi.ts";

/** Steps after which their time is known: the first ones compile. */
const SEEN = 5;

/** What is called as a run goes, and what may end it. */
export type Hooks = Pick<
  FitOptions,
  "checkpoint" | "measure" | "onEpoch" | "onNote" | "onStep" | "ranks" | "signal"
>;

/** The part of `Progress` that neither trainer nor clock knows. */
type State = {
  -readonly [K in keyof Omit<Progress, "steps" | "learningRate" | "seconds" | "stepMs">]: Progress[K];
};

const begin = ({ options }: Plan): State => ({
  epoch: 0,
  batches: 0,
  lossSum: 0,
  right: 0,
  rows: 0,
  history: [],
  bestValue: null,
  plateau: plateauStart,
  patience: options.patience === undefined ? null : patienceStart(options.monitor),
  stoppedEarly: false,
});

export class Course {
  readonly #plan: Plan;
  readonly #stepper: Stepper<unknown>;
  readonly #trainer: Trainer;
  readonly #isShared: boolean;
  readonly #hooks: Hooks;
  readonly #state: State;
  readonly #checkpoints: Checkpoints;
  readonly #start: number;
  readonly #durations: number[] = [];
  #best: Weights | null;
  #aborted = false;
  #yielded = performance.now();

  constructor(plan: Plan, stepper: Stepper<unknown>, hooks: Hooks) {
    const before = plan.from?.progress;
    const { trainer } = stepper;
    this.#plan = plan;
    this.#stepper = stepper;
    this.#isShared = (hooks.ranks?.size ?? 1) > 1;
    this.#trainer = trainer;
    this.#hooks = hooks;
    // a run that goes on may ask for patience, or not, no less than the one before: it is part of what has to be the same
    this.#state = { ...begin(plan), ...(before && stateOf(before)) };
    this.#best = plan.from?.best ?? null;
    this.#start = performance.now() - 1000 * (before?.seconds ?? 0);
    this.#checkpoints = new Checkpoints(hooks.checkpoint, trainer.steps);
    if (before) trainer.learningRate = before.learningRate;
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  get stoppedEarly(): boolean {
    return this.#state.stoppedEarly;
  }

  get history(): readonly EpochEvent[] {
    return this.#state.history;
  }

  /** The weights to end with, where they are not the last. */
  get best(): Weights | null {
    return this.#best;
  }

  /** The median training step. */
  get stepMs(): number {
    return this.#durations.length > 0 ? median(this.#durations) : (this.#plan.from?.progress.stepMs ?? 0);
  }

  get seconds(): number {
    return (performance.now() - this.#start) / 1000;
  }

  /** Runs to the end: of the steps, by patience, or by the signal. */
  async run(): Promise<void> {
    while (!this.#isOver) {
      requireDenormals();
      await this.#steps();
      if (this.#state.rows === 0) break;
      await this.#closeEpoch();
    }
    if (this.#checkpoints.behind(this.#trainer.steps)) await this.#save(this.#state.history.length);
  }

  /** The stop rule; an epoch that is begun is closed. */
  get #isOver(): boolean {
    const { rows, stoppedEarly } = this.#state;
    return (this.#trainer.steps >= this.#plan.options.steps && rows === 0) || this.#aborted || stoppedEarly;
  }

  /** What is left of the running epoch. */
  async #steps(): Promise<void> {
    const { options, perEpoch } = this.#plan;
    let at = 0;
    for (const order of this.#stepper.orders(this.#state.epoch)) {
      if (at++ < this.#state.batches) continue;
      if (this.#trainer.steps >= options.steps) return;
      // where there are other ranks, all of them end after the step that says so
      if (this.#hooks.signal?.aborted && !this.#isShared) this.#aborted = true;
      if (this.#aborted) return;
      await this.#step(order);
      if (this.#state.batches < perEpoch && this.#checkpoints.due("step"))
        await this.#save(this.#state.epoch);
      if (performance.now() - this.#yielded >= YIELD_MS) {
        await new Promise((resume) => setTimeout(resume, 0));
        this.#yielded = performance.now();
      }
    }
  }

  async #step(order: unknown): Promise<void> {
    const { options, perEpoch } = this.#plan;
    const { optimizer, schedule, steps } = options;
    const t = this.#trainer;
    const state = this.#state;
    t.learningRate =
      optimizer.learningRate * scheduleFactor(schedule, t.steps, steps, perEpoch) * state.plateau.factor;
    const taken = await this.#stepper.step(order, this.#hooks.signal?.aborted === true);
    const { loss, rows } = taken;
    this.#durations.push(taken.ms);
    if (this.#durations.length === SEEN && isMainThread()) {
      const note = slowStepNote(this.stepMs);
      if (note) noteTo(this.#hooks)(note);
    }
    if (!Number.isFinite(loss)) await this.#diverged(taken, "loss");
    if (!taken.isFinite) await this.#diverged(taken, "outputs");
    state.lossSum += loss * rows;
    state.right += taken.right;
    state.rows += rows;
    state.batches++;
    this.#aborted ||= taken.stop;
    this.#hooks.onStep?.({ step: t.steps, steps, loss, learningRate: t.learningRate, rows });
  }

  async #diverged(taken: Taken, what: "loss" | "outputs"): Promise<never> {
    const t = this.#trainer;
    // a step whose loss is no number is none
    throw new DivergedError(t.steps + (what === "loss" ? 1 : 0), await taken.where(), t.learningRate, what);
  }

  /** Weights that stopped being numbers while the loss stayed one: running statistics, or what a layer hides. */
  #requireWeights(): void {
    const t = this.#trainer;
    const where = nonFiniteWeights(t.weights("current"));
    if (where !== null) throw new DivergedError(t.steps, where, t.learningRate, "weights");
  }

  /** An epoch that ends early is saved before it is closed: a run that goes on from there goes on within it. */
  async #closeEpoch(): Promise<void> {
    const { perEpoch } = this.#plan;
    const state = this.#state;
    const whole = state.batches === perEpoch;
    if (!whole && this.#checkpoints.behind(this.#trainer.steps)) await this.#save(state.epoch);
    this.#requireWeights();
    const event = await this.#epochEvent();
    state.history = [...state.history, event];
    this.#judge(event);
    this.#hooks.onEpoch?.(event);
    state.batches = state.lossSum = state.right = state.rows = 0;
    state.epoch++;
    if (whole && this.#checkpoints.due("epoch")) await this.#save(state.epoch);
  }

  async #epochEvent(): Promise<EpochEvent> {
    const { data, held, options, preparation, targets } = this.#plan;
    const { epoch, lossSum, right, rows } = this.#state;
    const t = this.#trainer;
    const { monitor, loss } = options;
    const validation = held
      ? brief(
          scoreOutputs(await this.#stepper.outputs(held), { loss, monitor, units: targets }, held),
          monitor,
        )
      : null;
    const weights = (): Weights => t.weights("current");
    const backSignals = this.#hooks.measure?.(epoch + 1, { weights, preparation, targets });
    return {
      epoch: epoch + 1,
      steps: t.steps,
      loss: lossSum / rows,
      accuracy: hasClasses(data.answers.kind) ? right / rows : NaN,
      validation,
      learningRate: t.learningRate,
      seconds: Math.round(1000 * this.seconds) / 1000,
      ...(backSignals ? { backSignals } : {}),
    };
  }

  /** What an epoch says of the best weights, of the rate and of the end. */
  #judge({ validation, ...trained }: EpochEvent): void {
    const { monitor, keep, minDelta = 0, patience, schedule, optimizer } = this.#plan.options;
    const state = this.#state;
    const value = (validation ?? trained)[monitor as "loss" | "accuracy"];
    if (
      keep === "best" &&
      (this.#best === null || isBetter(monitor, value, state.bestValue ?? worst(monitor)))
    ) {
      state.bestValue = Number.isNaN(value) ? worst(monitor) : value;
      this.#best = this.#trainer.weights();
    }
    if (schedule.kind === "plateau") {
      const watched = (schedule.watch === "validation" ? validation?.loss : undefined) ?? trained.loss;
      state.plateau = plateauStep(schedule, state.plateau, watched, optimizer.learningRate);
    }
    if (state.patience && patience !== undefined) {
      state.patience = patienceStep(monitor, state.patience, value, minDelta);
      state.stoppedEarly = state.patience.waited >= patience;
    }
  }

  /** Hands out the state, within the epoch of that number. */
  #save(epoch: number): Promise<void> {
    const { identity, preparation, targets } = this.#plan;
    const t = this.#trainer;
    const { epoch: _epoch, ...state } = this.#state;
    const progress: Progress = {
      steps: t.steps,
      epoch,
      ...state,
      learningRate: t.learningRate,
      seconds: Math.round(1000 * this.seconds) / 1000,
      stepMs: this.stepMs,
    };
    return this.#checkpoints.save({
      ...identity,
      preparation,
      ...(targets ? { targets } : {}),
      progress,
      tensors: t.snapshot(),
      best: this.#best,
    });
  }
}

/** A progress without what trainer and clock know. */
function stateOf(p: Progress): State {
  const { steps: _steps, learningRate: _rate, seconds: _seconds, stepMs: _ms, ...state } = p;
  return state;
}
