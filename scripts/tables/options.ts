/** The tables of docs/options.md: the options of `train` by their headings, and those of the other verbs. */
import { PassThrough } from "node:stream";
import type { Option } from "commander";
import { InputError } from "../../src/data/errors.ts";
import { anyModel, groups, optionOf, type Reach, type Row, type Rows } from "../../src/cli/options/option.ts";
import { knownWords } from "../../src/cli/options/parsers.ts";
import { dataRows } from "../../src/cli/options/dataOptions.ts";
import { sweepRows } from "../../src/cli/options/sweepRows.ts";
import { trainRows } from "../../src/cli/options/trainRows.ts";
import { recipeRows } from "../../src/training/options/recipeRows.ts";
import { programOf } from "../../src/cli/program.ts";
import { cell, code, table } from "./table.ts";

/** What each reach means for `train --resume`. */
const reaches: Readonly<Record<Reach, readonly [about: string, resume: string]>> = {
  weights: ["the bits of the weights", "it has to be what it was"],
  model: ["the model, and so its weights", "it has to be what it was"],
  start: ["where training begins", "it has to be what it was"],
  length: ["how long a run trains", "it may be more, with a schedule that goes on"],
  free: ["where it runs, what it is tested on, what is shown: no weight", "it may be another"],
};

export const optionReaches = (): string =>
  table(
    ["reaches", "what it decides", "with `--resume`"],
    Object.entries(reaches).map(([name, [about, resume]]) => [code(name), about, resume]),
  );

/** What an option does and what it is where nobody gives it: `what it does (default: this)`. */
function parted(about: string): { readonly about: string; readonly byDefault: string | null } {
  const [whole, byDefault] = /\s*\(default: ([^()]*(?:\([^()]*\)[^()]*)*)\)$/.exec(about) ?? ["", null];
  return { about: about.slice(0, about.length - whole.length), byDefault };
}

/** What values an option takes: its words, what its reader says when it refuses, or nothing that a cell could say. */
function valuesOf(option: Option): string {
  const words = knownWords(option);
  if (words.length > 0) return cell(words.map(code).join(", "));
  try {
    option.parseArg?.("?", undefined);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const [, rule] = /; it is (an? .+?|whole .+?)(?:, such as .*)?$/.exec(error.message) ?? [];
    if (rule !== undefined) return cell(rule);
  }
  return "";
}

/** Options whose words are all that there is to say here, and where those words are defined. */
const defined: Readonly<Partial<Record<string, string>>> = {
  "--optimizer": "[optimizers](training.md#optimizers)",
  "--schedule": "[schedules](training.md#schedules)",
  "--loss": "[losses](training.md#losses)",
  "--normalize": "[preparation](training.md#preparation)",
  "--backend": "what computes; `toeplitz doctor` says which can run",
  "--format": "how predictions are written: a table, a JSON object a row, columns for people",
};

function meaningOf(option: Option, rest: string): string {
  const meaning = rest === "" ? defined[option.long ?? ""] : cell(rest);
  if (meaning === undefined)
    throw new Error(`${option.flags} has words and no meaning; say it in \`defined\``);
  return meaning;
}

/** An option's cells that every table has: flags, values, default, meaning. */
function cellsOf(option: Option): readonly [flags: string, values: string, byDefault: string, about: string] {
  const { about, byDefault } = parted(option.description);
  const words = knownWords(option).join(", ");
  const rest = about.startsWith(words) ? about.slice(words.length).replace(/^: /, "") : about;
  const fallback: unknown = option.negate ? undefined : option.defaultValue;
  const usual =
    fallback === undefined
      ? cell(byDefault ?? "")
      : code(typeof fallback === "string" ? fallback : JSON.stringify(fallback));
  return [cell(code(option.flags)), valuesOf(option), usual, meaningOf(option, rest)];
}

const modelsOf = ({ models }: Row): string =>
  models.length === anyModel.length ? "all" : models.map((kind) => `${kind}s`).join(", ");

/** The options of `train` under a heading of its help. */
const trainTable = (group: keyof typeof groups): string =>
  table(
    ["option", "values", "default", "reaches", "models", "meaning"],
    Object.values(trainRows as Rows)
      .filter((row) => row.group === group)
      .map((row) => {
        const [flags, values, byDefault, about] = cellsOf(optionOf(row));
        return [flags, values, byDefault, code(row.reach), modelsOf(row), about];
      }),
  );

export const trainOptions = (): string =>
  (Object.keys(groups) as (keyof typeof groups)[])
    .filter((group) => Object.values(trainRows as Rows).some((row) => row.group === group))
    .flatMap((group) => [`### ${groups[group].replace(/:$/, "")}`, trainTable(group)])
    .join("\n\n");

/** What `sweep` takes as `train` does: the recipe that all trials have. */
const ofRecipe = new Set(
  Object.entries(sweepRows as Rows)
    .filter(([name, row]) => (recipeRows as Rows)[name] === row)
    .map(([, { flags }]) => flags),
);

/** The options of the other verbs, but those that say how DATA is read, and of `sweep` those of a recipe. */
export function verbOptions(): string {
  const sink = new PassThrough();
  const io = { stdin: sink, stdout: sink, stderr: sink, env: {}, onInterrupt: () => () => undefined };
  const reading = new Set(Object.values(dataRows as Rows).map(({ flags }) => flags));
  return table(
    ["verb", "option", "values", "default", "meaning"],
    programOf([], io, () => undefined)
      .commands.filter((command) => command.name() !== "train")
      .flatMap((command) =>
        command.options
          .filter(({ flags }) => !reading.has(flags) && !(command.name() === "sweep" && ofRecipe.has(flags)))
          .map((option) => [code(command.name()), ...cellsOf(option)]),
      ),
  );
}
