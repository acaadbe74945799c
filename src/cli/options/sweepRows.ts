/**
 * The options of `sweep`: those of a recipe, which all trials have, how the space is searched, and where it runs. The parser,
 * the headings of `--help`, what `best.json` holds and docs/options.md follow from it.
 */
import { monitors } from "../../training/monitor.ts";
import { oneOf, recipeRows } from "../../training/options/recipeRows.ts";
import { samplerNames } from "../../training/sweep/samplers.ts";
import { dataRows } from "./dataOptions.ts";
import { stepped, type Given, type Row, type Rows } from "./option.ts";
import { fraction, whole, word } from "./parsers.ts";
import { trainRows } from "./trainRows.ts";

const protocol = { group: "protocol", reach: "weights", models: stepped } as const;
const searching = { group: "search", reach: "weights", models: stepped } as const;
const machine = { group: "machine", reach: "free", models: stepped } as const;
const output = { group: "output", reach: "free", models: stepped } as const;
const { init: _init, reinit: _reinit, ...recipe } = recipeRows;
const { backend, threads, json } = trainRows;

export const sweepRows = {
  ...dataRows,
  ...recipe,
  validation: {
    ...protocol,
    flags: "--validation <F>",
    about: "the fraction of rows held back to score trials on (default: 0.2, without --folds)",
    parse: fraction("--validation", 0.2),
  },
  folds: {
    ...protocol,
    flags: "--folds <K>",
    about: "score trials by cross-validation instead, each K-th of the rows in turn",
    parse: whole("--folds", 2, 5),
  },
  monitor: {
    ...protocol,
    flags: "--monitor <METRIC>",
    about: `what trials are judged by, and --keep and --patience watch: ${monitors.join(", ")} (default: loss)`,
    parse: word("--monitor", monitors),
  },
  space: {
    ...searching,
    flags: "--space <FILE>",
    about: "the space to search, as JSON (default: that of the model, which --print-space shows)",
  } as Row<string>,
  printSpace: {
    ...searching,
    reach: "free",
    flags: "--print-space",
    about: "print the space as JSON, and search nothing",
  } as Row<true>,
  trials: {
    ...searching,
    flags: "--trials <N>",
    about: "trials in all",
    parse: whole("--trials", 1, 40, 100_000),
    fallback: 40,
  },
  sampler: {
    ...searching,
    ...oneOf("--sampler <NAME>", samplerNames, ": where trials come from"),
    fallback: "tpe",
  },
  eta: {
    ...searching,
    flags: "--eta <N>",
    about: "of how many trials one goes on to the next rung, which is as many times as long",
    parse: whole("--eta", 2, 3, 100),
    fallback: 3,
  },
  rungs: {
    ...searching,
    flags: "--rungs <N>",
    about: "how often a trial is judged on its way; 1: each runs the whole length",
    parse: whole("--rungs", 1, 3, 10),
    fallback: 3,
  },
  generation: {
    ...searching,
    flags: "--generation <N>",
    about: "new trials that are drawn together, and run at the same time with those that go on",
    parse: whole("--generation", 1, 8, 1000),
    fallback: 8,
  },
  workers: {
    ...machine,
    flags: "--workers <N>",
    about: "processes that run trials, with the same result (default: one a processor)",
    parse: whole("--workers", 1, 2, 256),
  },
  backend,
  threads: {
    ...threads,
    about: `of a trial: ${threads.about.replace("default: ", "default: 1, with one worker ")}`,
  },
  out: {
    ...output,
    flags: "--out <DIR>",
    about: "folder of the sweep's files (default: runs/<data>-<model>-sweep-<seed>)",
  } as Row<string>,
  resume: {
    ...output,
    flags: "--resume",
    about: "go on with the sweep in the folder; trials that were running are run again",
  } as Row<true>,
  force: {
    ...output,
    flags: "--force",
    about: "start over in a folder that holds a sweep or a run",
  } as Row<true>,
  json,
  quiet: { ...output, flags: "--quiet", about: "no settings and no lines of trials on stderr" } as Row<true>,
} as const satisfies Rows;

/** Options of `sweep` as they were given; absent where the recipe decides. */
export type SweepFlags = Given<typeof sweepRows>;
