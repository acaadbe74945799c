"""Small networks as PyTorch exports them to ONNX, with inputs and PyTorch's own outputs: tests/formats/onnx/pytorch.

    /usr/bin/python3 scripts/pytorch/onnx_files.py

Weights and inputs are those of torch's generator for the network's number; outputs are in evaluation mode. Written with
PyTorch 1.13 of Debian 12; another version writes other nodes for the same networks.
"""

import io
import json
import pathlib
import sys

import torch
from torch import nn
from torch.nn import functional as F

OUT = pathlib.Path(__file__).parents[2] / "tests/formats/onnx/pytorch"


class Of(nn.Module):
    """A network from its modules and what is done with them."""

    def __init__(self, forward, **modules):
        super().__init__()
        self._forward = forward
        for name, module in modules.items():
            setattr(self, name, module)

    def forward(self, x):
        return self._forward(self, x)


class Transposed(nn.Module):
    """Works on [n, positions, channels] inside."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(x.transpose(1, 2)).transpose(1, 2)


class Residual(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.a, self.b = nn.Conv1d(c, c, 3, padding=1), nn.Conv1d(c, c, 3, padding=1)
        self.n, self.m = nn.BatchNorm1d(c), nn.BatchNorm1d(c)

    def forward(self, x):
        return F.relu(self.m(self.b(F.relu(self.n(self.a(x))))) + x)


class CausalBlock(nn.Module):
    def __init__(self, c, dilation):
        super().__init__()
        self.left = 2 * dilation
        self.conv = nn.utils.weight_norm(nn.Conv1d(c, c, 3, dilation=dilation))
        self.drop = nn.Dropout(0.1)

    def forward(self, x):
        return x + self.drop(F.relu(self.conv(F.pad(x, (self.left, 0)))))


class Wave(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.f, self.g, self.o = nn.Conv1d(c, c, 2), nn.Conv1d(c, c, 2), nn.Conv1d(c, c, 1)

    def forward(self, x):
        y = F.pad(x, (1, 0))
        return x + self.o(torch.tanh(self.f(y)) * torch.sigmoid(self.g(y)))


class Excite(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.a, self.b = nn.Linear(c, 2), nn.Linear(2, c)

    def forward(self, x):
        gate = torch.sigmoid(self.b(F.relu(self.a(x.mean(-1)))))
        return x * gate.unsqueeze(-1)


class Inception(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.n = nn.Conv1d(c, 3, 1, bias=False)
        self.a, self.b = nn.Conv1d(3, 2, 5, padding=2, bias=False), nn.Conv1d(3, 2, 4, padding=2, bias=False)
        self.p, self.o, self.bn = nn.MaxPool1d(3, 1, 1), nn.Conv1d(c, 2, 1, bias=False), nn.BatchNorm1d(6)

    def forward(self, x):
        n = self.n(x)
        return F.relu(self.bn(torch.cat([self.a(n), self.b(n)[:, :, :-1], self.o(self.p(x))], 1)))


class UNet(nn.Module):
    def __init__(self, c, k):
        super().__init__()
        self.down, self.inner = nn.Conv1d(c, 4, 3, padding=1), nn.Conv1d(4, 6, 3, padding=1)
        self.up, self.out = nn.ConvTranspose1d(6, 4, 2, 2), nn.Conv1d(8, k, 1)

    def forward(self, x):
        here = F.relu(self.down(x))
        return self.out(torch.cat([here, self.up(F.relu(self.inner(F.max_pool1d(here, 2))))], 1))


class ConvNext(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.d, self.n = nn.Conv1d(c, c, 7, padding=3, groups=c), nn.LayerNorm(c, eps=1e-6)
        self.a, self.b = nn.Linear(c, 2 * c), nn.Linear(2 * c, c)
        self.scale = nn.Parameter(torch.full((c,), 0.5))

    def forward(self, x):
        y = self.n(self.d(x).permute(0, 2, 1))
        return x + (self.scale * self.b(F.gelu(self.a(y)))).permute(0, 2, 1)


class Image(nn.Module):
    """Conv2d over images of one row."""

    def __init__(self):
        super().__init__()
        self.a, self.n, self.b = nn.Conv2d(2, 4, (1, 5), stride=(1, 2), padding=(0, 2)), nn.BatchNorm2d(4), nn.Conv2d(4, 3, (1, 3))
        self.pool, self.out = nn.AdaptiveAvgPool2d(1), nn.Linear(3, 3)

    def forward(self, x):
        y = F.elu(self.n(self.a(x.unsqueeze(2))))
        return self.out(self.pool(self.b(F.max_pool2d(y, (1, 2)))).flatten(1))


def head(c, k=3):
    return [nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(c, k)]


def pads(mode):
    return nn.Sequential(nn.Conv1d(2, 4, 5, padding=2, padding_mode=mode), nn.ReLU(), *head(4))


def acts(*activations):
    layers = []
    for a in activations:
        layers += [nn.Conv1d(4, 4, 1), a]
    return nn.Sequential(nn.Conv1d(2, 4, 3), *layers, *head(4))


C, T = 2, 24


def networks():
    yield "mlp", nn.Sequential(nn.Flatten(), nn.Linear(C * T, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 3)), {}
    yield "mlp of one axis", nn.Sequential(nn.Linear(T, 8), nn.Tanh(), nn.BatchNorm1d(8), nn.Linear(8, 3)), {"input": (T,)}
    yield "features of a table", nn.Sequential(nn.BatchNorm1d(T), nn.Linear(T, 6), nn.ReLU(), nn.LayerNorm(6), nn.Linear(6, 3)), {"input": (T,)}
    yield "lenet", nn.Sequential(nn.Conv1d(C, 4, 5), nn.ReLU(), nn.MaxPool1d(2), nn.Conv1d(4, 6, 3), nn.ReLU(), nn.AvgPool1d(2, padding=1), nn.Flatten(), nn.Linear(30, 3)), {}
    yield "view by the size", Of(lambda m, x: m.l(m.c(x).view(x.size(0), -1)), c=nn.Conv1d(C, 3, 3, stride=2), l=nn.Linear(33, 3)), {"free": True}
    yield "fcn", nn.Sequential(nn.ConstantPad1d((3, 4), 0.0), nn.Conv1d(C, 5, 8), nn.BatchNorm1d(5), nn.ReLU(), nn.Conv1d(5, 6, 5, padding=2), nn.BatchNorm1d(6), nn.ReLU(), *head(6)), {"free": True}
    yield "resnet", nn.Sequential(nn.Conv1d(C, 4, 1), Residual(4), Residual(4), *head(4)), {}
    yield "resnet without constants folded", nn.Sequential(nn.Conv1d(C, 4, 1), Residual(4), *head(4)), {"folding": False}
    yield "modules as functions of the file", nn.Sequential(nn.Conv1d(C, 4, 1), Residual(4), Residual(4), nn.LeakyReLU(0.3), *head(4)), {"opset": 15, "functions": {Residual, nn.LeakyReLU}}
    yield "inception", nn.Sequential(Inception(C), Inception(6), *head(6)), {}
    yield "tcn", Of(lambda m, x: m.l(m.b(m.a(m.c(x)))[:, :, -1]), c=nn.Conv1d(C, 4, 1), a=CausalBlock(4, 1), b=CausalBlock(4, 2), l=nn.Linear(4, 3)), {}
    yield "wavenet", nn.Sequential(nn.Conv1d(C, 4, 1), Wave(4), Wave(4), *head(4)), {}
    yield "unet", UNet(C, 3), {}
    yield "unet by upsampling", Of(lambda m, x: m.b(F.interpolate(m.a(x)[:, :, ::2], scale_factor=2, mode="linear", align_corners=False)), a=nn.Conv1d(C, 4, 3, padding=1), b=nn.Conv1d(4, 3, 1)), {}
    yield "nearest upsampling", nn.Sequential(nn.Conv1d(C, 4, 4, 2), nn.Upsample(scale_factor=3), nn.Conv1d(4, 3, 3)), {}
    yield "squeeze and excite", nn.Sequential(nn.Conv1d(C, 6, 3), Excite(6), *head(6)), {}
    yield "depthwise separable", nn.Sequential(nn.Conv1d(C, 4, 3, groups=2), nn.Conv1d(4, 6, 1), nn.ReLU6(), *head(6)), {}
    yield "convnext", nn.Sequential(nn.Conv1d(C, 4, 2, 2), ConvNext(4), *head(4)), {"opset": 16}
    yield "convnext of opset 17", nn.Sequential(nn.Conv1d(C, 4, 2, 2), ConvNext(4), *head(4)), {"opset": 17}
    yield "transposed for layers over channels", nn.Sequential(nn.Conv1d(C, 4, 3), Transposed(nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.LayerNorm(6))), *head(6)), {}
    yield "group and instance norm", nn.Sequential(nn.Conv1d(C, 6, 3), nn.GroupNorm(3, 6), nn.SiLU(), nn.Conv1d(6, 4, 3), nn.InstanceNorm1d(4), nn.Mish(), nn.InstanceNorm1d(4, affine=True), *head(4)), {}
    yield "layer norm over rows", nn.Sequential(nn.Conv1d(C, 4, 3), nn.LayerNorm([4, 22]), nn.ReLU(), *head(4)), {}
    yield "reflect", pads("reflect"), {}
    yield "replicate", pads("replicate"), {}
    # PyTorch 1.13 writes its own circular padding one position off
    yield "circular", Of(lambda m, x: m.s(torch.cat([x[:, :, -2:], x, x[:, :, :3]], 2)), s=nn.Sequential(nn.Conv1d(C, 4, 5), nn.ReLU(), *head(4))), {}
    yield "pads as layers", nn.Sequential(nn.ReflectionPad1d((3, 1)), nn.Conv1d(C, 4, 3), nn.ConstantPad1d((0, 2), 0.0), nn.MaxPool1d(3, 2, 1, 2), nn.ReplicationPad1d(1), *head(4)), {}
    yield "activations", acts(nn.LeakyReLU(0.1), nn.ELU(0.7), nn.SELU(), nn.CELU(0.5), nn.PReLU(4), nn.PReLU(), nn.Softplus(), nn.Softsign()), {"opset": 13}
    yield "more activations", acts(nn.Hardtanh(-0.5, 0.8), nn.Hardsigmoid(), nn.Hardswish(), nn.GELU(), nn.Softshrink(0.2), nn.Hardshrink(0.1), nn.LogSigmoid(), nn.Tanhshrink()), {"opset": 14}
    yield "glu and chunk", Of(lambda m, x: m.l((F.glu(m.c(x), 1) + torch.cat(m.d(x).chunk(2, 1)[::-1], 1)[:, :3]).amax(-1)), c=nn.Conv1d(C, 6, 3), d=nn.Conv1d(C, 6, 3), l=nn.Linear(3, 3)), {}
    yield "softmax at the end", nn.Sequential(nn.Conv1d(C, 4, 3), nn.ReLU(), *head(4), nn.Softmax(1)), {}
    yield "sigmoid at the end", nn.Sequential(nn.Conv1d(C, 4, 3), nn.ReLU(), *head(4), nn.Sigmoid()), {}
    yield "log softmax of positions", nn.Sequential(nn.Conv1d(C, 4, 5, padding=2), nn.ReLU(), nn.Conv1d(4, 3, 1), nn.LogSoftmax(1)), {}
    yield "one value", nn.Sequential(nn.Conv1d(C, 4, 3), nn.ReLU(), *head(4, 1)), {}
    yield "images of one row", Image(), {}
    yield "channels last", nn.Sequential(Transposed(nn.Sequential(nn.Conv1d(C, 4, 3), nn.ReLU())), Transposed(nn.Conv1d(4, 3, 1))), {"input": (T, C)}
    yield "transposed convolutions", nn.Sequential(nn.Conv1d(C, 4, 4, 4), nn.ConvTranspose1d(4, 4, 5, 3, 1, 2, dilation=2), nn.ConvTranspose1d(4, 4, 3, groups=2, bias=False), *head(4)), {}
    yield "opset 9", nn.Sequential(nn.Conv1d(C, 4, 3, padding=1), nn.BatchNorm1d(4), nn.ReLU6(), nn.MaxPool1d(2), *head(4)), {"opset": 9}
    yield "upsampling of opset 9", nn.Sequential(nn.Conv1d(C, 4, 4, 2), nn.Upsample(scale_factor=2), nn.Conv1d(4, 3, 3)), {"opset": 9}
    yield "split and joined", Of(lambda m, x: m.l(torch.cat(torch.split(m.c(x), [1, 3, 2], 1)[1:], 1).mean((1, 2), keepdim=True).squeeze(2)), c=nn.Conv1d(C, 6, 3), l=nn.Linear(1, 3)), {}
    yield "a norm by hand", Of(lambda m, x: m.s((x - x.mean(2, True)) / torch.sqrt(((x - x.mean(2, True)) ** 2).mean(2, True) + 1e-3)), s=nn.Sequential(nn.Conv1d(C, 4, 3), nn.ReLU(), *head(4))), {}
    yield "scaled by constants", Of(lambda m, x: m.s(((x - m.mean) / m.std) * 2 + 1), mean=nn.Parameter(torch.tensor([[[0.5], [-1.0]]])), std=nn.Parameter(torch.tensor([[[2.0], [0.3]]])), s=nn.Sequential(nn.Conv1d(C, 4, 3), nn.ReLU(), *head(4))), {}


def main():
    OUT.mkdir(exist_ok=True)
    for old in OUT.glob("*.onnx"):
        old.unlink()
    cases, total = [], 0
    for number, (name, network, how) in enumerate(networks()):
        torch.manual_seed(number)
        # the parameters anew, and running statistics as training leaves them
        for m in network.modules():
            if hasattr(m, "reset_parameters"):
                m.reset_parameters()
            if getattr(m, "running_mean", None) is not None:
                m.running_mean.uniform_(-0.5, 0.5)
                m.running_var.uniform_(0.5, 1.5)
        network.eval()
        x = torch.randn(2, *how.get("input", (C, T)))
        with torch.no_grad():
            y = network(x)
        free = how.get("free", False)
        axes = {"x": {0: "n", **({2: "time"} if free else {})}, "y": {0: "n"}}
        file = io.BytesIO()
        torch.onnx.export(
            network, x, file, opset_version=how.get("opset", 13), input_names=["x"], output_names=["y"],
            dynamic_axes=axes if number % 3 else {}, do_constant_folding=how.get("folding", True),
            export_modules_as_functions=how.get("functions", False),
        )  # fmt: skip
        path = OUT / f"{number:02}.onnx"
        path.write_bytes(file.getvalue())
        total += len(file.getvalue())
        cases.append({"name": name, "file": path.name, "input": list(x.shape), "x": numbers(x), "output": list(y.shape), "y": numbers(y)})
    text = "[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n"
    (OUT / "cases.json").write_text(text)
    print(f"{len(cases)} networks of PyTorch {torch.__version__}: {total + len(text)} bytes", file=sys.stderr)


def numbers(t):
    """Shortest decimal forms of float32."""
    return [float(str(v)) for v in t.flatten().numpy()]


if __name__ == "__main__":
    main()
