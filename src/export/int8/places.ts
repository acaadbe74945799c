/** Which positions layers read: windows of pools, and where moved ones come from. */
import type { Conv1dOptions } from "../../layers/convolution.ts";
import type { SliceOptions } from "../../layers/joining.ts";
import type { Resolved } from "../../layers/model.ts";
import type { MaxPoolOptions, PoolOptions } from "../../layers/pooling.ts";
import { paddingSides, type CropOptions, type PaddingMode, type PadOptions } from "../../layers/padding.ts";
import type { UpsampleOptions } from "../../layers/resampling.ts";
import type { Move, Windows } from "./steps.ts";

type Pooled = Required<PoolOptions> & Pick<MaxPoolOptions, "dilation">;

/** The windows of a pool; a global one has one. */
export function windowsOf({ kind, options, inputs: [x] }: Resolved): Windows {
  if (kind === "globalAveragePool" || kind === "globalMaxPool")
    return { size: x.length, stride: 1, dilation: 1, left: 0 };
  const { size, stride, padding, dilation = 1 } = options as Pooled;
  const [left] = paddingSides({ padding, kernelSize: size, dilation, stride });
  return { size, stride, dilation, left };
}

const shifted = (by: number): Move => ({
  source: (t) => t + by,
  text: by === 0 ? "t" : `t + ${by}`,
  channel: 0,
});

/** Where the positions of a padded signal come from. */
function padded(left: number, length: number, mode: PaddingMode): Move {
  const p = `(t - ${left})`;
  const last = length - 1;
  switch (mode) {
    case "zeros":
      return {
        source: (t) => (t >= left && t - left < length ? t - left : -1),
        text: `t >= ${left} && t < ${left + length} ? t - ${left} : -1`,
        channel: 0,
      };
    case "replicate":
      return {
        source: (t) => Math.min(Math.max(t - left, 0), last),
        text: `t < ${left} ? 0 : t > ${left + last} ? ${last} : t - ${left}`,
        channel: 0,
      };
    case "reflect":
      return {
        source: (t) => (t < left ? left - t : t - left > last ? 2 * last - (t - left) : t - left),
        text: `t < ${left} ? ${left} - t : t > ${left + last} ? ${2 * last} - ${p} : t - ${left}`,
        channel: 0,
      };
    case "circular":
      return {
        source: (t) => (t - left + length) % length,
        text: `(t + ${length - left}) % ${length}`,
        channel: 0,
      };
  }
}

/** What a layer that only moves values does. */
export function moveOf({ kind, options, inputs: [x] }: Resolved): Move {
  switch (kind) {
    case "slice":
      return { ...shifted(0), channel: (options as Required<SliceOptions>).first };
    case "crop":
      return shifted((options as Required<CropOptions>).left);
    case "upsample": {
      const { scale } = options as Required<UpsampleOptions>;
      return { source: (t) => Math.floor(t / scale), text: `t / ${scale}`, channel: 0 };
    }
    case "pad": {
      const { left, mode } = options as Required<PadOptions>;
      return padded(left, x.length, mode);
    }
    default:
      throw new Error(`fault: ${kind} moves nothing`);
  }
}

/** The padding that a convolution wants to be made before it, in positions added; null where zeros or none are. */
export function paddingOf({
  kind,
  options,
  inputs: [x],
}: Resolved): { readonly added: number; readonly move: Move } | null {
  if (kind !== "conv1d") return null;
  const o = options as Required<Conv1dOptions>;
  const [left, right] = paddingSides(o);
  if (o.paddingMode === "zeros" || left + right === 0) return null;
  return { added: left + right, move: padded(left, x.length, o.paddingMode) };
}
