/** The tables of docs/training.md: losses, optimizers, schedules, update rules, augmentations, monitors, preparation. */
import { fromArrays } from "../../src/data/fromArrays.ts";
import { InputError } from "../../src/data/errors.ts";
import { fills, places } from "../../src/models/lines.ts";
import { normalizations, pads } from "../../src/models/preparation.ts";
import { augmentationNames } from "../../src/training/augment.ts";
import { losses as lossTable } from "../../src/training/losses.ts";
import {
  checkMonitor,
  isBetter,
  monitors as monitorNames,
  type Monitor,
} from "../../src/training/monitor.ts";
import { optimizers as optimizerTable } from "../../src/training/optimizers.ts";
import { schedules as scheduleTable } from "../../src/training/schedules.ts";
import { Declarations, type Member } from "./declarations.ts";
import { cell, code, table } from "./table.ts";

/** `option` = default, one after another. A default that the code makes is read from the code, another from its comment. */
function optionList(made: object, members: readonly Member[]): string {
  const values = new Map(Object.entries(made));
  return members
    .map(({ name, byDefault }) => {
      const value: unknown = values.get(name);
      if (value === undefined) return `${code(name)}${byDefault === null ? "" : ` = ${cell(byDefault)}`}`;
      return `${code(name)} = ${code(JSON.stringify(value))}`;
    })
    .join(", ");
}

/** An exported object of functions, each of which makes a choice with its defaults. */
interface Choices {
  readonly object: string;
  readonly made: Readonly<Record<string, () => object>>;
  readonly file: string;
}

const choices = (head: string, { object, made, file }: Choices): string => {
  const source = new Declarations(file);
  const rows = Object.entries(made).map(([name, make]) => {
    const type = source.optionsType(`${object}.${name}`);
    const members = type === null ? [] : source.members(type);
    return [code(name), optionList(make(), members), cell(source.about(`${object}.${name}`))];
  });
  return table(["name", "options", head], rows);
};

/** The options of all of them, once each. */
function meanings({ object, made, file }: Choices): string {
  const source = new Declarations(file);
  const types = Object.keys(made).flatMap((name) => source.optionsType(`${object}.${name}`) ?? []);
  const seen = new Map<string, string[]>();
  for (const { name, about } of types.flatMap((type) => source.members(type)))
    seen.set(`${name} ${about}`, [code(name), cell(about)]);
  return table(["option", "meaning"], [...seen.values()]);
}

const lossChoices = { object: "losses", made: lossTable, file: "src/training/losses.ts" };
export const losses = (): string => choices("what it is", lossChoices);
export const lossOptions = (): string => meanings(lossChoices);

const optimizerChoices = { object: "optimizers", made: optimizerTable, file: "src/training/optimizers.ts" };
export const optimizers = (): string => choices("what it does", optimizerChoices);
export const optimizerOptions = (): string => meanings(optimizerChoices);

const scheduleChoices = { object: "schedules", made: scheduleTable, file: "src/training/schedules.ts" };
export const schedules = (): string => choices("the factor on the optimizer's rate", scheduleChoices);
export const scheduleOptions = (): string => meanings(scheduleChoices);

const memberRows = (members: readonly Member[]): string[][] =>
  members.map((m) => [code(m.name), cell(m.byDefault ?? ""), cell(m.about)]);

export const updateRules = (): string =>
  table(
    ["option of `fit`", "default", "meaning"],
    memberRows(new Declarations("src/training/updateRules.ts").members("UpdateRules")),
  );

export function augmentations(): string {
  const kinds = new Declarations("src/training/augment.ts").variants("Augmentation");
  if ([...kinds.keys()].join() !== augmentationNames.join())
    throw new Error("augmentationNames and the type Augmentation differ");
  const rows = [...kinds].map(([kind, { about, members }]) => [
    code(kind),
    members
      .map(
        (m) =>
          `${code(m.name)}: ${cell(m.about)}${m.byDefault === null ? "" : ` Default: ${cell(m.byDefault)}.`}`,
      )
      .join("<br>"),
    cell(about),
  ]);
  return table(["kind", "size", "what it does"], rows);
}

/** Where the definition of each metric stands. */
function aboutMonitor(monitor: Monitor, metrics: Declarations): string {
  const ofValues = (): string => metrics.members("ValueMetrics").find((m) => m.name === monitor)?.about ?? "";
  const texts: Readonly<Record<Monitor, () => string>> = {
    loss: () => "The loss.",
    accuracy: () => metrics.about("accuracy"),
    balancedAccuracy: () => metrics.about("balancedAccuracy"),
    f1: () => metrics.about("macroF1"),
    auroc: () => metrics.about("macroAuroc"),
    mae: ofValues,
    rmse: ofValues,
    r2: ofValues,
  };
  return texts[monitor]();
}

/** Asks the check itself for which data a metric is. */
function fits(monitor: Monitor, data: ReturnType<typeof fromArrays>): boolean {
  try {
    checkMonitor(monitor, data, true);
    return true;
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

export function monitors(): string {
  const series = [
    [1, 2],
    [3, 4],
  ];
  const data = [
    fromArrays({ series, labels: ["a", "b"] }),
    fromArrays({
      series,
      labels: [
        ["a", "b"],
        ["b", "a"],
      ],
    }),
    fromArrays({ series, multiLabel: [["a"], ["a", "b"]] }),
    fromArrays({ series, targets: [1, 2] }),
  ];
  const metrics = new Declarations("src/models/scores/metrics.ts");
  const rows = monitorNames.map((monitor) => [
    code(monitor),
    ...data.map((each) => (fits(monitor, each) ? "yes" : "")),
    isBetter(monitor, 0, 1) ? "low" : "high",
    cell(aboutMonitor(monitor, metrics)),
  ]);
  return table(
    ["name", "a class a row", "a class a position", "several classes", "values", "good is", "what it is"],
    rows,
  );
}

export function normalisations(): string {
  const kinds = new Declarations("src/models/preparation.ts").variants("Normalizer");
  return table(
    ["name", "what it does"],
    normalizations.map((name) => {
      const about = kinds.get(name)?.about;
      if (about === undefined) throw new Error(`the type Normalizer has no ${name}`);
      return [code(name), cell(about)];
    }),
  );
}

export function preparation(): string {
  const words: Readonly<Record<string, readonly string[]>> = {
    fill: fills,
    pad: pads,
    at: places,
    detrend: ["linear"],
  };
  const members = new Declarations("src/models/preparation.ts").members("PrepareOptions");
  return table(
    ["option", "values", "default", "meaning"],
    members.map((m) => [
      code(m.name),
      words[m.name]?.map(code).join(", ") ?? "a whole number",
      cell(m.byDefault ?? ""),
      cell(m.about),
    ]),
  );
}
