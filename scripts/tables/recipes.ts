/** The tables of docs/recipes.md: what bench/recipes.ts measured of each recipe, beside the published figures. */
import { readFileSync } from "node:fs";
import {
  deviationOf,
  differenceOf,
  isBeyond,
  meanOf,
  moves,
  overSets,
  type Pair,
} from "../../bench/recipeRule.ts";
import type { Line } from "../../bench/recipes.ts";
import { code, table } from "./table.ts";

/** Test accuracies in % with their deviation over five runs: dl-4-tsc (FCN, ResNet), InceptionTime (one network). */
interface Published {
  readonly rows: string;
  readonly fcn: string;
  readonly resnet: string;
  readonly inception: string;
}

const published: Readonly<Record<string, Published>> = {
  TwoLeadECG: { rows: "23 x 82", fcn: "99.9 ± 0.0", resnet: "100.0 ± 0.0", inception: "99.7 ± 0.1" },
  FaceFour: { rows: "24 x 350", fcn: "93.0 ± 0.5", resnet: "95.5 ± 0.0", inception: "95.7 ± 0.5" },
  ArrowHead: { rows: "36 x 251", fcn: "84.3 ± 1.1", resnet: "83.8 ± 2.1", inception: "84.7 ± 2.5" },
  BasicMotions: { rows: "40 x 100 x 6", fcn: "", resnet: "", inception: "" },
  GunPoint: { rows: "50 x 150", fcn: "100.0 ± 0.0", resnet: "99.1 ± 0.7", inception: "100.0 ± 0.0" },
  PickupGestureWiimoteZ: {
    rows: "50 x 29 to 361",
    fcn: "74.4 ± 2.7",
    resnet: "70.4 ± 2.7",
    inception: "74.4 ± 2.3",
  },
  ItalyPowerDemand: { rows: "67 x 24", fcn: "96.3 ± 0.1", resnet: "96.2 ± 0.2", inception: "96.4 ± 0.5" },
  DodgerLoopDay: { rows: "78 x 288", fcn: "", resnet: "", inception: "" },
  Trace: { rows: "100 x 275", fcn: "100.0 ± 0.0", resnet: "100.0 ± 0.0", inception: "100.0 ± 0.0" },
  Plane: { rows: "105 x 144", fcn: "100.0 ± 0.0", resnet: "100.0 ± 0.0", inception: "100.0 ± 0.0" },
  GesturePebbleZ1: {
    rows: "132 x 100 to 455",
    fcn: "88.0 ± 1.4",
    resnet: "90.1 ± 1.3",
    inception: "92.2 ± 0.3",
  },
  SyntheticControl: { rows: "300 x 60", fcn: "98.9 ± 0.4", resnet: "99.7 ± 0.2", inception: "99.6 ± 0.1" },
  SwedishLeaf: { rows: "500 x 128", fcn: "96.7 ± 0.3", resnet: "96.3 ± 0.4", inception: "96.4 ± 1.0" },
};

const lines = (): readonly Line[] =>
  readFileSync(new URL("../../bench/recipes.jsonl", import.meta.url), "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);

const percent = (x: number): string => (100 * x).toFixed(2);
const signed = (x: number): string => `${x < 0 ? "-" : "+"}${percent(Math.abs(x))}`;
const spread = (x: readonly number[]): string =>
  x.length > 1 ? `${percent(meanOf(x))} ± ${percent(deviationOf(x))}` : percent(meanOf(x));

type Of = (set: string, variant: string) => readonly Line[];
const ofModel =
  (all: readonly Line[], model: string): Of =>
  (set, variant) =>
    all
      .filter((l) => l.model === model && l.set === set && l.variant === variant)
      .toSorted((a, b) => a.seed - b.seed);

function pairsOf(of: Of, base: string, other: string): Pair[] {
  return Object.keys(published).flatMap((set) => {
    const [a, b] = [of(set, base), of(set, other)];
    const both = a.filter((l) => b.some(({ seed }) => seed === l.seed));
    if (both.length < 2) return [];
    const found = b.filter((l) => both.some(({ seed }) => seed === l.seed));
    return [{ set, base: both.map((l) => l.accuracy), other: found.map((l) => l.accuracy) }];
  });
}

const DEFAULT = "glorot";

/** The default and some variants on every set, beside the published figure. */
function beside(model: Exclude<keyof Published, "rows">, variants: readonly string[]): string {
  const of = ofModel(lines(), model);
  const cell = (set: string, variant: string): string => {
    const x = of(set, variant).map((l) => l.accuracy);
    if (x.length === 0) return "";
    return `${spread(x)}${x.length === 5 ? "" : ` (${x.length})`}`;
  };
  const sets = Object.keys(published);
  const told = sets.filter((set) => published[set][model] !== "" && of(set, DEFAULT).length > 0);
  const ours = (set: string): number => meanOf(of(set, DEFAULT).map((l) => l.accuracy));
  const theirs = (set: string): number => parseFloat(published[set][model]) / 100;
  const beyondThem = (set: string): string => (told.includes(set) ? signed(ours(set) - theirs(set)) : "");
  return table(
    ["set", "rows x length", `default (${DEFAULT})`, ...variants, "published", "default - published"],
    [
      ...sets
        .filter((set) => model === "fcn" || of(set, DEFAULT).length > 0)
        .map((set) => [
          set,
          published[set].rows,
          cell(set, DEFAULT),
          ...variants.map((variant) => cell(set, variant)),
          published[set][model],
          beyondThem(set),
        ]),
      [
        `**mean of the ${told.length} with both**`,
        "",
        percent(meanOf(told.map(ours))),
        ...variants.map(() => ""),
        percent(meanOf(told.map(theirs))),
        signed(meanOf(told.map((set) => ours(set) - theirs(set)))),
      ],
    ],
  );
}

export const recipesOfFcn = (): string => beside("fcn", ["torch", "glorot+steps2000"]);
export const recipesOfResnet = (): string => beside("resnet", ["torch"]);
export const recipesOfInception = (): string => beside("inception", ["torch"]);

/** Every variant against the default, on the sets and seeds that both ran on. */
export function recipeVariants(): string {
  const all = lines();
  const names = [...new Set(all.map(({ model, variant }) => `${model} ${variant}`))];
  const rows = names.flatMap((name) => {
    const [model, variant] = name.split(" ");
    const pairs = variant === DEFAULT ? [] : pairsOf(ofModel(all, model), DEFAULT, variant);
    if (pairs.length === 0) return [];
    const beyond = (sign: 1 | -1): string =>
      pairs
        .filter((pair) => isBeyond(pair, sign))
        .map((pair) => `${pair.set} ${signed(differenceOf(pair))}`)
        .join(", ") || "none";
    const runs = pairs.reduce((sum, { base }) => sum + base.length, 0);
    const mean = overSets(pairs);
    const told = `${signed(meanOf(mean))} ± ${percent(deviationOf(mean))} (${mean.length} seeds)`;
    return [
      [
        model,
        code(variant),
        String(pairs.length),
        String(runs),
        told,
        beyond(1),
        beyond(-1),
        moves(pairs) ? "yes" : "no",
      ],
    ];
  });
  return table(
    ["model", "variant", "sets", "runs", "mean difference", "better beyond", "worse beyond", "by the rule"],
    rows,
  );
}
