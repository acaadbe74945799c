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
import { recipes, type ArchitectureName } from "../src/training/recipes.ts";
import { etth1Baseline, longTasks, type LongResult, type LongTask } from "./longTasks.ts";

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

/** A set of the archive with a model: seeds, the accuracy asked for, the published one, further options. */
const archive = (
  set: string,
  model: string,
  seeds: number,
  asked: number,
  published: string,
  more: { ending?: "ts" | "tsv"; options?: readonly string[] } = {},
): Task => ({
  name: `${set}-${model}`,
  set,
  ending: more.ending ?? "ts",
  options: ["--model", model, ...(more.options ?? [])],
  seeds,
  asked,
  published,
});

const tasks: readonly Task[] = [
  {
    name: "mnist1d",
    set: null,
    options: [],
    seeds: 10,
    asked: 0.935,
    published: "0.94 (paper's table), 0.923 (published run)",
  },
  archive("GunPoint", "fcn", 3, 0.99, "1.000"),
  archive("ItalyPowerDemand", "fcn", 3, 0.955, "0.963"),
  archive("BasicMotions", "fcn", 3, 0.975, "1.00"),
  archive("SyntheticControl", "fcn", 3, 0.98, "0.989"),
  archive("GunPoint", "resnet", 3, 0.975, "0.991"),
  archive("ArrowHead", "resnet", 3, 0.8, "0.838"),
  archive("FaceFour", "resnet", 3, 0.93, "0.955"),
  archive("TwoLeadECG", "resnet", 3, 0.99, "1.000", { ending: "tsv" }),
  archive("Plane", "inception", 3, 0.99, "1.000"),
  archive("SwedishLeaf", "inception", 3, 0.95, "0.964", { ending: "tsv", options: ["--epochs", "100"] }),
  archive("ItalyPowerDemand", "minirocket", 5, 0.954, "0.969"),
  archive("ArrowHead", "minirocket", 5, 0.848, "0.863"),
  archive("GunPoint", "minirocket", 5, 0.978, "0.993"),
  archive("SwedishLeaf", "minirocket", 5, 0.948, "0.963", { ending: "tsv" }),
  archive("TwoLeadECG", "minirocket", 5, 0.983, "0.998", { ending: "tsv" }),
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
  const scores = results.map((r) => ({ ...r, score: r.test.accuracy }));
  const [{ model }] = results;
  return tableRow(
    { ...task, model, recipe: recipeOf(model, task.options), asked: String(task.asked) },
    scores,
  );
}

/** How a model was trained, from the shipped recipe and the options given. */
function recipeOf(model: string, options: readonly string[]): string {
  if (model === "minirocket") return "ridge on 9,996 features";
  const { recipe } = recipes[model as ArchitectureName];
  const given = (name: string): string | undefined => options[options.indexOf(name) + 1];
  const length =
    options.includes("--epochs") || "epochs" in recipe.length
      ? `${options.includes("--epochs") ? given("--epochs") : "epochs" in recipe.length ? recipe.length.epochs : ""} epochs`
      : `${recipe.length.steps} steps`;
  return `${recipe.optimizer} ${recipe.learningRate}, ${recipe.schedule}, batch ${recipe.batch}, ${length}`;
}

function tableRow(
  task: { name: string; model: string; recipe: string; seeds: number; asked: string; published: string },
  results: readonly LongResult[],
): string {
  const scores = results.map((r) => r.score);
  const mean = scores.reduce((a, b) => a + b) / scores.length;
  const deviation = Math.sqrt(
    scores.reduce((sum, x) => sum + (x - mean) ** 2, 0) / Math.max(1, scores.length - 1),
  );
  const minutes = results.reduce((sum, r) => sum + r.seconds, 0) / 60;
  const [{ parameters, steps }] = results;
  const figures = [
    task.name,
    `\`${task.model}\``,
    task.recipe,
    parameters.toLocaleString("en"),
    steps.toLocaleString("en"),
    `0-${task.seeds - 1}`,
    `**${mean.toFixed(4)}** ± ${deviation.toFixed(4)}`,
    `${Math.min(...scores).toFixed(3)}-${Math.max(...scores).toFixed(3)}`,
    task.asked,
    task.published,
    minutes.toFixed(1),
  ];
  return `| ${figures.join(" | ")} |`;
}

async function longRow(task: LongTask): Promise<string> {
  const results: LongResult[] = [];
  for (let seed = 0; seed < task.seeds; seed++) results.push(await task.run(join(data, task.folder), seed));
  const published =
    task.name === "ETTh1-tcn"
      ? `${task.published}; last value ${etth1Baseline(join(data, task.folder)).toFixed(4)}`
      : task.published;
  return tableRow({ ...task, published, asked: task.asked }, results);
}

/** The first cell of a row that an earlier run wrote. */
const nameOf = (line: string): string | undefined => line.split("|")[1]?.trim();

const HEAD = [
  "# Accuracies",
  "",
  "Made by `npm run accuracy`: the archive's own splits, test rows select nothing, weights of the last step, one recipe for all",
  "seeds (`src/training/recipes.ts`). Mean and deviation over the seeds; minutes are for all seeds together, on one thread.",
  "Published figures are of the same architecture: dl-4-tsc (FCN, ResNet), InceptionTime, MiniRocket, MNIST-1D.",
  "",
  "| set and model | model | recipe | parameters | steps | seeds | test accuracy | range | asked | published | minutes |",
  "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
];

try {
  const known = existsSync(document) ? readFileSync(document, "utf8").split("\n") : [];
  const lines = tasks.flatMap((task) => {
    const before = known.filter((line) => nameOf(line) === task.name);
    if (wanted.length > 0 && !wanted.includes(task.name)) return before;
    if (task.set !== null && !existsSync(join(data, task.set))) {
      console.error(`${task.name}: skipped, ${task.set} is not in the data folder`);
      return before;
    }
    const line = row(task);
    console.log(line);
    return [line];
  });
  for (const task of longTasks) {
    const before = known.filter((line) => nameOf(line) === task.name);
    const skipped = !existsSync(join(data, task.folder));
    if (skipped) console.error(`${task.name}: skipped, ${task.folder} is not in the data folder`);
    if (skipped || (wanted.length > 0 && !wanted.includes(task.name))) {
      lines.push(...before);
      continue;
    }
    const line = await longRow(task);
    console.log(line);
    lines.push(line);
  }
  const machine = `Node ${process.versions.node}, ${cpus()[0].model.trim()}.`;
  writeFileSync(document, [...HEAD, ...lines, "", machine, ""].join("\n"));
} finally {
  rmSync(out, { recursive: true, force: true });
}
