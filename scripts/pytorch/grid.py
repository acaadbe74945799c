"""The grid of cases, as data that both sides read: vectors.py writes it to tests/pytorch/grid.json.

A case is an input, a list of layers with the library's own options (each reads the one before it unless `from` says
otherwise), and the batches it runs on. Cases that PyTorch refuses are left out where products are expanded.
"""

from itertools import product

BATCHES = [1, 2, 5, 17]


def case(name, input, *layers, rows=BATCHES, scale=1, mode="train"):
    rest = {**({} if scale == 1 else {"scale": scale}), **({} if mode == "train" else {"mode": mode})}
    return {"name": name, "input": input, "layers": list(layers), "rows": rows, **rest}


def layer(kind, _from=None, **options):
    return {"kind": kind, **({} if _from is None else {"from": _from}), "options": options}


def combinations(**lists):
    for values in product(*lists.values()):
        yield dict(zip(lists.keys(), values))


def said(options):
    return ", ".join(f"{k} {v}" for k, v in options.items())


def conv(name, input=(3, 9), rows=BATCHES, **o):
    return case(f"conv1d {name}", list(input), layer("conv1d", **{"filters": 3, "kernelSize": 3, **o}), rows=rows)


def convolutions():
    yield conv("plain")
    yield conv("without bias", bias=False)
    yield conv("of length 1, kernel 1", (3, 1), kernelSize=1)
    yield conv("of length 1, padded", (3, 1), padding=1)
    yield conv("of length 1, same, even kernel", (2, 1), kernelSize=4, padding="same")
    yield conv("kernel = length", kernelSize=9)
    yield conv("kernel = length, padded, strided", kernelSize=9, padding=4, stride=3)
    yield conv("stride above the kernel", kernelSize=2, stride=5)
    yield conv("stride above the length", kernelSize=2, stride=11)
    yield conv("dilation x kernel above the length", dilation=5, padding=3)
    yield conv("causal, dilated by more than the length", padding="causal", dilation=16)
    yield conv("strided, causal", padding="causal", stride=2)
    yield conv("uneven padding", padding=[4, 1], stride=2)
    yield conv("groups = channels", (4, 9), filters=4, groups=4, padding="same")
    yield conv("groups = channels, two filters each", (4, 9), filters=8, groups=4, stride=2)
    yield conv("one channel, one filter", (1, 9), filters=1)
    yield conv("19 channels, 18 filters", (19, 5), filters=18, padding=1, rows=[2, 17])
    for k, d in product([2, 4, 5], [1, 2, 3]):
        yield conv(f"same, kernel {k}, dilation {d}", filters=2, kernelSize=k, padding="same", dilation=d, rows=[2, 5])
    for mode in ["reflect", "replicate", "circular"]:
        yield conv(f"{mode}, [3, 1]", paddingMode=mode, padding=[3, 1])
        yield conv(f"{mode}, strided, dilated", paddingMode=mode, padding=4, stride=2, dilation=3, rows=[2, 17])
        yield conv(f"{mode}, same, even kernel", paddingMode=mode, padding="same", kernelSize=4, rows=[2, 17])
        yield conv(f"{mode}, causal", paddingMode=mode, padding="causal", rows=[2, 17])
    yield conv("circular by the whole length", (3, 4), paddingMode="circular", padding=4)
    yield conv("reflect by all but one", (3, 4), paddingMode="reflect", padding=3)
    yield conv("replicate of length 1", (3, 1), paddingMode="replicate", padding=5)
    for name, o in {
        "": {},
        ", kernel 1": {"kernelSize": 1},
        ", groups = channels": {"groups": 3, "bias": False},
        ", strided, padded": {"stride": 2, "padding": 2},
        ", same, circular": {"padding": "same", "paddingMode": "circular"},
    }.items():
        yield conv(f"weightNorm{name}", weightNorm=True, rows=[1, 17], **o)
    yield case("fixedConv1d same", [3, 9], layer("fixedConv1d", taps=[-1, 0.5, 0, 2], padding="same"), rows=[2, 17])
    yield case("fixedConv1d valid", [3, 9], layer("fixedConv1d", taps=[1, -1]), rows=[2, 17])
    for size, hop, bands in [(16, 4, 3), (25, 10, 2)]:
        o = {"rate": 1000, "size": size, "hop": hop, "bands": bands, "low": 0}
        yield case(f"logMel of {size}, hop {hop}", [2, 60], layer("logMel", **o), rows=[2, 17])
    for shape in [[3, 1], [3, 7], [1, 1], [20, 2]]:
        yield case(f"dense of {shape[0]} x {shape[1]}", shape, layer("dense", units=4))
    yield case("dense without bias", [3, 7], layer("dense", units=1, bias=False))
    for o in combinations(kernelSize=[1, 2, 3, 5], stride=[1, 2, 3], dilation=[1, 2, 3], padding=[0, 1, 3], groups=[1, 2]):
        if o["dilation"] * (o["kernelSize"] - 1) + 1 <= 7 + 2 * o["padding"]:
            yield conv(f"grid: {said(o)}", (4, 7), filters=2, rows=[3], **o)


def transposed():
    def of(name, input=(3, 5), rows=BATCHES, **o):
        o = {"filters": 2, "kernelSize": 3, **o}
        return case(f"convTranspose1d {name}", list(input), layer("convTranspose1d", **o), rows=rows)

    yield of("plain")
    yield of("without bias", bias=False)
    yield of("of length 1", (3, 1), stride=2)
    yield of("stride above the kernel", kernelSize=2, stride=5)
    yield of("stride above the kernel, outputPadding", kernelSize=2, stride=4, outputPadding=3)
    yield of("padding above the kernel", kernelSize=2, padding=2)
    yield of("groups = channels", (4, 5), filters=4, groups=4, stride=2)
    yield of("groups = channels, two filters each", (4, 5), filters=8, groups=4)
    yield of("outputPadding below the dilation", dilation=3, outputPadding=2)
    grid = combinations(
        kernelSize=[1, 2, 4], stride=[1, 2, 3], dilation=[1, 2], padding=[0, 1, 2], outputPadding=[0, 1], groups=[1, 2]
    )
    for o in grid:
        length = o["stride"] * 3 + o["dilation"] * (o["kernelSize"] - 1) + 1 + o["outputPadding"] - 2 * o["padding"]
        if length >= 1 and o["outputPadding"] < max(o["stride"], o["dilation"]):
            yield of(f"grid: {said(o)}", (2, 4), rows=[3], **o)


def norms():
    for shape in [[3, 7], [2, 1], [20, 3]]:
        # of two values the gradient all but vanishes, and PyTorch's own float32 is 3e-4 from the exact one
        rows = [5, 17] if shape[1] == 1 else BATCHES
        yield case(f"batchNorm of {shape[0]} x {shape[1]}", shape, layer("batchNorm"), rows=rows)
        yield case(f"batchNorm in prediction of {shape[0]} x {shape[1]}", shape, layer("batchNorm"), mode="predict")
    yield case("batchNorm with momentum 0.7, epsilon 0.1", [3, 7], layer("batchNorm", momentum=0.7, epsilon=0.1))
    convolved = layer("conv1d", filters=4, kernelSize=3, bias=False)
    yield case("batchNorm behind a convolution", [3, 7], convolved, layer("batchNorm"))
    for over, shape in product(["channels", "row"], [[3, 7], [5, 1], [20, 3]]):
        yield case(f"layerNorm over {over} of {shape[0]} x {shape[1]}", shape, layer("layerNorm", over=over))
    yield case("layerNorm without affine", [3, 7], layer("layerNorm", affine=False, epsilon=0.01))
    yield case("layerNorm over the row without affine", [3, 7], layer("layerNorm", over="row", affine=False))
    yield case("instanceNorm", [3, 7], layer("instanceNorm"))
    yield case("instanceNorm affine", [3, 7], layer("instanceNorm", affine=True, epsilon=1e-3))
    for groups, affine in product([1, 2, 3, 6], [True, False]):
        name = f"groupNorm of 6 channels in {groups}{'' if affine else ' without affine'}"
        yield case(name, [6, 5], layer("groupNorm", groups=groups, affine=affine), rows=[1, 17])
    yield case("groupNorm of length 1", [6, 1], layer("groupNorm", groups=2))


def pools():
    for o in combinations(size=[1, 2, 3, 4], stride=[1, 2, 5], padding=[0, 1, 2], dilation=[1, 2, 3]):
        if o["padding"] <= o["size"] / 2 and o["dilation"] * (o["size"] - 1) + 1 <= 9 + 2 * o["padding"]:
            yield case(f"maxPool {said(o)}", [2, 9], layer("maxPool", **o), rows=[3])
    for o in combinations(size=[1, 2, 3, 4], stride=[1, 2, 5], padding=[0, 1, 2], countPadding=[True, False]):
        if o["padding"] <= o["size"] / 2:
            yield case(f"averagePool {said(o)}", [2, 9], layer("averagePool", **o), rows=[3])
    for kind in ["maxPool", "averagePool"]:
        yield case(f"{kind} of the whole", [3, 9], layer(kind, size=9))
        yield case(f"{kind} of length 1", [3, 1], layer(kind, size=1))
        yield case(f"{kind} padded, of length 1", [3, 1], layer(kind, size=3, stride=1, padding=1))
        yield case(f"{kind} with the stride left out", [3, 9], layer(kind, size=2))
        yield case(f"{kind} same, even size", [3, 9], layer(kind, size=4, stride=1, padding="same"))
    for kind, shape in product(["globalAveragePool", "globalMaxPool"], [[3, 1], [3, 7], [2, 40]]):
        yield case(f"{kind} of {shape[0]} x {shape[1]}", shape, layer(kind), rows=[1, 17])
    for kind, n in product(["adaptiveAveragePool", "adaptiveMaxPool"], [1, 2, 4, 7, 9, 12]):
        yield case(f"{kind} of 9 to {n}", [2, 9], layer(kind, length=n), rows=[1, 5])


def moves():
    for mode, scale, length in product(["nearest", "linear"], [1, 2, 3, 5], [1, 2, 7]):
        name = f"upsample {mode} of {length} by {scale}"
        yield case(name, [2, length], layer("upsample", scale=scale, mode=mode), rows=[3])
    for mode in ["zeros", "reflect", "replicate", "circular"]:
        yield case(f"pad {mode}", [3, 5], layer("pad", left=4, right=2, mode=mode), rows=[1, 17])
    yield case("crop", [3, 9], layer("crop", left=2, right=3), rows=[1, 17])
    yield case("slice", [5, 4], layer("slice", first=1, count=3), rows=[1, 17])
    yield case("flatten", [3, 5], layer("flatten"), layer("dense", units=2), rows=[1, 17])
    tanh = layer("tanh")
    yield case("concat", [3, 5], tanh, layer("concat", [1, 0, 1]), rows=[1, 17])
    yield case("add", [3, 5], tanh, layer("add", [1, 0]), rows=[1, 17])
    yield case("multiply", [3, 5], tanh, layer("multiply", [1, 0]), rows=[1, 17])
    yield case("multiply by itself", [3, 5], layer("multiply", [0, 0]), rows=[1, 17])
    gate = layer("globalAveragePool")
    yield case("multiply by a gate a channel", [3, 5], gate, layer("multiply", [0, 1]), rows=[1, 17])
    gate = layer("slice", first=2, count=1)
    yield case("multiply by a gate a position", [3, 5], gate, layer("multiply", [1, 0]), rows=[1, 17])
    yield case("glu", [6, 5], layer("glu"), rows=[1, 17])
    for kind in ["dropout", "channelDropout"]:
        yield case(f"{kind} in prediction", [3, 5], layer(kind, rate=0.3), rows=[2], mode="predict")
        yield case(f"{kind} of rate 0", [3, 5], layer(kind, rate=0), rows=[2])


def activations():
    plain = "relu relu6 silu tanh sigmoid softplus mish selu softsign logSigmoid tanhshrink hardsigmoid hardswish"
    with_options = [
        ("leakyRelu", {}), ("leakyRelu", {"slope": 0.25}), ("elu", {}), ("elu", {"alpha": 0.5}), ("celu", {}),
        ("celu", {"alpha": 2}), ("gelu", {}), ("gelu", {"approximate": "tanh"}), ("hardtanh", {}),
        ("hardtanh", {"least": -0.5, "most": 2}), ("softshrink", {}), ("softshrink", {"lambda": 1}), ("hardshrink", {}),
        ("hardshrink", {"lambda": 1}), ("threshold", {}), ("threshold", {"threshold": 0.5, "value": -2}), ("prelu", {}),
        ("prelu", {"slopes": "channels"}), ("softmax", {}), ("logSoftmax", {}), ("identity", {}),
    ]  # fmt: skip
    for kind, o in [(kind, {}) for kind in plain.split()] + with_options:
        name = f"{kind} {said(o)}".strip()
        # -8 to 8 in steps of 1/16: the places where lines break are among the values
        # but for hardswish, where PyTorch's derivative at 3 is 1 in vectors and 1.5 in what is left over
        yield case(name, [3, 8], layer(kind, **o), rows=[1, 17], scale=2.5 if kind == "hardswish" else 4)


def blocks():
    def conv(filters, size=3, _from=None, **o):
        return layer("conv1d", _from, filters=filters, kernelSize=size, padding="same", bias=False, **o)

    norm, relu = layer("batchNorm"), layer("relu")
    residual = [conv(4), norm, relu, conv(4), norm, conv(4, 1, 0), layer("add", [5, 6]), relu]
    # a bias before a norm has the gradient 0, of which rounding alone would be compared
    yield case("block: residual (ResNet)", [3, 9], *residual)
    causal = [layer("conv1d", filters=3, kernelSize=3, padding="causal", dilation=4, weightNorm=True), relu]
    yield case("block: temporal (TCN)", [3, 9], *causal, *causal, layer("add", [4, 0]), relu)
    branches = [conv(2, 1), conv(2, 4, 1), conv(2, 2, 1), layer("maxPool", 0, size=3, stride=1, padding=1), conv(2, 1)]
    yield case("block: inception", [3, 9], *branches, layer("concat", [2, 3, 5]), norm, relu)
    gated = [
        layer("conv1d", filters=3, kernelSize=2, padding="causal", dilation=2), layer("tanh"),
        layer("conv1d", 0, filters=3, kernelSize=2, padding="causal", dilation=2), layer("sigmoid"),
        layer("multiply", [2, 4]), conv(3, 1), layer("add", [6, 0]),
    ]  # fmt: skip
    yield case("block: gated residual (WaveNet)", [3, 9], *gated)
    down = [conv(4), relu, layer("maxPool", size=2), conv(6), relu]
    up = [layer("convTranspose1d", filters=4, kernelSize=2, stride=2), layer("concat", [6, 2]), conv(2)]
    yield case("block: down and up (U-Net)", [2, 8], *down, *up)
    squeeze = [layer("globalAveragePool"), layer("dense", units=2), relu, layer("dense", units=4), layer("sigmoid")]
    yield case("block: squeeze and excite", [4, 6], *squeeze, layer("multiply", [0, 5]))
    separable = [conv(6, 5, groups=3), conv(4, 1)]
    yield case("block: separable", [3, 9], *separable)


def losses():
    shapes = [[4, 1], [3, 5]]
    kinds = [
        {"kind": "crossEntropy"},
        {"kind": "crossEntropy", "labelSmoothing": 0.1},
        {"kind": "crossEntropy", "classWeights": True},
        {"kind": "crossEntropy", "classWeights": True, "labelSmoothing": 0.25},
        {"kind": "crossEntropy", "soft": True},
        {"kind": "crossEntropy", "soft": True, "labelSmoothing": 0.1},
        {"kind": "binaryCrossEntropy"},
        {"kind": "binaryCrossEntropy", "posWeight": 2.5},
        {"kind": "binaryCrossEntropy", "posWeight": True},
        {"kind": "meanSquaredError"},
        {"kind": "meanAbsoluteError"},
        {"kind": "huber", "delta": 1},
        {"kind": "huber", "delta": 0.25},
    ]
    weights = [0.5, 2, 1.25, 0.75]
    for o, shape in product(kinds, shapes):
        o = {k: weights[: shape[0]] if v is True and k != "soft" else v for k, v in o.items()}
        name = f"{o['kind']} {said({k: v for k, v in o.items() if k != 'kind'})}".strip()
        soft = o.pop("soft", False)
        yield {"name": f"{name}, {shape[0]} x {shape[1]}", "output": shape, "loss": o, "soft": soft, "rows": BATCHES}


NETWORK = {
    "input": [2, 12],
    "layers": [
        layer("conv1d", filters=4, kernelSize=3, padding="same"), layer("tanh"),
        layer("conv1d", filters=5, kernelSize=3, stride=2, bias=False), layer("batchNorm"), layer("gelu"),
        layer("globalAveragePool"), layer("dense", units=3),
    ],
    "steps": 20, "rows": [6, 6, 6, 5],
}  # fmt: skip


def optimizers():
    def of(kind, rules=None, **o):
        return {"name": f"{kind} {said({**o, **(rules or {})})}", "optimizer": {"kind": kind, **o}, "rules": rules or {}}

    for o in combinations(momentum=[0, 0.9], nesterov=[False, True], weightDecay=[0, 0.05]):
        if o["momentum"] or not o["nesterov"]:
            yield of("sgd", learningRate=0.1, **o)
    for kind, decay in product(["adam", "adamW"], [0, 0.05]):
        yield of(kind, learningRate=0.01, weightDecay=decay)
    yield of("adam", learningRate=0.02, beta1=0.8, beta2=0.95, epsilon=1e-4)
    for o in combinations(momentum=[0, 0.9], centered=[False, True], weightDecay=[0, 0.05]):
        yield of("rmsProp", learningRate=0.005, **o)
    yield of("rmsProp", learningRate=0.005, alpha=0.9, epsilon=1e-3)
    for kind in ["sgd", "adam", "adamW", "rmsProp"]:
        for rules in [{"clipNorm": 0.1}, {"clipNorm": 100}, {"clipValue": 0.02}, {"clipValue": 0.05, "clipNorm": 0.1}]:
            yield of(kind, rules, learningRate=0.01)
    for kind in ["sgd", "adam", "adamW", "rmsProp"]:
        yield of(kind, {"decay": "filters"}, learningRate=0.01, weightDecay=0.1)
    yield of("adamW", {"freeze": ["conv1d_1"]}, learningRate=0.01)
    yield of("sgd", {"freeze": ["conv1d", "batchNorm"], "clipNorm": 0.1}, learningRate=0.1, momentum=0.9)


def schedules():
    def of(name, schedule):
        return {"name": name, "schedule": schedule, "steps": 50, "perEpoch": 5, "learningRate": 0.1}

    yield of("constant", {"kind": "constant"})
    yield of("constant after a warm-up", {"kind": "constant", "warmup": 0.2})
    yield of("step", {"kind": "step", "every": 3, "factor": 0.1})
    yield of("step after a warm-up", {"kind": "step", "every": 3, "factor": 0.5, "warmup": 0.1})
    yield of("exponential", {"kind": "exponential", "factor": 0.9})
    yield of("cosine", {"kind": "cosine", "warmup": 0})
    yield of("cosine to a floor", {"kind": "cosine", "warmup": 0, "floor": 0.1})
    yield of("cosine after a warm-up", {"kind": "cosine", "warmup": 0.2})
    yield of("one cycle", {"kind": "oneCycle", "rise": 0.3, "div": 25, "finalDiv": 1e4})
    yield of("one cycle, other options", {"kind": "oneCycle", "rise": 0.5, "div": 10, "finalDiv": 100})
    plateau = {"kind": "plateau", "factor": 0.5, "minimum": 0, "threshold": 1e-4, "watch": "training"}
    yield of("plateau", {**plateau, "patience": 2})
    yield of("plateau without patience, to a minimum", {**plateau, "patience": 0, "minimum": 0.02})
    yield of("plateau with a threshold", {**plateau, "patience": 3, "threshold": 0.2})


def grid():
    families = [convolutions, transposed, norms, pools, moves, activations, blocks]
    return {
        "layers": {family.__name__: list(family()) for family in families},
        "losses": list(losses()),
        "network": NETWORK,
        "optimizers": list(optimizers()),
        "schedules": list(schedules()),
    }
