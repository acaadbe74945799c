/**
 * A network over samples that come in one after another, with the bits of `predict` by `convolution: "direct"`.
 */
import { weightView } from "../../vector/arena.ts";
import type { AnswerKind } from "../../data/answers.ts";
import { InputError } from "../../data/errors.ts";
import { chooseBackend, loadProgram, type Runtime } from "../runtime.ts";
import { takesOf } from "../takes.ts";
import type { StreamFields } from "./engine.ts";
import { engineOf } from "./engines.ts";
import { EngineStream, type Stream } from "./engineStream.ts";
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
  const { model, preparation, classes, channelNames, temperature, targets: scales = null } = fields;
  if (engine.latency > lookahead)
    throw new InputError(
      `the model ${model.name} answers ${engine.latency} samples late, and lookahead is ${lookahead}; allow ${engine.latency}, ` +
        "or train a network with causal padding",
    );
  return new EngineStream(engine, {
    name: model.name,
    channels: takesOf(preparation, model.input).channels,
    channelNames,
    says: { classes, answers, temperature, scales },
    by: sheet.by === "positions" ? "positions" : "windows",
    identity: () => identityOf(fields, numerics),
  });
}
