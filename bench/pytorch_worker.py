"""The PyTorch contender: one JSON object a line in, one out. See contenders/pytorch.ts for the messages."""

import json
import sys
import time

try:
    import torch
    from torch import nn
except Exception as problem:  # any failing import means absent
    print(json.dumps({"absent": f"import torch: {problem}"}), flush=True)
    sys.exit(0)


class GlobalAverage(nn.Module):
    def forward(self, x):  # [n, channels, time] -> [n, channels]
        return x.mean(2)


class Residual(nn.Module):
    def __init__(self, channels, layer):
        super().__init__()
        inner, now = [], channels
        for one in layer["layers"]:
            inner += module(one, now)
            now = one.get("filters", now)
        self.inner = nn.Sequential(*inner)
        self.skip = nn.Identity() if channels == layer["filters"] else nn.Conv1d(channels, layer["filters"], 1)

    def forward(self, x):
        return torch.relu(self.skip(x) + self.inner(x))


SIMPLE = {"relu": nn.ReLU, "tanh": nn.Tanh, "flatten": nn.Flatten, "globalAveragePool": GlobalAverage}


def module(layer, channels):
    """A layer that reads so many channels, as a list of modules."""
    kind = layer["kind"]
    if kind == "conv":
        left, right = layer["padding"]
        pad = [] if left == right else [nn.ConstantPad1d((left, right), 0.0)]
        padding = left if left == right else 0
        sizes = (layer["filters"], layer["kernelSize"], layer["stride"], padding, layer["dilation"])
        return pad + [nn.Conv1d(channels, *sizes)]
    if kind == "batchNorm":
        return [nn.BatchNorm1d(channels)]
    if kind == "dense":
        return [nn.Linear(channels, layer["units"])]
    if kind == "residual":
        return [Residual(channels, layer)]
    return [SIMPLE[kind]()]


def build(placed):
    """Layers with the shapes of their inputs -> nn.Sequential."""
    return nn.Sequential(*[m for entry in placed for m in module(entry["layer"], entry["channels"])])


class Job:
    def __init__(self, message):
        torch.set_num_threads(message["threads"])
        torch.manual_seed(0)
        workload = message["workload"]
        shape = (workload["batch"], workload["channels"], workload["length"])
        self.x = torch.tensor(message["x"], dtype=torch.float32).reshape(shape)
        self.y = torch.tensor(message["y"], dtype=torch.long)
        self.model = build(message["placed"])
        self.optimizer = torch.optim.Adam(self.model.parameters(), 1e-3)
        self.entropy = nn.CrossEntropyLoss()
        self.loss = torch.tensor(float("nan"))

    def step(self, count):
        self.model.train()
        start = time.perf_counter()
        for _ in range(count):
            self.optimizer.zero_grad()
            self.loss = self.entropy(self.model(self.x), self.y)
            self.loss.backward()
            self.optimizer.step()
        return time.perf_counter() - start

    def infer(self, count, x):
        self.model.eval()
        with torch.inference_mode():
            start = time.perf_counter()
            for _ in range(count):
                self.model(x)
            return time.perf_counter() - start


def main():
    print(json.dumps({"version": torch.__version__}), flush=True)
    job = None
    for line in sys.stdin:
        message = json.loads(line)
        kind = message["kind"]
        if kind == "prepare":
            job = Job(message)
            answer = {"seconds": 0.0}
        elif kind == "step":
            answer = {"seconds": job.step(message["count"])}
        elif kind == "infer":
            x = job.x[:1].clone() if message["samples"] == "one" else job.x
            answer = {"seconds": job.infer(message["count"], x)}
        else:
            answer = {"loss": job.loss.item()}
        print(json.dumps(answer), flush=True)


main()
