/**
 * Several networks as one: the mean of their class probabilities. `fitEnsemble` trains networks that differ in their
 * seed alone; five inception networks are InceptionTime (Fawaz et al., "InceptionTime: finding AlexNet for time series
 * classification", 2020).
 *
 * An ensemble's outputs are the logarithm of the mean probability, so softmax(outputs) is that mean and everything that
 * follows from outputs is as for a network. Of several labels a row they are the log odds of the mean probability; of
 * values, the mean value.
 */
import { exp, log } from "../numerics/f64.ts";
import type { Signal } from "../layers/layer.ts";
import { resolve } from "../layers/model.ts";
import { listed } from "../data/channelNames.ts";
import { InputError } from "../data/errors.ts";
import type { Network, NetworkFields } from "./network.ts";
import { predictions, tellingOf, type Predictions, type Telling } from "./predictions.ts";
import { shapeText } from "./takes.ts";
import { sha256 } from "../numerics/sha256.ts";
import { hashParameters } from "./weights.ts";

/** An ensemble as plain data: what its model file holds. */
export interface EnsembleFields {
  /** Which kind of model it is. */
  readonly kind: "ensemble";
  /** Its networks. */
  readonly members: readonly NetworkFields[];
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
 * @throws InputError where there is none, or where they do not take and predict the same
 */
export function ensemble(
  members: readonly Network[],
  provenance: Readonly<Record<string, string>> = {},
): Ensemble {
  if (members.length === 0) throw new InputError("an ensemble has at least one member; give networks");
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
    ...predictions({ name, ...telling }, outputs),
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

/**
 * The outputs of an ensemble from those of its members, `[rows, classes, positions]` each: computed in f64, in the order
 * of the members, and rounded once.
 */
export function meanOutputs(
  parts: readonly Float32Array[],
  told: Pick<Telling, "answers" | "classes" | "positions">,
): Float32Array {
  const out = new Float32Array(parts[0].length);
  switch (told.answers) {
    case "values":
      return out.map((_, i) => parts.reduce((sum, part) => sum + part[i], 0) / parts.length);
    case "multiLabel":
      return out.map((_, i) => {
        const [yes, no] = logMean(parts.map((part) => [part[i], 0])); // 1 / (1 + e^-x) is softmax([x, 0])
        return yes - no;
      });
    case "classes":
    case "positions":
      return meanOfClasses(parts, told.classes.length, told.positions);
  }
}

function meanOfClasses(parts: readonly Float32Array[], count: number, positions: number): Float32Array {
  const out = new Float32Array(parts[0].length);
  for (let at = 0; at < out.length; at++) {
    if (Math.floor(at / positions) % count > 0) continue; // each row and position once, at its first class
    const mean = logMean(
      parts.map((part) => Array.from({ length: count }, (_, k) => part[at + k * positions])),
    );
    for (let k = 0; k < count; k++) out[at + k * positions] = mean[k];
  }
  return out;
}

/** log(mean over members of softmax(logits)), by class; finite where the logits are. */
function logMean(logits: readonly (readonly number[])[]): number[] {
  const each = logits.map((row) => {
    const whole = logSumExp(row);
    return row.map((x) => x - whole);
  });
  return logits[0].map((_, k) => logSumExp(each.map((row) => row[k])) - log(logits.length));
}

function logSumExp(values: readonly number[]): number {
  const max = values.reduce((a, b) => (b > a ? b : a));
  return max + log(values.reduce((sum, x) => sum + exp(x - max), 0));
}
