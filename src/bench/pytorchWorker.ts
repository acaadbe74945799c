/**
 * The Python of the PyTorch contender: one JSON object a line in, one out (pytorch.ts has the messages). A module a
 * layer, as a PyTorch user writes them; in inference weight normalisation is folded away, as `remove_weight_norm` does.
 */
export const pytorchWorker = `
import json
import sys
import time

try:
    import torch
    from torch import nn
except Exception as problem:  # any failing import means absent
    print(json.dumps({"absent": f"import torch: {problem}"}), flush=True)
    sys.exit(0)

IMPORTED = 1000 * time.time()


class GlobalAverage(nn.Module):
    def forward(self, x):
        return x.mean(2, keepdim=True)


class Crop(nn.Module):
    def __init__(self, left, right):
        super().__init__()
        self.left, self.right = left, right

    def forward(self, x):
        return x[:, :, self.left : x.shape[2] - self.right]


class Add(nn.Module):
    def forward(self, a, b):
        return a + b


class Concat(nn.Module):
    def forward(self, *parts):
        return torch.cat(parts, 1)


def convolution(layer, training):
    o = layer["options"]
    left, right = layer["padding"]
    conv = nn.Conv1d(
        layer["channels"], o["filters"], o["kernelSize"], o["stride"],
        left if left == right else 0, o["dilation"], o["groups"], o["bias"],
    )
    if o["weightNorm"] and training:
        conv = nn.utils.weight_norm(conv)
    return conv if left == right else nn.Sequential(nn.ConstantPad1d((left, right), 0.0), conv)


MODULES = {
    "conv1d": convolution,
    "dense": lambda l, t: nn.Sequential(nn.Flatten(), nn.Linear(l["channels"] * l["length"], l["options"]["units"])),
    "batchNorm": lambda l, t: nn.BatchNorm1d(l["channels"], l["options"]["epsilon"], l["options"]["momentum"]),
    "dropout": lambda l, t: nn.Dropout(l["options"]["rate"]),
    "maxPool": lambda l, t: nn.MaxPool1d(l["options"]["size"], l["options"]["stride"], l["padding"][0]),
    "crop": lambda l, t: Crop(l["options"]["left"], l["options"]["right"]),
    "relu": lambda l, t: nn.ReLU(),
    "tanh": lambda l, t: nn.Tanh(),
    "add": lambda l, t: Add(),
    "concat": lambda l, t: Concat(),
    "globalAveragePool": lambda l, t: GlobalAverage(),
    "flatten": lambda l, t: nn.Flatten(),
}


class Model(nn.Module):
    def __init__(self, layers, training):
        super().__init__()
        self.steps = nn.ModuleList([MODULES[layer["kind"]](layer, training) for layer in layers])
        self.sources = [layer["from"] for layer in layers]

    def forward(self, x):
        values = [x]
        for module, sources in zip(self.steps, self.sources):
            values.append(module(*[values[i] for i in sources]))
        return values[-1]


class Job:
    def __init__(self, message):
        torch.set_num_threads(message["threads"])
        torch.manual_seed(0)
        layers = message["layers"]
        for layer in layers:
            if layer["kind"] not in MODULES:
                raise ValueError(f"the layer kind {layer['kind']} is not written for it here")
        self.x = torch.tensor(message["x"], dtype=torch.float32).reshape(message["shape"])
        self.one = self.x[:1].clone()
        self.y = torch.tensor(message["y"], dtype=torch.long)
        start = time.perf_counter()
        self.model = Model(layers, True)
        self.optimizer = torch.optim.Adam(self.model.parameters(), 1e-3)
        self.entropy = nn.CrossEntropyLoss()
        self.seconds = time.perf_counter() - start
        self.still = Model(layers, False).eval()

    def step(self, count):
        start = time.perf_counter()
        for _ in range(count):
            self.optimizer.zero_grad()
            loss = self.entropy(self.model(self.x), self.y)
            loss.backward()
            self.optimizer.step()
        return time.perf_counter() - start

    def infer(self, count, x):
        with torch.inference_mode():
            start = time.perf_counter()
            for _ in range(count):
                self.still(x)
            return time.perf_counter() - start


def answer(message, job):
    if message["kind"] == "step":
        return {"seconds": job.step(message["count"])}
    return {"seconds": job.infer(message["count"], job.one if message["kind"] == "one" else job.x)}


def main():
    print(json.dumps({"version": torch.__version__, "imported": IMPORTED}), flush=True)
    job = None
    for line in sys.stdin:
        message = json.loads(line)
        try:
            if message["kind"] == "prepare":
                job = Job(message)
                said = {"seconds": job.seconds}
            else:
                said = answer(message, job)
        except Exception as problem:
            said = {"refused": str(problem)}
        print(json.dumps(said), flush=True)


main()
`;
