/** An explanation as text of at most 100 columns. */
import { append } from "../numerics/extremes.ts";
import { printable } from "../data/printable.ts";
import { listed } from "../data/channelNames.ts";
import type { Signal } from "../layers/layer.ts";
import type { ConvolutionExplanation, Explanation, FilterGradient, LayerExplanation } from "./explain.ts";
import { spark } from "./spark.ts";

export interface TextOptions {
  /** Unicode blocks, or plain ASCII where a terminal shows no more. */
  readonly style: "blocks" | "plain";
}

const SPARK = 72;
const shape = ({ channels, length }: Signal): string => `${channels} x ${length}`;
const short = (x: number): string => {
  if (x === 0) return "0";
  const a = Math.abs(x);
  return a >= 0.001 && a < 1000 ? x.toFixed(4).slice(0, 8) : x.toExponential(1);
};
const cell = (x: number | null): string => (x === null ? "." : short(x)).padStart(9);

export function explanationText(e: Explanation, options: TextOptions): string {
  const lines = [`loss ${e.loss.toFixed(6)} against class ${printable(e.target)}`];
  if (e.batchStatistics)
    lines.push("batch norm uses the statistics of this row alone, as a training step of one row would");
  const first = e.layers[0].input;
  const named = e.channelNames
    ? ` (${listed(e.channelNames)})${first.channels > 1 ? `, ${listed(e.channelNames.slice(0, 1))}:` : ""}`
    : "";
  lines.push(
    "",
    `input  ${shape(first)}${named}`,
    `  ${spark(e.input.slice(0, first.length), SPARK, options.style)}`,
  );
  for (const layer of e.layers) append(lines, ["", ...layerLines(layer, options)]);
  return lines.join("\n");
}

function layerLines(layer: LayerExplanation, { style }: TextOptions): string[] {
  const { name, input, output, parameters, receptiveField, signal, convolution } = layer;
  const facts = [`${shape(input)} -> ${shape(output)}`];
  if (parameters > 0) facts.push(`${parameters} parameters`);
  facts.push(`sees ${receptiveField} position${receptiveField === 1 ? "" : "s"}`);
  const values = signal.length > 1 ? [`  ${spark(signal, SPARK, style)}`] : [];
  return [
    `${printable(name)}  ${facts.join(", ")}`,
    ...values,
    ...(convolution ? convolutionLines(layer, convolution) : []),
  ];
}

function convolutionLines({ input, output }: LayerExplanation, c: ConvolutionExplanation): string[] {
  const { y, z, v } = c.norms;
  const columns = c.corner[0].length;
  const of = input.channels * output.channels > 1 ? " of the first filter and channel" : "";
  return [
    `  |y| ${short(y)}  |z| ${short(z)}  |v| ${short(v)}`,
    `  A(w)${of}, ${output.length} x ${input.length}: ` +
      `its first ${c.corner.length} row${c.corner.length === 1 ? "" : "s"} and ${columns} columns`,
    ...c.corner.map((row) => `  ${row.map(cell).join("")}`),
    ...blockLines(c.block),
    ...gradientLines(c.gradient),
  ];
}

function blockLines(block: ConvolutionExplanation["block"]): string[] {
  if (!block) return [];
  const { m, r, products, share } = block;
  return [
    `  fast: F(${m}, ${r}), ${products} products for ${m} outputs of ${r} taps instead of ${m * r}; ` +
      `${Math.round(100 * share)} % of the operations, transforms counted`,
  ];
}

function gradientLines(g: FilterGradient): string[] {
  const first = (values: readonly number[]): string => values.map(cell).slice(0, 8).join("");
  const line = (label: string, values: readonly number[]): string =>
    `    ${label.padEnd(10)}${first(values)}`;
  const head = [
    `  gradient of w, |dw| ${short(g.norm)}, ${g.taps} taps${g.taps > 8 ? ", the first 8" : ""}`,
    line(g.by, g.operators),
  ];
  if (g.compiled === null || g.central === null)
    return [...head, "    (w is made of parameters by weight norm: no gradient of it stands in the program)"];
  const { at, values, difference } = g.central;
  return [
    ...head,
    line("compiled", g.compiled.values),
    line(
      "central",
      values.filter((_, i) => at[i] === i),
    ),
    `    relative differences to ${g.by}: compiled ${g.compiled.difference.toExponential(1)}, ` +
      `central ${difference.toExponential(1)} (${at.length} of ${g.taps} taps)`,
  ];
}
