"""Loads exported weights into an nn.Module of the same layers, and says what it computes.

Reads JSON lines {model, file, shape, x: base64 of float32} from stdin; prints for each a line {outputs: base64} or {error}.
"""

import base64
import json
import sys
import warnings

import numpy as np
import torch
from torch import nn

sys.dont_write_bytecode = True
from torch_layers import LayerNormOverChannels, Padded, make  # noqa: E402


class Module(nn.Module):
    """A module an attribute, called as the layers of the model are."""

    def __init__(self, model, x):
        super().__init__()
        self.steps, counts, outputs = [], {}, [x]
        for layer in model["layers"]:
            kind, reads = layer["kind"], layer["from"]
            counts[kind] = counts.get(kind, 0) + 1
            options = {k: 0 if v == "valid" else v for k, v in layer["options"].items()}
            step, _ = make(kind, options, outputs[reads[0]])
            own = step.m if isinstance(step, (Padded, LayerNormOverChannels)) else step[1] if kind == "dense" else step
            if isinstance(own, nn.Module):
                self.add_module(f"{kind}_{counts[kind]}", own)
            self.steps.append((step, reads))
            outputs.append(step.eval()(*[outputs[r] for r in reads]))

    def forward(self, x):
        outputs = [x]
        for step, reads in self.steps:
            outputs.append(step(*[outputs[r] for r in reads]))
        return outputs[-1]


def load(file):
    if file.endswith(".safetensors"):
        return read_safetensors(file)
    return torch.load(file, map_location="cpu", weights_only=True)


def read_safetensors(file):
    """Some lines of the format's own description, so that the package need not be there."""
    raw = open(file, "rb").read()
    size = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + size])
    kinds = {"F32": torch.float32, "I64": torch.int64}
    out = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        part = torch.frombuffer(bytearray(raw[8 + size + begin : 8 + size + end]), dtype=kinds[entry["dtype"]])
        out[name] = part.reshape(entry["shape"])
    return out


def main():
    warnings.filterwarnings("ignore")
    for line in sys.stdin:
        given = json.loads(line)
        try:
            x = torch.from_numpy(np.frombuffer(base64.b64decode(given["x"]), np.float32).copy()).reshape(given["shape"])
            with torch.no_grad():
                net = Module(given["model"], x).eval()
                net.load_state_dict(load(given["file"]), strict=True)
                out = net(x).numpy().astype(np.float32)
            print(json.dumps({"outputs": base64.b64encode(out.tobytes()).decode()}), flush=True)
        except Exception as error:  # each is told to the test
            print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)


main()
