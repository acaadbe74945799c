#!/usr/bin/env python3
"""Files laid out as Keras saves them, with what their layers compute, by numpy: tests/formats/keras/.

    python3 scripts/keras/files.py

Needs numpy and h5py (Debian: python3-h5py). Layers are written down from the documentation of Keras, channels last; neither
Keras nor TensorFlow takes part. Rows are `values` of the library's generator, as [positions, channels].
"""

import base64
import io
import json
import zipfile
from pathlib import Path

import h5py
import numpy as np

OUT = Path(__file__).resolve().parents[2] / "tests" / "formats" / "keras"
ROWS, LENGTH, CHANNELS = 3, 13, 2


def values(key, shape):
    """Whole numbers from -128 to 127 over 64, as scripts/pytorch/torch_layers.py has them."""
    state = 2166136261
    for byte in key.encode():
        state = ((state ^ byte) * 16777619) & 0xFFFFFFFF
    out = []
    for _ in range(int(np.prod(shape))):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        out.append(((state >> 24) - 128) / 64)
    return np.array(out).reshape(shape)


ACTIVATIONS = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "tanh": np.tanh,
    "softmax": lambda x: np.exp(x - x.max(-1, keepdims=True)) / np.exp(x - x.max(-1, keepdims=True)).sum(-1, keepdims=True),
}  # fmt: skip


def padded(x, size, stride, dilation, padding, value=0.0):
    length = x.shape[1]
    span = dilation * (size - 1) + 1
    if padding == "causal":
        left, right = span - 1, 0
    elif padding == "same":
        total = max((-(-length // stride) - 1) * stride + span - length, 0)
        left, right = total // 2, total - total // 2
    else:
        left = right = 0
    return np.pad(x, ((0, 0), (left, right), (0, 0)), constant_values=value)


def windows(x, size, stride, dilation):
    span = dilation * (size - 1) + 1
    starts = range(0, x.shape[1] - span + 1, stride)
    return np.stack([x[:, s : s + span : dilation] for s in starts], 1)


def conv(x, w, c):
    """kernel [taps, in / groups, out], groups by groups"""
    kernel, groups = w["kernel"], c.get("groups", 1)
    win = windows(padded(x, len(kernel), c["strides"][0], c["dilation_rate"][0], c["padding"]), len(kernel), c["strides"][0], c["dilation_rate"][0])
    parts = [
        np.einsum("npkc,kcf->npf", win[..., g * kernel.shape[1] : (g + 1) * kernel.shape[1]], part)
        for g, part in enumerate(np.split(kernel, groups, 2))
    ]
    return np.concatenate(parts, 2) + w.get("bias", 0)


def depthwise(x, kernel, c):
    win = windows(padded(x, len(kernel), c["strides"][0], c["dilation_rate"][0], c["padding"]), len(kernel), c["strides"][0], c["dilation_rate"][0])
    return np.einsum("npkc,kcm->npcm", win, kernel).reshape(x.shape[0], win.shape[1], -1)


def transposed(x, w, c):
    kernel, s = w["kernel"], c["strides"][0]
    n, length, _ = x.shape
    size, filters, _ = kernel.shape
    full = np.zeros((n, (length - 1) * s + max(size, s), filters))
    for i in range(length):
        full[:, i * s : i * s + size] += np.einsum("nc,kfc->nkf", x[:, i], kernel)
    if c["padding"] == "same":
        extra = max(size - s, 0)
        full = full[:, extra // 2 : extra // 2 + length * s]
    return full + w.get("bias", 0)


def batch_norm(x, w, c):
    return (x - w["moving_mean"]) / np.sqrt(w["moving_variance"] + c["epsilon"]) * w.get("gamma", 1) + w.get("beta", 0)


def layer_norm(x, w, c):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + c["epsilon"]) * w["gamma"] + w["beta"]


def average_pool(x, c):
    size, s = c["pool_size"][0], c["strides"][0]
    sums = windows(padded(x, size, s, 1, c["padding"]), size, s, 1).sum(2)
    counts = windows(padded(np.ones_like(x), size, s, 1, c["padding"]), size, s, 1).sum(2)
    return sums / counts


def max_pool(x, c):
    size, s = c["pool_size"][0], c["strides"][0]
    return windows(padded(x, size, s, 1, c["padding"], -np.inf), size, s, 1).max(2)


COMPUTE = {
    "Conv1D": lambda xs, w, c: conv(xs[0], w, c),
    "DepthwiseConv1D": lambda xs, w, c: depthwise(xs[0], w["kernel"], c) + w.get("bias", 0),
    "SeparableConv1D": lambda xs, w, c: depthwise(xs[0], w["depthwise_kernel"], c) @ w["pointwise_kernel"][0] + w.get("bias", 0),
    "Conv1DTranspose": lambda xs, w, c: transposed(xs[0], w, c),
    "Dense": lambda xs, w, c: xs[0] @ w["kernel"] + w.get("bias", 0),
    "BatchNormalization": lambda xs, w, c: batch_norm(xs[0], w, c),
    "LayerNormalization": lambda xs, w, c: layer_norm(xs[0], w, c),
    "MaxPooling1D": lambda xs, w, c: max_pool(xs[0], c),
    "AveragePooling1D": lambda xs, w, c: average_pool(xs[0], c),
    "GlobalAveragePooling1D": lambda xs, w, c: xs[0].mean(1),
    "GlobalMaxPooling1D": lambda xs, w, c: xs[0].max(1),
    "Flatten": lambda xs, w, c: xs[0].reshape(len(xs[0]), -1),
    "Dropout": lambda xs, w, c: xs[0],
    "Activation": lambda xs, w, c: xs[0],
    "LeakyReLU": lambda xs, w, c: np.where(xs[0] > 0, xs[0], c["negative_slope"] * xs[0]),
    "Add": lambda xs, w, c: sum(xs),
    "Multiply": lambda xs, w, c: xs[0] * xs[1],
    "Concatenate": lambda xs, w, c: np.concatenate(xs, -1),
    "ZeroPadding1D": lambda xs, w, c: np.pad(xs[0], ((0, 0), tuple(c["padding"]), (0, 0))),
    "Cropping1D": lambda xs, w, c: xs[0][:, c["cropping"][0] : xs[0].shape[1] - c["cropping"][1]],
    "UpSampling1D": lambda xs, w, c: np.repeat(xs[0], c["size"], 1),
}  # fmt: skip


def shapes(kind, c, x):
    """Weights by name in the order in which Keras has them."""
    channels = x.shape[-1]
    size = c.get("kernel_size", [0])[0]
    bias = lambda n: {"bias": [n]} if c.get("use_bias", True) else {}  # noqa: E731
    if kind == "Conv1D":
        return {"kernel": [size, channels // c.get("groups", 1), c["filters"]], **bias(c["filters"])}
    if kind == "DepthwiseConv1D":
        return {"kernel": [size, channels, c["depth_multiplier"]], **bias(channels * c["depth_multiplier"])}
    if kind == "SeparableConv1D":
        m = c["depth_multiplier"]
        return {"depthwise_kernel": [size, channels, m], "pointwise_kernel": [1, channels * m, c["filters"]], **bias(c["filters"])}
    if kind == "Conv1DTranspose":
        return {"kernel": [size, c["filters"], channels], **bias(c["filters"])}
    if kind == "Dense":
        return {"kernel": [channels, c["units"]], **bias(c["units"])}
    if kind in ("BatchNormalization", "LayerNormalization"):
        own = {**({"gamma": [channels]} if c.get("scale", True) else {}), **({"beta": [channels]} if c.get("center", True) else {})}
        return {**own, **({"moving_mean": [channels], "moving_variance": [channels]} if kind == "BatchNormalization" else {})}
    return {}


def layer(kind, name, *reads, **config):
    return {"kind": kind, "name": name, "reads": reads, "config": {"name": name, **config}}


def conv_config(size, **rest):
    return {"kernel_size": [size], "strides": [1], "dilation_rate": [1], "padding": "valid", "use_bias": True, "activation": "linear", **rest}


def compute(case, layers):
    x = values("x", [ROWS, LENGTH, CHANNELS])
    made, weights = {"in": x}, {}
    for l in layers:
        xs = [made[r] for r in l["reads"]]
        own = {}
        for leaf, shape in shapes(l["kind"], l["config"], xs[0]).items():
            own[leaf] = values(f"{case}/{l['name']}/{leaf}", shape)
            if leaf == "moving_variance":
                own[leaf] = np.abs(own[leaf]) + 0.25
        weights[l["name"]] = own
        y = COMPUTE[l["kind"]](xs, own, l["config"])
        made[l["name"]] = ACTIVATIONS[l["config"].get("activation", "linear")](y)
    return made[layers[-1]["name"]], weights


def snake(kind):
    return {"Conv1DTranspose": "conv1d_transpose", "DepthwiseConv1D": "depthwise_conv1d", "SeparableConv1D": "separable_conv1d", "BatchNormalization": "batch_normalization", "LayerNormalization": "layer_normalization"}.get(kind, kind.lower())  # fmt: skip


def config3(kind, name, layers):
    """Keras 3"""
    tensor = lambda r: {"class_name": "__keras_tensor__", "config": {"shape": [None, 1, 1], "dtype": "float32", "keras_history": [r, 0, 0]}}  # noqa: E731
    first = {"module": "keras.layers", "class_name": "InputLayer", "config": {"name": "in", "batch_shape": [None, LENGTH, CHANNELS]}, "inbound_nodes": []}
    rest = []
    for l in layers:
        args = [tensor(r) for r in l["reads"]]
        nodes = [{"args": [args] if len(args) > 1 else args, "kwargs": {}}]
        rest.append({"module": "keras.layers", "class_name": l["kind"], "config": l["config"], "name": l["name"], "inbound_nodes": nodes})
    ends = {"input_layers": [["in", 0, 0]], "output_layers": [[layers[-1]["name"], 0, 0]]} if kind == "Functional" else {}
    return {"module": "keras", "class_name": kind, "config": {"name": name, "layers": [first, *rest], **ends}}


def config2(name, layers):
    """Keras 2, a functional model"""
    first = {"class_name": "InputLayer", "config": {"name": "in", "batch_input_shape": [None, LENGTH, CHANNELS]}, "name": "in", "inbound_nodes": []}
    rest = [{"class_name": l["kind"], "config": l["config"], "name": l["name"], "inbound_nodes": [[[r, 0, 0, {}] for r in l["reads"]]]} for l in layers]
    return {"class_name": "Functional", "config": {"name": name, "layers": [first, *rest], "input_layers": [["in", 0, 0]], "output_layers": [[layers[-1]["name"], 0, 0]]}}


def save3(path, kind, name, layers, weights):
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as f:
        used = {}
        for l in layers:
            word = snake(l["kind"])
            used[word] = used.get(word, -1) + 1
            group = f.create_group(f"layers/{word}" + (f"_{used[word]}" if used[word] else "")).create_group("vars")
            for i, value in enumerate(weights[l["name"]].values()):
                group.create_dataset(str(i), data=value.astype("f4"))
        f.create_group("vars")
    with zipfile.ZipFile(path, "w") as z:
        z.writestr("metadata.json", json.dumps({"keras_version": "3.0.0"}))
        z.writestr("config.json", json.dumps(config3(kind, name, layers)))
        z.writestr("model.weights.h5", buffer.getvalue())


def save_h5(path, name, layers, weights):
    with h5py.File(path, "w") as f:
        f.attrs["keras_version"] = "2.15.0"
        f.attrs["model_config"] = json.dumps(config2(name, layers))
        root = f.create_group("model_weights")
        for l in layers:
            group = root.create_group(l["name"])
            for leaf, value in weights[l["name"]].items():
                group.create_dataset(f"{l['name']}/{leaf}:0", data=value.astype("f4"))


SEQUENTIAL = [
    layer("Conv1D", "first", "in", filters=4, **conv_config(4, padding="same", strides=[2], activation="relu")),
    layer("BatchNormalization", "bn", "first", epsilon=0.001, momentum=0.99, axis=-1),
    layer("MaxPooling1D", "pool", "bn", pool_size=[2], strides=[1], padding="same"),
    layer("Conv1D", "second", "pool", filters=4, groups=2, **conv_config(3, padding="causal", dilation_rate=[2], activation="tanh")),
    layer("Dropout", "drop", "second", rate=0.5),
    layer("Dense", "each", "drop", units=5, activation="relu", use_bias=True),
    layer("GlobalAveragePooling1D", "gap", "each"),
    layer("Dense", "out", "gap", units=3, activation="linear", use_bias=True),
]
FUNCTIONAL = [
    layer("Conv1D", "a", "in", filters=4, **conv_config(3, padding="same", use_bias=False)),
    layer("SeparableConv1D", "b", "in", filters=4, depth_multiplier=2, **conv_config(4, padding="same", activation="relu")),
    layer("Add", "sum", "a", "b"),
    layer("LayerNormalization", "ln", "sum", epsilon=0.001, axis=[-1]),
    layer("LeakyReLU", "leaky", "ln", negative_slope=0.25),
    layer("Concatenate", "both", "leaky", "a", axis=-1),
    layer("DepthwiseConv1D", "dw", "both", depth_multiplier=2, **conv_config(3, strides=[2], padding="same")),
    layer("UpSampling1D", "up", "dw", size=2),
    layer("ZeroPadding1D", "zeros", "up", padding=[2, 1]),
    layer("Cropping1D", "crop", "zeros", cropping=[1, 3]),
    layer("AveragePooling1D", "avg", "crop", pool_size=[3], strides=[2], padding="same"),
    layer("Conv1DTranspose", "tr", "avg", filters=3, **conv_config(5, strides=[2], padding="same")),
    layer("BatchNormalization", "bn2", "tr", epsilon=0.01, momentum=0.9, axis=[2], scale=False),
    layer("Flatten", "flat", "bn2"),
    layer("Dropout", "drop", "flat", rate=0.25),
    layer("Activation", "act", "drop", activation="relu"),
    layer("Dense", "hidden", "act", units=6, activation="tanh", use_bias=True),
    layer("Dense", "out", "hidden", units=2, activation="softmax", use_bias=False),
]  # fmt: skip


def main():
    told = {}
    for name, kind, layers in (("sequential", "Sequential", SEQUENTIAL), ("functional", "Functional", FUNCTIONAL)):
        out, weights = compute(name, layers)
        save3(OUT / f"{name}.keras", kind, name, layers, weights)
        save_h5(OUT / f"{name}.h5", name, layers, weights)
        told[name] = base64.b64encode(out.astype("f4").tobytes()).decode()
    with h5py.File(OUT / "bad-weights.h5", "w") as f:
        f.create_dataset("kernel", data=np.ones(3, "f4"))
    (OUT / "cases.json").write_text(json.dumps({"rows": ROWS, "length": LENGTH, "channels": CHANNELS, "outputs": told}, indent=1) + "\n")


if __name__ == "__main__":
    main()
