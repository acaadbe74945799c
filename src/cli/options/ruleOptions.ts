/** Options of `train` beside the recipe: how weights move, what is watched, how rows are varied, where it starts. */
import { augmentationNames, checkAugmentations, type Augmentation } from "../../training/augment.ts";
import { InputError } from "../../data/errors.ts";
import type { FitOptions } from "../../training/run.ts";
import { monitors, type Monitor } from "../../training/monitor.ts";
import type { AnyOptimizer } from "../../training/optimizers.ts";
import { schedules, type Schedule } from "../../training/schedules.ts";
import { fraction, notNegative, positive, whole, word } from "./parsers.ts";
import { unknownWord } from "./suggest.ts";

/** As they were given; absent where nobody asked. */
export interface RuleFlags {
  readonly weightDecay?: number;
  readonly clipNorm?: number;
  readonly ema?: number;
  readonly labelSmoothing?: number;
  readonly warmup?: number;
  readonly monitor?: Monitor;
  readonly patience?: number;
  readonly augment?: readonly Augmentation[];
  readonly init?: string;
  readonly freeze?: readonly string[];
  readonly reinit?: readonly string[];
}

type Add = (flags: string, about: string, extra?: { parse?: (text: string) => unknown }) => void;

export function addRuleOptions(add: Add): void {
  add("--weight-decay <X>", "weight decay (default: by the optimizer: adamW 0.01, others 0)", {
    parse: notNegative("--weight-decay", 0.01),
  });
  add("--clip-norm <X>", "the most length of the whole gradient", { parse: positive("--clip-norm", 1) });
  add("--label-smoothing <X>", "the part of each target that is spread over all classes", {
    parse: fraction("--label-smoothing", 0.1, "the target"),
  });
  add("--warmup <F>", "the fraction of the run over which the learning rate rises first", {
    parse: fraction("--warmup", 0.1, "the run"),
  });
  add("--ema <X>", "average the weights with this decay, and keep the average", {
    parse: fraction("--ema", 0.999, "the average that stays at a step"),
  });
  add("--patience <N>", "end after N epochs in which --monitor did not get better", {
    parse: whole("--patience", 1, 20),
  });
  add(
    "--monitor <METRIC>",
    `what --keep and --patience watch: ${monitors.slice(0, 5).join(", ")}; of target values loss, ${monitors.slice(5).join(", ")} (default: loss)`,
    {
      parse: word("--monitor", monitors),
    },
  );
  add("--augment <LIST>", `vary each batch, such as jitter=0.05,shift=2: ${augmentationNames.join(", ")}`, {
    parse: augmentations,
  });
  add(
    "--init <MODEL>",
    "start from a saved model's weights (default model: its own; another head for other classes)",
  );
  add("--freeze <PREFIXES>", "layers that do not learn, such as conv1d_1,batchNorm", { parse: prefixes });
  add("--reinit <PREFIXES>", "layers that start from the seed in spite of --init", { parse: prefixes });
}

const prefixes = (text: string): readonly string[] => text.split(",").map((part) => part.trim());

/** What `fit` is told beside the recipe. */
export function rulesOf(
  flags: RuleFlags,
): Pick<FitOptions, "clipNorm" | "ema" | "monitor" | "patience" | "augment" | "freeze" | "reinit"> {
  const { clipNorm, ema, monitor, patience, augment, freeze, reinit } = flags;
  const given = Object.entries({ clipNorm, ema, monitor, patience, augment, freeze, reinit });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

export const withDecay = <O extends AnyOptimizer>(optimizer: O, { weightDecay }: RuleFlags): O =>
  weightDecay === undefined ? optimizer : { ...optimizer, weightDecay };

export function scheduleOf(name: keyof typeof schedules, { warmup }: RuleFlags): Schedule {
  const schedule = schedules[name]();
  if (warmup === undefined) return schedule;
  if (schedule.kind === "oneCycle" || schedule.kind === "plateau")
    throw new InputError(
      `--warmup does not go with --schedule ${name}; it goes with constant, step, exponential and cosine`,
    );
  return { ...schedule, warmup };
}

const SIZES = { jitter: 0.05, scaling: 0.1, shift: 2, windowSlice: 0.9, mixup: 0.2 } as const;

/** Reads `jitter=0.05,shift=2`. */
function augmentations(text: string): readonly Augmentation[] {
  const list = text.split(",").map((part): Augmentation => {
    const [kind, number = ""] = part.trim().split("=");
    const value = number.trim() === "" ? NaN : Number(number);
    const known = augmentationNames.find((name) => name === kind);
    if (known && Number.isNaN(value))
      throw new InputError(`--augment ${text}: ${known} wants a number, such as ${known}=${SIZES[known]}`);
    switch (kind) {
      case "jitter":
      case "scaling":
        return { kind, sigma: value };
      case "shift":
        return { kind, most: value };
      case "windowSlice":
        return { kind, ratio: value };
      case "mixup":
        return { kind, alpha: value };
      default:
        throw new InputError(`${unknownWord("--augment", kind, augmentationNames)}, each with =NUMBER`);
    }
  });
  try {
    checkAugmentations(list, false);
  } catch (error) {
    throw error instanceof InputError ? new InputError(`--augment ${text}: ${error.message}`) : error;
  }
  return list;
}
