/** The temperature in a model file's metadata: the JSON of a number; absent where the model is not calibrated. */
import { faultInTemperature } from "../models/temperature.ts";
import { readJson, type Fail } from "./metadata.ts";

export const writeTemperature = (temperature: number | undefined): { temperature?: string } =>
  temperature === undefined ? {} : { temperature: JSON.stringify(temperature) };

/** Nothing in the text is trusted; `fail` throws. */
export function readTemperature(
  metadata: Readonly<Record<string, string>>,
  fail: Fail,
): { temperature?: number } {
  if (metadata.temperature === undefined) return {};
  const value = readJson(metadata, "temperature", fail);
  // what is no number may be of any size and depth, and is not shown
  const temperature = typeof value === "number" ? value : NaN;
  const fault = faultInTemperature(temperature);
  return fault === null ? { temperature } : fail(`in the metadata ${fault}`);
}
