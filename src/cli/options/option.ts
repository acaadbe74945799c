/** Options as data (training/options/option.ts) given to a command. */
import { Option, type Command } from "commander";
import { groups, type Row, type Rows } from "../../training/options/option.ts";

export * from "../../training/options/option.ts";

/** Adds the options of a table to a command, those of a heading together. */
export function addRows(command: Command, rows: Rows): Command {
  const order = Object.keys(groups);
  const sorted = Object.values(rows).toSorted((a, b) => order.indexOf(a.group) - order.indexOf(b.group));
  for (const option of sorted.map(optionOf)) command.addOption(option);
  return command;
}

export function optionOf({ flags, about, parse, fallback, bare, group }: Row): Option {
  const option = new Option(flags, about).helpGroup(groups[group]);
  if (parse) option.argParser(parse);
  if (fallback !== undefined) option.default(fallback);
  if (bare !== undefined) option.preset(bare);
  return option;
}
