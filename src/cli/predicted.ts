/** What `predict` says of rows: what the model predicts, or with --layer what one of its layers makes of them. */
import type { RawRows } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { hasClasses, type AnswerKind } from "../data/answers.ts";
import type { AnyModel } from "../formats/modelFile.ts";
import type { Embedding, Network } from "../models/network.ts";
import type { Row } from "./predictionFormat.ts";

/** What is said of some rows, and how it is to be written. */
export interface Said {
  readonly rows: readonly Omit<Row, "row">[];
  readonly answers: AnswerKind;
  /** Of values: what each is called, where they have names. */
  readonly columns?: readonly string[];
}

/** The single network that a model is; throws InputError for another, naming the option that wants one. */
export function networkFor(model: AnyModel, file: string, option: string): Network {
  if (model.kind === "network") return model;
  const what =
    model.kind === "ensemble"
      ? "an ensemble, each of whose networks has its own"
      : "minirocket, which has none";
  throw new InputError(
    `${file}: ${option} is about the layers of a network, and this is ${what}; leave it out`,
  );
}

/** Says it of rows. */
export async function said(model: AnyModel, rows: RawRows, file: string, layer?: string): Promise<Said> {
  if (layer !== undefined) return layerSays(await networkFor(model, file, "--layer").embed(rows, layer));
  const predicted = model.predictRows(rows);
  return {
    answers: model.answers,
    rows: hasClasses(model.answers)
      ? predicted.map((prediction) => ({ prediction }))
      : predicted.map(({ values }) => ({ values })),
  };
}

/** `conv1d_1[3][17]`: channel 3 at position 17; of one position `globalAveragePool_1[3]`. */
function layerSays({ layer, channels, length, values }: Embedding): Said {
  const size = channels * length;
  const columns = Array.from({ length: size }, (_, i) => {
    const channel = `${layer}[${Math.floor(i / length)}]`;
    return length === 1 ? channel : `${channel}[${i % length}]`;
  });
  const rows = Array.from({ length: values.length / size }, (_, row) => ({
    values: [...values.subarray(row * size, (row + 1) * size)],
  }));
  return { rows, answers: "values", columns };
}
