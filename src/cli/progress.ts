/** Progress on stderr: a bar where somebody watches, plain lines where not, nothing when quiet. */
import { SingleBar } from "cli-progress";
import type { EpochEvent, StepEvent } from "../training/history.ts";
import { decimals, duration, grouped, percent } from "./format.ts";
import { mainWords } from "./scores.ts";
import { say, type Io } from "./io.ts";

export interface Progress {
  onStep(event: StepEvent): void;
  onEpoch(event: EpochEvent): void;
  /** Leaves the terminal as it was. */
  stop(): void;
}

/** Seconds between plain lines, unless another tenth of the run is done. */
const PLAIN_SECONDS = 10;

export function progress(io: Io, quiet: boolean): Progress {
  if (quiet) return { onStep: () => undefined, onEpoch: () => undefined, stop: () => undefined };
  return io.stderr.isTTY && io.env.TERM !== "dumb" ? bar(io) : lines(io);
}

/** Nothing of values, which have none. */
const accuracyText = ({ accuracy }: { readonly accuracy: number }): string =>
  Number.isFinite(accuracy) ? `  accuracy ${percent(accuracy)}` : "";

/**
 * Rows a second and seconds left, both from the end of the first step on: before it the program is compiled, and engines compile
 * what it consists of.
 */
class Pace {
  readonly #begun = performance.now();
  #start: number | null = null;
  #rows = 0;
  #steps = 0;

  add(event: StepEvent): void {
    if (this.#start === null) {
      this.#start = performance.now();
      return;
    }
    this.#rows += event.rows;
    this.#steps++;
  }

  /** Since the run began to be shown. */
  get seconds(): number {
    return (performance.now() - this.#begun) / 1000;
  }

  get #paced(): number {
    return (performance.now() - (this.#start ?? this.#begun)) / 1000;
  }

  get rate(): string {
    return this.#steps === 0 ? "-" : grouped(this.#rows / Math.max(this.#paced, 1e-3));
  }

  left({ step, steps }: StepEvent): string {
    if (step === steps) return duration(0);
    return this.#steps === 0 ? "-" : duration((this.#paced * (steps - step)) / this.#steps);
  }
}

function bar(io: Io): Progress {
  const colour = io.env.NO_COLOR ? "{bar}" : "\u001b[32m{bar}\u001b[0m";
  const single = new SingleBar({
    stream: io.stderr,
    format: `${colour} {percentage} %  loss {loss}{accuracy}  {rate} samples/s  {left} left`,
    barCompleteChar: "\u2588",
    barIncompleteChar: "\u2591",
    barsize: 24,
    hideCursor: true,
    gracefulExit: false,
  });
  const pace = new Pace();
  let shown = { loss: "-", accuracy: "" };
  let started = false;
  return {
    onStep(event) {
      pace.add(event);
      if (shown.loss === "-") shown = { ...shown, loss: decimals(event.loss) };
      const payload = { ...shown, rate: pace.rate, left: pace.left(event) };
      if (!started) single.start(event.steps, event.step, payload);
      else single.update(event.step, payload);
      started = true;
    },
    onEpoch(event) {
      shown = { loss: decimals(event.loss), accuracy: accuracyText(event.validation ?? event) };
    },
    stop() {
      if (started) single.stop();
      started = false;
    },
  };
}

function lines(io: Io): Progress {
  const pace = new Pace();
  let last: StepEvent | null = null;
  let tenth = 0;
  let seconds = 0;
  return {
    onStep(event) {
      pace.add(event);
      last = event;
    },
    onEpoch(event) {
      if (!last) return;
      const done = Math.floor((10 * last.step) / last.steps);
      // a tenth is worth a line unless the run is so fast that lines would rush by
      if (last.step < last.steps && !(done > tenth && pace.seconds >= seconds + 1)) {
        if (pace.seconds < seconds + PLAIN_SECONDS) return;
      }
      tenth = done;
      seconds = pace.seconds;
      const validation = event.validation
        ? `  validation ${decimals(event.validation.loss)} ${mainWords(event.validation)}`
        : "";
      say(
        io.stderr,
        `step ${last.step}/${last.steps}  loss ${decimals(event.loss)}${accuracyText(event)}` +
          `${validation}  ${pace.rate} samples/s  ${pace.left(last)} left`,
      );
    },
    stop: () => undefined,
  };
}
