/** Figures that pages tell of the benchmark are those of docs/performance.json. */
import { readFileSync } from "node:fs";
import { format, resolveConfig } from "prettier";
import { describe, expect, it } from "vitest";
import { page, readmeWith } from "../../bench/publish.ts";
import { find, speedup, type Performance } from "../../src/bench/performance.ts";
import { root } from "../house/house.ts";
import { textOf } from "./markdown.ts";

const machines = JSON.parse(readFileSync(`${root}docs/performance.json`, "utf8")) as readonly Performance[];
const [performance] = machines;

/** The least and the most of how many times as fast a step is on one thread, over the workloads that both ran. */
function range(ours: string, theirs: string): readonly [number, number] {
  const ratios = performance.workloads.flatMap(
    (w) => speedup(find(w, "step", ours, 1), find(w, "step", theirs, 1)) ?? [],
  );
  return [Math.min(...ratios), Math.max(...ratios)];
}

const digits = (x: number): string => String(x < 10 ? Number(x.toPrecision(2)) : Math.round(x));

describe("figures of the benchmark", () => {
  it("in README.md's first lines are what was measured", () => {
    const [least, most] = range("toeplitz x64 strict", "PyTorch").map(digits);
    const [wasmLeast, wasmMost] = range("toeplitz wasm strict", "jax-js wasm").map(digits);
    expect(textOf("README.md").replace(/\s+/g, " ")).toContain(
      `machine code trains ${least} to ${most} times as fast as PyTorch; wasm ${wasmLeast} to ${wasmMost} times as fast`,
    );
  });

  it("in README.md's table and docs/performance.md are those of the saved run (npm run bench -- --redraw)", async () => {
    const options = { ...(await resolveConfig(`${root}README.md`)), parser: "markdown" };
    expect(await format(page(machines), options)).toBe(textOf("docs/performance.md"));
    const readme = textOf("README.md");
    expect(await format(readmeWith(readme, performance), options)).toBe(readme);
  });
});
