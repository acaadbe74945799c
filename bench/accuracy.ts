/**
 * Test accuracies of the shipped recipes, by the published protocol: the archive's own split, test rows select nothing,
 * weights of the last step, one recipe for all seeds. Each run is the command line's own. Writes docs/accuracy.md.
 *
 *   npm run accuracy [-- NAME...]        DATA=folder of the archive's sets (default ../shared/data)
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

interface Task {
  readonly name: string;
  /** Folder of the archive's set, or null for the built-in generator. */
  readonly set: string | null;
  readonly ending?: "ts" | "tsv";
  readonly options: readonly string[];
  readonly seeds: number;
  readonly asked: number;
  readonly published: string;
}

const tasks: readonly Task[] = [
  {
    name: "mnist1d",
    set: null,
    options: [],
    seeds: 10,
    asked: 0.935,
    published: "0.94 (paper's table), 0.923 (published run)",
  },
  {
    name: "GunPoint-fcn",
    set: "GunPoint",
    options: ["--model", "fcn"],
    seeds: 3,
    asked: 0.99,
    published: "1.000",
  },
  {
    name: "ItalyPowerDemand-fcn",
    set: "ItalyPowerDemand",
    options: ["--model", "fcn"],
    seeds: 3,
    asked: 0.955,
    published: "0.963",
  },
  {
    name: "BasicMotions-fcn",
    set: "BasicMotions",
    options: ["--model", "fcn"],
    seeds: 3,
    asked: 0.975,
    published: "1.00",
  },
];

interface Result {
  readonly model: string;
  readonly parameters: number;
  readonly steps: number;
  readonly seconds: number;
  readonly test: { readonly accuracy: number };
}

const root = fileURLToPath(new URL("..", import.meta.url));
const data = process.env.DATA ?? join(root, "../shared/data");
const cli = join(root, "dist/cli/main.js");
const out = mkdtempSync(join(tmpdir(), "toeplitz-accuracy-"));
const document = join(root, "docs/accuracy.md");
const wanted = process.argv.slice(2);

function run({ set, ending = "ts", options }: Task, seed: number): Result {
  const files =
    set === null
      ? ["mnist1d"]
      : [`${set}_TRAIN`, "--test", `${set}_TEST`].map((part) =>
          part.startsWith("--") ? part : join(data, set, `${part}.${ending}`),
        );
  const args = [
    "train",
    ...files,
    ...options,
    "--seed",
    String(seed),
    "--json",
    "--quiet",
    "--force",
    "--out",
    out,
  ];
  return JSON.parse(execFileSync(process.execPath, [cli, ...args], { encoding: "utf8" })) as Result;
}

function row(task: Task): string {
  const results = Array.from({ length: task.seeds }, (_, seed) => run(task, seed));
  const scores = results.map((r) => r.test.accuracy);
  const mean = scores.reduce((a, b) => a + b) / scores.length;
  const deviation = Math.sqrt(
    scores.reduce((sum, x) => sum + (x - mean) ** 2, 0) / Math.max(1, scores.length - 1),
  );
  const minutes = results.reduce((sum, r) => sum + r.seconds, 0) / 60;
  const [{ model, parameters, steps }] = results;
  const figures = [
    task.name,
    `\`${model}\``,
    parameters.toLocaleString("en"),
    steps.toLocaleString("en"),
    `0-${task.seeds - 1}`,
    `**${mean.toFixed(4)}** ± ${deviation.toFixed(4)}`,
    `${Math.min(...scores).toFixed(3)}-${Math.max(...scores).toFixed(3)}`,
    String(task.asked),
    task.published,
    minutes.toFixed(1),
  ];
  return `| ${figures.join(" | ")} |`;
}

const HEAD = [
  "# Accuracies",
  "",
  "Made by `npm run accuracy`: the archive's own splits, test rows select nothing, weights of the last step, one recipe for all",
  "seeds (`src/training/recipes.ts`). Mean and deviation over the seeds; minutes are for all seeds together, on one thread.",
  "Published figures are of the same architecture: dl-4-tsc (FCN, ResNet), InceptionTime, MiniRocket, MNIST-1D.",
  "",
  "| set and model | model | parameters | steps | seeds | test accuracy | range | asked | published | minutes |",
  "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
];

try {
  const known = existsSync(document) ? readFileSync(document, "utf8").split("\n") : [];
  const lines = tasks.flatMap((task) => {
    const before = known.filter((line) => line.startsWith(`| ${task.name} |`));
    if (wanted.length > 0 && !wanted.includes(task.name)) return before;
    if (task.set !== null && !existsSync(join(data, task.set))) {
      console.error(`${task.name}: skipped, ${task.set} is not in the data folder`);
      return before;
    }
    const line = row(task);
    console.log(line);
    return [line];
  });
  const machine = `Node ${process.versions.node}, ${cpus()[0].model.trim()}.`;
  writeFileSync(document, [...HEAD, ...lines, "", machine, ""].join("\n"));
} finally {
  rmSync(out, { recursive: true, force: true });
}
