/**
 * A network over samples that come in one after another, with the bits of `predict` by `convolution: "direct"`.
 */
import { weightView } from "../../vector/arena.ts";
import type { AnswerKind } from "../../data/answers.ts";
import { InputError } from "../../data/errors.ts";
import { chooseBackend, loadProgram, type Runtime } from "../runtime.ts";
import type { Sample } from "../takes.ts";
import { takesOf } from "../takes.ts";
import type { StreamAnswers } from "./answers.ts";
import type { StreamFields } from "./engine.ts";
import { engineOf } from "./engines.ts";
import { EngineStream } from "./engineStream.ts";
import { planned } from "./planned.ts";
import { identityOf } from "./state.ts";

/** The options of `net.stream`. */
export interface StreamOptions extends Pick<Runtime, "backend" | "numerics"> {
  /**
   * Of a network that answers whole series: samples from one answer to the next, at least 1. Default: the model's length, so
   * that windows do not overlap.
   */
  readonly hop?: number;
  /**
   * The most samples that an answer may wait for after the one that it is about; a network that looks further ahead is
   * refused. Default: as many as it looks ahead.
   */
  readonly lookahead?: number;
}

/** A network over samples that come in. It computes on one thread and allocates nothing for a sample. */
export interface Stream {
  /** `positions`: an answer for each position of the network's output. `windows`: one every `every` samples. */
  readonly answersBy: "positions" | "windows";
  /** Channels of a sample. */
  readonly channels: number;
  /** Outputs of an answer. */
  readonly outputs: number;
  /** Samples from one answer to the next. */
  readonly every: number;
  /** The most samples after the one that an answer is about until the answer comes; 0 of causal networks and of windows. */
  readonly latency: number;
  /** How many samples an answer depends on. */
  readonly receptiveField: number;
  /** About how long a sample takes, one at a time, on a processor with 512-bit vectors: counted, not measured. */
  readonly microseconds: number;
  /** Bytes that the stream holds, weights included; it holds no more however long it runs. */
  readonly memory: number;
  /** Samples so far. */
  readonly samples: number;
  /**
   * Takes samples in raw units and gives their answers, until the next push: `[channel][time]`, or by channel name, or in
   * one array, of several channels interleaved as devices give them (`[time][channel]`).
   *
   * @throws InputError for samples of other channels, for a value that is not finite, and after `finish` without a `reset`;
   *   nothing of them has been taken then
   */
  push(samples: Sample): StreamAnswers;
  /**
   * The same for an audio callback: interleaved samples in, the outputs of their answers into `outputs`, one after another.
   * How many answers there are comes back.
   *
   * @throws InputError as `push`, and where `outputs` has no room
   */
  process(samples: ArrayLike<number>, outputs: Float32Array): number;
  /**
   * The end of the series: the answers of positions that would have waited for later samples, with the padding that the network
   * has at the end of a row. A window that is not full has no answer. `reset` begins anew.
   */
  finish(): StreamAnswers;
  /** Forgets all samples. */
  reset(): void;
  /** Everything that it remembers, as bytes that another stream of the same network goes on from, on any machine. */
  state(): Uint8Array<ArrayBuffer>;
  /**
   * Goes on from a state.
   *
   * @throws InputError for bytes that are no state of this network with these options; the stream is as it was then
   */
  restore(state: Uint8Array): void;
  /** What it is, in a line. */
  describe(): string;
}

/** Compiles a stream; throws InputError with the layer, or the step of the preparation, that does not stream. */
export async function streamOf(
  fields: StreamFields,
  answers: AnswerKind,
  { hop, lookahead = Infinity, backend, numerics = "strict" }: StreamOptions,
): Promise<Stream> {
  const { schedule } = chooseBackend(backend);
  const { program, sheet, weights } = planned(fields, answers, { hop, schedule, numerics });
  const executable = await loadProgram(program, backend, 1);
  for (const [name, data] of weights) weightView(executable.floats, program.tensors[name]).set(data);
  const engine = engineOf(sheet, executable);
  const { model, preparation, classes, channelNames, targets: scales = null } = fields;
  if (engine.latency > lookahead)
    throw new InputError(
      `the model ${model.name} answers ${engine.latency} samples late, and lookahead is ${lookahead}; allow ${engine.latency}, ` +
        "or train a network with causal padding",
    );
  return new EngineStream(engine, {
    name: model.name,
    channels: takesOf(preparation, model.input).channels,
    channelNames,
    says: { classes, answers, scales },
    by: sheet.by === "positions" ? "positions" : "windows",
    identity: () => identityOf(fields, numerics),
  });
}
