/** The sheet of a model that is exported: networks and ensembles alike. */
import { InputError } from "../data/errors.ts";
import { maskLength } from "../layers/model.ts";
import type { AnyModel } from "../formats/modelFile.ts";
import type { Ensemble } from "../models/ensemble.ts";
import { INPUT, OUTPUT } from "../models/graphs.ts";
import type { Network } from "../models/network.ts";
import { tellingOf } from "../models/predictions.ts";
import type { Ports } from "../models/predictor.ts";
import { checksum, GOLDEN, goldenRow, type Sheet } from "./sheet.ts";

/** The networks of a model; throws InputError for one that has none. `to` is the file that is asked for. */
export function networksOf(model: AnyModel, to: string): readonly Network[] {
  switch (model.kind) {
    case "network":
      return [model];
    case "ensemble":
      return model.members;
    case "rocket":
      throw new InputError(
        `${to}: ${model.model.name} is no network and cannot be exported; train a network, such as --model inception`,
      );
  }
}

/** Where a program takes a row and gives its outputs. */
function portsOf({ batch, rows, tensors }: Ports): Ports {
  const named = Object.entries(tensors).filter(
    ([name]) => name === INPUT || name === OUTPUT || maskLength(name) !== null,
  );
  return { batch, rows, tensors: Object.fromEntries(named) };
}

/** What is said of a model beside its programs; the outputs of its golden rows are what it says itself. */
export function sheetOf(
  model: Network | Ensemble,
  networks: readonly Network[],
  programs: readonly Ports[],
): Sheet {
  const [{ preparation }] = networks;
  const { classes, answers, positions, channelNames } = tellingOf(networks[0]);
  const { name, input } = model.model;
  const bare = {
    name,
    input,
    preparation,
    ...(channelNames && { channelNames }),
    classes,
    answers,
    ...(model.temperature !== undefined && { temperature: model.temperature }),
    positions,
    networks: programs.map((program, k) => {
      const { targets } = networks[k];
      return { ports: portsOf(program), ...(targets && { targets }) };
    }),
  };
  const golden = Array.from({ length: GOLDEN }, (_, k) => checksum(model.outputs(goldenRow(k, bare))));
  return { ...bare, golden };
}
