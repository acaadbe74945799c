/** What --model names. */
import type { Answers } from "../../data/answers.ts";
import { architectureNames } from "../recipes.ts";

/** Architectures. */
export const modelNames = architectureNames;

/** Those that predict a class of each position, where rows have one. */
export const positionModels = ["unet1d", "tcn", "wavenet"] as const;

/** Five inception networks as one. */
export const INCEPTIONTIME = "inceptiontime";
/** InceptionTime's. */
export const DEFAULT_MEMBERS = 5;
/** Fixed features and a ridge classifier. */
export const MINIROCKET = "minirocket";

/**
 * What these two are, for help and forms; architectures say it themselves.
 *
 * @internal
 */
export const aboutOthers = {
  [INCEPTIONTIME]:
    "the mean of five inception networks with seeds 5 S to 5 S + 4, each trained as inception is (Fawaz et al. 2020)",
  [MINIROCKET]:
    "9,996 fixed features and a ridge classifier, in closed form: no option of training applies (Dempster et al. 2021)",
} as const;

/** The data that are made rather than read. */
export const BUILT_IN = "mnist1d";

/** The model that is trained where none is named, by what the rows are answered with. */
export function defaultModel(source: string, answers: Answers["kind"]): "fcn" | "mnist1d-cnn" | "unet1d" {
  if (source === BUILT_IN) return "mnist1d-cnn";
  return answers === "positions" ? "unet1d" : "fcn";
}
