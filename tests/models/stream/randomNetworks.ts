/** Random networks that answer each position: every layer that streams, in every padding that streams. */
import { layers as L, model, type Model, type Tensor } from "../../../src/index.ts";
import { source, whole } from "./shared.ts";

type Padding = "valid" | "same" | "causal" | readonly [number, number];

/** The network of a seed; lengths that do not fit are tried again with the next draw. */
export function randomNetwork(seed: number): Model {
  const next = source(seed);
  const pick = whole(next);
  const one = <T>(list: readonly T[]): T => list[pick(0, list.length - 1)];
  const padding = (stride: number, span: number): Padding => {
    const kinds: Padding[] = ["valid", "causal", [pick(0, span), pick(0, span)], [span - 1, 0]];
    return one(stride === 1 ? [...kinds, "same", "same", "causal"] : kinds);
  };
  const convolution = (x: Tensor, filters: number): Tensor => {
    const kernelSize = pick(1, 5);
    const dilation = pick(1, 4);
    const stride = one([1, 1, 1, 2, 3]);
    const groups = one([1, 1, 1, x.channels]);
    return L.conv1d(x, {
      filters: groups === 1 ? filters : x.channels * pick(1, 2),
      kernelSize,
      dilation,
      stride,
      groups,
      padding: padding(stride, dilation * (kernelSize - 1) + 1),
      bias: one([true, false]),
      weightNorm: one([false, true]),
    });
  };
  const keeping = (x: Tensor): Tensor =>
    L.conv1d(x, {
      filters: x.channels,
      kernelSize: pick(1, 6),
      dilation: pick(1, 3),
      padding: one(["same", "causal"] as const),
    });
  const changes: readonly ((x: Tensor) => Tensor)[] = [
    (x) => convolution(x, pick(1, 20)),
    (x) => convolution(x, pick(1, 6)),
    (x) => L.relu(x),
    (x) => L.tanh(x),
    (x) => L.gelu(x),
    (x) => L.batchNorm(x),
    (x) => L.prelu(x),
    (x) => L.layerNorm(x),
    (x) => L.softmax(x),
    (x) => L.add(x, keeping(x)),
    (x) => L.add(keeping(keeping(x)), keeping(x)),
    (x) => L.multiply(L.sigmoid(keeping(x)), x),
    (x) => L.concat(x, keeping(x)),
    (x) => (x.channels % 2 === 0 ? L.glu(x) : L.slice(x, { first: 0, count: 1 })),
    (x) => {
      const size = pick(1, 7);
      const half = pick(0, Math.floor(size / 2));
      return L.maxPool(x, { size, stride: pick(1, 3), padding: [half, pick(0, Math.floor(size / 2))] });
    },
    (x) => {
      const size = pick(1, 7);
      return L.averagePool(x, { size, stride: pick(1, 3), padding: pick(0, Math.floor(size / 2)) });
    },
    (x) => L.pad(x, { left: pick(0, 3), right: pick(0, 3) }),
    (x) => L.crop(x, { left: pick(0, 3), right: pick(0, 3) }),
    (x) => L.fixedConv1d(x, { taps: [0.5, -1, 0.25] }),
  ];
  for (;;) {
    const input = { channels: one([1, 1, 2, 3, 5]), length: pick(30, 140) };
    const depth = pick(1, 6);
    try {
      return model(
        input,
        (x) => {
          let y = convolution(x, pick(1, 18));
          for (let i = 0; i < depth; i++) y = one(changes)(y);
          if (y.length < 2) throw new RangeError("a class a position wants positions");
          return y;
        },
        `random ${seed}`,
      );
    } catch (error) {
      if (!(error instanceof Error)) throw error;
    }
  }
}
