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
export type ChainActivation = keyof typeof activations;

export interface ChainOptions {
  /** The size of each layer's filter. */
  readonly filters?: readonly number[];
  /** One activation for all layers, or one a layer. */
  readonly activation?: ChainActivation | readonly ChainActivation[];
  /** Whether a dense layer turns the last signal into the outputs. */
  readonly head?: boolean;
}

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
