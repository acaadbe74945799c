/**
 * Several networks as one: the mean of their class probabilities. `fitEnsemble` trains networks that differ in their
 * seed alone; five inception networks are InceptionTime (Fawaz et al., "InceptionTime: finding AlexNet for time series
 * classification", 2020).
 *
 * An ensemble's outputs are the logarithm of the mean probability, so softmax(outputs) is that mean and everything that
 * follows from outputs is as for a network. Of several labels a row they are the log odds of the mean probability; of
 * values, the mean value.
 */
import type { Signal } from "../layers/layer.ts";
import { resolve } from "../layers/model.ts";
import { listed } from "../data/channelNames.ts";
import { InputError } from "../data/errors.ts";
import { meanOutputs } from "./meanOutputs.ts";
import type { Network, NetworkFields } from "./network.ts";
import { predictions, tellingOf, type Predictions } from "./predictions.ts";
import { shapeText } from "./takes.ts";
import { requireTemperature } from "./temperature.ts";
import { sha256 } from "../numerics/sha256.ts";
import { hashParameters } from "./weights.ts";

/** An ensemble as plain data: what its model file holds. */
export interface EnsembleFields {
  /** Which kind of model it is. */
  readonly kind: "ensemble";
  /** Its networks. */
  readonly members: readonly NetworkFields[];
  /** What `calibrate` fitted: probabilities are softmax(outputs / temperature). It is the ensemble's; members have none. */
  readonly temperature?: number;
  /** Where it comes from; each member has its own too. */
  readonly provenance: Readonly<Record<string, string>>;
}

/**
 * Several networks as one model: their mean probabilities, or mean values. Outputs are the logarithm of the mean
 * probability, of several labels a row its log odds.
 */
export interface Ensemble extends EnsembleFields, Predictions {
  /** "inceptiontime" of inception networks, else the name of the members. */
  readonly model: {
    /** For people and file names. */
    readonly name: string;
    /** What the members take. */
    readonly input: Signal;
  };
  /** Class names in the order of the outputs; empty where the outputs are values. */
  readonly classes: readonly string[];
  /** Its networks, compiled. */
  readonly members: readonly Network[];
  /** Of the members' `weightsSha256`: 64 hexadecimal digits each, as ASCII, in order. */
  readonly weightsSha256: string;
}

/**
 * Trained networks as one model.
 *
 * @throws InputError where there is none, where they do not take and predict the same, and where one has a temperature of its
 * own: the mean is of probabilities without one, and it is the ensemble that is calibrated
 */
export function ensemble(
  members: readonly Network[],
  provenance: Readonly<Record<string, string>> = {},
  temperature?: number,
): Ensemble {
  if (members.length === 0) throw new InputError("an ensemble has at least one member; give networks");
  const calibrated = members.findIndex((member) => member.temperature !== undefined);
  if (calibrated >= 0)
    throw new InputError(
      `member ${calibrated} of the ensemble is calibrated by itself; calibrate the ensemble of networks that are not`,
    );
  const [telling, ...others] = members.map(tellingOf);
  const wanted = JSON.stringify(taskOf(members[0]));
  others.forEach((_, i) => {
    if (JSON.stringify(taskOf(members[i + 1])) !== wanted)
      throw new InputError(
        `member ${i + 1} of the ensemble takes and predicts ${taskText(members[i + 1])}, member 0 ${taskText(members[0])}; give networks of the same task`,
      );
  });
  const { classes } = telling;
  const name = ensembleName(members[0].model.name);
  requireTemperature(temperature, telling.answers, `the ensemble ${name}`);
  const outputs: Predictions["outputs"] = (rows) =>
    meanOutputs(
      members.map((member) => member.outputs(rows)),
      telling,
    );
  return {
    kind: "ensemble",
    model: { name, input: members[0].model.input },
    classes,
    members,
    provenance,
    weightsSha256: hashMembers(members),
    ...predictions({ name, ...telling, ...(temperature !== undefined && { temperature }) }, outputs),
  };
}

/** The SHA-256 of a network's parameters as they are, whatever its provenance says. */
export const hashNetwork = ({ model, weights }: NetworkFields): string =>
  hashParameters(weights, resolve(model).flatMap(({ parameters }) => parameters).length);

/** The SHA-256 of the members' own, which are over their parameters. */
export const hashMembers = (members: readonly NetworkFields[]): string =>
  sha256(new TextEncoder().encode(members.map(hashNetwork).join("")));

/** What an ensemble of so named models is called. */
export const ensembleName = (member: string): string => (member === "inception" ? "inceptiontime" : member);

/** What a network takes and answers, to compare. */
function taskOf(network: NetworkFields): object {
  const { takes, channelNames, answers, classes, positions } = tellingOf(network);
  return { takes: shapeText(takes), channelNames, answers, classes, positions };
}

/** The same as text; of many names the first. */
function taskText(network: NetworkFields): string {
  const { takes, channelNames, answers, classes, positions } = tellingOf(network);
  const named = channelNames ? ` (${listed(channelNames)})` : "";
  return `${shapeText(takes)}${named} -> ${answers} ${listed(classes)} x ${positions}`;
}
