/**
 * The convolutional baseline of MNIST-1D (Greydanus and Kobak 2020): three strided convolutions of 25 filters, relu,
 * and a dense layer; 5,210 parameters on 40 positions and 10 classes. PyTorch's initialisation, as published.
 */
import { conv1d, dense, model, relu } from "../functions.ts";
import type { Model } from "../model.ts";
import { outputsOf, type Task } from "./task.ts";

/**
 * The convolutional baseline of MNIST-1D (Greydanus and Kobak 2020): three convolutions of 25 filters with stride 2,
 * relu, and a dense layer. `[channels, length]` to `[outputs, 1]`: a logit a class, or a value a target.
 */
export function mnist1dCnn(task: Task): Model {
  return model(
    task,
    (x) => {
      let y = relu(conv1d(x, { filters: 25, kernelSize: 5, stride: 2, padding: 1 }));
      y = relu(conv1d(y, { filters: 25, kernelSize: 3, stride: 2, padding: 1 }));
      y = relu(conv1d(y, { filters: 25, kernelSize: 3, stride: 2, padding: 1 }));
      return dense(y, { units: outputsOf(task) });
    },
    "mnist1d-cnn",
  );
}
