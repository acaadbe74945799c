/** What --model names. */
import { architectureNames } from "../../training/recipes.ts";

/** Architectures. */
export const modelNames = architectureNames;

/** Those that predict a class of each position, where rows have one. */
export const positionModels = ["unet1d", "tcn", "wavenet"] as const;

/** Five inception networks as one. */
export const INCEPTIONTIME = "inceptiontime";
/** Fixed features and a ridge classifier. */
export const MINIROCKET = "minirocket";
