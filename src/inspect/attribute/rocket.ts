/** A MiniRocket on prepared rows: its outputs, without a gradient. */
import { miniRocketModel, type MiniRocket } from "../../models/minirocket/minirocket.ts";
import type { Engine } from "./program.ts";

/** What occlusion asks of a model. */
export function rocketEngine(model: MiniRocket): Pick<Engine, "outputs" | "width" | "size"> {
  const { channels, length } = model.model.input;
  const { channelNames: _, ...fields } = model;
  const prepared = miniRocketModel({ ...fields, preparation: { kind: "none" } });
  const size = channels * length;
  return {
    width: model.intercepts.length,
    size,
    outputs: ({ values, count }) =>
      prepared.outputs({ series: Float64Array.from(values.subarray(0, count * size)), rows: count }),
  };
}
