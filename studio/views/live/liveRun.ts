/** One stream from its first sample to its last: what a source gives goes to the worker, what it says comes back. */
import { signal } from "@preact/signals";
import type { EventOptions, StreamEvent } from "toeplitz";
import { ask } from "../../engine/client.ts";
import type { Pushed, StreamSummary } from "../../engine/live.ts";
import { AnswerLog, History } from "./history.ts";

/** Samples that go to the worker at once, and that may wait for it, in values. */
const AT_ONCE = 2 ** 14;
const MOST_WAITING = 2 ** 19;
/** Milliseconds from one drawing to the next. */
const DRAW_MS = 100;
const MOST_EVENTS = 2000;

/** How late answers are. */
export interface Lateness {
  /** Milliseconds from the arrival of samples to their answers: the median and the worst of the last ones. */
  readonly median: number;
  readonly worst: number;
  /** Milliseconds of computing a second of the stream's time took, in all. */
  readonly ms: number;
}

interface Waiting {
  readonly samples: Float32Array;
  readonly since: number;
  readonly taken: () => void;
}

export class LiveRun {
  readonly stream: StreamSummary;
  readonly model: string;
  /** Samples a second, where the source or the model says it. */
  rate: number | undefined;
  readonly history: History;
  readonly answers: AnswerLog;
  /** Counts up when there is something new to draw. */
  readonly tick = signal(0);
  readonly state = signal<"running" | "ended">("running");
  readonly events = signal<readonly StreamEvent[]>([]);
  readonly open = signal<StreamEvent | null>(null);
  /** What should be known: why it ended, what was left out. */
  readonly said = signal("");
  #waiting: Waiting[] = [];
  #waitingValues = 0;
  #isAsking: Promise<void> | null = null;
  #late: number[] = [];
  #ms = 0;
  #dropped = 0;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #fault: (error: unknown) => void;

  private constructor(stream: StreamSummary, model: string, fault: (error: unknown) => void) {
    this.stream = stream;
    this.model = model;
    this.rate = stream.rate;
    this.history = new History(stream.channels);
    this.answers = new AnswerLog(stream.width);
    this.#fault = fault;
    this.#timer = setInterval(() => this.#draw(), DRAW_MS);
  }

  /** Opens a stream of a model. `fault` hears what the worker refuses on the way. */
  static async open(
    model: string,
    how: EventOptions,
    hop: number | undefined,
    fault: (error: unknown) => void,
  ): Promise<LiveRun> {
    const stream = await ask("openStream", { model, how, ...(hop !== undefined && { hop }) });
    return new LiveRun(stream, model, fault);
  }

  /** Takes interleaved samples as they arrive; resolves when the worker has taken them. Where it is too slow, they are left out. */
  push(samples: Float32Array): Promise<void> {
    if (this.state.value === "ended" || samples.length === 0) return Promise.resolve();
    if (this.#waitingValues + samples.length > MOST_WAITING) {
      this.#dropped += samples.length / this.stream.channels;
      this.said.value = `${this.#dropped} samples were left out: this machine is too slow for the model at this rate`;
      return Promise.resolve();
    }
    this.#waitingValues += samples.length;
    return new Promise((taken) => {
      this.#waiting.push({ samples, since: performance.now(), taken });
      this.#isAsking ??= this.#work();
    });
  }

  /** Ends it, when what waits has been answered. */
  async end(why = ""): Promise<void> {
    if (this.state.value === "ended") return;
    await this.#isAsking;
    this.state.value = "ended";
    if (why !== "") this.said.value = this.said.value === "" ? why : `${this.said.value}; ${why}`;
    clearInterval(this.#timer);
    try {
      this.#took(await ask("finishStream", { stream: this.stream.id }));
    } catch (error) {
      this.#fault(error);
    }
    this.#draw();
  }

  lateness(): Lateness | null {
    if (this.#late.length === 0) return null;
    const sorted = this.#late.toSorted((a, b) => a - b);
    return { median: sorted[sorted.length >> 1], worst: sorted[sorted.length - 1], ms: this.#ms };
  }

  async #work(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const taken: Waiting[] = [];
        let size = 0;
        while (
          this.#waiting.length > 0 &&
          (size === 0 || size + this.#waiting[0].samples.length <= AT_ONCE)
        ) {
          const next = this.#waiting.shift() as Waiting;
          size += next.samples.length;
          taken.push(next);
        }
        const samples = new Float32Array(size);
        let at = 0;
        for (const part of taken) {
          samples.set(part.samples, at);
          at += part.samples.length;
        }
        this.#waitingValues -= size;
        this.history.push(samples);
        this.#took(await ask("pushSamples", { stream: this.stream.id, samples }, { hand: [samples.buffer] }));
        this.#late.push(performance.now() - taken[0].since);
        if (this.#late.length > 100) this.#late.shift();
        for (const part of taken) part.taken();
      }
    } catch (error) {
      for (const part of this.#waiting.splice(0)) part.taken();
      this.#fault(error);
    } finally {
      this.#isAsking = null;
    }
  }

  #took({ at, said, ended, open, ms }: Pushed): void {
    this.#ms += ms;
    this.answers.push(at, said);
    this.open.value = open;
    if (ended.length > 0) this.events.value = [...this.events.value, ...ended].slice(-MOST_EVENTS);
  }

  #draw(): void {
    this.tick.value++;
  }
}
