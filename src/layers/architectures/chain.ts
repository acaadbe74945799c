/**
 * The system's own network (SYSTEM.md): a chain of single-channel convolutions with one scalar bias each,
 * y_l = s_l(A(w_l) y_{l-1} + b_l 1), and a dense head where one is wanted.
 */
import {
  conv1d,
  dense,
  elu,
  gelu,
  leakyRelu,
  model,
  relu,
  sigmoid,
  silu,
  softplus,
  tanh,
  type Tensor,
} from "../functions.ts";
import { ModelError, type Model } from "../model.ts";
import { outputsOf, type Task } from "./task.ts";

const activations = {
  tanh,
  relu,
  leakyRelu,
  elu,
  gelu,
  silu,
  sigmoid,
  softplus,
  identity: (x: Tensor): Tensor => x,
} as const;
/**
 * The activations that `chain` takes, by name.
 *
 * @useDeclaredType
 */
export type ChainActivation = keyof typeof activations;

/** The options of `chain`. */
export interface ChainOptions {
  /** The size of each layer's filter. Default: [9, 9, 9, 9, 9]. */
  readonly filters?: readonly number[];
  /** One activation for all layers, or one a layer. Default: "tanh". */
  readonly activation?: ChainActivation | readonly ChainActivation[];
  /** Whether a dense layer turns the last signal into the outputs. Default: true. */
  readonly head?: boolean;
}

/**
 * The system's own network: convolutions of one filter and one bias each, an activation after each, and a dense head.
 * `[1, length]` to `[outputs, 1]`; without the head, to the last signal. Throws ModelError for more than one channel,
 * filters that do not fit the length, and unknown activations.
 */
export function chain(task: Task, options: ChainOptions = {}): Model {
  const { filters = [9, 9, 9, 9, 9], activation = "tanh", head = true } = options;
  if (task.channels !== 1)
    throw new ModelError(`a chain runs on 1 channel, not ${task.channels}; use another model`);
  const at = (l: number): ChainActivation => (typeof activation === "string" ? activation : activation[l]);
  return model(
    task,
    (x) => {
      let y = x;
      filters.forEach((kernelSize, l) => {
        y = conv1d(y, { filters: 1, kernelSize });
        const name = at(l);
        if (!Object.hasOwn(activations, name))
          throw new ModelError(
            `activation ${name} of layer ${l + 1}; it is one of ${Object.keys(activations).join(", ")}`,
          );
        y = activations[name](y);
      });
      return head ? dense(y, { units: outputsOf(task) }) : y;
    },
    "chain",
  );
}
