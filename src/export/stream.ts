/** A network's stream as a part of what leaves: its program, and plain data that an engine is made of. */
import { InputError } from "../data/errors.ts";
import type { AnyModel } from "../formats/modelFile.ts";
import type { Network } from "../models/network.ts";
import { tellingOf } from "../models/predictions.ts";
import { planned, type PlannedOptions } from "../models/stream/planned.ts";
import { identityOf } from "../models/stream/state.ts";
import { dataOf, type OneRow } from "./oneRow.ts";
import { goldenStream, type StreamSheet } from "./sheet.ts";

export interface StreamPart extends OneRow {
  readonly sheet: StreamSheet;
}

/** How a stream is asked for: of a network that answers whole series, for a hop. */
export interface StreamAsked {
  readonly hop?: number;
}

/**
 * Compiles the stream of a model, whose golden answers are those of the library's own stream. `to` is the file that is asked for.
 *
 * @throws InputError for a model that does not stream, as `stream` of a network does
 */
export async function streamPart(
  model: AnyModel,
  to: string,
  { hop }: StreamAsked,
  target: Pick<PlannedOptions, "schedule" | "lanes" | "chunks" | "steps">,
): Promise<StreamPart> {
  if (model.kind !== "network")
    throw new InputError(
      `${to}: the ${model.kind} has no streams; export a single network, or leave --stream out`,
    );
  const network: Network = model;
  const { program, sheet, weights } = planned(network, tellingOf(network).answers, {
    ...target,
    hop,
    numerics: "strict",
  });
  const golden = goldenStream(await network.stream({ hop, numerics: "strict" }), network);
  return {
    program,
    data: dataOf(program, weights),
    sheet: { engine: sheet, identity: identityOf(network, "strict"), golden },
  };
}
