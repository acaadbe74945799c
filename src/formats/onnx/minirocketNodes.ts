/**
 * MiniRocket as nodes. Its features count values above biases, which are such values themselves: the last bit of a sum
 * decides. So the sums are not a Conv, whose order of summation is a runtime's own, but the additions of convolution.ts one by
 * one, which IEEE fixes; what is left to a runtime is the linear map behind the features.
 */
import { InputError } from "../../data/errors.ts";
import { HEAVY_TAPS, KERNELS, TAPS } from "../../models/rocket/kernels.ts";
import type { MiniRocketTransform } from "../../models/rocket/minirocket.ts";
import type { RocketFields } from "../../models/rocket/rocket.ts";
import { TO_END, type GraphWriter, type Value } from "./graphWriter.ts";
import { ELEMENT } from "./schema.ts";

/** Channels times dilations, each of which is some nodes. */
const MOST_SUMS = 2000;

/** The outputs `[n, outputs]` of prepared rows; throws InputError for more channels than a graph has room for. */
export function miniRocketNodes(
  g: GraphWriter,
  x: Value,
  transform: MiniRocketTransform,
  { coefficients, intercepts }: RocketFields,
): Value {
  const outputs = intercepts.length;
  const { plan, channels, combinations, biases } = transform;
  const { dilations, counts, features } = plan;
  if (dilations.length * channels > MOST_SUMS)
    throw new InputError(
      `the minirocket has ${channels} channels and ${dilations.length} dilations, too many for a graph (${MOST_SUMS} together); predict with toeplitz`,
    );
  const allBiases = g.tensor("biases", [features], biases);
  const read = combinations.flatMap((of) =>
    Array.from({ length: channels }, (_, c) => Number(of.includes(c))),
  );
  const masks = channels > 1 ? g.tensor("channels", [combinations.length, channels], read) : null;
  const parts: string[] = [];
  /** The features in the order of `parts`. */
  const order: number[] = [];
  let first = 0;
  dilations.forEach((dilation, d) => {
    g.within(`dilation ${dilation}/`);
    const mask = masks && g.slice(masks, 0, d * KERNELS, (d + 1) * KERNELS);
    const values = sums(g, x, dilation, mask);
    const count = counts[d];
    const flat = g.slice(allBiases, 0, first, first + KERNELS * count);
    const own = g.node("Reshape", [flat, g.longs(KERNELS, count, 1)]);
    for (const parity of [0, 1]) {
      // every other kernel sees only positions where all of its taps are inside
      const margin = (d + parity) % 2 === 0 ? 0 : ((TAPS - 1) / 2) * dilation;
      const kernels = everySecond(g, values, 1, parity);
      const seen = margin === 0 ? kernels : g.slice(kernels, 3, margin, -margin);
      const above = g.node("Greater", [seen, everySecond(g, own, 0, parity)]);
      const sum = g.node("ReduceSum", [g.node("Cast", [above], { to: ELEMENT.float })], {
        axes: [3],
        keepdims: 0,
      });
      parts.push(g.node("Flatten", [g.node("Div", [sum, g.scalar(x.length - 2 * margin)])], { axis: 1 }));
      for (let kernel = parity; kernel < KERNELS; kernel += 2)
        for (let i = 0; i < count; i++) order.push(first + kernel * count + i);
    }
    first += KERNELS * count;
  });
  g.within("");
  const places = Array.from({ length: features }, () => 0);
  order.forEach((feature, at) => (places[feature] = at));
  const all = g.node("Gather", [g.node("Concat", parts, { axis: 1 }), g.longs(...places)], { axis: 1 });
  const weights = g.tensor("coefficients", [outputs, features], coefficients);
  const scores = g.node("Gemm", [all, weights, g.tensor("intercepts", [outputs], intercepts)], {
    transB: 1,
  });
  return { name: scores, channels: outputs, length: 1, flat: true };
}

const everySecond = (g: GraphWriter, x: string, axis: number, from: number): string =>
  g.node("Slice", [x, g.longs(from), g.longs(TO_END), g.longs(axis), g.longs(2)]);

/** The values of all kernels at one dilation, `[n, kernels, 1, length]`: (alpha + gamma) + (gamma + gamma), summed over channels. */
function sums(
  g: GraphWriter,
  { name, channels, length }: Value,
  dilation: number,
  mask: string | null,
): string {
  const reach = ((TAPS - 1) / 2) * dilation;
  const wide = g.node("Pad", [name, g.longs(0, 0, reach, 0, 0, reach)]);
  const tap = (k: number): string => g.slice(wide, 2, k * dilation, k * dilation + length);
  let alpha = g.node("Neg", [tap(0)]);
  for (let k = 1; k < TAPS; k++) alpha = g.node("Sub", [alpha, tap(k)]);
  const three = g.node("Mul", [wide, g.scalar(3)]);
  const positions = g.longs(...Array.from({ length }, (_, t) => t));
  /** Three times the signal at one of each kernel's heavy taps, `[n, channels, kernels, length]`. */
  const gamma = (which: number): string => {
    const shifts = g.longs(
      ...Array.from({ length: KERNELS }, (_, k) => HEAVY_TAPS[3 * k + which] * dilation),
    );
    const at = g.node("Add", [g.node("Reshape", [shifts, g.longs(KERNELS, 1)]), positions]);
    return g.node("Gather", [three, at], { axis: 2 });
  };
  const one = g.node("Add", [g.node("Reshape", [alpha, g.longs(0, channels, 1, length)]), gamma(0)]);
  const each = g.node("Add", [one, g.node("Add", [gamma(1), gamma(2)])]);
  const apart = g.longs(0, KERNELS, 1, length);
  if (mask === null) return g.node("Reshape", [each, apart]);
  const ofChannel = (c: number): string => {
    const read = g.node("Reshape", [g.slice(mask, 1, c, c + 1), g.longs(KERNELS, 1)]);
    return g.node("Mul", [
      g.node("Reshape", [g.slice(each, 1, c, c + 1), g.longs(0, KERNELS, length)]),
      read,
    ]);
  };
  let all = ofChannel(0);
  for (let c = 1; c < channels; c++) all = g.node("Add", [all, ofChannel(c)]);
  return g.node("Reshape", [all, apart]);
}
