/** Published sets with rows of unequal length and with gaps, from raw file to accuracy. */
import { describe, expect, it } from "vitest";
import { miniRocket } from "../../src/index.ts";
import { parseDataset } from "../../src/readers/read.ts";
import { alignClasses } from "../../src/data/classes.ts";
import { hasShared, sharedFile, skipNote } from "../data/shared.ts";

describe.skipIf(!hasShared)(`minirocket on raw rows ${skipNote}`, () => {
  it.each([
    ["PickupGestureWiimoteZ", "ts", { length: 361, pad: "zero", at: "end" }, 0.86],
    ["DodgerLoopDay", "tsv", { fill: "linear" }, 0.6625],
  ])("%s.%s", (name, ending, steps, accuracy) => {
    const read = (part: string) => {
      const path = `${name}/${name}_${part}.${ending}`;
      return parseDataset(sharedFile(path), path);
    };
    const train = read("TRAIN");
    const rocket = miniRocket(train);
    expect(rocket.preparation).toEqual({ kind: "none", ...steps });
    expect(rocket.evaluate(alignClasses(train, read("TEST"))).accuracy).toBe(accuracy);
  });
});
