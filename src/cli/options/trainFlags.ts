import type { Numerics } from "../../vector/program.ts";
import type { BackendName } from "./backend.ts";
import type { SplitBy } from "../../data/split.ts";
import type { Normalization } from "../../models/preparation.ts";
import type { PrepareFlags } from "./prepareOptions.ts";
import type { DataFlags } from "./dataOptions.ts";
import type { RuleFlags } from "./ruleOptions.ts";
import { losses } from "../../training/losses.ts";
import { schedules } from "../../training/schedules.ts";
import { optimizers } from "../../training/optimizers.ts";
/** Options of `train` as commander gives them. */
export const optimizerNames = Object.keys(optimizers) as (keyof typeof optimizers)[];
export const scheduleNames = Object.keys(schedules) as (keyof typeof schedules)[];
export const lossNames = Object.keys(losses) as (keyof typeof losses)[];

/** Options of `train` as they were given; absent where the recipe decides. */
export interface TrainFlags extends RuleFlags, DataFlags, PrepareFlags {
  /** A file, or the fraction of DATA's rows to hold back. */
  readonly test?: string | number;
  readonly validation: number;
  readonly keep: "last" | "best";
  readonly model?: string;
  readonly filters?: readonly number[];
  readonly activation?: string;
  readonly epochs?: number;
  readonly steps?: number;
  readonly batch?: number;
  readonly lr?: number;
  readonly optimizer?: (typeof optimizerNames)[number];
  readonly schedule?: (typeof scheduleNames)[number];
  readonly loss?: (typeof lossNames)[number];
  readonly normalize?: Normalization;
  readonly seed: number;
  readonly seeds?: number;
  readonly folds?: number;
  readonly split?: SplitBy;
  readonly gap?: number;
  readonly backend: BackendName;
  readonly numerics: Numerics;
  readonly threads?: number;
  readonly out?: string;
  readonly force?: true;
  readonly json?: true;
  readonly quiet?: true;
  readonly resume?: true;
  /** Seconds; absent: the default of `fit`. */
  readonly checkpointEvery?: number;
}
