/** Successive halving by hand. */
import { describe, expect, it } from "vitest";
import { fractionsOf, promotions, ranking, type Costed } from "../../../src/training/sweep/halving.ts";

const at = (rung: number, ...costs: number[]): Costed[] =>
  costs.map((cost, trial) => ({ trial, rung, cost }));
const open = { rungs: 3, eta: 3, isLast: false };

describe("rungs", () => {
  it("end at powers of 1 / eta of the whole length", () => {
    expect(fractionsOf(3, 3)).toEqual([1 / 9, 1 / 3, 1]);
    expect(fractionsOf(4, 2)).toEqual([1 / 8, 1 / 4, 1 / 2, 1]);
    expect(fractionsOf(1, 3)).toEqual([1]);
  });

  it("let the best third go on, once each, the earlier of two that are equal", () => {
    const done = at(0, 5, 1, 3, 1, 4, 2, 9);
    expect(promotions(done, open)).toEqual([
      { trial: 1, rung: 1 },
      { trial: 3, rung: 1 },
    ]);
    const further = [...done, { trial: 1, rung: 1, cost: 8 }];
    expect(promotions(further, open)).toEqual([{ trial: 3, rung: 1 }]);
    expect(promotions([...further, { trial: 3, rung: 1, cost: 7 }], open)).toEqual([]);
  });

  it("decide the longest way first", () => {
    const done = [...at(0, 0, 1, 2, 3, 4, 5, 6, 7, 8), ...at(1, 2, 3, 1).map((c) => c)];
    expect(promotions(done, open)).toEqual([{ trial: 2, rung: 2 }]);
    const more = [...done, ...[-1, 0, 1].map((cost, i) => ({ trial: 9 + i, rung: 0, cost }))];
    expect(promotions(more, open)).toEqual([
      { trial: 2, rung: 2 },
      { trial: 9, rung: 1 },
    ]);
  });

  it("let a better trial that comes later wait for its turn, and none that stays behind the rule", () => {
    const done = [...at(0, 3, 4, 5), { trial: 0, rung: 1, cost: 3 }];
    const later = [...done, { trial: 3, rung: 0, cost: 1 }, { trial: 4, rung: 0, cost: 2 }];
    expect(promotions(later, open)).toEqual([]);
    expect(promotions([...later, { trial: 5, rung: 0, cost: 9 }], open)).toEqual([{ trial: 3, rung: 1 }]);
  });

  it("let no trial that failed go on", () => {
    expect(promotions(at(0, Infinity, Infinity, Infinity), { ...open, isLast: true })).toEqual([]);
    expect(promotions(at(0, Infinity, 3, Infinity, Infinity, Infinity, Infinity), open)).toEqual([
      { trial: 1, rung: 1 },
    ]);
  });

  it("have one trial run the whole length, where too few are there for the rule", () => {
    const isLast = { ...open, isLast: true };
    expect(promotions(at(0, 2, 1), open)).toEqual([]);
    expect(promotions(at(0, 2, 1), isLast)).toEqual([{ trial: 1, rung: 1 }]);
    const second = [...at(0, 2, 1), { trial: 1, rung: 1, cost: 1 }];
    expect(promotions(second, isLast)).toEqual([{ trial: 1, rung: 2 }]);
    expect(promotions([...second, { trial: 1, rung: 2, cost: 1 }], isLast)).toEqual([]);
    // the one that went on failed: the next best does
    expect(promotions([...at(0, 2, 1), { trial: 1, rung: 1, cost: Infinity }], isLast)).toEqual([
      { trial: 0, rung: 1 },
    ]);
  });
});

describe("the ranking", () => {
  it("has further trials first, then the cheaper, failed ones last", () => {
    const done = [
      ...at(0, 0.5, 0.1, 0.3, Infinity),
      { trial: 2, rung: 1, cost: 9 },
      { trial: 1, rung: 1, cost: Infinity },
    ];
    expect(ranking(done).map(({ trial }) => trial)).toEqual([2, 0, 1, 3]);
  });
});
