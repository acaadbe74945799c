/** Options of `train` beside the recipe: how weights move, what is watched, how rows are varied, where it starts. */
import { augmentationNames, augmentations, checkAugmentations, type Augmentation } from "../augment.ts";
import { InputError } from "../../data/errors.ts";
import type { FitOptions } from "../run.ts";
import { monitors } from "../monitor.ts";
import type { AnyOptimizer } from "../optimizers.ts";
import { schedules, takesWarmup, warmSchedules, type Schedule } from "../schedules.ts";
import { namesWhere, stepped, type Given, type Row, type Rows } from "./option.ts";
import { fraction, notNegative, positive, whole, word } from "./parsers.ts";
import { unknownWord } from "../../data/suggest.ts";

const prefixes = (text: string): readonly string[] => text.split(",").map((part) => part.trim());

const rule = { group: "training", reach: "weights", models: stepped } as const;

export const ruleRows = {
  weightDecay: {
    ...rule,
    flags: "--weight-decay <X>",
    about: "how strongly weights are drawn to 0 (default: by the optimizer: adamW 0.01, others 0)",
    parse: notNegative("--weight-decay", 0.01),
  },
  clipNorm: {
    ...rule,
    flags: "--clip-norm <X>",
    about: "the greatest length of the whole gradient: a longer one is scaled down to it",
    parse: positive("--clip-norm", 1),
    ofFit: true,
  },
  labelSmoothing: {
    ...rule,
    flags: "--label-smoothing <X>",
    about: "the part of each target that is spread over all classes",
    parse: fraction("--label-smoothing", 0.1, "the target"),
  },
  classWeights: {
    ...rule,
    flags: "--class-weights <LIST>",
    about: "balanced, or what errors of a class count, such as up=2,down=0.5 (default: 1 each)",
    parse: classWeights,
  },
  balance: {
    ...rule,
    flags: "--balance [TAU]",
    about:
      "rare classes count as common ones do, by logit adjustment of this strength, 1 where none is given (Menon et al. 2021)",
    parse: positive("--balance", 1),
    bare: "1",
  },
  warmup: {
    ...rule,
    flags: "--warmup <F>",
    about: "the fraction of the run over which the learning rate rises first",
    parse: fraction("--warmup", 0.1, "the run"),
  },
  ema: {
    ...rule,
    flags: "--ema <X>",
    about: "average the weights with this decay, and keep the average",
    parse: fraction("--ema", 0.999, "the average that stays at a step"),
    ofFit: true,
  },
  monitor: {
    ...rule,
    flags: "--monitor <METRIC>",
    about: `what --keep and --patience watch: ${monitors.slice(0, 5).join(", ")}; of target values loss, ${monitors.slice(5).join(", ")} (default: loss)`,
    parse: word("--monitor", monitors),
    ofFit: true,
  },
  patience: {
    ...rule,
    flags: "--patience <N>",
    about: "end after N epochs in which what --monitor names did not get better",
    parse: whole("--patience", 1, 20),
    ofFit: true,
  },
  augment: {
    ...rule,
    flags: "--augment <LIST>",
    about: `vary each batch, such as jitter=0.05,shift=2: ${augmentationNames.join(", ")}`,
    parse: augmentationList,
    ofFit: true,
  },
  init: {
    ...rule,
    flags: "--init <MODEL>",
    about:
      "start from a saved model's weights (default model: its own; classes meet by name, and one that it does not have starts the head anew)",
    reach: "start",
    models: ["network"],
  } as Row<string>,
  freeze: {
    ...rule,
    flags: "--freeze <PREFIXES>",
    about: "layers that do not learn, such as conv1d_1,batchNorm",
    parse: prefixes,
    ofFit: true,
  },
  reinit: {
    ...rule,
    flags: "--reinit <PREFIXES>",
    about: "layers that start from the seed in spite of --init",
    reach: "start",
    models: ["network"],
    parse: prefixes,
    ofFit: true,
  },
} as const satisfies Rows;

export type RuleFlags = Given<typeof ruleRows>;
type RuleName = {
  [K in keyof typeof ruleRows]: (typeof ruleRows)[K] extends { ofFit: true } ? K : never;
}[keyof typeof ruleRows];

/** What `fit` is given beside the recipe. */
export function rulesOf(flags: RuleFlags): Pick<FitOptions, RuleName> {
  const names = namesWhere(ruleRows, ({ ofFit }) => ofFit === true) as readonly RuleName[];
  return Object.fromEntries(
    names.map((name) => [name, flags[name]]).filter(([, value]) => value !== undefined),
  );
}

export const withDecay = <O extends AnyOptimizer>(optimizer: O, { weightDecay }: RuleFlags): O =>
  weightDecay === undefined ? optimizer : { ...optimizer, weightDecay };

export function scheduleOf(name: keyof typeof schedules, { warmup }: RuleFlags): Schedule {
  const schedule = schedules[name]();
  if (warmup === undefined) return schedule;
  if (!takesWarmup(schedule))
    throw new InputError(
      `--warmup does not go with --schedule ${name}; it goes with ${warmSchedules.slice(0, -1).join(", ")} and ${warmSchedules.at(-1)}`,
    );
  return { ...schedule, warmup };
}

/** Reads `balanced` and `up=2,down=0.5`; a name may have "=" in it, its weight stands behind the last one. */
function classWeights(text: string): "balanced" | Readonly<Record<string, number>> {
  if (text === "balanced") return text;
  const pairs = text.split(",").map((part): readonly [string, number] => {
    const at = part.lastIndexOf("=");
    const weight = part.slice(at + 1).trim();
    return [part.slice(0, Math.max(0, at)).trim(), weight === "" ? NaN : Number(weight)];
  });
  const wrong = pairs.find(([name, weight]) => name === "" || !(weight >= 0 && weight < Infinity));
  if (wrong || new Set(pairs.map(([name]) => name)).size < pairs.length)
    throw new InputError(
      `--class-weights is ${JSON.stringify(text)}; it is balanced, or classes with a number of at least 0 each, such as up=2,down=0.5`,
    );
  return Object.fromEntries(pairs);
}

/** Reads `jitter=0.05,shift=2`. */
function augmentationList(text: string): readonly Augmentation[] {
  const list = text.split(",").map((part): Augmentation => {
    const [kind, number = ""] = part.trim().split("=");
    const value = number.trim() === "" ? NaN : Number(number);
    const known = augmentationNames.find((name) => name === kind);
    if (known === undefined)
      throw new InputError(`${unknownWord("--augment", kind, augmentationNames)}, each with =NUMBER`);
    const [of, usual] = augmentations[known];
    if (Number.isNaN(value))
      throw new InputError(`--augment ${text}: ${known} wants a number, such as ${known}=${usual}`);
    return of(value);
  });
  try {
    checkAugmentations(list, false);
  } catch (error) {
    throw error instanceof InputError ? new InputError(`--augment ${text}: ${error.message}`) : error;
  }
  return list;
}
