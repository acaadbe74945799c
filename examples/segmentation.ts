/** A class at each position of a signal, by a small U-Net, and the intervals that follow from it. */
import { architectures, fit, fromArrays, optimizers } from "toeplitz";
import { fastestBackend } from "toeplitz/node";
import { random, type Random } from "./random.ts";

/** A machine that runs through phases of 16 to 48 readings: what it draws, and what it did at each reading. */
function day(r: Random, length = 192): { readonly current: number[]; readonly phase: string[] } {
  const current: number[] = [];
  const phase: string[] = [];
  const names = ["off", "heating", "stirring"];
  for (let now = Math.floor(3 * r()); current.length < length; now = (now + 1 + Math.floor(2 * r())) % 3) {
    const end = Math.min(length, current.length + 16 + Math.floor(32 * r()));
    while (current.length < end) {
      const wave = names[now] === "stirring" ? Math.sin(current.length) : 0;
      const level = names[now] === "off" ? 0 : 1;
      current.push(level + wave + 0.3 * r.normal());
      phase.push(names[now]);
    }
  }
  return { current, phase };
}

/** Runs of equal labels: `[from, to]` (the last position included) and what they are. */
function intervals(labels: readonly string[]): string[] {
  const starts = labels.flatMap((label, t) => (label === labels[t - 1] ? [] : [t]));
  return starts.map((from, i) => `${from} to ${(starts[i + 1] ?? labels.length) - 1} ${labels[from]}`);
}

const r = random(2);
const dataOf = (days: readonly ReturnType<typeof day>[]) =>
  fromArrays({ series: days.map((d) => d.current), labels: days.map((d) => d.phase) });
const train = dataOf(Array.from({ length: 96 }, () => day(r)));
const others = Array.from({ length: 24 }, () => day(r));

const run = await fit(architectures.unet1d(train, { filters: 8, depth: 3 }), train, {
  epochs: 30,
  batch: 16,
  seed: 0,
  optimizer: optimizers.adam({ learningRate: 0.005 }),
  backend: await fastestBackend(),
});
const { accuracy } = run.model.evaluate(dataOf(others));
console.log(`positions that are right on 24 other days: ${(100 * accuracy).toFixed(1)} %`);

const [{ current, phase }] = others;
const found = intervals(run.model.predict(current).labels ?? []);
const real = intervals(phase);
console.log(`the first of them has ${real.length} intervals, and ${found.length} were found:`);
found.forEach((text, i) => console.log(`  ${text.padEnd(20)} (in truth ${real[i]})`));
