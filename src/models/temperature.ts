/**
 * The temperature of a calibrated classifier (Guo et al., "On calibration of modern neural networks", 2017): probabilities are
 * softmax(z b) of the logits z, where b is 1 / T rounded to float32. The product of two float32 is exact in f64, so classes stand
 * in the same order, and every target that multiplies so has the same bits.
 */
import type { AnswerKind } from "../data/answers.ts";
import { InputError } from "../data/errors.ts";

/** The temperatures that there can be: beyond them probabilities say nothing, or are all 0 and 1. */
export const TEMPERATURES = { least: 0.01, most: 100 } as const;

/** What logits are multiplied by: a float32; 1 of a model without a temperature. */
export const inverseOf = (temperature: number | undefined): number =>
  temperature === undefined ? 1 : Math.fround(1 / temperature);

/** Logits of which the softmax are the probabilities: exact, in f64; as they are without a temperature. */
export function tempered(logits: Float32Array, temperature: number | undefined): Float32Array | Float64Array {
  if (temperature === undefined) return logits;
  const inverse = inverseOf(temperature);
  return Float64Array.from(logits, (z) => z * inverse);
}

/** What is wrong with a temperature; null where nothing is. */
export function faultInTemperature(temperature: unknown): string | null {
  const { least, most } = TEMPERATURES;
  return typeof temperature === "number" && temperature >= least && temperature <= most
    ? null
    : `the temperature is ${String(temperature)}; it is a number from ${least} to ${most}`;
}

/** Refuses (InputError) a temperature out of range, and one of a model that has no class a row or position. */
export function requireTemperature(
  temperature: number | undefined,
  answers: AnswerKind,
  whose: string,
): void {
  if (temperature === undefined) return;
  const fault =
    answers === "classes" || answers === "positions"
      ? faultInTemperature(temperature)
      : "it has a temperature, which is of probabilities of one class a row or position; leave it out";
  if (fault !== null) throw new InputError(`${whose}: ${fault}`);
}
