/** One of the Rocket family on prepared rows: its outputs, without a gradient. */
import { rocketModel, type Rocket } from "../../models/rocket/rocket.ts";
import type { Engine } from "./program.ts";

/** What occlusion asks of a model. */
export function rocketEngine(model: Rocket): Pick<Engine, "outputs" | "width" | "size"> {
  const { channels, length } = model.model.input;
  const { channelNames: _, ...fields } = model;
  const prepared = rocketModel({ ...fields, preparation: { kind: "none" } });
  const size = channels * length;
  return {
    width: model.intercepts.length,
    size,
    outputs: ({ values, count }) =>
      prepared.outputs({ series: Float64Array.from(values.subarray(0, count * size)), rows: count }),
  };
}
