/**
 * The gated residual stack of van den Oord et al., "WaveNet: a generative model for raw audio" (2016): causal
 * convolutions of 2 taps with dilations 1, 2, 4, ...; each layer is tanh(filter) x sigmoid(gate), a convolution of size
 * 1 adds it to the residual and another to the sum of skips; then relu and two convolutions of size 1. For classes and
 * values the positions are averaged before the last, as the paper does for phonemes (section 3.4).
 */
import {
  add,
  conv1d,
  dense,
  globalAveragePool,
  model,
  multiply,
  relu,
  sigmoid,
  tanh,
  type Tensor,
} from "../functions.ts";
import type { Model } from "../model.ts";
import { outputsOf, type Task } from "./task.ts";

/** The options of `wavenet`. */
export interface WavenetOptions {
  /** Channels of the residual. Default: 32. */
  readonly residual?: number;
  /** Channels of the skips. Default: 64. */
  readonly skip?: number;
  /** Layers of a stack, the dilations 1 to 2^(layers - 1). Default: enough to see the series, at most 10. */
  readonly layers?: number;
  /** How often the dilations begin again at 1. Default: 1. */
  readonly stacks?: number;
}

/** The paper gives the dilations 1 to 512 and 2 taps; the widths are those of common implementations. */
const wavenetHyperparameters = {
  residual: 32,
  skip: 64,
  layers: 10,
  stacks: 1,
  kernelSize: 2,
} as const;

/**
 * WaveNet's gated residual stack (van den Oord et al. 2016): causal convolutions of 2 taps with dilations 1, 2, 4,
 * ..., the sum of their skips, an average over positions. `[channels, length]` to `[outputs, 1]`: a logit a class, or
 * a value a target; of a class a position `[classes, length]`, without the average. Throws ModelError for options out of range.
 */
export function wavenet(task: Task, options: WavenetOptions = {}): Model {
  const { residual, skip, stacks, kernelSize } = { ...wavenetHyperparameters, ...options };
  const layers = options.layers ?? layersFor(task.length);
  const one = (x: Tensor, filters: number): Tensor => conv1d(x, { filters, kernelSize: 1 });
  return model(
    task,
    (input) => {
      let x = conv1d(input, { filters: residual, kernelSize, padding: "causal" });
      let skips: Tensor | null = null;
      for (let layer = 0; layer < stacks * layers; layer++) {
        const causal = {
          filters: residual,
          kernelSize,
          dilation: 2 ** (layer % layers),
          padding: "causal",
        } as const;
        const gated = multiply(tanh(conv1d(x, causal)), sigmoid(conv1d(x, causal)));
        const out = one(gated, skip);
        skips = skips ? add(skips, out) : out;
        // nothing would read the last layer's residual
        if (layer < stacks * layers - 1) x = add(one(gated, residual), x);
      }
      const y = relu(one(relu(skips ?? x), skip));
      if (task.answers?.kind === "positions") return one(y, outputsOf(task));
      return dense(globalAveragePool(y), { units: outputsOf(task) });
    },
    "wavenet",
  );
}

function layersFor(length: number): number {
  let layers = 1;
  while (layers < wavenetHyperparameters.layers && 2 ** layers < length) layers++;
  return layers;
}
