/** The temperature in a model file's metadata: the JSON of a number; absent where the model is not calibrated. */
import { faultInTemperature } from "../models/temperature.ts";

export const writeTemperature = (temperature: number | undefined): { temperature?: string } =>
  temperature === undefined ? {} : { temperature: JSON.stringify(temperature) };

/** Nothing in the text is trusted; `fail` throws. */
export function readTemperature(
  text: string | undefined,
  fail: (what: string) => never,
): { temperature?: number } {
  if (text === undefined) return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return fail("the metadata's temperature is no JSON");
  }
  const fault = faultInTemperature(typeof value === "object" ? NaN : value);
  return fault === null ? { temperature: Number(value) } : fail(`in the metadata ${fault}`);
}
