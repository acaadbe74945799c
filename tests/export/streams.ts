/** Networks that stream, of both kinds: what exported streams are tried on. */
import * as architectures from "../../src/layers/architectures/index.ts";
import { layers as L, model, type Network } from "../../src/index.ts";
import type { Model } from "../../src/index.ts";
import { networkOf as networkBy, type Made } from "../models/stream/shared.ts";

export interface Streaming {
  readonly make: () => Promise<Network>;
  /** Hops that it is exported for. */
  readonly hops: readonly (number | undefined)[];
  /** Samples that it is tried on. */
  readonly length: number;
}

/** Predicts as exports do; its streams are direct all the same. */
const networkOf = (made: Model, options: Made = {}): Promise<Network> =>
  networkBy(made, { ...options, runtime: { convolution: "fast" } });

const classes = ["up", "down", "rest"];
const positions = { channels: 2, length: 90, classes, answers: { kind: "positions" } } as const;
const rows = (channels: number, length: number) =>
  ({ channels, length, classes, answers: { kind: "classes" } }) as const;
const scaled = { kind: "channel", mean: [0.3, -2], deviation: [3, 0.7] } as const;
const ANY = [undefined] as const;

export const streamingNetworks: Readonly<
  Record<
    "tcn" | "wavenet" | "centred" | "strided" | "chain" | "fcn" | "mnist1dCnn" | "keyword" | "sample",
    Streaming
  >
> = {
  tcn: {
    make: () =>
      networkOf(architectures.tcn(positions, { channels: 20, levels: 4 }), { classes, preparation: scaled }),
    hops: ANY,
    length: 300,
  },
  wavenet: {
    make: () =>
      networkOf(architectures.wavenet(positions, { residual: 8, skip: 12, layers: 3 }), {
        classes,
        preparation: { kind: "minmax", low: [-2, -2], range: [3, 5] },
      }),
    hops: ANY,
    length: 300,
  },
  // looks ahead, with every kind of padding beside its signals
  centred: {
    make: () =>
      networkOf(
        model({ channels: 2, length: 60 }, (x) => {
          const a = L.relu(L.conv1d(x, { filters: 6, kernelSize: 5, padding: "same" }));
          const b = L.maxPool(a, { size: 3, stride: 1, padding: "same" });
          return L.conv1d(L.add(a, b), { filters: 3, kernelSize: 3, padding: "same", dilation: 2 });
        }),
      ),
    hops: ANY,
    length: 300,
  },
  strided: {
    make: () =>
      networkOf(
        model({ channels: 2, length: 96 }, (x) => {
          const a = L.conv1d(x, { filters: 8, kernelSize: 4, stride: 2, padding: "causal", groups: 2 });
          const b = L.averagePool(L.gelu(a), { size: 3, stride: 3, padding: "valid" });
          return L.conv1d(b, { filters: 3, kernelSize: 3, padding: "causal" });
        }),
      ),
    hops: ANY,
    length: 400,
  },
  chain: {
    make: () => networkOf(architectures.chain(rows(1, 64)), { classes }),
    hops: [undefined, 1, 8],
    length: 400,
  },
  fcn: {
    make: () => networkOf(architectures.fcn(rows(2, 60)), { classes, preparation: scaled }),
    hops: [10],
    length: 150,
  },
  mnist1dCnn: {
    make: () => networkOf(architectures.mnist1dCnn(rows(1, 40)), { classes }),
    hops: [undefined, 4, 100],
    length: 500,
  },
  keyword: {
    make: () =>
      networkOf(architectures.keyword(rows(1, 700), { rate: 4000, bands: 8, channels: 4 }), {
        classes,
        preparation: { kind: "channel", mean: [0.1], deviation: [2] },
      }),
    hops: [undefined, 100],
    length: 3200,
  },
  // each window is prepared by itself
  sample: {
    make: () =>
      networkOf(architectures.chain(rows(1, 64)), {
        classes,
        preparation: { kind: "sample", detrend: "linear" },
      }),
    hops: [16],
    length: 400,
  },
};
