/**
 * What the shipped recipes rest on: variants of a recipe (how filters begin, a floor of steps, the batch, how rows are
 * scaled, what is kept) on the archive's sets, each by several seeds, on the archive's own split. Test accuracy decides
 * about a default for all sets, never about one set. Every run is a line of bench/recipes.jsonl as soon as it ends, and is
 * not run again.
 *
 *   npx tsx bench/recipes.ts MODEL VARIANT,... SET,... [SEEDS]     e.g. fcn glorot,torch+steps2000 GunPoint,Trace 5
 *                                                                  DATA=folder of the archive's sets (default ../shared/data)
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fit, readRecipe, recipeRun, type Model } from "../src/index.ts";
import { nativeBackend } from "../src/backends/x64/native.ts";
import type { FilterInit } from "../src/layers/initialise.ts";
import { readDataset } from "../src/node.ts";

/** What a variant may change. */
interface Settings {
  readonly init: FilterInit;
  readonly atLeastSteps: number;
  /** Rows a step, of how many rows there are. */
  readonly batch: (rows: number) => number;
  /** Options of `train`. */
  readonly options: Readonly<Record<string, string>>;
}

/** The recipe that the others are held against; nothing of it follows the shipped one, which may move. */
const base: Settings = {
  init: "glorotUniform",
  atLeastSteps: 0,
  batch: () => 16,
  options: { optimizer: "adam", lr: "0.001", schedule: "cosine", normalize: "channel", keep: "last" },
};
const EPOCHS = 300;

const options = (o: Settings["options"]): Partial<Settings> => ({ options: { ...base.options, ...o } });

/** By name; a variant is one, or several joined by "+". */
const changes: Readonly<Record<string, Partial<Settings>>> = {
  glorot: {},
  torch: { init: "torch" },
  he: { init: "heUniform" },
  steps1000: { atLeastSteps: 1000 },
  steps2000: { atLeastSteps: 2000 },
  steps4000: { atLeastSteps: 4000 },
  /** As the published runs of FCN and ResNet had it. */
  tenth: { batch: (rows) => Math.max(1, Math.min(Math.floor(rows / 10), 16)) },
  batch8: { batch: () => 8 },
  batch32: { batch: () => 32 },
  batch64: { batch: () => 64 },
  sample: options({ normalize: "sample" }),
  best: options({ keep: "best" }),
  ema: options({ ema: "0.99" }),
  plateau: options({ schedule: "plateau" }),
  oneCycle: options({ schedule: "oneCycle" }),
};

/** One run, a line of the file. */
export interface Line {
  readonly model: string;
  readonly set: string;
  readonly variant: string;
  readonly seed: number;
  readonly accuracy: number;
  readonly trainLoss: number;
  readonly steps: number;
  readonly seconds: number;
  readonly weightsSha256: string;
}

const root = fileURLToPath(new URL("..", import.meta.url));
const data = process.env.DATA ?? join(root, "../shared/data");
const file = join(root, "bench/recipes.jsonl");

/** The model with each of its filters, and of the dense layer, begun like this. */
const begun = (model: Model, init: FilterInit): Model => ({
  ...model,
  layers: model.layers.map((layer) =>
    "init" in layer.options ? { ...layer, options: { ...layer.options, init } } : layer,
  ),
});

function settingsOf(variant: string): Settings {
  return variant.split("+").reduce((so, name): Settings => {
    if (!Object.hasOwn(changes, name))
      throw new Error(`variant ${name} is unknown; it is one of ${Object.keys(changes).join(", ")}`);
    const change = changes[name];
    return { ...so, ...change, options: { ...so.options, ...change.options } };
  }, base);
}

async function run(model: string, set: string, variant: string, seed: number): Promise<Line> {
  const s = settingsOf(variant);
  const ending = existsSync(join(data, set, `${set}_TRAIN.ts`)) ? "ts" : "tsv";
  const [train, test] = ["TRAIN", "TEST"].map((part) => join(data, set, `${set}_${part}.${ending}`));
  const rows = await readDataset(train, { test });
  const batch = s.batch(rows.train.rows);
  const steps = Math.max(EPOCHS * Math.ceil(rows.train.rows / batch), s.atLeastSteps);
  const texts = { model, batch: String(batch), steps: String(steps), seed: String(seed), ...s.options };
  const planned = recipeRun(rows.train, readRecipe(texts), { test: rows.test });
  if (planned.kind !== "network") throw new Error(`${model} is no single network`);
  const native = await nativeBackend();
  const backend = typeof native === "string" ? "wasm" : native;
  const place = { backend, threads: 1 } as const;
  const ran = await fit(begun(planned.model, s.init), rows.train, { ...planned.options, ...place });
  const { accuracy } = ran.model.evaluate(rows.test);
  return {
    model,
    set,
    variant,
    seed,
    accuracy,
    trainLoss: ran.train.loss,
    steps: ran.steps,
    seconds: Math.round(ran.seconds * 10) / 10,
    weightsSha256: ran.weightsSha256,
  };
}

const keyOf = ({ model, set, variant, seed }: Line): string => [model, set, variant, seed].join(" ");

const [model, variants, sets, seeds = "5"] = process.argv.slice(2);
if (sets === undefined) throw new Error("give MODEL VARIANT,... SET,... [SEEDS]");
const lines = existsSync(file)
  ? readFileSync(file, "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Line)
  : [];
const known = new Set(lines.map(keyOf));
for (const set of sets.split(","))
  for (const variant of variants.split(","))
    for (let seed = 0; seed < Number(seeds); seed++) {
      if (known.has([model, set, variant, seed].join(" "))) continue;
      const line = await run(model, set, variant, seed);
      appendFileSync(file, `${JSON.stringify(line)}\n`);
      console.log(
        set,
        variant,
        seed,
        line.accuracy.toFixed(4),
        line.trainLoss.toExponential(1),
        line.seconds,
      );
    }
