/** `explain --why`: which positions and channels of a row an answer comes from. */
import type { Command } from "commander";
import { InputError } from "../data/errors.ts";
import { printable, printableJson } from "../data/printable.ts";
import { lineOf } from "../models/preparation.ts";
import { gather, rowsOf, type Dataset } from "../data/dataset.ts";
import { append } from "../numerics/extremes.ts";
import { attribute, type Attributable } from "../inspect/attribute/attribute.ts";
import { attributionMethods, type Attribution, type AttributionMethod } from "../inspect/attribute/types.ts";
import { stretches } from "../inspect/attribute/stretches.ts";
import { spark } from "../inspect/spark.ts";
import { loadFile } from "../node.ts";
import { sayNotes } from "./dataNotes.ts";
import { decimals } from "./format.ts";
import { say, showsBlocks, type Io } from "./io.ts";
import { modelPath } from "./modelFile.ts";
import type { DataFlags } from "./options/dataOptions.ts";
import { backendOf } from "./options/backend.ts";
import { whole, word } from "./options/parsers.ts";
import { saidOf } from "./saidOf.ts";
import { acceptRows, readPart } from "./sources.ts";
import { answeredBy } from "./verbs/evaluate.ts";

/** What belongs to --why. */
export interface WhyFlags {
  readonly why?: AttributionMethod | true;
  readonly class?: string;
  readonly position?: number;
  readonly baseline?: string;
}

/** Adds --why and what goes with it. */
export const addWhy = (command: Command): Command =>
  command
    .option(
      "--why [METHOD]",
      `which positions the answer comes from, by ${attributionMethods.join(", ")} (default: ${attributionMethods[0]})`,
      word("--why", attributionMethods),
    )
    .option(
      "--class <NAME>",
      "with --why: the class, or the number of the value, that is explained (default: what the model says)",
    )
    .option(
      "--position <P>",
      "with --why, of models of a class a position: which one, from 0",
      whole("--position", 0, 0),
    )
    .option(
      "--baseline <B>",
      "with --why: what the row is compared with, zero, mean or the number of a row of DATA (default: zero)",
    );

/** What follows the examples in --help. */
export const WHY_HELP = `

--why divides the answer among positions and channels: of integratedGradients (the default) the contributions sum to what the answer is above that of the
baseline; of occlusion they are what is lost without a window; of classActivation the terms of a global average pool. docs/why.md says what each
is worth. Positions are seconds where the rate is known (--rate). Rows need no labels. Of an ensemble, the mean over its networks.`;

/** Refuses (InputError) what goes with --why alone. */
export function requireNoWhy(flags: WhyFlags): void {
  const given = (["class", "position", "baseline"] as const).find((name) => flags[name] !== undefined);
  if (given) throw new InputError(`--${given} goes with --why; give --why, or leave it out`);
}

/** Explains the answer to one row of DATA. */
export async function explainWhy(
  given: string,
  source: string,
  flags: WhyFlags & DataFlags & { readonly row: number; readonly json?: true },
  io: Io,
): Promise<void> {
  const file = await modelPath(given);
  const model: Attributable = await loadFile(file);
  const read = await readPart(source, "test", flags);
  sayNotes([read], io);
  const data = acceptRows(read, model, `the model ${file}`, io);
  requireRow("--row", flags.row, data);
  const method = flags.why === true ? undefined : flags.why;
  const [why] = await attribute(model, rowsOf(data, [flags.row]), {
    method,
    target: targetOf(flags.class, model),
    position: flags.position,
    baseline: baselineOf(flags.baseline, data, model),
    backend: await backendOf("auto"),
  });
  if (flags.json) return say(io.stdout, printableJson({ schema: 1, ...why, row: flags.row }));
  const [said] = model.predictRows(gather(data, [flags.row]));
  const says = saidOf(model, said, flags.position);
  say(
    io.stdout,
    `row ${flags.row} of ${source}: the model says ${says}\n${whyText(why, showsBlocks(io) ? "blocks" : "plain")}`,
  );
}

function requireRow(flag: string, row: number, { name, rows }: Dataset): void {
  if (row >= rows) throw new InputError(`${flag} is ${row}; ${name} has ${rows} rows, 0 to ${rows - 1}`);
}

/** A class by its name; of a regression the number of a value. */
function targetOf(given: string | undefined, model: Attributable): string | number | undefined {
  const answers = answeredBy(model);
  if (answers.kind !== "values") return given;
  const { outputs } = answers;
  const rule = `the model gives ${outputs} value${outputs === 1 ? "" : "s"}`;
  if (given === undefined) {
    if (outputs === 1) return undefined;
    throw new InputError(`${rule}; give --class, a number from 0 to ${outputs - 1}`);
  }
  const value = whole("--class", 0, 0)(given);
  if (value >= outputs)
    throw new InputError(`--class is ${value}; ${rule}, numbered from 0 to ${outputs - 1}`);
  return value;
}

function baselineOf(
  given: string | undefined,
  data: Dataset,
  model: Attributable,
): "zero" | "mean" | Float64Array | undefined {
  if (given === undefined || given === "zero" || given === "mean") return given;
  if (!/^\d+$/.test(given))
    throw new InputError(
      `--baseline is ${JSON.stringify(given)}; it is zero, mean or the number of a row of DATA, such as 0`,
    );
  const row = Number(given);
  requireRow("--baseline", row, data);
  const batch = gather(data, [row]);
  const lines = Array.from({ length: model.takes.channels }, (_, c) => [
    ...lineOf(batch, model.takes.channels, 0, c),
  ]);
  return Float64Array.from(lines.flat());
}

const SPARK = 72;
const STRETCHES = 3;
const methodWords: Readonly<Record<AttributionMethod, string>> = {
  integratedGradients: "integrated gradients",
  inputTimesGradient: "(x - baseline) times the gradient",
  gradient: "the gradient",
  occlusion: "occlusion",
  classActivation: "class activation",
};
const baselineWords = {
  zero: "0 in the model's units",
  mean: "each channel's mean over the row",
  row: "another row",
} as const;

/** An attribution as lines of at most 100 columns, more where names are long. */
export function whyText(why: Attribution, style: "blocks" | "plain"): string {
  const { values, signal, channelNames, notes } = why;
  const shared = values.length !== signal.length;
  const lines = [...headLines(why), ...notes.map((note) => `note: ${printable(note)}`)];
  if (shared) append(lines, ["", "all channels together", ...contributionLines(why, values[0], style)]);
  signal.forEach((known, c) => {
    const name = printable(channelNames?.[c] ?? `channel ${c}`);
    const sum = shared ? "" : `  sum ${signed(why.perChannel[c])}`;
    append(lines, [
      "",
      `${name}${sum}`,
      `  signal   ${spark(
        known.map((x) => x ?? NaN),
        SPARK,
        style,
      )}`,
      ...(shared ? [] : contributionLines(why, values[c], style)),
    ]);
  });
  return lines.join("\n");
}

function headLines({
  method,
  target,
  of,
  position,
  output,
  baseline,
  completeness,
  window,
  unit,
  axis,
  signal,
}: Attribution): string[] {
  const whose = of === "value" ? `value ${target}` : `the ${of} of ${printable(String(target))}`;
  const where = position === undefined ? "" : ` at position ${position}`;
  const compared = baseline === null ? "" : `, compared with ${baseline} (${baselineWords[baseline]})`;
  const lines = [`why ${whose}${where} is ${decimals(output)}: ${methodWords[method]}${compared}`];
  if (completeness) {
    const { sum, difference, relative, steps } = completeness;
    const off = relative === null ? "no share of 0" : `${(100 * relative).toFixed(3)} %`;
    lines.push(
      `the contributions sum to ${signed(sum)}; above the baseline it is ${signed(difference)} (off by ${off}, ${steps} gradients)`,
    );
  }
  if (window) lines.push(`windows of ${window.window} positions, one every ${window.stride}`);
  if (unit !== "output") lines.push(`in ${unit.replace("output", of)} of the channel`);
  const last = axis.first + axis.step * (signal[0].length - 1);
  lines.push(`positions ${place(axis.first)} to ${place(last)}${axis.unit === "s" ? " s" : ""}`);
  return lines;
}

function contributionLines(
  { axis, unit }: Attribution,
  values: readonly number[],
  style: "blocks" | "plain",
): string[] {
  const most = values.reduce((largest, x) => Math.max(largest, Math.abs(x)), 0);
  const line = (label: string, sign: 1 | -1): string[] => {
    const side = values.map((x) => Math.max(0, sign * x));
    return side.some((x) => x > 0) ? [`  ${label.padEnd(8)} ${bars(side, most, style)}`] : [];
  };
  const s = axis.unit === "s" ? " s" : "";
  const most3 = stretches(values, axis, STRETCHES).map(
    ({ from, to, sum }) => `${place(from)}${from === to ? "" : ` to ${place(to)}`}${s} (${signed(sum)})`,
  );
  const [raises, lowers] = unit === "output" ? ["for", "against"] : ["raises", "lowers"];
  return [
    ...line(raises, 1),
    ...line(lowers, -1),
    most3.length > 0 ? `  most     ${most3.join(", ")}` : "  no contribution at all",
  ];
}

/** Contributions from 0 up to `most`, each character the largest of its stretch; blank where there is nothing. */
function bars(values: readonly number[], most: number, style: "blocks" | "plain"): string {
  const cells = Math.min(SPARK, values.length);
  const peaks = Array.from({ length: cells }, (_, c) =>
    values
      .slice(Math.floor((c * values.length) / cells), Math.floor(((c + 1) * values.length) / cells))
      .reduce((a, b) => Math.max(a, b), 0),
  );
  const levels = style === "blocks" ? "▁▂▃▄▅▆▇█" : ".:-=+*#@";
  return peaks
    .map((x) => (x < most / 16 ? " " : levels[Math.min(7, Math.floor((8 * x) / most))]))
    .join("")
    .trimEnd();
}

const signed = (x: number): string => `${x < 0 ? "-" : "+"}${decimals(Math.abs(x))}`;
const place = (x: number): string => String(Number(x.toPrecision(6)));
