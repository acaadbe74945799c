/** The float layers of an int8 program as C: the kernels of the float export, over one memory and one list of weights. */
import { INPUT, OUTPUT } from "../../models/graphs.ts";
import type { Schedule } from "../../vector/schedule.ts";
import { afterFolding } from "../c/code.ts";
import { kernelText } from "../c/kernel.ts";
import { floatLiteral } from "../c/literals.ts";
import { memoryOf, rowStart } from "../c/memory.ts";
import { comment } from "../c/text.ts";
import type { IslandText } from "./cSteps.ts";
import type { Span } from "./memory.ts";
import type { Plan } from "./steps.ts";

export interface IslandTexts {
  /** Functions, numbered through. */
  readonly kernels: readonly string[];
  /** Literals of `w`. */
  readonly weights: readonly string[];
  /** Bytes of memory by step, 0 where it is no float layer. */
  readonly scratch: readonly number[];
  /** What each such step does, when it is known where its memory is. */
  texts(scratch: readonly (Span | null)[]): (IslandText | null)[];
}

/** What is written of a plan's float layers. */
export async function islandTexts(plan: Plan, schedule: Schedule): Promise<IslandTexts> {
  const kernels: string[] = [];
  const weights: string[] = [];
  const scratch: number[] = [];
  const texts: ((start: number) => IslandText | null)[] = [];
  for (const step of plan.steps) {
    if (step.kind !== "float") {
      scratch.push(0);
      texts.push(() => null);
      continue;
    }
    const island = step.island(schedule);
    const { [INPUT]: input, [OUTPUT]: output } = island.program.tensors;
    const memory = memoryOf(island.program, ["predict"], [input, output]);
    const [firstKernel, firstWeight] = [kernels.length, weights.length];
    for (const { code, kinds } of memory.kernels)
      kernels.push(`${kernelText(`kernel_${kernels.length}`, code, kinds)}\n`);
    for (const word of memory.weights(await afterFolding(island))) weights.push(floatLiteral(word));
    scratch.push(memory.floats.m * 4);
    texts.push((start) => ({
      calls: memory.calls.map(({ kernel, name, pointers }) => {
        const kinds = memory.kernels[kernel].kinds.filter((kind) => kind === "m" || kind === "w");
        const moved = pointers.map(({ at }, i) => at + (kinds[i] === "m" ? start : firstWeight));
        return `  kernel_${firstKernel + kernel}(${["m", ...moved].join(", ")}); /* ${comment(name)} */`;
      }),
      clear: {
        start: start + memory.start(input),
        floats: input.layout.pitch * input.type.shape[1],
      },
      input: { start: start + memory.start(input) + rowStart(input, 0), pitch: input.layout.pitch },
      output: { start: start + memory.start(output) + rowStart(output, 0), pitch: output.layout.pitch },
    }));
  }
  return {
    kernels,
    weights,
    scratch,
    texts: (spans) => texts.map((text, i) => text((spans[i]?.start ?? 0) / 4)),
  };
}
