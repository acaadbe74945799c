/** The derivation of a row, and the certificate of the gradients on some. */
import {
  gather,
  InputError,
  type Certificate,
  type Explanation,
  type ExplainOptions,
  type Network,
} from "toeplitz";
import { dataShelf, modelShelf } from "./shelf.ts";

/** Rows of a certificate's batch, as the command line has it: enough for the statistics of batch norm. */
const CERTIFIED_ROWS = 4;

/** What this needs of the core, loaded when it is first asked for. */
const inside = () => import("./inside.ts");

interface Asked {
  readonly model: string;
  readonly data: string;
  readonly row: number;
}

function networkOf(id: string): Network {
  const model = modelShelf.get(id);
  if (model.kind === "network") return model;
  throw new InputError(
    model.kind === "ensemble"
      ? `the model is ${model.members.length} networks, and a derivation is of one`
      : `a ${model.model.name} has no layers to derive`,
  );
}

async function derivation({ how, ...asked }: Asked & { readonly how: ExplainOptions }): Promise<Explanation> {
  const { explain } = await inside();
  return explain(networkOf(asked.model), gather(dataShelf.get(asked.data), [asked.row]), how);
}

/** The row and those that follow it; the worker answers nothing else meanwhile. */
async function certificate({
  model,
  data: id,
  row,
  statistics,
}: Asked & Pick<ExplainOptions, "statistics">): Promise<Certificate> {
  const data = dataShelf.get(id);
  const count = Math.min(CERTIFIED_ROWS, data.rows);
  const rows = Array.from({ length: count }, (_, i) => (row + i) % data.rows);
  const { certify } = await inside();
  return certify(networkOf(model), gather(data, rows), { statistics });
}

export const explainingHandlers = { derivation, certificate };
