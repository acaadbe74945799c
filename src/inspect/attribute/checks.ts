/** What options of attribution may be; each error says the rule and the remedy. */
import { InputError } from "../../data/errors.ts";
import { unknownWord } from "../../data/suggest.ts";
import { checkAsked, type Outputs } from "./target.ts";
import { attributionMethods, type AttributeOptions, type AttributionMethod } from "./types.ts";

/** Options of one method alone. */
const ownOptions = {
  steps: ["integratedGradients"],
  window: ["occlusion"],
  stride: ["occlusion"],
  baseline: ["integratedGradients", "inputTimesGradient", "occlusion"],
} as const satisfies Record<string, readonly AttributionMethod[]>;

/** The method that options ask for; throws InputError where they do not go together or the model has no such answer. */
export function checkOptions(options: AttributeOptions, told: Outputs): AttributionMethod {
  const { method = "integratedGradients", steps, window, stride, baseline, of } = options;
  if (!attributionMethods.includes(method))
    throw new InputError(unknownWord("method", method, attributionMethods));
  for (const name of Object.keys(ownOptions) as (keyof typeof ownOptions)[]) {
    const methods: readonly AttributionMethod[] = ownOptions[name];
    if (options[name] !== undefined && !methods.includes(method))
      throw new InputError(`${name} goes with ${methods.join(", ")}, not with ${method}; leave it out`);
  }
  const whole = (name: string, value: number | undefined, least: number): void => {
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= least))
      throw new InputError(`${name} is ${value}; it is a whole number of at least ${least}`);
  };
  whole("steps", steps, 2);
  whole("window", window, 1);
  whole("stride", stride, 1);
  if (window !== undefined && stride !== undefined && stride > window)
    throw new InputError(
      `stride is ${stride}, above window, ${window}: positions between windows would have no contribution; lower it`,
    );
  if (typeof baseline === "string" && !["zero", "mean"].includes(baseline))
    throw new InputError(unknownWord("baseline", baseline, ["zero", "mean"]));
  if (method === "classActivation" && of === "probability")
    throw new InputError("classActivation is of the logit, which is a sum over positions; leave of out");
  checkAsked(options, told);
  return method;
}
