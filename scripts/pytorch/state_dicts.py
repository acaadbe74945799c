#!/usr/bin/env python3
"""Files that PyTorch saves, with what their networks compute: tests/formats/pytorch/*.pt and cases.json.

    python3 scripts/pytorch/state_dicts.py

Needs PyTorch 1.13 or later (Debian: python3-torch). A case has the same layers as this library's JSON, three rows as `values` of
torch_layers.py, and the outputs of the module for them, float32 in base64. `bad-*.pt` are files that have to be refused.
"""

import base64
import json
import pickle
import sys
import warnings
from pathlib import Path

import torch
from torch import nn

sys.dont_write_bytecode = True
from torch_layers import tensor  # noqa: E402

OUT = Path(__file__).resolve().parents[2] / "tests" / "formats" / "pytorch"
INPUT = [2, 16]
ROWS = 3


def layer(kind, *reads, **options):
    return {"kind": kind, "from": list(reads), "options": options}


def filled(net, name):
    """The generator's numbers as parameters, and as statistics with variances above 0."""
    with torch.no_grad():
        for key, value in net.state_dict().items():
            if key.endswith("num_batches_tracked"):
                value.fill_(7)
            elif key.endswith("running_var"):
                value.copy_(tensor(f"{name}/{key}", value.shape).abs() + 0.25)
            else:
                value.copy_(tensor(f"{name}/{key}", value.shape))
    return net.eval()


PLAIN = [
    layer("conv1d", 0, filters=4, kernelSize=3),
    layer("batchNorm", 1),
    layer("relu", 2),
    layer("conv1d", 3, filters=4, kernelSize=3),
    layer("batchNorm", 4),
    layer("relu", 5),
    layer("globalAveragePool", 6),
    layer("dense", 7, units=3),
]


def sequential():
    return nn.Sequential(
        nn.Conv1d(2, 4, 3), nn.BatchNorm1d(4), nn.ReLU(), nn.Conv1d(4, 4, 3), nn.BatchNorm1d(4), nn.ReLU(),
        nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(4, 3),
    )  # fmt: skip


class Attributes(nn.Module):
    """Modules by names whose alphabet is another order than that of the layers."""

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv1d(2, 4, 3), nn.BatchNorm1d(4)
        self.conv2, self.bn2 = nn.Conv1d(4, 4, 3), nn.BatchNorm1d(4)
        self.classifier = nn.Linear(4, 3)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = torch.relu(self.bn2(self.conv2(x)))
        return self.classifier(x.mean(2))


class Grouped(nn.Module):
    """All batch norms are made before the convolutions: by shapes, and the numbers in names."""

    def __init__(self):
        super().__init__()
        self.norms = nn.ModuleList([nn.BatchNorm1d(4), nn.BatchNorm1d(4)])
        self.convs = nn.ModuleList([nn.Conv1d(2, 4, 3), nn.Conv1d(4, 4, 3)])
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        for conv, norm in zip(self.convs, self.norms):
            x = torch.relu(norm(conv(x)))
        return self.head(x.mean(2))


class Shuffled(nn.Module):
    """Equal shapes under names that say nothing, in another order than they are used: only a list of names tells."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(4, 3)
        self.after, self.before = nn.BatchNorm1d(4), nn.BatchNorm1d(4)
        self.late, self.early = nn.Conv1d(4, 4, 3), nn.Conv1d(2, 4, 3)

    def forward(self, x):
        x = torch.relu(self.before(self.early(x)))
        x = torch.relu(self.after(self.late(x)))
        return self.head(x.mean(2))


class Causal(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.utils.weight_norm(nn.Conv1d(2, 6, 3, dilation=2, groups=2))
        self.act = nn.PReLU(6)
        self.norm = nn.GroupNorm(3, 6)
        self.up = nn.ConvTranspose1d(6, 4, 4, stride=2, padding=1)
        self.ln = nn.LayerNorm(4)
        self.fc = nn.Linear(4 * 32, 3, bias=False)

    def forward(self, x):
        x = self.norm(self.act(self.conv(nn.functional.pad(x, (4, 0)))))
        x = self.ln(self.up(x).transpose(1, 2)).transpose(1, 2)
        return self.fc(x.flatten(1))


CAUSAL = [
    layer("conv1d", 0, filters=6, kernelSize=3, dilation=2, groups=2, padding="causal", weightNorm=True),
    layer("prelu", 1, slopes="channels"),
    layer("groupNorm", 2, groups=3),
    layer("convTranspose1d", 3, filters=4, kernelSize=4, stride=2, padding=1),
    layer("layerNorm", 4),
    layer("dense", 5, units=3, bias=False),
]


def views(net):
    """Tensors as views into one storage, the filters with their axes in another order."""
    state = net.state_dict()
    flat = torch.zeros(sum(v.numel() for v in state.values() if v.is_floating_point()) + 5)
    at, out = 5, {}
    for key, value in state.items():
        if not value.is_floating_point():
            out[key] = value
            continue
        part = flat[at : at + value.numel()]
        at += value.numel()
        if value.dim() == 3:
            out[key] = part.view(value.shape[2], value.shape[1], value.shape[0]).permute(2, 1, 0)
        else:
            out[key] = part.view(value.shape)
        out[key].copy_(value)
    return out


def cases():
    plain = filled(sequential(), "sequential")
    yield "sequential", PLAIN, plain, plain.state_dict(), {}
    attributes = filled(Attributes(), "attributes")
    wrapped = {f"module.{k}": v for k, v in attributes.state_dict().items()}
    optimizer = torch.optim.Adam(attributes.parameters())
    attributes(torch.zeros(2, *INPUT)).sum().backward()
    optimizer.step()
    attributes = filled(attributes, "attributes")
    checkpoint = {"epoch": 3, "loss": 0.25, "best": None, "done": False, "big": 2**40, "state_dict": wrapped, "optimizer": optimizer.state_dict()}
    yield "checkpoint", PLAIN, attributes, checkpoint, {}
    grouped = filled(Grouped(), "grouped")
    yield "grouped", PLAIN, grouped, grouped.state_dict(), {}
    shuffled = filled(Shuffled(), "shuffled")
    names = {"early": "conv1d_1", "late": "conv1d_2", "before": "batchNorm_1", "after": "batchNorm_2", "head": "dense_1", "unwanted": None}
    yield "shuffled", PLAIN, shuffled, {**shuffled.state_dict(), "unwanted": torch.arange(3)}, {"names": names}
    causal = filled(Causal(), "causal")
    yield "causal", CAUSAL, causal, causal.state_dict(), {}
    yield "views", PLAIN, plain, views(plain), {}
    yield "parameters", PLAIN, plain, dict(list(plain.named_parameters()) + list(plain.named_buffers())), {}
    for name, dtype in {"half": torch.float16, "brain": torch.bfloat16, "double": torch.float64}.items():
        state = {k: v.to(dtype) if v.is_floating_point() else v for k, v in plain.state_dict().items()}
        back = sequential()
        back.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in state.items()})
        yield name, PLAIN, back.eval(), state, {}


class Evil:
    def __reduce__(self):
        return (print, ("this would have run",))


def bad(net):
    state = net.state_dict()
    torch.save(state, OUT / "bad-legacy.pt", _use_new_zipfile_serialization=False)
    torch.save(net, OUT / "bad-model.pt")
    torch.save({**state, "hook": Evil()}, OUT / "bad-evil.pt")
    torch.jit.save(torch.jit.script(nn.Sequential(nn.Conv1d(1, 1, 1))), str(OUT / "bad-script.pt"))
    nan = {k: v.clone() for k, v in state.items()}
    nan["3.weight"][1, 2, 0] = float("nan")
    torch.save(nan, OUT / "bad-nan.pt")
    torch.save({k: v.to(torch.int32) for k, v in state.items()}, OUT / "bad-integers.pt")
    torch.save(torch.zeros(2), OUT / "bad-tensor.pt")
    (OUT / "bad-pickle.pt").write_bytes(pickle.dumps({"a": 1}))


def main():
    warnings.filterwarnings("ignore")
    x = tensor("x", [ROWS, *INPUT])
    told = {}
    for name, layers, net, saved, rest in cases():
        torch.save(saved, OUT / f"{name}.pt")
        with torch.no_grad():
            out = net(x).flatten()
        told[name] = {
            "model": {"format": "toeplitz-model", "version": 1, "name": name, "input": dict(zip(("channels", "length"), INPUT)), "layers": layers},
            "outputs": base64.b64encode(out.numpy().tobytes()).decode(),
            **rest,
        }  # fmt: skip
    bad(filled(sequential(), "sequential"))
    (OUT / "cases.json").write_text(json.dumps({"torch": torch.__version__, "rows": ROWS, "cases": told}, indent=1) + "\n")


if __name__ == "__main__":
    main()
