/** Models: from files, and what is shown of them. */
import { encodeModel, load, parameterCount, type AnyModel } from "toeplitz";
import { Handed } from "./context.ts";
import { modelShelf } from "./shelf.ts";

/** What the page knows of a model. */
export interface ModelSummary {
  readonly id: string;
  readonly name: string;
  readonly kind: AnyModel["kind"];
  readonly classes: readonly string[];
  readonly parameters: number;
  readonly weightsSha256: string;
}

export function modelSummary(id: string, name: string, model: AnyModel): ModelSummary {
  const parameters =
    model.kind === "network"
      ? parameterCount(model.model)
      : model.kind === "ensemble"
        ? model.members.reduce((sum, member) => sum + parameterCount(member.model), 0)
        : 0;
  return {
    id,
    name,
    kind: model.kind,
    classes: model.classes,
    parameters,
    weightsSha256: model.provenance?.weightsSha256 ?? "",
  };
}

async function openModel({ file }: { readonly file: File }): Promise<ModelSummary> {
  const model = await load(new Uint8Array(await file.arrayBuffer()), { file: file.name });
  return modelSummary(modelShelf.add(model), file.name.replace(/\.[^.]*$/, ""), model);
}

/** The model file, to save. */
async function modelBytes({ model }: { readonly model: string }): Promise<Handed<Uint8Array<ArrayBuffer>>> {
  const bytes = Uint8Array.from(encodeModel(modelShelf.get(model)));
  return new Handed(bytes, [bytes.buffer]);
}

export const modelHandlers = { openModel, modelBytes };
