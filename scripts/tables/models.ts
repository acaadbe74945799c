/** The tables of docs/models.md: architectures with their recipes, layer kinds with their shapes, options and defaults. */
import { kinds, type Kind } from "../../src/layers/kinds.ts";
import type { LayerKind, Signal } from "../../src/layers/layer.ts";
import { LayerError, readOptions, type Options, type OptionValue } from "../../src/layers/options.ts";
import { parameterCount } from "../../src/layers/model.ts";
import { summary } from "../../src/layers/summary.ts";
import {
  architectureNames,
  ownModelRecipe,
  recipes,
  type Architecture,
  type Recipe,
} from "../../src/training/recipes.ts";
import { Declarations, type Member } from "./declarations.ts";
import { cell, code, table } from "./table.ts";

/** What architectures are counted on: one channel of 1,024 positions, ten classes. */
const TASK = { channels: 1, length: 1024, classes: Array.from({ length: 10 }, (_, k) => String(k)) };
/** What shapes of layers are shown on. */
const INPUT: Signal = { channels: 8, length: 100 };

const count = (n: number): string => n.toLocaleString("en-US");
const shape = ({ channels, length }: Signal): string => `${channels} x ${length}`;

export function architectures(): string {
  const rows = architectureNames.map((name) => {
    const { build, about }: Architecture = recipes[name];
    const model = build(TASK);
    const { multiplyAdds, layers } = summary(model);
    return [
      code(name),
      cell(about),
      String(layers.length),
      count(parameterCount(model)),
      count(multiplyAdds),
    ];
  });
  return table(["name", "what it is", "layers", "parameters", "multiply-adds a row"], rows);
}

export function architectureRecipes(): string {
  const row = (
    name: string,
    { length, batch, optimizer, learningRate, schedule, loss, normalize }: Recipe,
  ) => [
    name,
    "steps" in length ? `${length.steps} steps` : `${length.epochs} epochs`,
    String(batch),
    `${optimizer} ${learningRate}`,
    schedule,
    loss,
    normalize,
  ];
  return table(
    ["name", "length", "batch", "optimizer", "schedule", "loss", "normalize"],
    [
      ...architectureNames.map((name) => row(code(name), recipes[name].recipe)),
      row("a model of your own", ownModelRecipe),
    ],
  );
}

const architectureOptionTypes = {
  chain: "ChainOptions",
  keyword: "KeywordOptions",
  m5: "M5Options",
  tcn: "TcnOptions",
  unet1d: "Unet1dOptions",
  wavenet: "WavenetOptions",
} as const;

export function architectureOptions(): string {
  const rows = Object.entries(architectureOptionTypes).flatMap(([name, type]) =>
    new Declarations(`src/layers/architectures/${name}.ts`)
      .members(type)
      .map((m) => [code(`architectures.${name}`), code(m.name), cell(m.byDefault ?? ""), cell(m.about)]),
  );
  return table(["function", "option", "default", "meaning"], rows);
}

const calls = new Declarations("src/layers/calls.ts");

/** Values for options that have no default, 4 and 8 where none stand here; two of each, to see which defaults follow them. */
const samples: Readonly<Partial<Record<string, readonly [OptionValue, OptionValue]>>> = {
  filters: [16, 24],
  kernelSize: [5, 7],
  units: [10, 12],
  taps: [
    [1, -1],
    [1, -2, 1],
  ],
  groups: [4, 2],
  size: [4, 5],
  length: [10, 20],
  scale: [2, 4],
  count: [3, 5],
  rate: [4000, 3200],
};

interface Probed {
  /** Options without a default, with sample values. */
  readonly given: Options;
  readonly resolved: Options;
}

/** A layer's options as its own reader takes them: with sample values for those that it asks for. */
function probe(kind: Kind, which: 0 | 1): Probed {
  const { options } = kinds[kind] as unknown as LayerKind<Options>;
  const given: Record<string, OptionValue> = {};
  for (;;)
    try {
      return { given, resolved: readOptions(options, given) };
    } catch (error) {
      const name = error instanceof LayerError ? /^(\w+) is /.exec(error.message)?.[1] : undefined;
      if (name === undefined || name in given) throw error;
      given[name] = (samples[name] ?? [4, 8])[which];
    }
}

/** An option's default as the layer's reader has it; the option that it follows, or how, as its comment says. */
function defaultOf({ name, byDefault }: Member, [a, b]: readonly [Probed, Probed]): string {
  if (name in a.given) return "required";
  if (JSON.stringify(a.resolved[name]) === JSON.stringify(b.resolved[name]))
    return code(JSON.stringify(a.resolved[name]));
  const followed = Object.keys(a.given).find((other) => a.given[other] === a.resolved[name]);
  const said = followed === undefined ? byDefault : `the ${followed}`;
  if (!said) throw new Error(`the default of ${name} follows from nothing that was given`);
  return said;
}

/** Kinds by what they are for. Of others, those that keep one input's shape are activations. */
const groups: readonly (readonly [string, readonly Kind[]])[] = [
  ["Convolutions and dense layers", ["conv1d", "convTranspose1d", "fixedConv1d", "logMel", "dense"]],
  ["Normalisation", ["batchNorm", "layerNorm", "instanceNorm", "groupNorm"]],
  ["Dropout", ["dropout", "channelDropout"]],
  [
    "Pooling",
    [
      "maxPool",
      "averagePool",
      "globalAveragePool",
      "globalMaxPool",
      "adaptiveAveragePool",
      "adaptiveMaxPool",
    ],
  ],
  ["Shapes and joining", ["add", "multiply", "concat", "slice", "glu", "flatten", "pad", "crop", "upsample"]],
];
const grouped = new Set(groups.flatMap(([, list]) => list));
const others = (Object.keys(kinds) as Kind[]).filter((kind) => !grouped.has(kind)).toSorted();

function layerRow(kind: Kind): string[] {
  const rules = kinds[kind] as unknown as LayerKind<Options>;
  const { resolved } = probe(kind, 0);
  const inputs = Array.from({ length: typeof rules.inputs === "number" ? rules.inputs : 2 }, () => INPUT);
  const parameters = rules.parameters?.(inputs, resolved) ?? [];
  const state = rules.state?.(inputs, resolved) ?? [];
  return [
    code(kind),
    String(rules.inputs),
    shape(rules.shape(inputs, resolved)),
    [...parameters, ...state].map((p) => `${p.name} \`[${p.shape.join(", ")}]\``).join(", "),
    cell(calls.about(kind)),
  ];
}

const layerTable = (list: readonly Kind[]): string =>
  table(["layer", "inputs", `${shape(INPUT)} becomes`, "weights", "what it computes"], list.map(layerRow));

export function layers(): string {
  const isActivation = (kind: Kind): boolean => layerRow(kind)[2] === shape(INPUT);
  const rest = others.filter((kind) => !isActivation(kind));
  const activations = others.filter(isActivation).map((kind) => [code(kind), cell(calls.about(kind))]);
  return [
    ...[...groups, ["Others", rest] as const].flatMap(([title, list]) =>
      list.length > 0 ? [`### ${title}`, layerTable(list)] : [],
    ),
    "### Activations",
    table(["layer", "what it computes"], activations),
  ].join("\n\n");
}

/** An interface's options beside those that the layer's reader takes: the same names, or it is an error. */
function optionsOf(kind: Kind): readonly (readonly [Member, string])[] {
  const probes = [probe(kind, 0), probe(kind, 1)] as const;
  const names = Object.keys(probes[0].resolved);
  const type = calls.optionsType(kind);
  const members = type === null ? [] : calls.members(type);
  if (
    names.toSorted().join() !==
    members
      .map((m) => m.name)
      .toSorted()
      .join()
  )
    throw new Error(
      `${kind} reads ${names.join(", ")}; its type has ${members.map((m) => m.name).join(", ")}`,
    );
  return members.map((member) => [member, defaultOf(member, probes)]);
}

export const layerOptions = (): string =>
  table(
    ["layer", "option", "default", "meaning"],
    [...grouped, ...others].flatMap((kind) =>
      optionsOf(kind).map(([m, byDefault], i) => [
        i === 0 ? code(kind) : "",
        code(m.name),
        byDefault,
        cell(m.about),
      ]),
    ),
  );

export const blocks = (): string => {
  const file = new Declarations("src/layers/blocks.ts");
  return table(
    ["block", "what it is"],
    ["depthwiseConv1d", "separableConv1d", "squeezeExcite"].map((name) => [
      code(name),
      cell(file.about(name)),
    ]),
  );
};
