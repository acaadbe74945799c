/** What --model names. */
import type { Answers } from "../../data/answers.ts";
import { isRocketName, type RocketName } from "../../models/rocket/transforms.ts";
import { architectureNames } from "../recipes.ts";

/** Architectures. */
export const modelNames = architectureNames;

/** Those that predict a class of each position, where rows have one. */
export const positionModels = ["unet1d", "tcn", "wavenet"] as const;

/** Five inception networks as one. */
export const INCEPTIONTIME = "inceptiontime";
/** InceptionTime's. */
export const DEFAULT_MEMBERS = 5;

/**
 * What these are, for help and forms; architectures say it themselves.
 *
 * @internal
 */
export const aboutOthers: Readonly<Record<typeof INCEPTIONTIME | RocketName, string>> = {
  [INCEPTIONTIME]:
    "the mean of five inception networks with seeds 5 S to 5 S + 4, each trained as inception is (Fawaz et al. 2020)",
  minirocket:
    "9,996 fixed features and a ridge classifier, in closed form: no option of training applies (Dempster et al. 2021)",
  "multirocket-hydra":
    "some 54,000 fixed features, of MultiRocket and Hydra, and the same classifier: slower, and more accurate (Tan et al. 2022, Dempster et al. 2023)",
};

/** Everything that has a name. */
export const allModelNames: readonly string[] = [...modelNames, ...Object.keys(aboutOthers)];

/** Which of the Rocket family a model of that name is; null for others. */
export const rocketNamed = (name: string | undefined): RocketName | null =>
  name !== undefined && isRocketName(name) ? name : null;

/** The data that are made rather than read. */
export const BUILT_IN = "mnist1d";

/** The model that is trained where none is named, by what the rows are answered with. */
export function defaultModel(source: string, answers: Answers["kind"]): "fcn" | "mnist1d-cnn" | "unet1d" {
  if (source === BUILT_IN) return "mnist1d-cnn";
  return answers === "positions" ? "unet1d" : "fcn";
}
