/** What the global pools have in common: whether the padding of shorter rows counts. */
import type { LayerKind } from "./layer.ts";

/** The options of `globalAveragePool` and `globalMaxPool`. */
export interface GlobalPoolOptions {
  /**
   * `padding`: the positions that a preparation padded a shorter row with are left out; in a layer of n positions, position p
   * is the row's own where one of the input's from p / n to (p + 1) / n of its length is. Default: "nothing".
   */
  readonly ignore?: "nothing" | "padding";
}

export const globalPoolOptions: LayerKind<Required<GlobalPoolOptions>>["options"] = (o) => ({
  ignore: o.word("ignore", ["nothing", "padding"], "nothing"),
});
