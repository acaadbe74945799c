"""The library's layers in PyTorch's own modules: what each kind and its options are there."""

import torch
from torch import nn
from torch.nn import functional as F

DEFAULTS = {"stride": 1, "dilation": 1, "groups": 1, "padding": 0, "bias": True, "epsilon": 1e-5}


def values(key, count):
    """`count` numbers of a name: whole numbers from -128 to 127 over 64, which float32 holds exactly."""
    state = 2166136261
    for byte in key.encode():
        state = ((state ^ byte) * 16777619) & 0xFFFFFFFF
    result = []
    for _ in range(count):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        result.append(((state >> 24) - 128) / 64)
    return result


def tensor(key, shape, scale=1.0):
    count = 1
    for n in shape:
        count *= n
    return (torch.tensor(values(key, count), dtype=torch.float32) * scale).reshape(shape)


def sides(o, span):
    """Positions on either side of a signal, where PyTorch has no word for them."""
    if o["padding"] == "causal":
        return [span - 1, 0]
    return [o["padding"]] * 2 if isinstance(o["padding"], int) else o["padding"]


def padded(x, left, right, mode):
    return F.pad(x, (left, right), "constant" if mode == "zeros" else mode)


def conv1d(o, x):
    mode = o.get("paddingMode", "zeros")
    inside = o["padding"] == "same" or (isinstance(o["padding"], int))
    m = nn.Conv1d(
        x.shape[1], o["filters"], o["kernelSize"], o["stride"], o["padding"] if inside else 0, o["dilation"],
        o["groups"], o["bias"], mode,
    )  # fmt: skip
    parameters = {"filter": "weight", "bias": "bias"} if o["bias"] else {"filter": "weight"}
    if o.get("weightNorm"):
        m = nn.utils.weight_norm(m)
        parameters = {"filter": "weight_v", "gain": "weight_g", **({"bias": "bias"} if o["bias"] else {})}
    if inside:
        return m, parameters
    left, right = sides(o, o["dilation"] * (o["kernelSize"] - 1) + 1)
    return Padded(m, left, right, mode), {k: f"m.{v}" for k, v in parameters.items()}


class Padded(nn.Module):
    def __init__(self, m, left, right, mode):
        super().__init__()
        self.m, self.pads = m, (left, right, mode)

    def forward(self, x):
        return self.m(padded(x, *self.pads))


class Call(nn.Module):
    def __init__(self, f):
        super().__init__()
        self.f = f

    def forward(self, *xs):
        return self.f(*xs)


class LayerNormOverChannels(nn.Module):
    """nn.LayerNorm(channels) with the channels brought to the end, as ConvNeXt writes it."""

    def __init__(self, channels, eps, affine):
        super().__init__()
        self.m = nn.LayerNorm(channels, eps, affine)

    def forward(self, x):
        return self.m(x.transpose(1, 2)).transpose(1, 2)


class LogMel(nn.Module):
    """Log-mel features by PyTorch's own window and transform; what they are as convolutions stands in buffers."""

    def __init__(self, o):
        super().__init__()
        rate, size, hop = o["rate"], o.get("size", round(0.025 * o["rate"])), o.get("hop", round(0.01 * o["rate"]))
        bands, low, high = o.get("bands", 40), o.get("low", 20), o.get("high", o["rate"] / 2)
        self.hop, self.floor = hop, o.get("floor", 1e-5)
        to_mel = lambda f: 2595 * torch.log10(1 + torch.as_tensor(f, dtype=torch.float64) / 700)  # noqa: E731
        mels = torch.linspace(float(to_mel(low)), float(to_mel(high)), bands + 2, dtype=torch.float64)
        edges = 700 * (10 ** (mels / 2595) - 1)
        hertz = torch.arange(size // 2 + 1, dtype=torch.float64) * rate / size
        seen = (hertz > low) & (hertz < high)
        rising = (hertz[None, :] - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
        falling = (edges[2:, None] - hertz[None, :]) / (edges[2:] - edges[1:-1])[:, None]
        mel = torch.minimum(rising, falling).clamp(min=0)[:, seen]
        window = torch.hann_window(size, dtype=torch.float64) / size**0.5
        spectra = torch.fft.rfft(torch.diag(window))[:, seen].T
        self.register_buffer("dft", torch.cat([spectra.real, -spectra.imag]).float()[:, None, :].contiguous())
        self.register_buffer("mel", mel.float()[:, :, None].contiguous())

    def forward(self, x):
        waves = F.conv1d(x.sum(1, keepdim=True), self.dft, stride=self.hop)
        real, imaginary = waves.chunk(2, 1)
        return F.conv1d(real**2 + imaginary**2, self.mel).clamp(min=self.floor).log()


def pool(o, given, max_pool):
    size, stride = o["size"], given.get("stride", o["size"])
    left, right, p = 0, 0, o["padding"]
    if p == "same":
        left, right, p = (size - 1) // 2, size - 1 - (size - 1) // 2, 0
    if max_pool:
        m = nn.MaxPool1d(size, stride, p, o["dilation"])
    else:
        m = nn.AvgPool1d(size, stride, p, count_include_pad=o.get("countPadding", True))
    return Call(lambda y: m(F.pad(y, (left, right), value=float("-inf") if max_pool else 0.0)))


AFFINE = {"gamma": "weight", "beta": "bias"}


def make(kind, options, x):
    """A module for a layer whose first input is x, and the module's names of the layer's parameters."""
    o = {**DEFAULTS, **options}
    channels, length = x.shape[1:]
    affine = AFFINE if o.get("affine", kind != "instanceNorm") else {}
    bare = lambda m: (m, {})  # noqa: E731
    if kind == "conv1d":
        return conv1d(o, x)
    if kind == "convTranspose1d":
        m = nn.ConvTranspose1d(
            channels, o["filters"], o["kernelSize"], o["stride"], o["padding"], o.get("outputPadding", 0), o["groups"],
            o["bias"], o["dilation"],
        )  # fmt: skip
        return m, {"filter": "weight", "bias": "bias"} if o["bias"] else {"filter": "weight"}
    if kind == "fixedConv1d":
        taps = torch.tensor(o["taps"], dtype=torch.float32).repeat(1, channels, 1)
        return bare(Call(lambda y: F.conv1d(y, taps, padding=o["padding"])))
    if kind == "logMel":
        return bare(LogMel(o))
    if kind == "dense":
        m = nn.Sequential(nn.Flatten(), nn.Linear(channels * length, o["units"], o["bias"]), nn.Unflatten(1, (-1, 1)))
        return m, {"filter": "1.weight", "bias": "1.bias"} if o["bias"] else {"filter": "1.weight"}
    if kind == "batchNorm":
        return nn.BatchNorm1d(channels, o["epsilon"], o.get("momentum", 0.1)), AFFINE
    if kind == "layerNorm":
        if o.get("over", "channels") == "row":
            return nn.LayerNorm([channels, length], o["epsilon"], bool(affine)), affine
        return LayerNormOverChannels(channels, o["epsilon"], bool(affine)), {k: f"m.{v}" for k, v in affine.items()}
    if kind == "instanceNorm":
        return nn.InstanceNorm1d(channels, o["epsilon"], affine=bool(affine)), affine
    if kind == "groupNorm":
        return nn.GroupNorm(o["groups"], channels, o["epsilon"], bool(affine)), affine
    if kind == "prelu":
        return nn.PReLU(channels if o.get("slopes") == "channels" else 1), {"alpha": "weight"}
    if kind == "pad":
        return bare(Call(lambda y: padded(y, o["left"], o["right"], o["mode"])))
    if kind == "slice":
        return bare(Call(lambda y: y[:, o["first"] : o["first"] + o["count"]]))
    if kind == "crop":
        return bare(Call(lambda y: y[:, :, o["left"] : length - o["right"]]))
    if kind == "upsample":
        corners = {"align_corners": False} if o["mode"] == "linear" else {}
        return bare(nn.Upsample(scale_factor=o["scale"], mode=o["mode"], **corners))
    if kind in ("maxPool", "averagePool"):
        return bare(pool(o, options, kind == "maxPool"))
    return bare(simple(kind, o))


def simple(kind, o):
    """Kinds without parameters whose module follows from the name."""
    makers = {
        "add": lambda: Call(torch.add),
        "multiply": lambda: Call(torch.mul),
        "concat": lambda: Call(lambda *xs: torch.cat(xs, 1)),
        "flatten": lambda: nn.Sequential(nn.Flatten(), nn.Unflatten(1, (-1, 1))),
        "glu": lambda: nn.GLU(1),
        "dropout": lambda: nn.Dropout(o["rate"]),
        "channelDropout": lambda: nn.Dropout1d(o["rate"]),
        "globalAveragePool": lambda: nn.AdaptiveAvgPool1d(1),
        "globalMaxPool": lambda: nn.AdaptiveMaxPool1d(1),
        "adaptiveAveragePool": lambda: nn.AdaptiveAvgPool1d(o["length"]),
        "adaptiveMaxPool": lambda: nn.AdaptiveMaxPool1d(o["length"]),
        "relu": nn.ReLU, "relu6": nn.ReLU6, "silu": nn.SiLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid,
        "softplus": nn.Softplus, "mish": nn.Mish, "selu": nn.SELU, "softsign": nn.Softsign,
        "logSigmoid": nn.LogSigmoid, "tanhshrink": nn.Tanhshrink, "hardsigmoid": nn.Hardsigmoid,
        "hardswish": nn.Hardswish, "identity": nn.Identity,
        "softmax": lambda: nn.Softmax(1),
        "logSoftmax": lambda: nn.LogSoftmax(1),
        "leakyRelu": lambda: nn.LeakyReLU(o.get("slope", 0.01)),
        "elu": lambda: nn.ELU(o.get("alpha", 1.0)),
        "celu": lambda: nn.CELU(o.get("alpha", 1.0)),
        "gelu": lambda: nn.GELU(o.get("approximate", "none")),
        "hardtanh": lambda: nn.Hardtanh(o.get("least", -1.0), o.get("most", 1.0)),
        "softshrink": lambda: nn.Softshrink(o.get("lambda", 0.5)),
        "hardshrink": lambda: nn.Hardshrink(o.get("lambda", 0.5)),
        "threshold": lambda: nn.Threshold(o.get("threshold", 0.0), o.get("value", 0.0)),
    }  # fmt: skip
    return makers[kind]()


class Network(nn.Module):
    """The layers of a case, with the generator's numbers as parameters (times `scale`) and, in prediction, as state."""

    def __init__(self, name, layers, x, mode="train", scale=1.0):
        super().__init__()
        self.layers, self.named, self.norms = nn.ModuleList(), [], []
        self.reads = [l.get("from", [i]) for i, l in enumerate(layers)]
        self.reads = [[r] if isinstance(r, int) else r for r in self.reads]
        counts, outputs = {}, [x]
        with torch.no_grad():
            for spec, reads in zip(layers, self.reads):
                kind = spec["kind"]
                counts[kind] = counts.get(kind, 0) + 1
                full = f"{kind}_{counts[kind]}"
                module, names = make(kind, spec["options"], outputs[reads[0]])
                for ours, theirs in names.items():
                    p = dict(module.named_parameters())[theirs]
                    p.copy_(tensor(f"{name}/{full}.{ours}", p.shape, scale))
                    self.named.append((f"{full}.{ours}", p))
                if kind == "batchNorm":
                    self.norms.append(module)
                    if mode == "predict":
                        module.running_mean.copy_(tensor(f"{name}/{full}.mean", [outputs[reads[0]].shape[1]]))
                        spread = tensor(f"{name}/{full}.variance", [outputs[reads[0]].shape[1]])
                        module.running_var.copy_(spread.abs() + 0.25)
                self.layers.append(module)
                # shapes alone matter here: statistics stay as they are
                outputs.append(module.eval()(*[outputs[r] for r in reads]))
        self.train(mode == "train")

    def forward(self, x):
        outputs = [x]
        for module, reads in zip(self.layers, self.reads):
            outputs.append(module(*[outputs[r] for r in reads]))
        return outputs[-1]

    def state(self):
        return [s for m in self.norms for s in (m.running_mean, m.running_var)]
