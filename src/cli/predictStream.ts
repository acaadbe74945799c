/** `toeplitz predict MODEL --stream`: samples from standard input, a line an answer as soon as it is there. */
import { InputError } from "../data/errors.ts";
import type { Network } from "../models/network.ts";
import type { StreamAnswer, StreamAnswers } from "../models/stream/answers.ts";
import { positionsOf, type Positions } from "../data/durations.ts";
import { EXIT, say, writeRows, type Io } from "./io.ts";
import { orUnknown } from "./predicted.ts";
import { isUnanswered, linesOf, type Format, type Row } from "./predictionFormat.ts";
import { lineReader, rawReader, type RawKind } from "./sampleLines.ts";

export interface StreamFlags {
  readonly raw?: RawKind;
  readonly rate?: number;
  readonly hop?: Positions;
  readonly safeCsv?: true;
  readonly unknown?: number;
}

const NAME = "standard input";

/** Streams standard input through a network; the exit code comes back. */
export async function predictStream(
  network: Network,
  file: string,
  format: Format,
  { raw, rate, hop, safeCsv, unknown }: StreamFlags,
  io: Io,
): Promise<number> {
  if (io.stdin.isTTY)
    throw new InputError(`${NAME}: it is a terminal; pipe samples into it (numbers a line, or --raw)`);
  const known = recordedRate(network, file, rate, raw);
  const stream = await network.stream(
    hop === undefined ? {} : { hop: positionsOf(hop, known, "--hop", NAME) },
  );
  say(io.stderr, stream.describe());
  const { classes, answers } = network;
  const lines = linesOf(format, {
    answers: answers === "positions" ? "classes" : answers,
    classes,
    width: stream.outputs,
    grouped: false,
    rowName: "at",
    safeCsv,
  });
  const reader =
    raw === undefined ? lineReader(stream.channels, NAME) : rawReader(raw, stream.channels, NAME);
  let unanswered = 0;
  const put = async (found: StreamAnswers): Promise<void> => {
    let text = "";
    for (const answer of found) {
      const row = rowOf(answer, network, unknown);
      if (isUnanswered(row)) unanswered++;
      text += lines.line(row);
    }
    if (text !== "") await writeRows(io.stdout, text);
  };
  /** Samples that came in before something wrong are answered, however the input was cut. */
  const take = async (samples: Float64Array): Promise<void> => {
    await put(stream.push(samples));
    if (reader.fault !== null) throw reader.fault;
  };
  if (lines.head) await writeRows(io.stdout, lines.head);
  let interrupt: () => void = () => undefined;
  const interrupted = new Promise<null>((resolve) => {
    interrupt = () => resolve(null);
  });
  const stop = io.onInterrupt(interrupt);
  try {
    const input = io.stdin[Symbol.asyncIterator]();
    for (;;) {
      const next = await Promise.race([input.next(), interrupted]);
      if (next === null) {
        io.stdin.destroy?.();
        say(io.stderr, `interrupted after ${stream.samples} samples`);
        return EXIT.interrupted;
      }
      if (next.done) break;
      await take(reader.take(next.value));
    }
    await take(reader.end());
    await put(stream.finish());
    if (unanswered === 0) return EXIT.done;
    say(
      io.stderr,
      `toeplitz: ${NAME}: ${unanswered} answers are none, since the model's outputs are no numbers there: see whether the samples are in the ` +
        "units of the training rows; their fields are empty",
    );
    return EXIT.diverged;
  } finally {
    stop();
  }
}

/** The rate of the training data, where it is known; what says another is refused. */
function recordedRate(
  { provenance }: Network,
  file: string,
  rate: number | undefined,
  raw: RawKind | undefined,
): number | undefined {
  const recorded = provenance.rate === undefined ? undefined : Number(provenance.rate);
  if (recorded === undefined) return rate;
  if (rate === undefined && raw !== undefined)
    throw new InputError(
      `${NAME}: its rate is not said, and the model ${file} was trained on ${recorded} Hz; give --rate`,
    );
  if (rate !== undefined && rate !== recorded)
    throw new InputError(
      `${NAME}: --rate is ${rate} Hz, and the model ${file} was trained on ${recorded} Hz; resample it before (sox, ffmpeg): a stream is taken as it is`,
    );
  return recorded;
}

/** An answer as the row of a prediction. */
function rowOf(answer: StreamAnswer, { answers, classes }: Network, unknown?: number): Row {
  if (answers === "values") return { row: answer.at, values: Array.from(answer.outputs) };
  const probabilities = Array.from(answer.probabilities);
  const labels =
    answers === "multiLabel" ? { labels: classes.filter((_, k) => probabilities[k] >= 0.5) } : {};
  return {
    row: answer.at,
    prediction: orUnknown({ label: answer.label, probabilities, ...labels }, unknown),
  };
}
