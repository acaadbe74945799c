/** The kinds of run that the proof strikes, so that every part of a state, and every kind of folder, matters in some. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { folder, hashesOf, logsOf, putRows, toeplitz } from "./shop.ts";

/** A model with dropout, whose random numbers follow the count of steps. */
const dropout = join(folder, "dropout.json");
writeFileSync(
  dropout,
  JSON.stringify({
    format: "toeplitz-model",
    version: 1,
    name: "dropout",
    input: { channels: 1, length: 40 },
    layers: [
      { kind: "conv1d", from: [0], options: { filters: 8, kernelSize: 5 } },
      { kind: "batchNorm", from: [1], options: {} },
      { kind: "relu", from: [2], options: {} },
      { kind: "dropout", from: [3], options: { rate: 0.2 } },
      { kind: "dense", from: [4], options: { units: 10 } },
    ],
  }),
);

const waves = putRows("waves.ts");
const table = putRows("waves.jsonl");

export interface Kind {
  readonly name: string;
  /** DATA and options. */
  readonly words: readonly string[];
  /** What a killed run is gone on with. */
  readonly onward: "--resume" | "--force";
  /** This many kills in a hundred. */
  readonly share: number;
}

const words = (text: string): string[] => text.split(" ");

export const kinds: readonly Kind[] = [
  {
    name: "network: adam, cosine, keep best",
    words: words("mnist1d --steps 2000 --validation 0.2 --keep best"),
    onward: "--resume",
    share: 20,
  },
  {
    name: "network: rmsProp, plateau, ema, patience",
    words: words(
      "mnist1d --steps 2000 --optimizer rmsProp --schedule plateau --ema 0.99 --validation 0.2 --patience 90",
    ),
    onward: "--resume",
    share: 15,
  },
  {
    name: "network: sgd, oneCycle, augmentation, dropout",
    words: [
      ..."mnist1d --steps 2000 --batch 30 --optimizer sgd --schedule oneCycle --augment jitter=0.05,mixup=0.2".split(
        " ",
      ),
      "--model",
      dropout,
    ],
    onward: "--resume",
    share: 15,
  },
  {
    name: "network: rows through DuckDB",
    words: [table, ...words("--label label --model chain --filters 5,5 --steps 2500")],
    onward: "--resume",
    share: 10,
  },
  {
    name: "ensemble",
    words: [waves, ...words("--model inceptiontime --steps 2 --batch 30")],
    onward: "--resume",
    share: 5,
  },
  {
    name: "seeds",
    words: [waves, ...words("--model chain --filters 5,5 --steps 2500 --seeds 3")],
    onward: "--resume",
    share: 15,
  },
  {
    name: "folds",
    words: [waves, ...words("--model chain --filters 5,5 --steps 2500 --folds 3")],
    onward: "--resume",
    share: 10,
  },
  { name: "minirocket", words: [waves, ...words("--model minirocket")], onward: "--force", share: 10 },
];

/** `train` of a kind, for scripts. */
export const trainWords = (kind: Kind, out: string, ...more: readonly string[]): string[] => [
  "train",
  ...kind.words,
  ...words("--json --quiet --out"),
  out,
  ...(kind.name === "minirocket" ? [] : words("--threads 1 --checkpoint-every 0.1")),
  ...more,
];

/** A run that was left alone. */
export interface Whole {
  readonly kind: Kind;
  readonly hashes: string;
  readonly logs: string;
  /** The time that the process took. */
  readonly ms: number;
}

export async function leftAlone(kind: Kind): Promise<Whole> {
  const out = join(folder, `whole-${kinds.indexOf(kind)}`);
  const start = performance.now();
  const run = await toeplitz(trainWords(kind, out), { run: out });
  const whole = { kind, hashes: hashesOf(run), logs: logsOf(out), ms: performance.now() - start };
  if (run.code !== 0) throw new Error(`${kind.name}: ${run.stderr}`);
  return whole;
}
