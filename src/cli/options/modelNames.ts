/** What --model names. */
import { architectureNames } from "../../training/recipes.ts";

/** Architectures. Not unet1d: it gives a class for each position, and rows of files have one label. */
export const modelNames = architectureNames.filter((name) => name !== "unet1d");

/** Five inception networks as one. */
export const INCEPTIONTIME = "inceptiontime";
/** Fixed features and a ridge classifier. */
export const MINIROCKET = "minirocket";
